"""Reading options: a YAML recipe, overridden by the command line. Standard library and yaml only.

No library reads them, because what users are told would get worse: HfArgumentParser takes `--datasets "[{name: a"` for
the name of a corpus and `seed: x` in a recipe for a seed; jsonargparse names Python types in place of what is allowed.
"""

from __future__ import annotations

import argparse
import dataclasses
import difflib
import typing
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from ..console import spell_option
from ..data import InputError
from ..data.recipes import WORDS, convert, literal, read_recipe, with_numbers
from ..files import unwritable
from .bounds import TRAINER_BOUNDS
from .options import OPTIONS, TASKS, Arguments, tasks_with

HELP = {"-h", "--help"}
# The option that takes several words, and the name of those after the first.
SEVERAL, MORE = "datasets", "datasets, too"


def parse_arguments(argv: Sequence[str]) -> Any:
    """The options of a command line, of the class that `TASKS` has for their task.

    Prints help and exits with status 0 for `--help`. Raises `InputError`.
    """
    if not HELP.isdisjoint(argv):
        _print_help([word for word in argv if word not in HELP])
    recipe, values, task = _read(argv)
    options = TASKS[task] if task else Arguments
    trainer_options = convert(values.pop("trainer_options", None) or {}, dict[str, Any], "option trainer_options")
    for name in (*values, *trainer_options):
        _check_task(name, task)
    every_hint = typing.get_type_hints(options)
    hints = {item.name: every_hint[item.name] for item in dataclasses.fields(options)}
    trainer_options |= {name: value for name, value in values.items() if name not in hints}
    trainer_options = {
        name: literal(value, f"option {name}") if isinstance(value, str) else with_numbers(value)
        for name, value in trainer_options.items()
    }
    own = {name: convert(value, hints[name], f"option {name}") for name, value in values.items() if name in hints}
    arguments = options(**own, trainer_options=trainer_options)
    arguments.given = frozenset(values)
    every = {"recipe": recipe, **dataclasses.asdict(arguments)}
    if (place := unwritable({**every.pop("trainer_options"), **every})) is not None:
        raise InputError(f"option {place}")
    arguments.check()
    return arguments


def _read(argv: Sequence[str]) -> tuple[str | None, dict[str, Any], str | None]:
    """The recipe's name, the values of all options and the task, if there is one."""
    recipe, given = split_words(argv)
    values = {**(read_recipe(recipe) if recipe else {}), **given}
    return recipe, values, convert(values.get("task"), Literal[*TASKS] | None, "option task")  # type: ignore[valid-type]


def _check_task(name: str, task: str | None) -> None:
    """Raise `InputError` for an option that only other tasks have."""
    tasks = tasks_with(name)
    if task and tasks and task not in tasks:
        several = "s" if len(tasks) > 1 else ""
        raise InputError(f"option {name} belongs to the task{several} {' and '.join(tasks)}; this task is {task}")


def split_words(argv: Sequence[str]) -> tuple[str | None, dict[str, str | list[str]]]:
    """The recipe and the `--name value` pairs of a command line; a name with no value is `"true"`, and several corpora
    are a list."""
    recipe: str | None = None
    given: dict[str, str | list[str]] = {}
    for name, value in pair_words(argv):
        if name == MORE:
            before = given[SEVERAL]
            given[SEVERAL] = [*([before] if isinstance(before, str) else before), str(value)]
        elif name is not None:
            given[name] = "true" if value is None else value
        elif recipe is None:
            recipe = value
        else:
            raise InputError(f"unexpected {value!r} on the command line, after the recipe {recipe}")
    return recipe, given


def pair_words(argv: Sequence[str]) -> list[tuple[str | None, str | None]]:
    """The options of a command line in order, each with its value, None if it has none; (None, word) for a recipe."""
    found: list[tuple[str | None, str | None]] = []
    open_name: str | None = None
    for word in argv:
        if word.startswith("--"):
            name, equals, value = spell_option(word)[2:].partition("=")
            found.append((name, value if equals else None))
            open_name = None if equals else name
        elif open_name is not None and not (_is_switch(open_name) and word.lower() not in WORDS):
            found[-1], open_name = (open_name, word), None
        elif found and found[-1][0] in (SEVERAL, MORE) and not word.endswith((".yaml", ".yml")):
            found.append((MORE, word))
        else:
            found.append((None, word))
            open_name = None
    return found


def join_words(pairs: Iterable[tuple[str | None, str | None]]) -> list[str]:
    """The reverse of `pair_words`: a command line with these options, the recipe first."""
    recipes: list[str] = []
    options: list[str] = []
    for name, value in pairs:
        if name is None:
            recipes.append(str(value))
        elif name == MORE:
            options.append(str(value))
        elif value is None:
            options.append(f"--{name}")
        else:
            apart = [f"--{name}", value]
            options += apart if len(pair_words(apart)) == 1 else ["=".join(apart)]
    return [*recipes, *options]


def _is_switch(name: str) -> bool:
    return name in OPTIONS and OPTIONS[name].type == "bool"


def check_trainer_options(arguments: Arguments, known: dict[str, Any]) -> None:
    """Raise `InputError` for an option that neither we nor `TrainingArguments` (whose fields are `known`) have.

    So also for one that has no effect, or whose value is not allowed.
    """
    for name in arguments.trainer_options:
        if name not in known:
            own = [item.name for item in dataclasses.fields(arguments)]
            close = difflib.get_close_matches(name, dict.fromkeys([*own, *known]), n=3)
            hint = (
                f"did you mean {' or '.join(close)}?"
                if close
                else f"train.py --task {arguments.task} --help lists the options"
            )
            raise InputError(f"unknown option {name}; {hint}")
    for name, value in arguments.trainer_options.items():
        if name in arguments.without_effect:
            reason = arguments.without_effect[name]
            raise InputError(f"option {name} has no effect in this training: {reason}; leave it out")
        bound = TRAINER_BOUNDS.get(name)
        if bound is not None and isinstance(value, (int, float)) and not bound.holds(value):
            raise InputError(f"option {name}: {value} {bound.allowed}")


def _print_help(argv: Sequence[str]) -> None:
    """Print the options of the task that the other words name, or those of every task, and exit."""
    try:
        _, _, task = _read(argv)
    except InputError:
        task = None
    lines = [f"  {name:<18}{options.__doc__}" for name, options in TASKS.items()]
    tasks = "\n".join(["tasks, each with options of its own (train.py --task TASK --help):", *lines])
    parser = argparse.ArgumentParser(
        prog="train.py",
        usage="train.py [RECIPE] [--OPTION VALUE ...]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Train a recurrent network. A recipe is a YAML file of options; the command line overrides it.",
        epilog=f"{tasks}\n\nAny other field of transformers.TrainingArguments is an option too.",
    )
    parser.add_argument("recipe", metavar="RECIPE", nargs="?", help="YAML file")
    groups: dict[str, Any] = {"": parser}
    for item in dataclasses.fields(TASKS[task] if task else Arguments):
        title = item.metadata["group"]
        if title is None:
            continue
        if title not in groups:
            groups[title] = parser.add_argument_group(title)
        default = "" if item.default in (None, "", dataclasses.MISSING) else f" (default: {item.default})"
        help = item.metadata["help"].replace("%", "%%") + default
        groups[title].add_argument(f"--{item.name}", metavar="", help=help)
    parser.parse_args(["--help"])
