# Copyright 2026 The authors of rnn_models.
"""The configuration of every model here: sizes, the cell, and what is dropped in training."""

from __future__ import annotations

from transformers import PreTrainedConfig

from .cells import CELLS

POOLINGS = ("last", "mean", "max", "concat", "attention")

SIZES = ("vocab_size", "hidden_size", "embedding_size", "num_hidden_layers")
DROPOUTS = (
    "word_dropout", "embedding_dropout", "layer_dropout", "output_dropout", "classifier_dropout", "weight_dropout",
)  # fmt: skip


class RNNConfig(PreTrainedConfig):
    """Configuration of a recurrent network. Keyword arguments only.

    Args:
        vocab_size: number of tokens, V.
        embedding_size: width of a token's vector, E. Where none is given, `hidden_size`.
        hidden_size: width of the recurrent state, H, in each direction.
        num_hidden_layers: layers stacked over each other, L.
        cell_type: `"rnn"`, `"lstm"` or `"gru"`.
        nonlinearity: `"tanh"` or `"relu"`; the vanilla RNN is the only cell that has a choice.
        bidirectional: also read from right to left. For classification; a language model must not see what comes.
        backwards: read from right to left alone, the same: what a second model that is averaged with one of the usual
            direction does (Howard & Ruder 2018).
        tie_word_embeddings: share the embedding with the output layer (Press & Wolf 2017). Where E and H differ,
            a projection from H to E stands before the shared matrix.
        word_dropout: probability that a token's whole vector is zero.
        embedding_dropout: probability that an element of a token's vector is zero.
        layer_dropout: the same between two layers.
        output_dropout: the same for the last layer's outputs.
        classifier_dropout: the same for the pooled vector that a classifier sees.
        weight_dropout: probability that an element of a recurrent weight is zero for a whole sequence (DropConnect,
            as in Merity et al. 2018).
        variational_dropout: whether the dropouts of embedding, layers and outputs drop the same elements at every
            time step of a sequence (Gal & Ghahramani 2016).
        temperature: what a classifier's scores are divided by, so that its probabilities are true (Guo et al. 2017).
        pooling: how a classifier makes one vector of all outputs: `"last"`, `"mean"`, `"max"`, `"concat"` (these
            three side by side, Howard & Ruder 2018) or `"attention"` (Yang et al. 2016).
        initializer_range: standard deviation of the embedding and of linear layers at the start.
        use_cache: whether a forward pass returns the state that it ends in.

    Raises:
        ValueError: a field is outside what is allowed; the message names the field and the allowed values.
    """

    model_type = "rnn"
    # What `Trainer.predict` drops: the state is no prediction.
    keys_to_ignore_at_inference = ["state"]
    # Copies this file with every saved model; see `RNNPreTrainedModel`.
    _auto_class = "AutoConfig"

    vocab_size: int = 256
    embedding_size: int = None  # type: ignore[assignment]  # __post_init__ fills it in
    hidden_size: int = 256
    num_hidden_layers: int = 1
    cell_type: str = "lstm"
    nonlinearity: str = "tanh"
    bidirectional: bool = False
    backwards: bool = False
    tie_word_embeddings: bool = False
    word_dropout: float = 0.0
    embedding_dropout: float = 0.0
    layer_dropout: float = 0.0
    output_dropout: float = 0.0
    classifier_dropout: float = 0.0
    weight_dropout: float = 0.0
    variational_dropout: bool = False
    temperature: float = 1.0
    pooling: str = "concat"
    initializer_range: float = 0.1
    use_cache: bool = True
    pad_token_id: int | None = 0
    bos_token_id: int | None = 2
    eos_token_id: int | list[int] | None = 3

    def __post_init__(self, **kwargs):
        self.embedding_size = self.hidden_size if self.embedding_size is None else self.embedding_size
        for name in SIZES:
            _require(name, value := getattr(self, name), _is_int(value) and value > 0, "a whole number above 0")
        for name in DROPOUTS:
            _require(name, value := getattr(self, name), _is_number(value) and 0 <= value < 1, "a number in [0, 1)")
        for name, allowed in (("cell_type", CELLS), ("pooling", POOLINGS)):
            _require(name, value := getattr(self, name), value in allowed, "one of " + ", ".join(map(repr, allowed)))
        for name in ("bidirectional", "backwards", "tie_word_embeddings", "variational_dropout"):
            _require(name, value := getattr(self, name), isinstance(value, bool), "True or False")
        one_way = not (self.backwards and self.bidirectional)
        _require("backwards", self.backwards, one_way, "False where bidirectional is True, which reads both ways")
        positive = _is_number(self.temperature) and 0 < self.temperature < float("inf")
        _require("temperature", self.temperature, positive, "a number above 0")
        choices = CELLS[self.cell_type].nonlinearities
        choice = " or ".join(map(repr, choices))
        needs = f"{choice} where cell_type is {self.cell_type!r}"
        _require("nonlinearity", self.nonlinearity, self.nonlinearity in choices, needs)
        pad = self.pad_token_id
        known = pad is None or (_is_int(pad) and 0 <= pad < self.vocab_size)
        _require("pad_token_id", pad, known, f"None or a token id under vocab_size {self.vocab_size}")
        for name in ("bos_token_id", "eos_token_id"):
            value = getattr(self, name)
            ids = value if isinstance(value, list) and name == "eos_token_id" else [0 if value is None else value]
            _require(name, value, all(_is_int(token) and token >= 0 for token in ids), "None or a token id")
        super().__post_init__(**kwargs)

    @property
    def reads_backwards(self) -> tuple[bool, ...]:
        """Of each direction of a layer, whether it reads from right to left."""
        return (False, True) if self.bidirectional else (self.backwards,)


def _is_int(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _require(name: str, value, holds: bool, allowed: str) -> None:
    if not holds:
        raise ValueError(f"RNNConfig.{name} is {value!r}; it must be {allowed}.")
