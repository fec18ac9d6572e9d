"""The command line that results keep: it trains the same again, and names no folder of one machine."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_models.training.arguments import split_words
from rnn_models.training.options import OPTIONS
from rnn_models.training.output import about_results, command


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (["/home/me/r.yaml"], "r.yaml"),
        (["--lowercase", "/home/me/r.yaml"], "r.yaml --lowercase"),
        (["--lowercase", "true", "/home/me/r.yaml"], "r.yaml --lowercase true"),
        (["--overwrite_output_dir", "/home/me/r.yaml", "--seed", "3"], "r.yaml --seed 3"),
        (["--push_to_hub", "--lowercase", "/home/me/r.yaml"], "r.yaml --lowercase"),
        (["r.yaml", "--data_root", "/data", "--lowercase"], "r.yaml --lowercase"),
        (["r.yaml", "--data_root=/data", "--seed=3"], "r.yaml --seed 3"),
        (["r.yaml", "--output_dir", "/scratch/x", "--seed", "3"], "r.yaml --seed 3"),
        (["r.yaml", "--output_dir", "runs/x"], "r.yaml --output_dir runs/x"),
        (["r.yaml", "--pretrained_model", "/home/me/first"], "r.yaml --pretrained_model first"),
        (["r.yaml", "--tokenizer=/home/me/first/"], "r.yaml --tokenizer first"),
        (["r.yaml", "--datasets", "[/home/me/a.txt,b.txt]"], "r.yaml --datasets '[a.txt,b.txt]'"),
        (["r.yaml", "--datasets", "[{name: /me/a.csv}]"], "r.yaml --datasets '[{name: a.csv}]'"),
        (["r.yaml", "--sample_prompt", "/imagine"], "r.yaml --sample_prompt /imagine"),
        (["r.yaml", "--sample_prompt=--"], "r.yaml --sample_prompt=--"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_nothing_is_lost_but_folders(words: list[str], kept: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert command(words) == f"python train.py {kept}"


def test_a_recipe_of_this_folder_keeps_its_place_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert command(["--lowercase", f"{tmp_path}/recipes/a.yaml"]) == "python train.py recipes/a.yaml --lowercase"


KEPT = st.sampled_from(
    [name for name in OPTIONS if about_results(name) and name not in ("output_dir", "sample_prompt")]
)
VALUES = st.one_of(st.none(), st.text(st.characters(exclude_characters="/"), max_size=9), st.just("/home/me/x"))
PAIRS = st.lists(st.tuples(KEPT, VALUES), max_size=5, unique_by=lambda pair: pair[0])


@given(PAIRS, st.sampled_from([None, "r.yaml"]), st.booleans())
def test_what_is_kept_is_read_as_what_was_given(pairs: list[tuple[str, str | None]], recipe: str | None, first: bool):
    options = [f"--{name}" if value is None else f"--{name}={value}" for name, value in pairs]
    words = [*options, recipe] if recipe else options
    if recipe and first:
        words = [recipe, *options]
    recipe, options = split_words(words)
    shortened = {name: value.replace("/home/me/x", "x") for name, value in options.items()}
    assert split_words(shlex.split(command(words))[2:]) == (recipe, shortened)


def test_several_corpora_stand_behind_one_option_and_are_written_so_that_they_are_read_again():
    words = ["--datasets", "a.txt", "b [1].txt", "recipes/a.yaml", "--seed", "3"]
    recipe, options = split_words(words)
    assert (recipe, options) == ("recipes/a.yaml", {"datasets": ["a.txt", "b [1].txt"], "seed": "3"})
    assert split_words(shlex.split(command(words))[2:]) == (recipe, options)
