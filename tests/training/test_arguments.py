"""Options: a recipe, overridden by the command line, converted and checked."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from transformers import TrainingArguments

from rnn_models.data import InputError
from rnn_models.data.recipes import DatasetEntry
from rnn_models.modeling.heads import HEADS
from rnn_models.training.arguments import check_trainer_options, parse_arguments
from rnn_models.training.options import OPTIONS, TASKS, Arguments, TokenArguments, tasks_with

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
WRITER = ["--task", "language-model", *REQUIRED[2:]]


def required(task: str) -> list[str]:
    """The options without which no run of a task is read: a forecaster has no tokenizer."""
    words = REQUIRED[2:] if issubclass(TASKS[task], TokenArguments) else REQUIRED[2:-2]
    return ["--task", task, *words]


RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))


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
    words += ["--labels", "[bad, good]"]
    arguments = parse_arguments(REQUIRED + words)
    first, second = arguments.datasets
    assert (first.labels, first.weight) == ({0: "bad", 4: "good", -1: None}, 2.0)
    assert second == DatasetEntry(name="b.csv")
    assert arguments.labels == ["bad", "good"]
    assert parse_arguments([*WRITER, "--generation", "{temperature: 0.7}"]).generation == {"temperature": 0.7}


def shown_by(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as exit_status:
        parse_arguments(words)
    assert exit_status.value.code == 0
    return capsys.readouterr().out


def names(options: type[Arguments]) -> set[str]:
    return {item.name for item in dataclasses.fields(options)} - {"trainer_options"}


def named_in(text: str) -> set[str]:
    return set(re.findall(r"^  --(\w+)", text, re.MULTILINE))


@pytest.mark.parametrize("task", TASKS)
def test_the_help_of_a_task_shows_its_options_and_no_others_in_groups(
    task: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = shown_by(["--task", task, "--help"], capsys)
    assert named_in(shown) == names(TASKS[task])
    groups = re.findall(r"^(\w+):$", shown, re.MULTILINE)
    own = {"tokenizer"} if issubclass(TASKS[task], TokenArguments) else set()
    assert {"data", "network", "training", "evaluation", "output", "Hub"} | own <= set(groups)
    assert all(option.metadata["help"] for option in dataclasses.fields(TASKS[task]))


def test_the_help_shows_what_all_tasks_have_and_each_task_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    shown = shown_by(["--help"], capsys)
    assert named_in(shown) == names(Arguments) == set.intersection(*map(names, TASKS.values()))
    for task, options in TASKS.items():
        assert re.search(rf"^  {task} +{re.escape(str(options.__doc__))}$", shown, re.MULTILINE)


def test_the_help_of_a_recipe_is_that_of_its_task(recipe: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--sequence_length" in shown_by([recipe, "--help"], capsys)
    for wrong in (["no.yaml"], ["--task", "translation"], ["--task"]):
        assert "--sequence_length" not in shown_by([*wrong, "-h"], capsys)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_is_read(path: Path) -> None:
    arguments = parse_arguments([str(path)])
    assert type(arguments) is TASKS[arguments.task]
    known = {field.name: field for field in dataclasses.fields(TrainingArguments)}
    check_trainer_options(arguments, known)


@pytest.mark.parametrize(
    ("task", "name"),
    [(task, name) for task in TASKS for name in OPTIONS if task not in tasks_with(name)],
)
def test_an_option_of_another_task_is_refused_by_its_name_and_its_tasks(tmp_path: Path, task: str, name: str) -> None:
    words, tasks = required(task), tasks_with(name)
    message = f"option {name} belongs to the task{'s' * (len(tasks) > 1)} {' and '.join(tasks)}; this task is {task}"
    with pytest.raises(InputError) as error:
        parse_arguments([*words, f"--{name}", "1"])
    assert str(error.value) == message
    for line in (f"{name}: 1", f"trainer_options: {{{name}: 1}}"):
        (tmp_path / "recipe.yaml").write_text(line, encoding="utf-8")
        with pytest.raises(InputError) as error:
            parse_arguments([*words, str(tmp_path / "recipe.yaml")])
        assert str(error.value) == message


def test_the_tasks_are_those_that_train_the_heads() -> None:
    from rnn_models.training import tasks

    trained = {head.trained_by: head.name for head in HEADS if head.trained_by is not None}
    assert tasks.TASKS.keys() == set(TASKS.values())
    made = {name: tasks.TASKS[options] for name, options in TASKS.items()}
    assert {name: task.model_class.__name__ for name, task in made.items() if not task.intermediate} == trained


@pytest.mark.parametrize("name", [name for name, item in OPTIONS.items() if "_" in name and item.type == "bool"])
def test_an_option_may_be_spelled_with_hyphens(name: str) -> None:
    words = required(tasks_with(name)[0])
    for spelled in (name, name.replace("_", "-")):
        assert getattr(parse_arguments([*words, f"--{spelled}"]), name) is True
        assert getattr(parse_arguments([*words, f"--{spelled}=no"]), name) is False


def test_values_keep_their_hyphens() -> None:
    arguments = parse_arguments([*WRITER, "--sample-prompt=--a-b=c-d", "--output-dir", "a-b", "--adam-beta2", "0.9"])
    assert (arguments.sample_prompt, arguments.output_dir) == ("--a-b=c-d", "a-b")
    assert arguments.trainer_options == {"adam_beta2": 0.9}


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
        (["--task", "language-model", "--generation", "hot"], "option generation: 'hot' is not a mapping"),
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
