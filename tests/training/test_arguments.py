"""Options: a recipe, overridden by the command line, converted and checked."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from rnn_models.data import InputError
from rnn_models.training.arguments import Arguments, DatasetEntry, check_trainer_options, parse_arguments

RECIPE = """
task: language-model
output_dir: out
datasets:
  - {name: someone/corpus, license: mit}
tokenizer: character
learning_rate: 2e-3
eval_strategy: no
adam_beta2: 0.99
"""
REQUIRED = ["--task", "classification", "--output_dir", "out", "--datasets", "a.csv", "--tokenizer", "word"]


@pytest.fixture
def recipe(tmp_path: Path) -> str:
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    return str(path)


def test_a_recipe_is_read_with_numbers_as_people_write_them(recipe: str) -> None:
    arguments = parse_arguments([recipe])
    assert arguments.learning_rate == pytest.approx(0.002)
    assert arguments.eval_strategy == "no"
    assert arguments.datasets == [DatasetEntry(name="someone/corpus", license="mit")]
    assert arguments.trainer_options == {"adam_beta2": 0.99}


def test_the_command_line_overrides_the_recipe(recipe: str) -> None:
    words = ["--learning_rate", "1e-4", recipe, "--adam_beta2=0.9", "--hidden_size", "64", "--adam_epsilon", "1e-6"]
    arguments = parse_arguments(words)
    assert (arguments.learning_rate, arguments.hidden_size) == (1e-4, 64)
    assert arguments.trainer_options == {"adam_beta2": 0.9, "adam_epsilon": 1e-6}


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["--bidirectional"], True),
        (["--bidirectional", "true"], True),
        (["--bidirectional=no"], False),
        (["--bidirectional", "--seed", "3"], True),
        ([], False),
    ],
)
def test_a_switch_needs_no_value(words: list[str], value: bool) -> None:
    assert parse_arguments(REQUIRED + words).bidirectional is value


def test_a_switch_does_not_swallow_the_recipe(recipe: str) -> None:
    arguments = parse_arguments(["--overwrite_output_dir", recipe])
    assert arguments.overwrite_output_dir
    assert arguments.task == "language-model"


def test_structures_are_yaml_on_the_command_line() -> None:
    words = ["--datasets", "[{name: a.csv, labels: {0: bad, 4: good, -1: null}, weight: 2}, b.csv]"]
    words += ["--labels", "[bad, good]", "--generation", "{temperature: 0.7}"]
    arguments = parse_arguments(REQUIRED + words)
    first, second = arguments.datasets
    assert (first.labels, first.weight) == ({0: "bad", 4: "good", -1: None}, 2.0)
    assert second == DatasetEntry(name="b.csv")
    assert arguments.labels == ["bad", "good"]
    assert arguments.generation == {"temperature": 0.7}


def test_every_option_has_a_line_of_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_status:
        parse_arguments(["--help"])
    assert exit_status.value.code == 0
    shown = capsys.readouterr().out
    for option in dataclasses.fields(Arguments):
        assert option.metadata["help"]
        assert option.name == "trainer_options" or f"--{option.name} " in shown


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--seed", "x"], "option seed: 'x' is not a whole number"),
        (["--seed", "1.5"], "option seed: '1.5' is not a whole number"),
        (["--learning_rate", "fast"], "option learning_rate: 'fast' is not a number"),
        (["--bidirectional=maybe"], "option bidirectional: 'maybe' is not true or false"),
        (["--task", "translation"], "option task: 'translation' is not language-model, classification"),
        (["--learning_rate", "0"], "option learning_rate: 0.0 must be above 0"),
        (["--ema_decay", "1"], "option ema_decay: 1.0 must lie between 0 and 1"),
        (["--datasets", "[{nam: a}]"], "option datasets: {'nam': 'a'} must be a name or a mapping with a name"),
        (["--datasets", "[{name: a, colum: b}]"], "unknown key colum of a; allowed are name, config"),
        (["--datasets", "[{name: a, weight: -1}]"], "option datasets, a, weight: -1.0 must not be negative"),
        (["--datasets", "[{name: a, weight: x}]"], "option datasets, a, weight: 'x' is not a number"),
        (["--datasets", "[{name: a"], "option datasets: '[{name: a' is not YAML"),
        (["--generation", "hot"], "option generation: 'hot' is not a mapping"),
        (["no.yaml"], "recipe no.yaml cannot be read: No such file"),
        (["a.yaml", "b.yaml"], "unexpected 'b.yaml' on the command line"),
    ],
)
def test_a_wrong_option_is_named_with_what_is_allowed(words: list[str], message: str) -> None:
    with pytest.raises(InputError) as error:
        parse_arguments(REQUIRED + words)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("missing", ["task", "output_dir", "datasets", "tokenizer"])
def test_what_every_run_needs_is_asked_for(missing: str) -> None:
    at = REQUIRED.index(f"--{missing}")
    with pytest.raises(InputError, match=f"option {missing} is missing"):
        parse_arguments(REQUIRED[:at] + REQUIRED[at + 2 :])


@pytest.mark.parametrize("text", ["just words", "- a\n- b", "a: [1", "1: 2"])
def test_a_recipe_that_is_no_mapping_of_options_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="recipe"):
        parse_arguments([str(path)])


def test_an_unknown_option_is_answered_with_the_nearest_ones() -> None:
    arguments = parse_arguments([*REQUIRED, "--hiden_size", "3"])
    with pytest.raises(InputError, match="unknown option hiden_size; did you mean hidden_size"):
        check_trainer_options(arguments, {"adam_beta2": None})
    check_trainer_options(parse_arguments([*REQUIRED, "--adam_beta2", "0.9"]), {"adam_beta2": None})
