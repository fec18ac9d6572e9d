"""The toy task that trains live, with short delays, which take a second."""

from __future__ import annotations

import math

import pytest
import torch

from rnn_models.interpret import train_memory
from rnn_models.interpret.memory_task import SYMBOLS, _Learner, _rows

SHORT = {"delays": (1, 3), "hidden_size": 16}


def test_a_row_is_a_symbol_and_distractors_of_another_kind():
    ids, first = _rows(500, 7, torch.Generator().manual_seed(0))
    assert ids.shape == (500, 8) and torch.equal(ids[:, 0], first)
    assert set(ids[:, 0].tolist()) == set(range(SYMBOLS))
    assert set(ids[:, 1:].flatten().tolist()) == set(range(SYMBOLS, 2 * SYMBOLS))


@pytest.mark.parametrize("cell_type", ["rnn", "lstm", "gru"])
def test_each_cell_begins_at_chance_and_learns_to_remember(cell_type):
    first, *_, last = train_memory([cell_type], **SHORT, steps=300, report_every=50, seconds=600)
    assert first.step == 0 and math.isnan(first.loss) and max(first.accuracy.values()) < 0.6
    assert last.step == 300 and last.loss < 0.3 and min(last.accuracy.values()) > 0.9


def test_cells_take_turns_and_every_report_says_how_far_one_is():
    reports = list(train_memory(["gru", "rnn"], **SHORT, steps=5, report_every=2, seconds=600))
    assert [(one.cell_type, one.step) for one in reports] == [
        (cell, step) for step in (0, 2, 4, 5) for cell in ("gru", "rnn")
    ]
    assert all(list(one.accuracy) == [1, 3] for one in reports)
    seconds = [one.seconds for one in reports]
    assert seconds == sorted(seconds)


def test_an_accuracy_is_the_share_of_rows_that_are_told_right():
    learner = _Learner("lstm", 8, "tanh", 1.0, [2, 4], 0)
    learner.learn(3)
    report = learner.report(0.0)
    learner.model.eval()
    for delay, accuracy in report.accuracy.items():
        ids, first = learner.tests[delay]
        assert ids.shape[1] == 1 + delay
        right = [int(learner.model(row[None]).logits.argmax()) == int(wanted) for row, wanted in zip(ids, first)]  # noqa: B905
        assert accuracy == sum(right) / len(right)
    assert report.loss == pytest.approx(sum(learner.losses) / 3)


def test_the_same_seed_gives_the_same_training_and_leaves_torch_s_own_numbers_alone():
    def losses(seed):
        return [one.loss for one in train_memory(["gru"], **SHORT, steps=4, report_every=2, seed=seed)][1:]

    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    assert losses(1) == losses(1) != losses(2)
    assert torch.equal(torch.rand(2), expected)


def test_a_long_delay_needs_an_open_forget_gate():
    def last(bias):
        *_, report = train_memory(
            ["lstm"], delays=(12,), hidden_size=16, steps=200, report_every=200, forget_bias=bias
        )
        return report.loss

    assert last(2.0) < last(-4.0) - 0.1


def test_training_ends_when_its_time_is_over_or_nobody_reads_on():
    assert [one.step for one in train_memory(**SHORT, seconds=1e-9)] == [0, 0, 0]
    training = train_memory(**SHORT)
    next(training)
    training.close()
    assert list(training) == []


def test_it_learns_where_the_caller_wants_no_gradient_and_leaves_that_as_it_was():
    expected = [one.loss for one in train_memory(["rnn"], **SHORT, steps=2)][1:]
    with torch.inference_mode():
        found = []
        for report in train_memory(["rnn"], **SHORT, steps=2):
            assert torch.is_inference_mode_enabled()
            found.append(report.loss)
    assert found[1:] == expected


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"delays": ()}, r"delays is \[0\]: it must be from 1 to 200"),
        ({"delays": (5, 201)}, r"delays is \[5, 201\]: it must be from 1 to 200"),
        ({"hidden_size": 500}, r"hidden_size is \[500\]: it must be from 1 to 128"),
        ({"steps": 0}, r"steps is \[0\]"),
        ({"report_every": 0}, r"report_every is \[0\]"),
        ({"seconds": 0}, "seconds is 0: it must be above 0"),
        ({"cell_types": ["qrnn"]}, "cell_type is 'qrnn'; it must be one of"),
        ({"nonlinearity": "sin"}, "nonlinearity is 'sin'"),
        ({"forget_bias": float("inf")}, "forget_bias is inf"),
    ],
)
def test_what_cannot_be_asked_gets_a_sentence_at_once(options, problem):
    with pytest.raises(ValueError, match=problem):
        train_memory(**options)
