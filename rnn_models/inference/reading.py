"""How a prompt reaches a model: in the characters that the model knows.

1. A model of simplified Chinese reads traditional characters as simplified ones (OpenCC, `t2s`). A text counts as
   traditional if it has a character that GB 2312 lacks and OpenCC changes.
2. A punctuation mark or blank that the model does not know is read as its Chinese or its ASCII form, whichever it
   knows (`,` and `，`, `.` and `。`, straight and curly quotation marks); a blank that it knows in no form is left
   out.
3. All other characters stay. Those that the model does not know are named: it reads a sign for "unknown", or bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from ..tokenization import token_ids
from .text import REPLACEMENT

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
SIMPLIFIED_SHARE = 0.8  # of the Chinese characters of a vocabulary: the others are rare ones, and old variants
FORMS = {chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F) if not chr(code).isalnum()}
FORMS |= {".": "。", "'": "’", '"': "”"}
FORMS |= {form: mark for mark, form in FORMS.items()} | {"‘": "'", "“": '"', "、": ",", "…": ".", "—": "-", "–": "-"}


@dataclass(frozen=True)
class Reading:
    """A text as a model reads it.

    Attributes:
        text: the text that the model gets.
        unknown: the characters in it that the model does not know, each once; no blanks.
        from_traditional: whether traditional characters were replaced.
        other_marks: whether punctuation or blanks were replaced.
    """

    text: str
    unknown: tuple[str, ...]
    from_traditional: bool
    other_marks: bool

    @property
    def nothing_known(self) -> bool:
        """Whether no letter, digit or character of the text is known."""
        characters = {character for character in self.text if not character.isspace()}
        letters = set(filter(str.isalnum, characters)) or characters
        return bool(letters) and letters <= set(self.unknown)


class Reader:
    """Reads texts for one model.

    Args:
        tokenizer: the tokenizer of the model.
        language: its two-letter code.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, language: str) -> None:
        self.tokenizer, self.language = tokenizer, language
        self.knows = cache(self._knows)

    def read(self, text: str) -> Reading:
        """A text that `check_text` has accepted, as the model reads it."""
        script = self.script(text)
        lines = script.replace("\r\n", "\n").replace("\r", "\n")
        marks = "".join(character if self.knows(character) else self._form(character) for character in lines)
        unknown = dict.fromkeys(one for one in marks if not one.isspace() and not self.knows(one))
        return Reading(marks, tuple(unknown), script != text, marks != lines)

    def script(self, text: str) -> str:
        """The text in the script that the model knows, all else unchanged."""
        return to_simplified(text) if self.simplified else text

    @cached_property
    def pieces(self) -> list[str]:
        """What each token of the vocabulary writes alone."""
        return self.tokenizer.batch_decode([[token] for token in range(len(self.tokenizer))], skip_special_tokens=True)

    @cached_property
    def simplified(self) -> bool:
        """Whether the model writes simplified Chinese."""
        if self.language != "zh":
            return False
        characters = set(HAN.findall("".join(self.pieces)))
        return sum(map(is_usual, characters)) > SIMPLIFIED_SHARE * len(characters)

    @cached_property
    def unusual(self) -> list[int]:
        """The tokens that a model of simplified Chinese should not write: those with characters that GB 2312 lacks.

        Most of them are old variants (隣 for 邻, 劒 for 剑), which digital editions of poems mix with the usual forms.
        """
        if not self.simplified:
            return []
        return [token for token, piece in enumerate(self.pieces) if not all(map(is_usual, HAN.findall(piece)))]

    @cached_property
    def _characters(self) -> frozenset[str]:
        return frozenset("".join(piece for piece in self.pieces if REPLACEMENT not in piece))

    def _knows(self, character: str) -> bool:
        (ids,) = token_ids(self.tokenizer, [character], special_tokens=False)
        whole = not any(REPLACEMENT in piece for piece in self.tokenizer.batch_decode([[token] for token in ids]))
        return (whole and self.tokenizer.unk_token_id not in ids) or character in self._characters

    def _form(self, character: str) -> str:
        if character.isspace():
            return " " if self.knows(" ") else ""
        form = FORMS.get(character, character)
        return form if self.knows(form) else character


def to_simplified(text: str) -> str:
    """The text in simplified characters if any of it is traditional, else unchanged."""
    if any(_simpler(character) != character for character in set(HAN.findall(text)) if not is_usual(character)):
        return _converter().convert(text)
    return text


@cache
def is_usual(character: str) -> bool:
    """Whether GB 2312, the usual set of simplified Chinese, has a character."""
    try:
        return bool(character.encode("gb2312"))
    except UnicodeEncodeError:
        return False


@cache
def _simpler(character: str) -> str:
    return _converter().convert(character)


@cache
def _converter():
    import opencc  # here, because only Chinese models need it

    return opencc.OpenCC("t2s")
