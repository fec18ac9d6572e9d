"""Long texts in pieces that together have the tokens of the text.

While a text is tokenized, each of its characters takes about a hundred bytes, so that a long one does not fit into
memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from transformers import PreTrainedTokenizerBase

from .encoding import token_ids

# Characters of a piece: at least this many, and fewer than twice as many.
PIECE = 1 << 17
# Characters on either side of a border by which it is decided whether a token or a normalization crosses it.
REACH = 64
# Borders of each kind that are tried in a piece.
TRIES = 8


def pieces(blocks: Iterable[str], separates: Callable[[str, str], bool], size: int = PIECE) -> Iterator[str]:
    """The text of `blocks` in pieces.

    Args:
        blocks: the text in parts of any length.
        separates: whether a border between two texts changes no token, as `token_border` says. If no border is found
            in one piece, the rest of the text is one piece.
    """
    rest, whole = "", False
    held: list[str] = []
    for block in blocks:
        if whole:
            held.append(block)
            continue
        rest += block
        while len(rest) >= 2 * size + REACH:
            border = next((place for place in _borders(rest, size) if _fits(rest, place, separates)), None)
            if border is None:
                whole = True
                break
            yield rest[:border]
            rest = rest[border:]
    if rest := "".join([rest, *held]):
        yield rest


def token_border(tokenizer: PreTrainedTokenizerBase) -> Callable[[str, str], bool]:
    """A function that says whether two texts have the tokens that they have when one follows the other."""

    def separates(left: str, right: str) -> bool:
        both, one, other = token_ids(tokenizer, [left + right, left, right], special_tokens=False)
        return both == one + other

    return separates


def _fits(text: str, place: int, separates: Callable[[str, str], bool]) -> bool:
    return separates(text[max(place - REACH, 0) : place], text[place : place + REACH])


def _borders(text: str, size: int) -> Iterator[int]:
    """Where a border may be, the likeliest first: before a line, before a space, anywhere."""
    yield from _after(text, "\n", size, 1)
    yield from _after(text, " ", size, 0)
    yield from range(size, size + TRIES)


def _after(text: str, character: str, size: int, step: int) -> Iterator[int]:
    place = size
    for _ in range(TRIES):
        place = text.find(character, place, 2 * size)
        if place < 0:
            return
        yield place + step
        place += 1
