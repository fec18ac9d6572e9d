"""The comparison of printed and shown output finds every relevant difference and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.printed import NUMBER, difference

ROOT = Path(__file__).parents[1]
# The outputs shown on the pages: the README's output blocks, and those below the cards' examples.
SHOWN = {
    f"{path.relative_to(ROOT)} {number}": block
    for path in (*ROOT.glob("README*.md"), *ROOT.glob("checkpoints/*/README.md"))
    for number, block in enumerate(
        re.findall(r"(?:<!-- output:\w+ -->|prints)\n+```text\n(.*?)\n```", path.read_text("utf-8"), re.DOTALL)
    )
}
PROBABILITIES = {name: block for name, block in SHOWN.items() if NUMBER.search(block)}


def moved(block: str, number: int, by: float) -> str:
    """The block with one of its numbers changed."""
    found = list(NUMBER.finditer(block))[number]
    return f"{block[: found.start()]}{float(found[0]) + by:.4f}{block[found.end() :]}"


def test_the_pages_show_probabilities_and_texts():
    assert len(PROBABILITIES) >= 6 and len(SHOWN) - len(PROBABILITIES) >= 7


@pytest.mark.parametrize("name", PROBABILITIES)
def test_a_probability_that_is_wrong_by_a_tenth_or_more_than_two_decimals_is_seen(name: str):
    block = PROBABILITIES[name]
    for number in range(len(NUMBER.findall(block))):
        for by in (0.1, -0.1, 0.02):
            assert difference(moved(block, number, by), block)
        assert difference(moved(block, number, 0.01), block) is None


@pytest.mark.parametrize("name", PROBABILITIES)
def test_a_different_label_is_seen(name: str):
    for line in {"positive": "neutral", "negative": "positive"}.items():
        changed = PROBABILITIES[name].replace(*line, 1)
        assert changed == PROBABILITIES[name] or difference(changed, PROBABILITIES[name])


@pytest.mark.parametrize("name", SHOWN)
def test_a_text_that_ends_differently_or_earlier_is_seen(name: str):
    block = SHOWN[name]
    assert difference(f"{block}\n", block) is None
    assert difference(block[:-1], block)
    assert difference(f"{block[:-1]}#", block)
    assert difference(f"{block}\nmore", block)
