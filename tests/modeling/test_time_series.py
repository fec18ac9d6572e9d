"""The models that read numbers: every cell, every way to read and to decode."""

from __future__ import annotations

import subprocess
import sys
from itertools import product as combinations

import pytest
import torch
from torch import nn
from transformers import AutoConfig, AutoModel, AutoModelForTimeSeriesPrediction

from rnn_models import (
    RNNForTimeSeriesClassification,
    RNNForTimeSeriesPrediction,
    RNNForTimeSeriesRegression,
    RNNTimeSeriesConfig,
    RNNTimeSeriesModel,
)
from rnn_models.modeling.cells import CELLS
from rnn_models.modeling.configuration_rnn_time_series import CHANNELS, DECODINGS, LOSSES, SCALINGS

HEADS = [RNNForTimeSeriesPrediction, RNNForTimeSeriesClassification, RNNForTimeSeriesRegression, RNNTimeSeriesModel]
TUTORIALS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
SMALL = {
    "num_input_channels": 2, "context_length": 12, "prediction_length": 7, "segment_length": 3, "hidden_size": 6,
    "embedding_size": 5, "scaling": "last", "channels": "shared", "decoding": "parallel",
}  # fmt: skip


def make(head=RNNForTimeSeriesPrediction, **options):
    torch.manual_seed(0)
    return head(RNNTimeSeriesConfig(**{**SMALL, **options})).eval()


def window(batch=3, time=12, channels=2):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(batch, time, channels, generator=generator).cumsum(1) + 5


@pytest.mark.parametrize("cell_type", CELLS)
def test_the_tutorials_model_is_this_one(cell_type: str):
    """`nn.RNN(10, 20)` and `nn.Linear(20, 1)` on its last output."""
    torch.manual_seed(0)
    theirs, linear = TUTORIALS[cell_type](10, 20, batch_first=True), nn.Linear(20, 1)
    config = RNNTimeSeriesConfig(num_input_channels=10, hidden_size=20, cell_type=cell_type)
    ours = RNNForTimeSeriesRegression(config).eval()
    ours.head.load_state_dict(linear.state_dict())
    cell = ours.rnn.recurrence.layers[0].cell
    cell.load_state_dict({name: getattr(theirs, f"{name}_l0") for name in cell.state_dict()})
    x = torch.randn(4, 15, 10)
    outputs, _ = theirs(x)
    torch.testing.assert_close(ours(past_values=x).regression_outputs, linear(outputs[:, -1]))
    assert ours.num_parameters() == sum(p.numel() for p in [*theirs.parameters(), *linear.parameters()])


@pytest.mark.parametrize("cell_type, channels, decoding, loss", list(combinations(CELLS, CHANNELS, DECODINGS, LOSSES)))
def test_every_way_to_forecast_gives_a_loss_and_one_number_for_each_step_and_channel(
    cell_type, channels, decoding, loss
):
    model = make(cell_type=cell_type, channels=channels, decoding=decoding, loss=loss, scaling="standard").train()
    found = model(past_values=window(), future_values=window(time=7))
    assert found.prediction_outputs.shape == (3, 7, 2) and found.loss.isfinite()
    assert found.loc.shape == found.scale.shape == (3, 1, 2)
    found.loss.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
    if model.config.is_probabilistic:
        assert model.generate(window(), num_parallel_samples=4).sequences.shape == (3, 4, 7, 2)
    else:
        with pytest.raises(ValueError, match="no distribution"):
            model.generate(window())


@pytest.mark.parametrize("cell_type, decoding, layers", list(combinations(CELLS, DECODINGS, (1, 2))))
def test_padding_never_changes_a_forecast(cell_type, decoding, layers):
    """A short series alone, at the end of a longer window, and in a batch with longer ones; whatever stands there."""
    model = make(cell_type=cell_type, decoding=decoding, num_hidden_layers=layers)
    short, long = window(1, 7), window(2, 12)
    alone = model(past_values=short).prediction_outputs
    padded = torch.cat([torch.full((1, 5, 2), 1e6), short], 1)
    mask = torch.ones(3, 12, 2)
    mask[0, :5] = 0
    together = model(past_values=torch.cat([padded, long]), past_observed_mask=mask).prediction_outputs
    torch.testing.assert_close(together[:1], alone)
    torch.testing.assert_close(together[1:], model(past_values=long).prediction_outputs)
    as_nan = padded.masked_fill(mask[:1] == 0, torch.nan)
    torch.testing.assert_close(model(past_values=as_nan).prediction_outputs, alone)


@pytest.mark.parametrize("head", [RNNForTimeSeriesClassification, RNNForTimeSeriesRegression])
@pytest.mark.parametrize("cell_type, bidirectional, channels", list(combinations(CELLS, (False, True), CHANNELS)))
def test_padding_on_either_side_never_changes_an_answer(head, cell_type, bidirectional, channels):
    options = {"segment_length": 1, "embedding_size": None, "decoding": "last"}
    model = make(head, cell_type=cell_type, bidirectional=bidirectional, channels=channels, **options)
    short = window(1, 5)
    empty = torch.full((1, 4, 2), torch.nan)
    answers = [
        model(past_values=x)[0] for x in (short, torch.cat([empty, short], 1), torch.cat([short, empty, empty], 1))
    ]
    torch.testing.assert_close(answers[1], answers[0])
    torch.testing.assert_close(answers[2], answers[0])


@pytest.mark.parametrize("wrong", [-1, 2, 7])
def test_a_label_that_the_model_does_not_have_is_named_and_none_is_left_out(wrong):
    model = make(RNNForTimeSeriesClassification, num_labels=2)
    with pytest.raises(ValueError, match=f"target_values contains {wrong}; the model has the labels 0 to 1"):
        model(past_values=window(), target_values=torch.tensor([0, wrong, 1]))
    left_out = model(past_values=window(), target_values=torch.tensor([0, -100, -100])).loss
    torch.testing.assert_close(left_out, model(past_values=window()[:1], target_values=torch.tensor([0])).loss)


@pytest.mark.parametrize("scaling", SCALINGS)
def test_a_missing_value_counts_for_nothing_wherever_it_stands(scaling):
    model = make(scaling=scaling)
    mask = torch.ones(3, 12, 2)
    mask[0, 4, 0] = mask[1, 11, 1] = mask[2, 0, :] = 0
    found = [
        model(past_values=window().masked_fill(mask == 0, value), past_observed_mask=mask).prediction_outputs
        for value in (0.0, 1e9, float("nan"), float("inf"))
    ]
    for other in found[1:]:
        assert torch.equal(other, found[0])


def test_a_missing_value_of_the_future_does_not_count():
    model, future = make(loss="mae"), window(time=7)
    found = model(past_values=window(), future_values=future)
    error = (found.prediction_outputs - future).abs()
    mask = torch.ones_like(future)
    mask[:, 3:] = 0
    broken = future.masked_fill(mask == 0, float("nan"))
    for options in ({"future_values": broken}, {"future_values": future, "future_observed_mask": mask}):
        torch.testing.assert_close(model(past_values=window(), **options).loss, error[:, :3].mean())
    with pytest.raises(ValueError, match="future_values has no observed value"):
        model(past_values=window(), future_values=torch.full_like(future, float("nan")))


@pytest.mark.parametrize("cell_type, channels, layers", list(combinations(CELLS, CHANNELS, (1, 2))))
def test_chunks_with_the_state_carried_give_what_the_whole_series_gives(cell_type, channels, layers):
    model = make(RNNTimeSeriesModel, cell_type=cell_type, channels=channels, num_hidden_layers=layers, scaling="none")
    whole = model(past_values=window())
    state, parts = None, []
    for chunk in window().split(6, dim=1):
        found = model(past_values=chunk, state=state)
        state = found.state
        parts.append(found.last_hidden_state)
    torch.testing.assert_close(torch.cat(parts, -2), whole.last_hidden_state)
    torch.testing.assert_close(state.tensors, whole.state.tensors)


def test_a_state_that_would_be_wrong_is_an_error():
    model = make(RNNTimeSeriesModel)
    state = model(past_values=window()).state
    with pytest.raises(ValueError, match="each window has a scale of its own"):
        model(past_values=window(), state=state)
    model = make(RNNTimeSeriesModel, scaling="none")
    with pytest.raises(ValueError, match="a multiple of segment_length 3"):
        model(past_values=window(time=4), state=state)


@pytest.mark.parametrize("head, cell_type", list(combinations(HEADS, CELLS)))
def test_a_model_is_saved_and_loaded_as_it_was_in_any_precision(tmp_path, head, cell_type):
    model = make(head, cell_type=cell_type)
    model.save_pretrained(tmp_path)
    again = head.from_pretrained(tmp_path)
    assert torch.equal(again(past_values=window())[0], model(past_values=window())[0])
    half = head.from_pretrained(tmp_path, dtype=torch.bfloat16)
    assert {parameter.dtype for parameter in half.parameters()} == {torch.bfloat16}
    torch.testing.assert_close(
        half(past_values=window())[0].float(), model(past_values=window())[0], atol=0.2, rtol=0.1
    )
    auto = {RNNForTimeSeriesPrediction: AutoModelForTimeSeriesPrediction, RNNTimeSeriesModel: AutoModel}.get(head)
    if auto is not None:
        assert type(auto.from_pretrained(tmp_path)) is head
    assert type(AutoConfig.from_pretrained(tmp_path)) is RNNTimeSeriesConfig


FOREIGN = """
import json, sys
sys.modules["rnn_models"] = None  # importing it fails, even where it is installed
import torch
from transformers import AutoConfig, AutoModelForTimeSeriesPrediction
from transformers.dynamic_module_utils import get_class_from_dynamic_module
folder, kind = sys.argv[1:]
if kind == "AutoModelForTimeSeriesPrediction":
    model = AutoModelForTimeSeriesPrediction.from_pretrained(folder, trust_remote_code=True)
else:
    config = AutoConfig.from_pretrained(folder, trust_remote_code=True)
    model = get_class_from_dynamic_module(config.auto_map[kind], folder).from_pretrained(folder)
x = torch.linspace(-1, 1, 24).view(1, 12, 2)
print(json.dumps(model.eval()(past_values=x)[0].flatten().tolist()))
"""


@pytest.mark.parametrize("head", [HEADS[0], *(pytest.param(head, marks=pytest.mark.slow) for head in HEADS[1:3])])
def test_a_model_saved_with_its_code_gives_the_same_where_this_package_is_not_installed(tmp_path, head):
    import json

    model = make(head, cell_type="lstm")
    model.save_pretrained(tmp_path / "model")
    done = subprocess.run(
        [sys.executable, "-I", "-c", FOREIGN, str(tmp_path / "model"), head._auto_class],
        env={"HF_HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    ours = model(past_values=torch.linspace(-1, 1, 24).view(1, 12, 2))[0].flatten().tolist()
    assert json.loads(done.stdout) == pytest.approx(ours, abs=1e-6)


def test_a_forecast_is_in_the_units_of_the_input():
    """A network that changes nothing forecasts the last value, through logarithm, mean and scale."""
    options = {"value_log": True, "value_mean": [1.0, 2.0], "value_scale": [3.0, 0.5]}
    model = make(**options)
    nn.init.zeros_(model.head.weight)
    x = window().abs() + 1
    found = model(past_values=x, future_values=x[:, -1:].expand(-1, 7, -1))
    torch.testing.assert_close(found.prediction_outputs, x[:, -1:].expand(-1, 7, -1))
    assert found.loss.item() == pytest.approx(0, abs=1e-9)
    with pytest.raises(ValueError, match="a value of 0 or less"):
        model(past_values=x - 100)


@pytest.mark.parametrize("loss", ["mse", "mae", "quantile", "student_t"])
def test_the_loss_is_the_one_that_its_name_says(loss):
    model, future = make(loss=loss, value_scale=[2.0, 4.0]), window(time=7)
    found = model(past_values=window(), future_values=future)
    error = (future - found.prediction_outputs) / torch.tensor([2.0, 4.0])
    if loss == "quantile":
        errors = (future.unsqueeze(-1) - found.quantile_outputs) / torch.tensor([2.0, 4.0]).view(2, 1)
        levels = torch.tensor(model.config.quantiles)
        unsorted = torch.where(errors > 0, levels * errors, (levels - 1) * errors)
        # the loss is of the outputs as they are, the forecast has them in order
        assert found.loss >= 2 * unsorted.mean() - 1e-6
        assert (found.quantile_outputs.diff(dim=-1) >= 0).all()
    elif loss == "student_t":
        freedom, loc, scale = found.parameters.unbind(-1)
        z = future / torch.tensor([2.0, 4.0])
        expected = -torch.distributions.StudentT(freedom, loc, scale).log_prob(z).mean()
        torch.testing.assert_close(found.loss, expected)
        assert (freedom > 2).all() and (scale > 0).all()
    else:
        torch.testing.assert_close(found.loss, (error.abs() if loss == "mae" else error**2).mean())


def test_samples_follow_the_quantiles():
    model = make(loss="quantile")
    torch.manual_seed(0)
    found = model.generate(window(), num_parallel_samples=4000).sequences
    quantiles = model(past_values=window()).quantile_outputs
    share = (found.unsqueeze(-1) <= quantiles.unsqueeze(1)).float().mean(1)
    torch.testing.assert_close(share, torch.tensor(model.config.quantiles).expand_as(share), atol=0.05, rtol=0)


def test_one_step_from_the_state_by_broadcasting_is_one_step_of_the_recurrence():
    for cell_type in CELLS:
        model = make(cell_type=cell_type, num_hidden_layers=2)
        state = model.rnn(past_values=window()).state
        asked = model._ask(state)  # (B, C, M, D)
        x = model.position.weight[1] + model.channel.weight[1]
        rows = [1, 3, 5]  # the second channel of each series
        hidden, _ = model.rnn.recurrence(x.expand(3, 1, -1), state.index_select(rows), None, True)
        torch.testing.assert_close(asked[:, 1, 1], hidden[:, 0])


@pytest.mark.parametrize("level", [False, True])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_forecast_is_the_mean_of_the_network_s_and_the_linear_map_s(loss, level):
    options = {"autoregression": True, "autoregression_level": level, "autoregression_share": 0.25}
    model = make(loss=loss, scaling="standard", **options)
    x = window()
    found = model(past_values=x).prediction_outputs
    model.config.autoregression_share = 0.0
    network = model(past_values=x).prediction_outputs
    model.config.autoregression_share = 0.25
    y = (x - x.mean(1, keepdim=True)) / (x.var(1, correction=0, keepdim=True) + 1e-5).sqrt()
    expected = (y.transpose(1, 2) @ model.autoregression.weight.T).transpose(1, 2)
    expected = expected * (x.var(1, correction=0, keepdim=True) + 1e-5).sqrt() + x.mean(1, keepdim=True)
    if level:
        nn.init.uniform_(model.level.bias)
        found = model(past_values=x).prediction_outputs
        expected += x.mean(1, keepdim=True) * model.level.weight + model.level.bias[:, None]
    if loss != "quantile":  # whose median is only known once all are in order
        torch.testing.assert_close(found, 0.25 * expected + 0.75 * network)
    longer = torch.cat([x + 100, x], 1)
    assert model(past_values=longer).prediction_outputs.shape == found.shape
    assert model(past_values=x[:, 5:]).prediction_outputs.isfinite().all()


def test_channels_read_apart_do_not_touch_each_other():
    model, x = make(channels="shared"), window()
    other = x.clone()
    other[..., 1] += torch.randn(12)
    assert torch.equal(
        model(past_values=x).prediction_outputs[..., 0], model(past_values=other).prediction_outputs[..., 0]
    )
    joint = make(channels="joint")
    assert not torch.equal(
        joint(past_values=x).prediction_outputs[..., 0], joint(past_values=other).prediction_outputs[..., 0]
    )


def test_time_features_are_read_and_their_shape_is_checked():
    for channels in CHANNELS:
        model = make(num_time_features=4, channels=channels)
        features = torch.randn(3, 12, 4)
        found = model(past_values=window(), past_time_features=features).prediction_outputs
        assert not torch.equal(model(past_values=window(), past_time_features=-features).prediction_outputs, found)
        with pytest.raises(ValueError, match="past_time_features has shape"):
            model(past_values=window())


@pytest.mark.parametrize(
    "values, mask, message",
    [
        (torch.ones(2, 5), None, r"must be \(batch, time, 2\)"),
        (torch.ones(2, 5, 3), None, r"must be \(batch, time, 2\)"),
        (torch.ones(2, 0, 2), None, "past_values has shape"),
        (torch.ones(2, 5, 2), torch.ones(2, 5), "past_observed_mask has shape"),
        (torch.ones(2, 5, 2), torch.zeros(2, 5, 2), "no observed value in row 0, channel 0"),
    ],
)
def test_a_wrong_input_is_named(values, mask, message):
    with pytest.raises(ValueError, match=message):
        make()(past_values=values, past_observed_mask=mask)
    with pytest.raises(TypeError, match="input_ids"):
        make()(past_values=torch.ones(1, 5, 2), input_ids=values)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"scaling": "max"}, "scaling is 'max'; it must be one of 'none', 'standard', 'last'"),
        ({"decoding": "parallel"}, "embedding_size is None"),
        ({"decoding": "recurrent", "num_time_features": 2}, "num_time_features is 2"),
        ({"quantiles": [0.9, 0.1]}, "quantiles is"),
        ({"quantiles": [0.1, 0.9]}, "0.5 among them"),
        ({"value_mean": [1.0, 2.0]}, "a number for each of the 1 channels"),
        ({"value_scale": [0.0]}, "numbers above 0"),
        ({"segment_length": 0}, "segment_length is 0"),
        ({"cell_type": "lstm", "nonlinearity": "relu"}, "nonlinearity is 'relu'"),
        ({"bidirectional": True, "backwards": True}, "False if bidirectional"),
    ],
)
def test_a_wrong_field_is_named_with_what_is_allowed(options, message):
    with pytest.raises(ValueError, match="RNNTimeSeriesConfig.*" + message):
        RNNTimeSeriesConfig(**options)


@pytest.mark.parametrize("way", ["bidirectional", "backwards"])
def test_a_forecaster_reads_up_to_now(way):
    with pytest.raises(ValueError, match=f"RNNTimeSeriesConfig.{way} is True"):
        make(**{way: True})


def test_gradients_are_the_same_with_checkpoints():
    found = []
    for checkpointing in (False, True):
        model = make(num_hidden_layers=2).train()
        if checkpointing:
            model.gradient_checkpointing_enable()
        model(past_values=window(), future_values=window(time=7)).loss.backward()
        found.append([parameter.grad for parameter in model.parameters()])
    torch.testing.assert_close(found[1], found[0])


def test_hidden_states_and_tuples_come_as_in_transformers():
    model = make(num_hidden_layers=2)
    found = model(past_values=window(), output_hidden_states=True)
    assert len(found.hidden_states) == 3
    assert torch.equal(model(past_values=window(), return_dict=False)[0], found.prediction_outputs)


@pytest.mark.parametrize("head", HEADS)
def test_a_model_saved_alone_names_only_classes_whose_code_is_saved(tmp_path, head):
    make(head).save_pretrained(tmp_path)
    named = AutoConfig.from_pretrained(tmp_path).auto_map
    assert all((tmp_path / f"{name.partition('.')[0]}.py").is_file() for name in named.values())
    assert {"AutoModelForTimeSeriesPrediction", "AutoModel", head._auto_class} <= named.keys()
