"""The models: a backbone and its heads, structured as in transformers."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor, nn
from transformers import GenerationMixin, PreTrainedModel
from transformers.modeling_outputs import ModelOutput, SequenceClassifierOutput
from transformers.utils import can_return_tuple
from transformers.utils.output_capturing import capture_outputs

from .cells import Cell
from .checks import (
    check_ids,
    check_keywords,
    check_no_crf,
    is_state_of,
    labels_explained,
    mask_of,
    next_tokens,
    padding_of,
    read_complete,
    with_left_padding,
)
from .configuration_rnn import RNNConfig
from .crf import CRF
from .heads import auto_map
from .outputs import RNNCausalLMOutput, RNNModelOutput, RNNTokenClassifierOutput
from .pooling import Pooling
from .recurrence import Layer, Recurrence, sequence_dropout
from .state import RNNState, pop_state, state_was_lost


class RNNPreTrainedModel(PreTrainedModel):
    """Initialisation, and saving together with the code that loads the model elsewhere.

    Each head sets `_auto_class`, as `register_for_auto_class` would, so that `save_pretrained` copies the code. The
    method itself would import all of transformers' Auto classes while this module is still being imported.
    """

    config_class = RNNConfig
    base_model_prefix = "rnn"
    # What the heads with this configuration read; see heads.py.
    reads = "tokens"
    # The state cannot be rolled back, so `generate` refuses modes that need this (assisted generation).
    _is_stateful = True
    supports_gradient_checkpointing = True
    # A layer stays on one device.
    _no_split_modules = ["Unidirectional", "Backwards", "Bidirectional"]
    # `output_hidden_states` collects the first layer's input and every layer's outputs.
    _can_record_outputs = {"hidden_states": Layer}

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, (Cell, CRF)):
            module.reset_parameters()
        else:
            super()._init_weights(module)

    def save_pretrained(self, *args, **kwargs) -> None:
        """As in transformers, but with every head in `auto_map` whose code is saved, instead of this class alone."""
        self.config.auto_map = auto_map(self.reads, type(self))
        super().save_pretrained(*args, **kwargs)


class RNNModel(RNNPreTrainedModel):
    """The backbone: embedding and recurrence."""

    _auto_class = "AutoModel"

    def __init__(self, config: RNNConfig):
        super().__init__(config)
        self.embedding = nn.Embedding(config.vocab_size, config.embedding_size, padding_idx=config.pad_token_id)
        self.recurrence = Recurrence(config, config.embedding_size)
        self.embedding_dropout = sequence_dropout(config, config.embedding_dropout)
        self.output_dropout = sequence_dropout(config, config.output_dropout)
        self.post_init()

    def get_input_embeddings(self) -> nn.Embedding:
        return self.embedding

    def set_input_embeddings(self, value: nn.Embedding) -> None:
        self.embedding = value

    @capture_outputs
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        state: RNNState | None = None,
        use_cache: bool | None = None,
        **kwargs,
    ) -> RNNModelOutput:
        """Read tokens, starting from a given state or from zero.

        Args:
            input_ids: (B, T) token ids.
            inputs_embeds: (B, T, E), embeddings to read instead of `input_ids`.
            attention_mask: (B, T), 0 at padding, which may be anywhere. With a state the mask may be longer, and only
                its last T columns count: `generate` passes the last token with the mask of the entire text.
            state: the state before the first token, by default zero. Also accepted as `cache`.
            use_cache: whether to return the state after the last token. Default `config.use_cache`.
            output_hidden_states: whether to return the embedded tokens and every layer's outputs, or the indices
                of those to return.
            return_dict: whether to return an output object rather than a tuple.

        Raises:
            ValueError: there are no tokens, both kinds of input or neither, a token id outside the vocabulary, a row
                of only padding, a mask longer than the input but no state, a state of the wrong shape, or an attention
                cache.
            TypeError: a keyword has no meaning here.
        """
        state = pop_state(state, kwargs)
        check_keywords(kwargs)
        use_cache = self.config.use_cache if use_cache is None else use_cache
        if (input_ids is None) == (inputs_embeds is None):
            raise ValueError("Give either input_ids or inputs_embeds.")
        if inputs_embeds is None:
            inputs_embeds = self._embed(input_ids)
        x = self.embedding_dropout(self._drop_words(inputs_embeds, input_ids))  # (B, T, E)
        padding = padding_of(attention_mask, x, state is not None)
        outputs, state = self.recurrence(x, state, padding, use_cache)
        return RNNModelOutput(last_hidden_state=self.output_dropout(outputs), state=state if use_cache else None)

    def _embed(self, input_ids: Tensor) -> Tensor:
        """(B, T) -> (B, T, E)."""
        if input_ids.dim() != 2 or input_ids.numel() == 0:
            raise ValueError(f"input_ids has shape {tuple(input_ids.shape)}; it must be (batch, time), both above 0.")
        # On a CPU the embedding itself finds a wrong id; a GPU could not be used any more after that.
        if not input_ids.is_cpu:
            check_ids(input_ids, len(self.embedding.weight))
        try:
            return self.embedding(input_ids)
        except IndexError:
            check_ids(input_ids, len(self.embedding.weight))
            raise

    def _drop_words(self, x: Tensor, input_ids: Tensor | None) -> Tensor:
        """In training, zero the vectors of some tokens and scale up the others to keep the mean; x is (B, T, E).

        Variational dropout drops every occurrence of a word in its row (Gal & Ghahramani 2016), so it needs the ids.
        """
        if not self.training or self.config.word_dropout == 0:
            return x
        keep = 1 - self.config.word_dropout
        if self.config.variational_dropout and input_ids is not None:
            words = x.new_empty(len(x), len(self.embedding.weight)).bernoulli_(keep)  # (B, V)
            return x * words.gather(1, input_ids).unsqueeze(-1) / keep
        return x * torch.empty_like(x[..., :1]).bernoulli_(keep) / keep


class RNNForCausalLM(RNNPreTrainedModel, GenerationMixin):
    """The backbone and a distribution over the next token.

    Raises:
        ValueError: the configuration is bidirectional or backwards, so the model would see the tokens it predicts.
    """

    _auto_class = "AutoModelForCausalLM"
    _tied_weights_keys = {"lm_head.weight": "rnn.embedding.weight"}
    # Returns the decoding loop for a call of `generate`, to pass as `custom_generate`; None means transformers' own
    # loop. The installed package sets it (rnn_models/inference/lean.py); a model loaded with its own code has none.
    decoding_loop: ClassVar[Callable | None] = None

    def __init__(self, config: RNNConfig):
        for name in ("bidirectional", "backwards"):
            if getattr(config, name):
                raise ValueError(
                    f"RNNConfig.{name} is True; a language model needs False: it must not read the tokens it predicts."
                )
        check_no_crf(config, "a language model")
        super().__init__(config)
        self.rnn = RNNModel(config)
        width = config.embedding_size if config.tie_word_embeddings else config.hidden_size
        fits = width == config.hidden_size
        self.projection = nn.Identity() if fits else nn.Linear(config.hidden_size, width, bias=False)
        self.lm_head = nn.Linear(width, config.vocab_size)
        self.post_init()

    def get_output_embeddings(self) -> nn.Linear:
        return self.lm_head

    def set_output_embeddings(self, new_embeddings: nn.Linear) -> None:
        self.lm_head = new_embeddings

    @classmethod
    def _supports_default_dynamic_cache(cls) -> bool:
        # Otherwise `generate` creates an empty DynamicCache next to the state and reorders only that for the beams,
        # which then continue from wrong states. https://github.com/huggingface/transformers/issues/46612
        return False

    def generate(self, *args, state: RNNState | None = None, **kwargs):
        """As in transformers, but from a state if one is given (also as `cache`), and with `decoding_loop`.

        Raises:
            ValueError: for anything that transformers refuses, for an attention cache, and for several states.
        """
        state = pop_state(state, kwargs)
        if state is not None:
            kwargs["state"] = RNNState(state.tensors, is_given=True)
        if self.decoding_loop is not None and kwargs.get("custom_generate") is None:
            loop = self.decoding_loop(*args, **kwargs)
            if loop is not None:
                kwargs["custom_generate"] = loop
        return super().generate(*args, **kwargs)

    def prepare_inputs_for_generation(
        self,
        input_ids: Tensor,
        state: RNNState | None = None,
        attention_mask: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        **kwargs,
    ) -> dict:
        """As in transformers: the inputs of one step. A prompt's padding is moved to the left.

        A state given to `generate` has one row per prompt, and is repeated if every beam needs its own row.
        `inputs_embeds` is in the signature because `generate` looks there to see whether it is accepted.

        Raises:
            ValueError: the step would not continue from the state of the previous step.
        """
        inputs = super().prepare_inputs_for_generation(
            input_ids, attention_mask=attention_mask, inputs_embeds=inputs_embeds, **kwargs
        )
        embeds = inputs.get("inputs_embeds")
        if embeds is None and kwargs.get("use_cache") is not False:
            continues = kwargs.get("is_first_iteration") is False or inputs["input_ids"].shape[1] < input_ids.shape[1]
            if continues and not is_state_of(input_ids[:, :-1], state):
                raise state_was_lost()
        if state is not None:
            if 0 < state.batch_size < len(input_ids) and len(input_ids) % state.batch_size == 0:
                state = state.repeat_interleave(len(input_ids) // state.batch_size)
            inputs["state"] = state
        # `generate` also passes on the tokenizer, which only its stopping criteria need.
        inputs.pop("tokenizer", None)
        return with_left_padding(inputs)

    def _update_model_kwargs_for_generation(self, outputs: ModelOutput, model_kwargs: dict, *args, **kwargs) -> dict:
        """The hook for a cache with a name of its own, as in transformers' RWKV."""
        if outputs.state is not None:
            model_kwargs["state"] = outputs.state
        return super()._update_model_kwargs_for_generation(outputs, model_kwargs, *args, **kwargs)

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        state: RNNState | None = None,
        labels: Tensor | None = None,
        use_cache: bool | None = None,
        logits_to_keep: int | Tensor = 0,
        **kwargs,
    ) -> RNNCausalLMOutput:
        """Predict the next token at every position. Takes the arguments of `RNNModel.forward` and:

        Args:
            labels: (B, T), the input tokens themselves; they are shifted here. The loss ignores -100 and padding.
            shift_labels: (B, T), the token that follows each position, for chunks of a longer text: with `labels` the
                last position of a chunk would have no target. It is not in the signature because transformers'
                `Trainer` requires every argument there whose name contains "label".
            logits_to_keep: compute only the last N positions, or those of an index tensor; 0 = all.
        """
        shift_labels = kwargs.pop("shift_labels", None)
        outputs = self.rnn(
            input_ids,
            attention_mask=attention_mask,
            inputs_embeds=inputs_embeds,
            state=state,
            use_cache=use_cache,
            return_dict=True,
            **kwargs,
        )
        if outputs.state is not None and input_ids is not None and input_ids.shape[1] == 1:
            outputs.state.last_tokens = input_ids[:, 0]
        kept = slice(-logits_to_keep, None) if isinstance(logits_to_keep, int) else logits_to_keep
        logits = self.lm_head(self.projection(outputs.last_hidden_state[:, kept]))
        loss = None
        if labels is not None or shift_labels is not None:
            targets = next_tokens(labels, attention_mask) if shift_labels is None else shift_labels
            loss = self.loss_function(
                logits=logits,
                labels=labels,
                # transformers calls `view` on it, but a slice of a longer text is not contiguous.
                shift_labels=targets.contiguous(),
                vocab_size=logits.shape[-1],
                **kwargs,
            )
        return RNNCausalLMOutput(loss=loss, logits=logits, state=outputs.state, hidden_states=outputs.hidden_states)


class RNNForSequenceClassification(RNNPreTrainedModel):
    """The backbone, pooling over time, and a linear layer."""

    _auto_class = "AutoModelForSequenceClassification"

    def __init__(self, config: RNNConfig):
        check_no_crf(config, "a classifier of texts")
        super().__init__(config)
        self.num_labels = config.num_labels
        self.rnn = RNNModel(config)
        self.pooling = Pooling(config, self.rnn.recurrence.output_size)
        self.dropout = nn.Dropout(config.classifier_dropout)
        self.classifier = nn.Linear(self.pooling.output_size, config.num_labels)
        self.post_init()

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        state: RNNState | None = None,
        labels: Tensor | None = None,
        use_cache: bool | None = None,
        **kwargs,
    ) -> SequenceClassifierOutput:
        """Takes the arguments of `RNNModel.forward` and `labels`: (B,), or (B, num_labels) for multi-label problems.

        Returns logits (B, num_labels) and, with labels, the loss for `config.problem_type`.

        Raises:
            ValueError: as `RNNModel.forward`, for a label that the model does not have (on a CPU), and if `use_cache`
                is True: a classifier reads complete texts.
        """
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask, "inputs_embeds": inputs_embeds}
        outputs = read_complete(self.rnn, "classifier", use_cache, state=state, **inputs, **kwargs)
        pooled = self.pooling(outputs.last_hidden_state, mask_of(attention_mask, outputs.last_hidden_state))
        logits = self.classifier(self.dropout(pooled)) / self.config.temperature
        loss = None
        if labels is not None:
            with labels_explained(labels, self.num_labels):
                loss = self.loss_function(labels=labels, pooled_logits=logits, config=self.config, **kwargs)
        return SequenceClassifierOutput(loss=loss, logits=logits, hidden_states=outputs.hidden_states)


class RNNForTokenClassification(RNNPreTrainedModel):
    """The backbone and a linear layer at every token, with or without a CRF above it: a tagger."""

    _auto_class = "AutoModelForTokenClassification"

    def __init__(self, config: RNNConfig):
        super().__init__(config)
        self.num_labels = config.num_labels
        self.rnn = RNNModel(config)
        self.dropout = nn.Dropout(config.classifier_dropout)
        self.classifier = nn.Linear(self.rnn.recurrence.output_size, config.num_labels)
        self.crf = CRF(config.num_labels) if config.crf else None
        self.post_init()

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        state: RNNState | None = None,
        labels: Tensor | None = None,
        use_cache: bool | None = None,
        **kwargs,
    ) -> RNNTokenClassifierOutput:
        """Takes the arguments of `RNNModel.forward` and `labels`: (B, T), -100 at tokens that have none.

        A word of several tokens has its label at the first of them. Returns logits (B, T, num_labels) and, with
        labels, the mean cross entropy of the tokens that have one; padding has none.

        With a CRF a label that is unknown is summed over. The loss is the negative log-likelihood of a sentence's
        labels together, divided by their number. The logits are the logarithms of each token's own probabilities,
        divided by the temperature; out of training there are `tags` too, the most likely sequence, which may differ
        from the highest logits.

        Raises:
            ValueError: as `RNNModel.forward`, for a label that the model does not have (on a CPU), and if `use_cache`
                is True: a tagger reads complete texts.
        """
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask, "inputs_embeds": inputs_embeds}
        outputs = read_complete(self.rnn, "tagger", use_cache, state=state, **inputs, **kwargs)
        scores = self.classifier(self.dropout(outputs.last_hidden_state))
        mask = mask_of(attention_mask, scores)
        logits = scores if self.crf is None else self.crf.log_marginals(scores, mask).to(scores.dtype)
        logits, loss = logits / self.config.temperature, None
        if labels is not None:
            # transformers calls `view` on it
            labels = labels.masked_fill(~mask, -100).contiguous()
            with labels_explained(labels, self.num_labels):
                if self.crf is None:
                    loss = self.loss_function(logits=logits, labels=labels, config=self.config, **kwargs)
                else:
                    loss = self.crf.loss(scores, mask, labels, kwargs.get("num_items_in_batch"))
        return RNNTokenClassifierOutput(
            loss=loss,
            logits=logits,
            tags=None if self.crf is None or self.training else self.crf.best(scores, mask),
            hidden_states=outputs.hidden_states,
        )
