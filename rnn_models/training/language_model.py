"""The task `language-model`: predict the next token of contiguous streams."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig

from ..data import InputError
from ..data.corpora import Corpus, Split
from ..data.large_texts import lengths_of
from ..data.streams import IGNORED, SeparateDocuments, TokenStreams
from ..data.token_rows import TokenRows, joined
from ..data.token_store import encode_documents
from ..metrics.measures import evaluate_language_model, total_nats
from ..metrics.scores import language_model_metrics
from ..modeling import RNNForCausalLM, RNNState
from ..tokenization import TOKENIZER_KINDS
from ..tokenization.encoding import set_and_keep
from .losses import linear_cross_entropy
from .objectives import activation_penalty, temporal_activation_penalty
from .options import LanguageModelArguments
from .task import Part, Task
from .trainer import BatchTrainer

CARRIED_STATE = "carried_state.safetensors"
# How `generate` draws if a recipe says nothing else.
SAMPLING = {"do_sample": True, "temperature": 0.8}


class LanguageModelTrainer(BatchTrainer):
    """Carries the recurrent state from batch to batch, cut from the gradient, and starts each epoch from zero.

    Truncated backpropagation through time (Williams & Peng 1990): the values of the state flow through the whole
    stream, the gradients through one batch.

    With the weights a and b of activation regularisation (Merity et al. 2018), h the network's outputs (B, T, H):

        loss + a * mean(h^2) + b * mean((h_t+1 - h_t)^2)
    """

    carried: RNNState | None = None

    def __init__(
        self,
        *args: Any,
        activation_regularization: float = 0.0,
        temporal_activation_regularization: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.activation = activation_regularization
        self.temporal_activation = temporal_activation_regularization

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        inputs = dict(inputs)
        whole = inputs.pop("whole", None)
        own = self.targets_in(inputs) if whole else 1
        targets = inputs.pop("shift_labels")
        if inputs.pop("begins"):
            self.carried = None
        with self.accelerator.autocast():
            outputs = self.model.rnn(**inputs, state=self.carried, use_cache=True)
            hidden = outputs.last_hidden_state
            features = self.model.projection(hidden).flatten(0, 1)
            head = self.model.lm_head
            # the mean over no target is no number
            loss = (
                linear_cross_entropy(features, head.weight, head.bias, targets.flatten())
                if own
                else features.sum() * 0
            )
        self.carried = outputs.state.detach()
        share = 1.0
        if whole:
            loss, share = loss * (own / whole["targets"]), len(targets) / whole["rows"]
        if self.activation:
            loss = loss + self.activation * share * activation_penalty(hidden)
        if self.temporal_activation:
            loss = loss + self.temporal_activation * share * temporal_activation_penalty(hidden)
        return (loss, outputs) if return_outputs else loss

    # Trainer calls the first when it writes a checkpoint, the second when a resumed run has skipped the batches it had
    # seen: beside the random numbers, the recurrent state is what the next batch depends on.
    def _save_rng_state(self, output_dir: str) -> None:
        super()._save_rng_state(output_dir)
        carried = [state["carried"] for state in self.states if state["carried"] is not None]
        if carried:
            RNNState.cat(carried).save(Path(output_dir, CARRIED_STATE), self.model)

    def _load_rng_state(self, checkpoint: str | None) -> None:
        super()._load_rng_state(checkpoint)
        if checkpoint is not None and (saved := Path(checkpoint, CARRIED_STATE)).is_file():
            whole = RNNState.load(saved, self.model)
            self.carried = whole.index_select(self.ranks.rows(whole.batch_size))

    def own_state(self) -> dict[str, Any]:
        return {**super().own_state(), "carried": self.carried and self.carried.to("cpu")}

    def targets_in(self, batch: dict[str, Any]) -> int:
        return int((batch["shift_labels"] != IGNORED).sum())


class LanguageModelTask(Task[LanguageModelArguments]):
    """Predict the next token of contiguous streams."""

    model_class = RNNForCausalLM
    trainer_class = LanguageModelTrainer
    best = ("loss", False)
    generates = True

    def __init__(
        self, arguments: LanguageModelArguments, corpora: Sequence[Corpus], labels: Sequence[str], tokenizer: Any
    ) -> None:
        super().__init__(arguments, corpora, labels, tokenizer)
        # Prompts of a batch end together, where their continuations begin.
        set_and_keep(tokenizer, padding_side="left")
        for corpus in corpora:
            if not float(corpus.weight).is_integer():
                raise InputError(
                    f"{corpus.name}: a language model reads a corpus a whole number of times, not {corpus.weight}"
                )

    def encode(self, texts: Sequence[str]) -> TokenRows:
        return encode_documents(self.tokenizer, texts)

    def training_data(self) -> SeparateDocuments | TokenStreams:
        arguments = self.arguments
        documents = joined(
            [rows for corpus in self.corpora for rows in [self.encode(corpus.train.texts)] * int(corpus.weight)]
        )
        if arguments.separate_documents:
            return SeparateDocuments(
                documents,
                batch_size=arguments.per_device_train_batch_size,
                pad_token_id=self.tokenizer.pad_token_id,
                seed=arguments.seed,
            )
        return TokenStreams(
            documents,
            batch_size=arguments.per_device_train_batch_size,
            sequence_length=arguments.sequence_length,
            pad_token_id=self.tokenizer.pad_token_id,
            shuffle=arguments.shuffle_documents,
            random_truncation=arguments.random_truncation,
            seed=arguments.seed,
        )

    def check(self, model: Any) -> None:
        """Raise `InputError` if `generate` fails with its options, by generating a token: there are many options."""
        try:
            self._generation_config().validate(strict=True)
            sample_text(model, self.tokenizer, self.arguments.sample_prompt, 1, self.arguments.generation)
        except (TypeError, ValueError, RuntimeError) as error:
            raise InputError(f"option generation: {' '.join(str(error).split())}") from error

    def sample(self, model: Any) -> str | None:
        arguments = self.arguments
        if arguments.sample_length <= 0:
            return None
        prompt, length = arguments.sample_prompt, arguments.sample_length
        try:
            return sample_text(model, self.tokenizer, prompt, length, arguments.generation)
        except (RuntimeError, ValueError) as error:  # a sample is to look at, and no reason to end a run
            return f"no sample: {' '.join(str(error).split())}"

    def calibrate(self, model: Any) -> None:
        """Set the defaults of `generate`."""
        model.generation_config = self._generation_config()

    def _generation_config(self) -> GenerationConfig:
        special = {f"{name}_token_id": getattr(self.tokenizer, f"{name}_token_id") for name in ("pad", "bos", "eos")}
        return GenerationConfig(**{**SAMPLING, **self.arguments.generation, **special})

    def measure(self, model: Any) -> dict[str, float]:
        """The metrics of an evaluation during training: quick, in parallel streams."""
        splits = [corpus.validation for corpus in self.corpora]
        return evaluate_language_model(
            model,
            [document for split in splits for document in self.rows(split)],
            _characters(splits),
            streams=self.arguments.per_device_eval_batch_size,
            separate=self.arguments.separate_documents,
        )

    def metric_names(self) -> list[str]:
        return list(language_model_metrics(1.0, 1, 1))

    def read(self, model: Any, split: Split) -> tuple[float, int] | None:
        """Nats and tokens of separate documents. In streams there is nothing to share: the state that one split ends
        in is what the next begins with when they are read together, and zero when it is read alone."""
        if not self.arguments.separate_documents:
            return None
        streams = self.arguments.per_device_eval_batch_size
        return total_nats(
            model, SeparateDocuments(self.rows(split), batch_size=streams, pad_token_id=model.config.pad_token_id)
        )

    def report(self, model: Any, parts: Sequence[Part]) -> dict[str, Any]:
        """The final metrics, of the complete text in one stream, or document by document if they are separate."""
        splits = [split for _, split, _ in parts]
        documents = [document for split in splits for document in self.rows(split)]
        if self.arguments.separate_documents:
            nats, tokens = (sum(numbers) for numbers in zip(*(found for _, _, found in parts), strict=True))
            metrics = language_model_metrics(nats, tokens, _characters(splits))
        else:
            metrics = evaluate_language_model(model, documents, _characters(splits))
        unknown = sum(int((document == self.tokenizer.unk_token_id).sum()) for document in documents)
        return {**metrics, "unknown_tokens": unknown}

    def notes(self) -> dict[str, str]:
        kind = self.arguments.tokenizer if self.arguments.tokenizer in TOKENIZER_KINDS else "pretrained"
        return {
            "token": f"one entry of the {kind} vocabulary; the end token </s> of each row is counted, <s> is not",
            "conditioned_on": (
                "the row before it alone, from <s> and a zero state"
                if self.arguments.separate_documents
                else "all text before it in one stream, state carried across rows; the first on <s>"
            ),
            "loss": "nats per token",
            "nats_per_character": "nats of all tokens, end tokens included, over the characters of the text",
        }


def _characters(splits: Sequence[Split]) -> int:
    return sum(int(lengths_of(split.texts).sum()) for split in splits)


def sample_text(model: Any, tokenizer: Any, prompt: str, length: int, generation: dict[str, Any]) -> str:
    """`length` tokens at most after `prompt`, drawn without touching the random numbers of the training."""
    was_training = model.training
    model.eval()
    devices = [model.device] if model.device.type == "cuda" else []
    options = {**SAMPLING, **generation, "max_new_tokens": length, "max_length": None}
    with torch.random.fork_rng(devices):
        torch.manual_seed(0)
        inputs = tokenizer(prompt, return_tensors="pt").to(model.device)
        tokens = model.generate(**inputs, **options)
    model.train(was_training)
    return tokenizer.decode(tokens[0], skip_special_tokens=True)
