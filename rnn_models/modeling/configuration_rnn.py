# Copyright 2026 The authors of rnn_models.
"""The configuration of every model here: sizes, cell, dropouts."""

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
        embedding_size: width of a token's vector, E; by default `hidden_size`.
        hidden_size: width of the recurrent state, H, in each direction.
        num_hidden_layers: number of stacked layers, L.
        cell_type: `"rnn"`, `"lstm"` or `"gru"`.
        nonlinearity: `"tanh"` or `"relu"`; only the vanilla RNN has a choice.
        bidirectional: also read from right to left. Only for classification: a language model must not see the
            tokens that it predicts.
        backwards: read only from right to left, also only for classification. Such a model can be averaged with one
            that reads from left to right (Howard & Ruder 2018).
        tie_word_embeddings: share the embedding with the output layer (Press & Wolf 2017). If E and H differ, a
            projection from H to E precedes the shared matrix.
        word_dropout: probability of zeroing a token's entire vector.
        embedding_dropout: probability of zeroing an element of a token's vector.
        layer_dropout: the same between two layers.
        output_dropout: the same for the last layer's outputs.
        classifier_dropout: the same for the pooled vector that the classifier reads.
        weight_dropout: probability of zeroing an element of a recurrent weight for an entire sequence (DropConnect,
            as in Merity et al. 2018).
        variational_dropout: whether the dropouts of embedding, layers and outputs drop the same elements at every
            time step of a sequence (Gal & Ghahramani 2016).
        temperature: divides a classifier's logits to calibrate its probabilities (Guo et al. 2017).
        pooling: how a classifier reduces all outputs to one vector: `"last"`, `"mean"`, `"max"`, `"concat"` (these
            three concatenated, Howard & Ruder 2018) or `"attention"` (Yang et al. 2016).
        crf: whether a tagger scores a sentence's labels together, each by the one before it, with a conditional random
            field (Lample et al. 2016). No other head has one.
        initializer_range: standard deviation of the initial weights of the embedding and the linear layers.
        use_cache: whether a forward pass returns its final state.

    Raises:
        ValueError: a field has a value that is not allowed; the message names the field and the allowed values.
    """

    model_type = "rnn"
    # `Trainer.predict` returns the logits alone, as of any tagger.
    keys_to_ignore_at_inference = ["state", "tags"]
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
    crf: bool = False
    initializer_range: float = 0.1
    use_cache: bool = True
    pad_token_id: int | None = 0
    bos_token_id: int | None = 2
    eos_token_id: int | list[int] | None = 3

    def __post_init__(self, **kwargs):
        self.embedding_size = self.hidden_size if self.embedding_size is None else self.embedding_size
        for name in SIZES:
            require(name, value := getattr(self, name), is_int(value) and value > 0, "a whole number above 0")
        for name in DROPOUTS:
            require(name, value := getattr(self, name), is_number(value) and 0 <= value < 1, "a number in [0, 1)")
        for name, allowed in (("cell_type", CELLS), ("pooling", POOLINGS)):
            require(name, value := getattr(self, name), value in allowed, "one of " + ", ".join(map(repr, allowed)))
        for name in ("bidirectional", "backwards", "tie_word_embeddings", "variational_dropout", "crf"):
            require(name, value := getattr(self, name), isinstance(value, bool), "True or False")
        one_way = not (self.backwards and self.bidirectional)
        require("backwards", self.backwards, one_way, "False if bidirectional is True, which reads both ways")
        positive = is_number(self.temperature) and 0 < self.temperature < float("inf")
        require("temperature", self.temperature, positive, "a number above 0")
        choices = CELLS[self.cell_type].nonlinearities
        choice = " or ".join(map(repr, choices))
        needs = f"{choice} if cell_type is {self.cell_type!r}"
        require("nonlinearity", self.nonlinearity, self.nonlinearity in choices, needs)
        pad = self.pad_token_id
        known = pad is None or (is_int(pad) and 0 <= pad < self.vocab_size)
        require("pad_token_id", pad, known, f"None or a token id below vocab_size {self.vocab_size}")
        for name in ("bos_token_id", "eos_token_id"):
            value = getattr(self, name)
            ids = value if isinstance(value, list) and name == "eos_token_id" else [0 if value is None else value]
            require(name, value, all(is_int(token) and token >= 0 for token in ids), "None or a token id")
        super().__post_init__(**kwargs)

    @property
    def reads_backwards(self) -> tuple[bool, ...]:
        """For each direction of a layer, whether it reads from right to left."""
        return (False, True) if self.bidirectional else (self.backwards,)


def is_int(value) -> bool:
    """Whether a value is a whole number and no truth value."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value) -> bool:
    """Whether a value is a number and no truth value."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def require(name: str, value, holds: bool, allowed: str, of: str = "RNNConfig") -> None:
    """Raise `ValueError` about the field `name` of the class `of`, unless `holds`."""
    if not holds:
        raise ValueError(f"{of}.{name} is {value!r}; it must be {allowed}.")
