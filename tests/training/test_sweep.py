"""A sweep finds the best of its values, goes on as if nothing had interrupted it, and says what cannot be swept."""

from __future__ import annotations

import json
import random
import shlex
import signal
import sqlite3
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rnn_models.data import InputError
from rnn_models.training import sweep
from rnn_models.training.arguments import parse_arguments
from rnn_models.training.divergence import Unsaved
from rnn_models.training.trainer import BatchTrainer

from .test_going_on import TINY, start, train, weights, write_play

optuna = pytest.importorskip("optuna", reason='Optuna is missing: pip install "rnn-models[sweep]"')

PLAY = ["--task", "language-model", "--datasets", "play.txt", "--tokenizer", "character", "--output_dir", "model"]
PLAY += ["--sequence_length", "16", "--num_train_epochs", "2", "--sample_length", "0", *TINY]
VALUES = "{learning_rate: {low: 1e-4, high: 0.1, log: true}, cell_type: [rnn, gru], hidden_size: {low: 4, high: 8}}"
SWEEP = [*PLAY, "--sweep", VALUES, "--trials", "2"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_play(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a sweep that nothing interrupted."""
    place = tmp_path_factory.mktemp("whole")
    write_play(place)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        assert train.main(SWEEP) == 0
    return place


def trials_in(place: Path) -> list[Any]:
    """What Optuna itself reads of a sweep: the state of each trial, its values and its metrics."""
    study = optuna.load_study(study_name="sweep", storage=f"sqlite:///{place}/model-sweep/trials.sqlite")
    return [(trial.state.name, trial.params, trial.value, trial.intermediate_values) for trial in study.trials]


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines of the sweep itself."""
    return [line for line in capsys.readouterr().out.splitlines() if line.startswith(("trial ", "best: ", "to train"))]


def test_the_same_command_says_again_what_was_best_and_the_command_it_gives_trains_so(
    whole: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(whole)
    found = trials_in(whole)
    assert [state for state, *_ in found] == ["COMPLETE"] * 2
    assert all(value == min(metrics.values()) and len(metrics) == 2 for _, _, value, metrics in found)
    best = min(range(2), key=lambda number: found[number][2])
    made = json.loads((whole / f"model-sweep/trial-{best:03}/eval_results.json").read_text(encoding="utf-8"))
    assert train.main(SWEEP) == 0
    told, command = said(capsys)
    assert told.startswith(f"best: trial {best + 1}, loss {found[best][2]:.4f}: learning_rate")
    words = shlex.split(command.partition(": python train.py ")[2])
    assert train.main(words) == 0
    result = json.loads((whole / "model" / "eval_results.json").read_text(encoding="utf-8"))
    assert result["validation"] == made["validation"]
    assert weights(whole / "model") == weights(whole / f"model-sweep/trial-{best:03}")


@pytest.mark.slow
def test_an_interrupted_sweep_ends_as_a_whole_one(
    here: Path, whole: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate, evaluations = sweep.Report.on_evaluate, []

    def interrupted(*args: Any, **kwargs: Any) -> None:
        evaluate(*args, **kwargs)
        evaluations.append(args)
        if len(evaluations) in (2, 4):  # with a checkpoint, and without
            raise KeyboardInterrupt

    monkeypatch.setattr(sweep.Report, "on_evaluate", interrupted)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            train.main(SWEEP)
    assert train.main(SWEEP) == 0
    assert any(line.startswith("best: ") for line in said(capsys))
    assert trials_in(here) == trials_in(whole)
    for number in range(2):
        model = f"model-sweep/trial-{number:03}"
        assert weights(here / model) == weights(whole / model)


def test_a_sweep_that_is_interrupted_between_two_values_of_a_trial_proposes_the_same_ones(here: Path) -> None:
    found = sweep.prepare_sweep(parse_arguments(SWEEP), SWEEP, here / "model")

    def trials(known: int) -> list[dict[str, Any]]:
        """The values of trials of which the first `known` were proposed before an interruption."""
        place = replace(found, folder=here / f"sweep-{known}", arguments=replace(found.arguments, trials=3))
        proposed = []
        for _ in range(3):
            cut = replace(place, values=dict(list(found.values.items())[:known]))
            for part in (cut, place):
                storage = sweep.open_storage(place.folder)
                study = sweep.open_study(place, storage)
                trial = sweep.next_trial(place, study, storage)
                values = sweep.proposed(part, study, trial)
            study.tell(trial, 1.0)
            proposed.append(values)
        return proposed

    whole = trials(0)
    assert len({json.dumps(values) for values in whole}) == 3
    assert [trials(known) for known in (1, 2, 3)] == [whole] * 3


def test_trials_without_a_sweep_are_refused() -> None:
    with pytest.raises(InputError, match="option trials: there is no sweep"):
        parse_arguments([*PLAY, "--trials", "3"])
    parse_arguments([*PLAY, "--sweep", "false", "--trials", "3"])  # as of a recipe with a sweep


@pytest.mark.slow
def test_more_trials_go_on_with_a_sweep_and_overwriting_begins_again(
    here: Path, whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train.main([*SWEEP, "--trials", "1"]) == 0
    assert trials_in(here) == trials_in(whole)[:1]
    said(capsys)
    assert train.main(SWEEP) == 0
    assert trials_in(here) == trials_in(whole)
    assert not any(line.startswith("trial 1 ") for line in said(capsys))
    assert train.main([*SWEEP, "--trials", "1", "--overwrite_output_dir", "--learning_rate", "0.5"]) == 0
    assert trials_in(here) == trials_in(whole)[:1]
    (here / "model-sweep" / "trial-000" / "README.md").write_text("mine", encoding="utf-8")
    assert train.main([*SWEEP, "--overwrite_output_dir"]) == 2
    assert "trial-000/README.md, which no run wrote" in capsys.readouterr().err
    assert trials_in(here) == trials_in(whole)[:1]


@pytest.mark.slow
def test_a_trial_that_is_worse_than_others_stops_early(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rates = "{learning_rate: [0.05, 0.06, 0.07, 0.08, 0.09, 1e-6, 2e-6, 3e-6, 4e-6]}"
    assert train.main([*SWEEP, "--sweep", rates, "--trials", "30"]) == 0
    found = trials_in(here)
    stopped = {params["learning_rate"] for state, params, *_ in found if state == "PRUNED"}
    assert stopped and max(stopped) < 1e-3
    lines = said(capsys)
    assert any(line.endswith("stopped, others were better by then") for line in lines)
    assert any("the same values as trial" in line for line in lines)
    number = next(number for number, (state, *_) in enumerate(found) if state == "PRUNED")
    assert not any((here / f"model-sweep/trial-{number:03}").rglob("*.safetensors"))


@pytest.mark.slow
def test_a_trial_that_diverges_is_given_up_and_the_others_are_run(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*SWEEP, "--sweep", "{warmup_steps: [0, 1], learning_rate: [0.01, 1e38]}", "--trials", "8"]
    assert train.main(words) == 0
    states = {params["learning_rate"]: state for state, params, *_ in trials_in(here)}
    assert states == {0.01: "COMPLETE", 1e38: "PRUNED"}
    assert any("no model was saved" in line for line in said(capsys))


@pytest.mark.slow
def test_values_that_do_not_go_together_are_left_out(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [*SWEEP, "--sweep", "{nonlinearity: [tanh, relu], cell_type: [rnn, lstm]}", "--trials", "9"]
    while (status := train.main(words)) == 2:  # a refusal of the very first trial may be about more than its values
        assert not (here / "model-sweep").exists()
        words += ["--seed", str(len(words))]
    assert status == 0
    states = {(params["nonlinearity"], params["cell_type"]): state for state, params, *_ in trials_in(here)}
    assert states.pop(("relu", "lstm"), "FAIL") == "FAIL"
    assert set(states.values()) == {"COMPLETE"}


@pytest.mark.slow
def test_a_full_disk_ends_a_sweep_and_its_trial_goes_on_afterwards(
    here: Path, whole: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write = BatchTrainer._write_checkpoint

    def fails(trainer: Any, *args: Any) -> None:
        raise Unsaved("the disk is full")

    monkeypatch.setattr(BatchTrainer, "_write_checkpoint", fails)
    assert train.main(SWEEP) == 1
    assert "the disk is full; no model was saved" in capsys.readouterr().err
    monkeypatch.setattr(BatchTrainer, "_write_checkpoint", write)
    assert train.main(SWEEP) == 0
    assert trials_in(here) == trials_in(whole)


WRONG = [
    ("learning_rat: [1, 2]", [], "unknown option learning_rat; did you mean learning_rate"),
    ("learning_rate: 0.1", [], "option sweep, learning_rate: 0.1 is neither a list of values nor a range"),
    ("learning_rate: [0.1]", [], "must have two values or more"),
    ("learning_rate: [0.1, 0.1]", [], "all different"),
    ("learning_rate: [0.1, fast]", [], "option sweep, learning_rate: 'fast' is not a number"),
    ("learning_rate: [0.1, -1]", [], "option learning_rate: -1.0 must be above 0"),
    ("ema_decay: [0.9, null]", [], "option sweep, ema_decay: None is not a single value"),
    ("learning_rate: {low: 1}", [], "neither a list of values nor a range"),
    ("learning_rate: {low: 1, high: 2, lag: 1}", [], "neither a list of values nor a range"),
    ("learning_rate: {low: 2, high: 1}", [], "low, 2.0, must be below high, 1.0"),
    ("learning_rate: {low: 0, high: 1, log: true}", [], "with log, low must be above 0"),
    ("learning_rate: {low: 1, high: 2, log: maybe}", [], "option sweep, learning_rate, log: 'maybe'"),
    ("hidden_size: {low: 4, high: 9, step: 2}", [], "step, 2, must be above 0 and lead from low to high"),
    ("hidden_size: {low: 4, high: 9, step: 0}", [], "step, 0, must be above 0"),
    ("hidden_size: {low: 0.5, high: 9}", [], "option sweep, hidden_size, low: 0.5 is not a whole number"),
    ("cell_type: {low: lstm, high: rnn}", [], "list the values in place of a range"),
    ("lowercase: {low: false, high: true}", [], "list the values in place of a range"),
    ("seed: [1, 2]", [], "seed cannot be swept"),
    ("datasets: [a.txt, b.txt]", [], "datasets cannot be swept"),
    ("validation_size: [0.1, 0.2]", [], "validation_size cannot be swept"),
    ("output_dir: [a, b]", [], "output_dir cannot be swept"),
    ("pooling: [max, mean]", [], "option pooling belongs to the task classification"),
    ("vocab_size: [50, 60]", [], "loss is not comparable between values of vocab_size"),
    ("lowercase: [true, false]", ["--metric_for_best_model", "nats_per_character"], "is not comparable"),
    ("{}", [], "option sweep names no option"),
    ("", [], "option sweep: recipe values.yaml must consist of"),
    ("[1, 2]", [], "option sweep: recipe values.yaml must consist of"),
    (None, [], "option sweep: recipe values.yaml cannot be read"),
    ("learning_rate: [0.1, 0.2]", ["--evaluate_test", "true"], "a sweep chooses by validation alone"),
    ("learning_rate: [0.1, 0.2]", ["--eval_strategy", "no"], "option sweep needs evaluations"),
    ("learning_rate: [0.1, 0.2]", ["--resume_from_checkpoint", "true"], "leave the option out"),
    ("learning_rate: [0.1, 0.2]", ["--trials", "0"], "option trials: 0 must be above 0"),
    ("learning_rate: [0.1, 0.2]", ["--metric_for_best_model", "test_loss"], "test_loss is none of loss"),
    ("learning_rate: [0.1, 0.2]", ["--datasets", "no.txt"], "there is no file no.txt"),
    (
        "learning_rate: [0.1, 0.2]",
        ["--datasets", "[{name: corpus, validation_split: test}]"],
        "has the test split test for its validation",
    ),
]


@pytest.mark.parametrize(("values", "words", "message"), WRONG, ids=lambda value: value if value is not None else "")
def test_what_cannot_be_swept_is_refused_in_a_line_and_nothing_is_left(
    values: str | None, words: list[str], message: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if values is not None:
        (here / "values.yaml").write_text(values, encoding="utf-8")
    assert train.main([*PLAY, "--sweep", "values.yaml", *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not list(here.glob("model*"))


def test_another_sweep_in_the_folder_is_refused_by_name(
    whole: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(whole)
    for words, message in [
        ([*SWEEP, "--num_train_epochs", "3"], "another sweep: num_train_epochs was 2.0 and is 3.0"),
        ([*SWEEP, "--sweep", "{learning_rate: [1, 2]}"], "holds another sweep: sweep was"),
    ]:
        assert train.main(words) == 2
        assert message in capsys.readouterr().err
    before = trials_in(whole)
    text = (whole / "play.txt").read_text(encoding="utf-8")
    (whole / "play.txt").write_text(text + "more", encoding="utf-8")
    assert train.main([*SWEEP, "--trials", "3"]) == 2
    assert "the data changed since this run began (play.txt, train" in capsys.readouterr().err
    (whole / "play.txt").write_text(text, encoding="utf-8")
    assert trials_in(whole)[:2] == before


def test_a_damaged_file_of_trials_is_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "model-sweep").mkdir()
    (here / "model-sweep" / "trials.sqlite").write_bytes(b"no database" * 999)
    assert train.main(SWEEP) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "trials.sqlite, cannot be read or written: file is not a database" in line


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_sweep_that_is_killed_at_random_moments_ends_as_a_whole_one(here: Path, whole: Path, seed: int) -> None:
    rng = random.Random(seed)
    for number in range(6):
        process = start(*SWEEP)
        begun = here / "model-sweep" / "trials.sqlite"
        while process.poll() is None and not (begun.exists() if number else True):
            time.sleep(0.001)
        # importing torch takes most of the time that the first kills are in
        time.sleep(rng.uniform(0, 9))
        process.send_signal(rng.choice([signal.SIGKILL, signal.SIGTERM]))
        process.communicate()
    assert train.main(SWEEP) == 0
    assert trials_in(here) == trials_in(whole)
    with sqlite3.connect(here / "model-sweep" / "trials.sqlite") as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
