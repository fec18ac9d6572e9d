"""A user's own cell, without a torch kernel and without ONNX equations: everything else works with it."""

import pytest
import torch
from torch import nn

from rnn_models import RNNConfig, RNNForCausalLM, RNNForSequenceClassification
from rnn_models.data import InputError
from rnn_models.evaluation.export import Export, export
from rnn_models.inference import stream
from rnn_models.modeling.cells import CELLS, Cell
from rnn_models.tokenization import train_tokenizer


class Leaky(Cell):
    """A leaky integrator with a trace of its inputs: h' = k * h + (1 - k) * tanh(V [x, m]);  m' = (m + W x) / 2."""

    label = "leaky integrator"
    state_names = ("hidden", "trace")
    gate_names = ("keep",)

    def __init__(self, input_size, hidden_size, nonlinearity="tanh", weight_dropout=0.0):
        super().__init__(input_size, hidden_size, nonlinearity, weight_dropout)
        self.into = nn.Linear(input_size, hidden_size)
        self.new = nn.Linear(input_size + hidden_size, hidden_size)
        self.keep = nn.Parameter(torch.empty(hidden_size))

    def reset_parameters(self):
        nn.init.normal_(self.keep)

    def gates(self, x, state):
        return {"keep": self.keep.sigmoid().expand_as(state[0])}

    def step(self, x, state):
        (h, m), k = state, self.gates(x, state)["keep"]
        h = k * h + (1 - k) * self.new(torch.cat([x, m], -1)).tanh()
        return h, (h, (m + self.into(x)) / 2)


@pytest.fixture
def leaky(monkeypatch):
    monkeypatch.setitem(CELLS, "leaky", Leaky)
    torch.manual_seed(0)
    sizes = {"vocab_size": 23, "embedding_size": 5, "hidden_size": 7, "initializer_range": 0.7, "num_hidden_layers": 2}
    return lambda head, **options: head(RNNConfig(cell_type="leaky", **sizes, **options)).eval()


def test_it_runs_over_time_step_by_step_whatever_the_padding_and_the_chunks(leaky, ids):
    model = leaky(RNNForCausalLM).double()
    whole = model(ids)
    first = model(ids[:, :4])
    second = model(ids[:, 4:], state=first.state)
    torch.testing.assert_close(torch.cat([first.logits, second.logits], 1), whole.logits)
    mask = torch.ones_like(ids)
    mask[0, 7:], mask[1, :5], mask[2, 3] = 0, 0, 0
    padded = model(ids, attention_mask=mask)
    for row in range(3):
        alone = model(ids[row : row + 1, mask[row].bool()])
        torch.testing.assert_close(padded.logits[row, mask[row].bool()], alone.logits[0])
        for name, part in alone.state.tensors.items():
            torch.testing.assert_close(padded.state.tensors[name][:, row], part[:, 0])


@pytest.mark.parametrize("mode", [{}, {"do_sample": True}, {"num_beams": 3}], ids=["greedy", "sampling", "beams"])
def test_it_generates_text_and_continues_from_its_state(leaky, ids, mode):
    model = leaky(RNNForCausalLM).double()
    options = {"max_new_tokens": 8, "eos_token_id": None, "pad_token_id": 0, **mode}
    torch.manual_seed(1)
    text = model.generate(ids, **options)
    torch.manual_seed(1)
    assert torch.equal(text, model.generate(ids, use_cache=False, **options))


def test_it_learns_in_both_directions(leaky, ids):
    model = leaky(RNNForSequenceClassification, bidirectional=True, num_labels=3).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = model(ids, attention_mask=(ids > 5).long(), labels=torch.tensor([0, 1, 2])).loss
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_it_is_saved_loaded_and_served_by_torch_and_export_refuses_it_in_one_sentence(leaky, tmp_path):
    tokenizer = train_tokenizer("character", ["abcdefghijklmnopqrs"])
    model = leaky(RNNForCausalLM)
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    with pytest.raises(InputError, match="Leaky has no equations for ONNX; the model runs only on PyTorch"):
        export(str(tmp_path), Export(output=str(tmp_path / "onnx")))
    assert not (tmp_path / "onnx").exists()
    loaded = RNNForCausalLM.from_pretrained(tmp_path)
    *_, text = stream(loaded, tokenizer, "abc", max_new_tokens=6, temperature=0.0)
    expected = loaded.generate(
        **tokenizer("abc", return_tensors="pt"), max_new_tokens=6, suppress_tokens=[0, 1, 2, 3]
    )[0, 4:]
    assert text == tokenizer.decode(expected, skip_special_tokens=True)


def test_it_refuses_weight_dropout(leaky):
    with pytest.raises(ValueError, match=r"weight_dropout is 0\.2; Leaky does not support it: leave it at 0"):
        leaky(RNNForCausalLM, weight_dropout=0.2)
