"""Simple things that can be said of each character of a text, which a unit may have learnt to tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .source import Tokens

# An apostrophe looks like a single quotation mark: those are not counted.
CLOSING = {"“": "”", '"': '"', "「": "」", "『": "』", "«": "»", "„": "“"}
NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|nowhere|cannot|without|\w+n['’]t)\b|[不没未无莫勿]",
    re.IGNORECASE,
)
CLAUSE_END = re.compile(r"[.,;:!?\n，。；：！？]")


class Property(NamedTuple):
    """Something that is so or not so, or more or less so, at each character of a text.

    Attributes:
        name: short, in one word.
        of: a text to (characters,) of bool, or of numbers.
        anywhere: a token of several characters has it if any of them has; else what its last has counts, since that
            is what was read when the state after the token is looked at.
    """

    name: str
    of: Callable[[str], np.ndarray]
    anywhere: bool = False

    def of_tokens(self, tokens: Tokens) -> np.ndarray:
        """The same for the tokens that stand for characters: those with a span that is not empty.

        Raises:
            ValueError: it says something of more or fewer characters than the text has.
        """
        found = np.asarray(self.of(tokens.text))
        if found.shape != (len(tokens.text),):
            raise ValueError(
                f"{self.name} gives {found.shape} for a text of {len(tokens.text)} characters: one each is needed"
            )
        spans = tokens.spans[tokens.spans[:, 1] > tokens.spans[:, 0]]
        if self.anywhere:
            return np.array([found[start:end].max() for start, end in spans], dtype=found.dtype)
        return found[spans[:, 1] - 1]


def in_quotation(text: str) -> np.ndarray:
    """Whether a quotation is open after each character: from its opening mark to before its closing one.

    A quotation that nobody closed ends with its paragraph, at an empty line.
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
    """How many characters stand before each in its line. A line break is the last character of its line."""
    found = np.zeros(len(text), dtype=float)
    start = 0
    for index, character in enumerate(text):
        found[index] = index - start
        start = index + 1 if character == "\n" else start
    return found


def after_negation(text: str) -> np.ndarray:
    """Whether a negation was read before each character in its clause (as in Pang, Lee & Vaithyanathan 2002)."""
    found = np.zeros(len(text), dtype=bool)
    for negation in NEGATION.finditer(text):
        end = CLAUSE_END.search(text, negation.end())
        found[negation.end() : end.start() if end else len(text)] = True
    return found


def is_capital(text: str) -> np.ndarray:
    """Whether each character is a capital letter."""
    return np.array([character.isupper() for character in text], dtype=bool)


def ends_line(text: str) -> np.ndarray:
    """Whether a line break follows each character, which the network does not know yet."""
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
"""What a dossier looks for."""


def find_property(wanted: str | Property) -> Property:
    """A property by its name; one's own as it is. Raises ValueError."""
    if isinstance(wanted, Property):
        return wanted
    if wanted not in PROPERTIES:
        raise ValueError(f"property is {wanted!r}; allowed are {', '.join(map(repr, PROPERTIES))}, or a Property")
    return PROPERTIES[wanted]
