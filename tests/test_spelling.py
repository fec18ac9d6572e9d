"""Options are spelled in one way everywhere, with underscores, and read with hyphens too."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_models import __main__ as command
from rnn_models.console import spell_option, spell_options
from rnn_models.training.options import OPTIONS

ROOT = Path(__file__).parents[1]
WORD = st.from_regex(r"[a-z]+([-_][a-z]+)*", fullmatch=True)
# How a program adds an option: add_argument("--name" or, under its short name, add("--name".
ADDED = re.compile(r"""\badd(?:_argument)?\(\s*["'](--[\w-]+)""")
PROGRAMS = [ROOT / "app.py", *(ROOT / "rnn_models").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]


def options_of(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.Action]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield from ((name, option) for _, option in options_of(inner))
        elif action.option_strings:
            yield "", action


COMMANDS = list(options_of(command._parser()))


def test_no_option_has_a_hyphen_in_its_name() -> None:
    added = {name for path in PROGRAMS for name in ADDED.findall(path.read_text(encoding="utf-8"))}
    added |= {name for _, action in COMMANDS for name in action.option_strings if name.startswith("--")}
    assert {"--create_pr", "--no_baseline", "--data_root", "--models"} <= added
    assert [name for name in [*added, *(f"--{name}" for name in OPTIONS)] if "-" in name[2:]] == []


REQUIRED = {
    "push": ["folder", "repo"], "card": ["folder"], "evaluate": ["model", "--data", "d"], "export": ["model"],
    "classify": ["file", "--model", "m"], "forecast": ["file", "--model", "m"], "anomalies": ["file", "--model", "m"],
    "tag": ["file", "--model", "m"], "spans": ["folder", "--data", "r"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "option"),
    [(name, action) for name, action in COMMANDS if any("_" in each for each in action.option_strings)],
    ids=lambda value: value if isinstance(value, str) else value.dest,
)
def test_an_option_of_a_command_may_be_spelled_with_hyphens(name: str, option: argparse.Action) -> None:
    spelled = option.option_strings[0]
    value = [] if option.nargs == 0 else ["3"]
    words = [[name, *REQUIRED[name], each, *value] for each in (spelled, f"--{spelled[2:].replace('_', '-')}")]
    read = [command._parser().parse_args(spell_options(each)) for each in words]
    assert read[0] == read[1]
    assert getattr(read[0], option.dest) in (True, "3", 3)


@given(WORD, st.text(max_size=9))
def test_a_name_gets_underscores_and_its_value_stays(name: str, value: str) -> None:
    assert spell_option(f"--{name}={value}") == f"--{name.replace('-', '_')}={value}"
    assert spell_options([f"--{name}", "--", f"--{name}"]) == [f"--{name.replace('-', '_')}", "--", f"--{name}"]


@given(st.text(max_size=9).filter(lambda word: not word.startswith("--")))
def test_whatever_is_no_option_stays(word: str) -> None:
    assert spell_option(word) == word


def test_the_patterns_are_asked_for_in_both_spellings(tmp_path: Path) -> None:
    said = set()
    for option in ("--data_root", "--data-root"):
        words = [sys.executable, "-m", "rnn_models.data.patterns", "en", str(tmp_path), option, str(tmp_path / "none")]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 2
        said.add(done.stderr)
    (line,) = said
    assert "unrecognized" not in line and "none" in line
