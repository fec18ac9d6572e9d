"""The baseline: a language model as in tutorials, `PreTrainedModel` around `nn.LSTM` with a carried state."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import GenerationMixin, PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import ModelOutput

from rnn_models import RNNForCausalLM

MODULES = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class PlainConfig(PreTrainedConfig):
    model_type = "plain-rnn"

    vocab_size: int = 100
    embedding_size: int = 512
    hidden_size: int = 512
    num_hidden_layers: int = 2
    cell_type: str = "lstm"


@dataclass
class PlainOutput(ModelOutput):
    logits: Tensor | None = None
    state: tuple[Tensor, ...] | None = None


class PlainForCausalLM(PreTrainedModel, GenerationMixin):
    config_class = PlainConfig
    _is_stateful = True

    def __init__(self, config: PlainConfig):
        super().__init__(config)
        self.embedding = nn.Embedding(config.vocab_size, config.embedding_size)
        module = MODULES[config.cell_type]
        self.rnn = module(config.embedding_size, config.hidden_size, config.num_hidden_layers, batch_first=True)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size)
        self.post_init()

    @classmethod
    def _supports_default_dynamic_cache(cls) -> bool:
        return False

    def forward(self, input_ids, state=None, attention_mask=None, logits_to_keep=0, **kwargs) -> PlainOutput:
        output, state = self.rnn(self.embedding(input_ids), state)
        return PlainOutput(logits=self.lm_head(output[:, -logits_to_keep:]), state=state)


def plain_twin(model: RNNForCausalLM) -> PlainForCausalLM:
    """The plain model with the weights of one of ours, which must have no projection before its head."""
    config = model.config
    twin = PlainForCausalLM(
        PlainConfig(
            vocab_size=config.vocab_size,
            embedding_size=config.embedding_size,
            hidden_size=config.hidden_size,
            num_hidden_layers=config.num_hidden_layers,
            cell_type=config.cell_type,
            pad_token_id=config.pad_token_id,
            bos_token_id=config.bos_token_id,
            eos_token_id=config.eos_token_id,
        )
    )
    with torch.no_grad():
        twin.embedding.load_state_dict(model.rnn.embedding.state_dict())
        twin.lm_head.load_state_dict(model.lm_head.state_dict())
        for index, layer in enumerate(model.rnn.recurrence.layers):
            for name, weight in layer.cell.named_parameters():
                getattr(twin.rnn, f"{name}_l{index}").copy_(weight)
    return twin.eval()
