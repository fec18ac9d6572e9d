"""The properties of each character, against annotations by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_models.interpret import PROPERTIES, Property
from rnn_models.interpret.properties import find_property
from rnn_models.interpret.source import Tokens

# below each text an x for each character with the property
QUOTATION = [
    'He said "no" twice.',
    "........xxx........",
    "“Go,” 「好」 it's “a",
    "xxxx..xx.......xx",
    '"Open|| Next "a" b',
    "xxxxxx.......xx...",
    "“a 'b' “c” d",
    "xxxxxxxxx...",
]
NEGATION = [
    "It is not good, but fine.",
    ".........xxxxx...........",
    "I don't like it|at all",
    ".......xxxxxxxx.......",
    "Nothing works. Notes do.",
    ".......xxxxxx...........",
    "我不喜欢，但好",
    "..xx...",
    "No way, no way",
    "..xxxx....xxxx",
]
CAPITAL = ["To Be ÄΩ好", "x..x..xx."]
LINE_END = ["ab|c||d", ".x.xx.."]


@pytest.mark.parametrize(
    ("name", "rows"),
    [("quotation", QUOTATION), ("negation", NEGATION), ("capital", CAPITAL), ("line_end", LINE_END)],
)
def test_a_property_marks_what_a_reader_would_mark(name, rows):
    for text, expected in zip(rows[::2], rows[1::2], strict=True):
        found = PROPERTIES[name].of(text.replace("|", "\n"))
        assert "".join("x" if so else "." for so in found) == expected, text


def test_a_position_in_a_line_counts_the_characters_before_it():
    assert list(PROPERTIES["line_position"].of("abc\n\nde")) == [0, 1, 2, 3, 0, 0, 1]


@given(st.text(max_size=60), st.sampled_from(sorted(PROPERTIES)))
def test_every_character_gets_an_answer(text, name):
    assert PROPERTIES[name].of(text).shape == (len(text),)


def test_a_token_has_what_its_last_character_has_or_what_any_has():
    text = "aBc d"
    tokens = Tokens(text, np.arange(3), np.array([[0, 0], [0, 3], [3, 5]]), ("<s>", "aBc", " d"))
    assert list(PROPERTIES["capital"].of_tokens(tokens)) == [True, False]
    assert list(Property("capital", PROPERTIES["capital"].of).of_tokens(tokens)) == [False, False]
    assert list(PROPERTIES["line_position"].of_tokens(tokens)) == [2, 4]


def test_a_property_of_too_few_characters_is_refused():
    tokens = Tokens("ab", np.arange(2), np.array([[0, 1], [1, 2]]), ("a", "b"))
    with pytest.raises(ValueError, match=r"mine gives \(1,\) for a text of 2 characters"):
        Property("mine", lambda text: np.array([True])).of_tokens(tokens)


def test_a_property_is_found_by_name():
    own = Property("own", lambda text: np.zeros(len(text)))
    assert find_property(own) is own and find_property("capital") is PROPERTIES["capital"]
    with pytest.raises(ValueError, match="property is 'rhyme'; allowed are 'quotation', 'line_position'"):
        find_property("rhyme")
