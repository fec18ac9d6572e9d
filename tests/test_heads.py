"""The table of heads: one row is enough for a new head to be saved, found and loaded."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
import torch
import transformers
from transformers.modeling_outputs import ModelOutput

import rnn_models
from rnn_models.checkpoint import load_checkpoint
from rnn_models.data import InputError
from rnn_models.evaluation.report import evaluate
from rnn_models.evaluation.request import Request
from rnn_models.modeling import RNNConfig, RNNModel, modeling_rnn
from rnn_models.modeling.heads import HEADS, Head, auto_map, head_of
from rnn_models.publish.card import write_card
from rnn_models.tokenization import train_tokenizer
from rnn_models.ui.models import load_models


@dataclass
class LengthOutput(ModelOutput):
    lengths: torch.Tensor | None = None


class RNNForQuestionAnswering(modeling_rnn.RNNPreTrainedModel):
    """A toy head: one number per text."""

    _auto_class = "AutoModelForQuestionAnswering"

    def __init__(self, config: RNNConfig):
        super().__init__(config)
        self.rnn = RNNModel(config)
        self.length = torch.nn.Linear(config.hidden_size, 1)
        self.post_init()

    def forward(self, input_ids=None, attention_mask=None, **kwargs):
        outputs = self.rnn(input_ids, attention_mask=attention_mask, **kwargs)
        return LengthOutput(lengths=self.length(outputs.last_hidden_state.mean(1)))


TOY = Head(
    "RNNForQuestionAnswering", "modeling_rnn", "AutoModelForQuestionAnswering", "question-answering", "tokens", None
)


@pytest.fixture
def toy(monkeypatch, tmp_path):
    monkeypatch.setattr(modeling_rnn, "RNNForQuestionAnswering", RNNForQuestionAnswering, raising=False)
    monkeypatch.setattr("rnn_models.modeling.RNNForQuestionAnswering", RNNForQuestionAnswering, raising=False)
    monkeypatch.setattr("rnn_models.modeling.heads.HEADS", HEADS)
    HEADS.append(TOY)
    rnn_models._register_models()
    folder = tmp_path / "toy"
    tokenizer = train_tokenizer("character", ["to be"])
    torch.manual_seed(0)
    model = RNNForQuestionAnswering(RNNConfig(vocab_size=len(tokenizer), hidden_size=8)).eval()
    # Its code is this test file, which is not part of the package.
    monkeypatch.setattr(type(model), "_auto_class", None)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    yield folder, model
    HEADS.remove(TOY)


def test_a_new_row_is_found_wherever_heads_are_used(toy):
    folder, model = toy
    assert auto_map()["AutoModelForQuestionAnswering"] == "modeling_rnn.RNNForQuestionAnswering"
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert config["auto_map"] == auto_map()
    assert head_of("RNNForQuestionAnswering") is TOY
    ids = torch.tensor([[4, 5, 6]])
    loaded = transformers.AutoModelForQuestionAnswering.from_pretrained(folder)
    assert type(loaded) is RNNForQuestionAnswering
    checkpoint = load_checkpoint(folder)
    assert checkpoint.task == "question-answering"
    for one in (loaded, checkpoint.model):
        assert torch.equal(one(ids).lengths, model(ids).lengths)


def test_code_that_does_not_support_a_head_says_so_in_one_sentence(toy, tmp_path):
    folder, _ = toy
    (tmp_path / "texts.txt").write_text("to be\n" * 30, encoding="utf-8")
    with pytest.raises(InputError, match=r"is a rnn for question-answering: .* can be evaluated"):
        evaluate([str(folder)], Request(str(tmp_path / "texts.txt")))
    models, (note,) = load_models([str(folder)])
    assert models == [] and "is a model for question-answering; the app shows only ...ForCausalLM, ..." in note
    (folder / "eval_results.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match=r"cards are written only for .*text-classification"):
        write_card(folder)


def test_every_head_is_a_class_with_its_auto_class_and_its_hub_task():
    for head in HEADS:
        model = getattr(rnn_models.modeling, head.name)
        assert model.__module__.endswith(head.module) and model._auto_class == head.auto_class
        # transformers has mappings for these two, and no Auto classes
        without = ("AutoModelForTimeSeriesClassification", "AutoModelForTimeSeriesRegression")
        assert hasattr(transformers, head.auto_class) == (head.auto_class not in without)
        assert head.reads in ("tokens", "numbers")
