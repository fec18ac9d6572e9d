"""Holding a language model to the form of a regular Chinese poem while it writes.

At each place of a form only some tokens may come: a character, a mark, a line break, the end. A rhyme leaves the
characters that rhyme, an acrostic (藏头诗) one. The model chooses among these with its own probabilities.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .verse import END, FORMS, HALF, HAN, Form, even_lines, poem_lines, poem_rhymes, rhyme

TRIES = 12  # characters that a rule refuses at one place


@dataclass(frozen=True)
class Verse:
    """What a poem has to keep to.

    Attributes:
        form: a key of `FORMS`.
        acrostic: the first characters of the lines, one a line; empty for none.
        rhyming: whether the even lines rhyme.
    """

    form: str
    acrostic: str = ""
    rhyming: bool = True

    @property
    def places(self) -> list[str]:
        """What stands at each place of the text: `"han"`, `"half"`, `"end"` or a line break."""
        form, found = FORMS[self.form], []
        for line in range(form.lines):
            found += ["han"] * form.length
            found += ["half"] if line % 2 == 0 else ["end"] + ["\n"] * (line + 1 < form.lines)
        return found


class NotInFormError(ValueError):
    """The beginning of a poem does not fit its form.

    Attributes:
        position: of the character that does not fit, counted from 1.
        character: that character.
    """

    def __init__(self, position: int, character: str) -> None:
        self.position, self.character = position, character
        super().__init__(f"character {position} ({character}) does not fit the form")


def begin_verse(verse: Verse, text: str) -> str:
    """The beginning of a poem as the form has it: without blanks, and with the form's line breaks.

    Raises:
        NotInFormError: a character does not fit.
    """
    places, found = verse.places, ""
    for position, character in enumerate(text, 1):
        place = places[len(found)] if len(found) < len(places) else ""
        if character.isspace():
            found += "\n" if character == place else ""
            continue
        if place == "\n":
            found, place = found + "\n", "han"
        if not _stands_at(character, place) or not _suits(verse, len(found), character):
            raise NotInFormError(position, character)
        found += character
    return found


def _stands_at(character: str, place: str) -> bool:
    if place == "han":
        return bool(re.fullmatch(HAN, character))
    return character in {"half": HALF, "end": END}.get(place, "")


def _suits(verse: Verse, place: int, character: str) -> bool:
    """Whether a character is that of the acrostic, if it begins a line."""
    line, column = _line_of(FORMS[verse.form], place)
    return column > 0 or not verse.acrostic or verse.acrostic[line] == character


def _line_of(form: Form, place: int) -> tuple[int, int]:
    """The line and the column of a place of the text. A couplet has two lines, two marks and a line break."""
    couplet, within = divmod(place, 2 * form.length + 3)
    return 2 * couplet + within // (form.length + 1), within % (form.length + 1)


class VerseTokens:
    """The tokens of a vocabulary that a poem can be written with.

    Args:
        pieces: what each token writes.
        never: tokens that are never written.
        ends: tokens that end a text.
    """

    def __init__(self, pieces: Sequence[str], never: Collection[int], ends: Collection[int]) -> None:
        self.pieces = pieces
        usable = np.ones(len(pieces), dtype=bool)
        usable[[*never]] = False
        self.ends = np.zeros(len(pieces), dtype=bool)
        self.ends[[*ends]] = True
        self.of = {
            "han": usable & [re.fullmatch(HAN, piece) is not None for piece in pieces],
            "half": usable & [len(piece) == 1 and piece in HALF for piece in pieces],
            "end": usable & [len(piece) == 1 and piece in END for piece in pieces],
            "\n": usable & [piece == "\n" for piece in pieces],
        }

    @property
    def complete(self) -> bool:
        """Whether the vocabulary has all that a poem needs."""
        return bool(self.ends.any()) and all(tokens.any() for tokens in self.of.values())

    def writing(self, characters: str) -> np.ndarray:
        """The usable tokens that write one of these characters."""
        return self.of["han"] & [piece in characters and piece != "" for piece in self.pieces]

    @cached_property
    def rhyming(self) -> dict[str, np.ndarray]:
        """The tokens of each rhyme, by the usual reading of their character alone."""
        rhymes = [rhyme(piece) if usable else None for piece, usable in zip(self.pieces, self.of["han"], strict=True)]
        return {name: np.array([one == name for one in rhymes]) for name in set(rhymes) - {None}}  # type: ignore


class VerseRule:
    """Holds one text to its form; see `sampling.Rule`.

    The reading of a last character depends on the words of its line, so a character that rhymes alone may be refused
    when the line is complete. If none is left after some tries, the line does not rhyme.

    Args:
        begun: the beginning, as `begin_verse` gives it.
    """

    def __init__(self, tokens: VerseTokens, verse: Verse, begun: str = "") -> None:
        self.tokens, self.verse, self.text = tokens, verse, begun
        self.form, self.places = FORMS[verse.form], verse.places
        self.refused = 0

    @property
    def left(self) -> int:
        """How many tokens are still to be written, without the end token."""
        return len(self.places) - len(self.text)

    def allowed(self) -> np.ndarray:
        if self.left <= 0:
            return self.tokens.ends
        place = self.places[len(self.text)]
        if place != "han":
            return self.tokens.of[place]
        line, column = _line_of(self.form, len(self.text))
        if column == 0 and self.verse.acrostic:
            return self.tokens.writing(self.verse.acrostic[line])
        if self._must_rhyme:
            rhyming = self._rhyming()
            return rhyming if rhyming.any() else self.tokens.of["han"]
        return self.tokens.of["han"]

    def take(self, token: int) -> bool:
        if self._must_rhyme:
            wanted = self._wanted()
            fits = rhyme(self._line + self.tokens.pieces[token]) in wanted
            if not fits and self.refused < min(TRIES, int(self.allowed().sum()) - 1):
                self.refused += 1
                return False
        self.refused = 0
        self.text += self.tokens.pieces[token]
        return True

    @property
    def _must_rhyme(self) -> bool:
        if not self.verse.rhyming or self.left <= 0:
            return False
        line, column = _line_of(self.form, len(self.text))
        return line % 2 == 1 and column == self.form.length - 1

    @property
    def _line(self) -> str:
        """The line as far as it is written."""
        return self.text[len(self.text) - self.form.length + 1 :]

    def _even(self) -> list[str]:
        """The complete even lines."""
        return re.findall(rf"[{HALF}]({HAN}+)[{END}]", self.text)

    def _wanted(self) -> set[str]:
        """The rhymes that this line may end with: that of the even line before, or any with enough characters."""
        even = self._even()
        found = rhyme(even[-1]) if even else None
        if found is not None:
            return {found}
        needed = self.form.lines // 2
        return {name for name, tokens in self.tokens.rhyming.items() if tokens.sum() >= needed}

    def _rhyming(self) -> np.ndarray:
        """The tokens that may end this line; none of those that end another even line."""
        found = np.zeros(len(self.tokens.pieces), dtype=bool)
        for name in self._wanted():
            found |= self.tokens.rhyming.get(name, False)
        ended = "".join(line[-1] for line in self._even())
        return found & ~self.tokens.writing(ended)


def kept_rules(verse: Verse, text: str) -> Iterator[tuple[str, bool, str]]:
    """For each rule of a poem its name, whether the text keeps it, and what shows it."""
    form = FORMS[verse.form]
    lines = poem_lines(text)
    whole = lines is not None and (len(lines[0]), len(lines)) == form
    yield "form", whole, f"{verse.form} ({form.lines} × {form.length})"
    if verse.acrostic:
        firsts = "".join(line[0] for line in re.findall(rf"{HAN}{{{form.length}}}", text))
        yield "acrostic", firsts == verse.acrostic, firsts
    if verse.rhyming:
        endings = even_lines([lines])[0] if lines else []
        shown = " ".join(character for character, _ in endings)
        yield "rhyme", bool(endings) and poem_rhymes(endings), shown + (f" ({endings[0][1]})" if endings else "")
