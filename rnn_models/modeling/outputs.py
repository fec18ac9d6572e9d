"""The models' outputs."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from transformers.modeling_outputs import ModelOutput

from .state import CACHE_NAMES, RNNState


class WithState(ModelOutput):
    """An output whose `state` is also available under transformers' names for its caches."""

    @property
    def cache(self) -> RNNState | None:
        return self.state

    past_key_values = cache_params = cache

    def __getitem__(self, key):
        return super().__getitem__("state" if key in CACHE_NAMES else key)

    def get(self, key, default=None):
        return super().get("state" if key in CACHE_NAMES else key, default)


@dataclass
class RNNModelOutput(WithState):
    """The output of `RNNModel`.

    Args:
        last_hidden_state: (B, T, D), the last layer's outputs; zero at padding.
        state: the state after the last token of each row, if `use_cache` is set.
        hidden_states: the embedded tokens and each layer's outputs, if `output_hidden_states` is set.
    """

    last_hidden_state: Tensor | None = None
    state: RNNState | None = None
    hidden_states: tuple[Tensor, ...] | None = None


@dataclass
class RNNCausalLMOutput(WithState):
    """The output of `RNNForCausalLM`.

    Args:
        loss: mean negative log-likelihood of the next token, in nats.
        logits: (B, T, V), for the token after each position.
        state: the state after the last token of each row, if `use_cache` is set; also available as `cache`.
        hidden_states: the embedded tokens and each layer's outputs, if `output_hidden_states` is set.
    """

    loss: Tensor | None = None
    logits: Tensor | None = None
    state: RNNState | None = None
    hidden_states: tuple[Tensor, ...] | None = None
