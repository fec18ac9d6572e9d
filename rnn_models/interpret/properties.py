"""Simple properties of each character of a text that a unit may have learnt to detect."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .source import Tokens

# Single quotation marks are left out, because they look like apostrophes.
CLOSING = {"“": "”", '"': '"', "「": "」", "『": "』", "«": "»", "„": "“"}
NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|nowhere|cannot|without|\w+n['’]t)\b|[不没未无莫勿]",
    re.IGNORECASE,
)
CLAUSE_END = re.compile(r"[.,;:!?\n，。；：！？]")


class Property(NamedTuple):
    """A property of each character of a text, true or false, or a number.

    Attributes:
        name: a short name, one word.
        of: maps a text to an array (characters,) of bool or of numbers.
        anywhere: whether a token of several characters has the property if any of them has it. By default the last
            character decides, because the state after a token has read up to it.
    """

    name: str
    of: Callable[[str], np.ndarray]
    anywhere: bool = False

    def of_tokens(self, tokens: Tokens) -> np.ndarray:
        """The property of each token that stands for characters, that is, with a non-empty span.

        Raises:
            ValueError: `of` returned more or fewer values than the text has characters.
        """
        found = np.asarray(self.of(tokens.text))
        if found.shape != (len(tokens.text),):
            raise ValueError(
                f"{self.name} gives {found.shape} for a text of {len(tokens.text)} characters: one value per "
                "character is needed"
            )
        spans = tokens.spans[tokens.spans[:, 1] > tokens.spans[:, 0]]
        if self.anywhere:
            return np.array([found[start:end].max() for start, end in spans], dtype=found.dtype)
        return found[spans[:, 1] - 1]


def in_quotation(text: str) -> np.ndarray:
    """Whether a quotation is open after each character: from its opening mark to just before its closing one.

    An unclosed quotation ends with its paragraph, at an empty line.
    """
    found = np.zeros(len(text), dtype=bool)
    closing = ""
    for index, character in enumerate(text):
        if closing:
            paragraph_ends = character == "\n" and text[index - 1] == "\n"
            closing = "" if character == closing or paragraph_ends else closing
        else:
            closing = CLOSING.get(character, "")
        found[index] = bool(closing)
    return found


def position_in_line(text: str) -> np.ndarray:
    """The number of characters before each one in its line. A line break is the last character of its line."""
    found = np.zeros(len(text), dtype=float)
    start = 0
    for index, character in enumerate(text):
        found[index] = index - start
        start = index + 1 if character == "\n" else start
    return found


def after_negation(text: str) -> np.ndarray:
    """Whether a negation precedes each character in its clause (as in Pang, Lee & Vaithyanathan 2002)."""
    found = np.zeros(len(text), dtype=bool)
    for negation in NEGATION.finditer(text):
        end = CLAUSE_END.search(text, negation.end())
        found[negation.end() : end.start() if end else len(text)] = True
    return found


def is_capital(text: str) -> np.ndarray:
    """Whether each character is a capital letter."""
    return np.array([character.isupper() for character in text], dtype=bool)


def ends_line(text: str) -> np.ndarray:
    """Whether a line break follows each character; the network has not read it yet."""
    return np.array([text[index + 1 : index + 2] == "\n" for index in range(len(text))], dtype=bool)


PROPERTIES = {
    one.name: one
    for one in (
        Property("quotation", in_quotation),
        Property("line_position", position_in_line),
        Property("negation", after_negation),
        Property("capital", is_capital, anywhere=True),
        Property("line_end", ends_line),
    )
}
"""The properties that a dossier checks."""


def find_property(wanted: str | Property) -> Property:
    """A property by name; a `Property` is returned unchanged. Raises ValueError."""
    if isinstance(wanted, Property):
        return wanted
    if wanted not in PROPERTIES:
        raise ValueError(f"property is {wanted!r}; allowed are {', '.join(map(repr, PROPERTIES))}, or a Property")
    return PROPERTIES[wanted]
