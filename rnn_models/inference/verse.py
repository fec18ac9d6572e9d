"""Regular Chinese poems (jueju and lüshi): their forms, and the rhymes of modern Mandarin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

HAN = r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
# A couplet is one line of the text; its halves are lines of the poem.
HALF, END = "，；？！", "。？！"
LENGTHS = (5, 7)
COUPLETS = [re.compile(rf"({HAN}{{{length}}})[{HALF}]({HAN}{{{length}}})[{END}]") for length in LENGTHS]
COUPLET_COUNTS = (2, 4)
# Zhonghua Xinyun (中华新韵), the fourteen rhymes of modern Mandarin after the Chinese Poetry Society
# (中华诗词学会), each with its finals in Hanyu Pinyin: v is ü, -i is the vowel of zhi, chi, shi, ri, zi, ci, si.
RHYMES = {
    "麻": "a ia ua",
    "波": "o e uo",
    "皆": "ie ve",
    "开": "ai uai",
    "微": "ei uei",
    "豪": "ao iao",
    "尤": "ou iou",
    "寒": "an ian uan van",
    "文": "en in uen vn",
    "唐": "ang iang uang",
    "庚": "eng ing ueng ong iong",
    "齐": "i er v",
    "支": "-i",
    "姑": "u",
}
APICAL = ("zhi", "chi", "shi", "ri", "zi", "ci", "si")
# The last character of a line, and its rhyme.
Ending = tuple[str, str | None]


class Form(NamedTuple):
    """How many characters a line has, and how many lines a poem."""

    length: int
    lines: int


FORMS = {"五绝": Form(5, 4), "七绝": Form(7, 4), "五律": Form(5, 8), "七律": Form(7, 8)}


def poem_lines(text: str) -> list[str] | None:
    """The 4 or 8 lines of a regular poem, all of 5 or all of 7 characters, without their punctuation; else None.

    Each line of the text is two lines of the poem: the first ends with one of `，；？！`, the second with one of
    `。？！`.
    """
    couplets = text.split("\n")
    if len(couplets) not in COUPLET_COUNTS:
        return None
    for pattern in COUPLETS:
        found = [pattern.fullmatch(couplet) for couplet in couplets]
        if all(found):
            return [line for match in found if match for line in match.groups()]
    return None


@cache
def _syllable_rhyme(syllable: str) -> str | None:
    from pypinyin.contrib.tone_convert import to_finals

    final = "-i" if syllable in APICAL else to_finals(syllable, strict=True)
    return next((name for name, finals in RHYMES.items() if final in finals.split()), None)


def rhyme(line: str) -> str | None:
    """The name of the rhyme of a line of Chinese characters, tones ignored; None if its last sound has no rhyme.

    If the last character has several readings, the words of the line decide which one is meant.
    """
    from pypinyin import Style, lazy_pinyin  # here: it takes seconds and 60 MB

    return _syllable_rhyme(lazy_pinyin(line, style=Style.NORMAL)[-1])


def even_lines(poems: Sequence[Sequence[str]]) -> list[list[Ending]]:
    """The last character and the rhyme of every second line of each poem: the lines that must rhyme."""
    return [[(line[-1], rhyme(line)) for line in lines[1::2]] for lines in poems]


def endings_rhyme(one: Ending, other: Ending) -> bool:
    """Whether two lines rhyme. A character does not rhyme with itself."""
    return one[0] != other[0] and one[1] is not None and one[1] == other[1]


def poem_rhymes(endings: Sequence[Ending]) -> bool:
    """Whether all even lines of a poem rhyme, without repeating a character."""
    all_rhyme = all(endings_rhyme(*pair) for pair in pairwise(endings))
    return all_rhyme and len({character for character, _ in endings}) == len(endings)
