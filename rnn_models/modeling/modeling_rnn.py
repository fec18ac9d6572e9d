"""The models: a backbone and its heads, as transformers has them."""

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
    check_keywords,
    cut_mask,
    has_no_numbers,
    is_full,
    is_state_after,
    next_tokens,
    with_padding_in_front,
)
from .configuration_rnn import RNNConfig
from .heads import auto_map
from .outputs import RNNCausalLMOutput, RNNModelOutput
from .pooling import Pooling
from .recurrence import Layer, Padding, Recurrence, sequence_dropout
from .state import RNNState, state_was_lost, the_state


class RNNPreTrainedModel(PreTrainedModel):
    """Initialisation, and saving with the code that a model needs elsewhere.

    Each head sets `_auto_class`, which is what `register_for_auto_class` sets: it makes `save_pretrained` copy the
    code. The method itself would import all of transformers' Auto classes while this module is being imported.
    """

    config_class = RNNConfig
    base_model_prefix = "rnn"
    # The state cannot be rolled back, so `generate` refuses the modes that would have to (assisted generation).
    _is_stateful = True
    supports_gradient_checkpointing = True
    # A layer stays on one device.
    _no_split_modules = ["Unidirectional", "Backwards", "Bidirectional"]
    # What `output_hidden_states` collects: the first layer's input and every layer's outputs.
    _can_record_outputs = {"hidden_states": Layer}

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, Cell):
            module.reset_parameters()
        else:
            super()._init_weights(module)

    def save_pretrained(self, *args, **kwargs) -> None:
        """As transformers saves, with every head in `auto_map`: it would name only the class that is being saved."""
        self.config.auto_map = auto_map()
        super().save_pretrained(*args, **kwargs)


class RNNModel(RNNPreTrainedModel):
    """The backbone: embedding and recurrence."""

    _auto_class = "AutoModel"

    def __init__(self, config: RNNConfig):
        super().__init__(config)
        self.embedding = nn.Embedding(config.vocab_size, config.embedding_size, padding_idx=config.pad_token_id)
        self.recurrence = Recurrence(config)
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
        """Read tokens, from a given state or from zero.

        Args:
            input_ids: (B, T) token ids; or `inputs_embeds` (B, T, E) in their place.
            attention_mask: (B, T), 0 where a position is padding, wherever it stands. With a state it may be longer
                and counts from its end, since `generate` passes the mask of all the text with its last token.
            state: the state before the first token; zero if none is given. Also taken as `cache`.
            use_cache: whether to return the state after the last token. Default `config.use_cache`.
            output_hidden_states: whether to return the embedded tokens and every layer's outputs, or the indices
                of those to return.
            return_dict: whether to return an output object rather than a tuple.

        Raises:
            ValueError: no tokens, both or neither kind of input, a token id outside the vocabulary, a row that is
                all padding, a mask longer than the input without a state, a state of another shape, or the cache of a
                model that attends.
            TypeError: a keyword that means nothing here.
        """
        state = the_state(state, kwargs)
        check_keywords(kwargs)
        use_cache = self.config.use_cache if use_cache is None else use_cache
        if (input_ids is None) == (inputs_embeds is None):
            raise ValueError("Give input_ids or inputs_embeds, and not both.")
        if inputs_embeds is None:
            inputs_embeds = self._embed(input_ids)
        x = self.embedding_dropout(self._drop_words(inputs_embeds, input_ids))  # (B, T, E)
        padding = self._padding(attention_mask, x, state is not None)
        outputs, state = self.recurrence(x, state, padding, use_cache)
        return RNNModelOutput(last_hidden_state=self.output_dropout(outputs), state=state if use_cache else None)

    def _embed(self, input_ids: Tensor) -> Tensor:
        """(B, T) -> (B, T, E)."""
        if input_ids.dim() != 2 or input_ids.numel() == 0:
            raise ValueError(f"input_ids has shape {tuple(input_ids.shape)}; it must be (batch, time), both above 0.")
        # A CPU finds a wrong id while it reads the rows. Elsewhere the process could not go on after that.
        if not input_ids.is_cpu:
            self._check_ids(input_ids)
        try:
            return self.embedding(input_ids)
        except IndexError:
            self._check_ids(input_ids)
            raise

    def _check_ids(self, input_ids: Tensor) -> None:
        if has_no_numbers(input_ids):
            return
        low, high = (bound.item() for bound in input_ids.aminmax())
        size = len(self.embedding.weight)
        if low < 0 or high >= size:
            raise ValueError(
                f"input_ids holds the token id {low if low < 0 else high}; the vocabulary has ids 0 to {size - 1}. "
                "Does the tokenizer belong to this model?"
            )

    def _drop_words(self, x: Tensor, input_ids: Tensor | None) -> Tensor:
        """Zero the whole vector of some tokens in training, the others scaled up to keep the mean (x is (B, T, E)).

        Variational dropout drops a word wherever it stands in its row (Gal & Ghahramani 2016), which takes its ids.
        """
        if not self.training or self.config.word_dropout == 0:
            return x
        keep = 1 - self.config.word_dropout
        if self.config.variational_dropout and input_ids is not None:
            words = x.new_empty(len(x), len(self.embedding.weight)).bernoulli_(keep)  # (B, V)
            return x * words.gather(1, input_ids).unsqueeze(-1) / keep
        return x * torch.empty_like(x[..., :1]).bernoulli_(keep) / keep

    def _padding(self, attention_mask: Tensor | None, x: Tensor, goes_on: bool) -> Padding | None:
        """Where the tokens are, or None if every position is one."""
        batch, time = x.shape[:2]
        if attention_mask is None:
            return None
        shape = tuple(attention_mask.shape)
        if len(shape) != 2 or shape[0] != batch or shape[1] < time or (shape[1] > time and not goes_on):
            longer = "" if goes_on else "; a longer one needs the state that the text before the input has left"
            raise ValueError(f"attention_mask has shape {shape}; the input needs ({batch}, {time}){longer}.")
        mask = cut_mask(attention_mask, time)
        if is_full(mask):
            return None
        if not has_no_numbers(mask) and not (rows := mask.any(1)).all():
            raise ValueError(f"attention_mask leaves no token in row {rows.int().argmin()}; every row needs one.")
        return Padding.of(mask, not has_no_numbers(mask) and bool((mask[:, 1:] <= mask[:, :-1]).all()))


class RNNForCausalLM(RNNPreTrainedModel, GenerationMixin):
    """The backbone and a distribution over the next token.

    Raises:
        ValueError: the configuration is bidirectional or backwards, which would show the model what it has to predict.
    """

    _auto_class = "AutoModelForCausalLM"
    _tied_weights_keys = {"lm_head.weight": "rnn.embedding.weight"}
    # Given a call of `generate`, the loop for it as `custom_generate` takes one, or None for transformers' own. The
    # installed package sets it (rnn_models/inference/lean.py); a model that was loaded with its own code has none.
    decoding_loop: ClassVar[Callable | None] = None

    def __init__(self, config: RNNConfig):
        for name in ("bidirectional", "backwards"):
            if getattr(config, name):
                raise ValueError(
                    f"RNNConfig.{name} is True; a language model needs False: it must not read what it predicts."
                )
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
        # Else `generate` makes an empty DynamicCache beside the state and reorders that for the beams, which then
        # all go on from the wrong state. https://github.com/huggingface/transformers/issues/46612
        return False

    def generate(self, *args, state: RNNState | None = None, **kwargs):
        """As transformers generates, from a state where one is given (or as `cache`), and with `decoding_loop`.

        Raises:
            ValueError: whatever transformers refuses, the cache of a model that attends, several states.
        """
        state = the_state(state, kwargs)
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
        """As transformers prepares the inputs of one step; those of a prompt come with its padding in front.

        A state that was given to `generate` has a row for each prompt; beams want a row each. `inputs_embeds` is named
        since `generate` reads from here whether it may be given.

        Raises:
            ValueError: the step does not go on from the state that the step before it has left.
        """
        inputs = super().prepare_inputs_for_generation(
            input_ids, attention_mask=attention_mask, inputs_embeds=inputs_embeds, **kwargs
        )
        embeds = inputs.get("inputs_embeds")
        if embeds is None and kwargs.get("use_cache") is not False:
            goes_on = kwargs.get("is_first_iteration") is False or inputs["input_ids"].shape[1] < input_ids.shape[1]
            if goes_on and not is_state_after(input_ids[:, :-1], state):
                raise state_was_lost()
        if state is not None:
            if 0 < state.batch_size < len(input_ids) and len(input_ids) % state.batch_size == 0:
                state = state.repeat_interleave(len(input_ids) // state.batch_size)
            inputs["state"] = state
        # `generate` hands on to the model what only its criteria read
        inputs.pop("tokenizer", None)
        return with_padding_in_front(inputs)

    def _update_model_kwargs_for_generation(self, outputs: ModelOutput, model_kwargs: dict, *args, **kwargs) -> dict:
        """What transformers has for a cache of another name, as its own RWKV does."""
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
        """Predict the next token at every position. Arguments as `RNNModel.forward` and:

        Args:
            labels: (B, T), the tokens themselves, which are shifted here; -100 and padding are left out of the loss.
            shift_labels: (B, T), the token that follows each position, for chunks of a longer text: with `labels`
                the last position of a chunk would have nothing to predict. It is not in the signature because
                transformers' `Trainer` takes every argument there whose name holds "label" for one it must be given.
            logits_to_keep: only the last N positions, or the positions of an index tensor; 0 is all.
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
                # A slice of a longer text is not contiguous, and transformers calls `view` on it.
                shift_labels=targets.contiguous(),
                vocab_size=logits.shape[-1],
                **kwargs,
            )
        return RNNCausalLMOutput(loss=loss, logits=logits, state=outputs.state, hidden_states=outputs.hidden_states)


class RNNForSequenceClassification(RNNPreTrainedModel):
    """The backbone, pooled over time, and a linear layer over the classes."""

    _auto_class = "AutoModelForSequenceClassification"

    def __init__(self, config: RNNConfig):
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
        """Arguments as `RNNModel.forward` and `labels` (B,), or (B, num_labels) for several labels at once.

        Returns logits (B, num_labels) and, with labels, the loss that `config.problem_type` names.

        Raises:
            ValueError: as `RNNModel.forward`, and for `use_cache=True`: a verdict is of a text that has ended.
        """
        if use_cache:
            raise ValueError("use_cache is True; a classifier returns no state. RNNModel does.")
        outputs = self.rnn(
            input_ids,
            attention_mask=attention_mask,
            inputs_embeds=inputs_embeds,
            state=state,
            use_cache=False,
            return_dict=True,
            **kwargs,
        )
        hidden = outputs.last_hidden_state
        everything = torch.ones(hidden.shape[:2], dtype=torch.bool, device=hidden.device)
        mask = everything if attention_mask is None else cut_mask(attention_mask, hidden.shape[1])
        logits = self.classifier(self.dropout(self.pooling(hidden, mask))) / self.config.temperature
        loss = None
        if labels is not None:
            loss = self.loss_function(labels=labels, pooled_logits=logits, config=self.config, **kwargs)
        return SequenceClassifierOutput(loss=loss, logits=logits, hidden_states=outputs.hidden_states)
