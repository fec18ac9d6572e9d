"""One reading for characters that people take for the same: `𝐭𝐞𝐫𝐫𝐢𝐛𝐥𝐞` is "terrible", `’` an apostrophe, 髒 is 脏."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator

from tokenizers import normalizers

from .charmap import replacing

# What nobody sees: zero-width blanks and joiners, soft hyphens, the choice between a picture and a sign, skin tones.
INVISIBLE = [0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, *range(0xFE00, 0xFE10), *range(0x1F3FB, 0x1F400)]
QUOTES = {"‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "“": '"', "”": '"', "„": '"', "″": '"'}
# Chinese punctuation is as wide as its characters, and that is how Chinese is written.
WIDE = range(0xFF01, 0xFF5F)
# More forms of a character than this range has are rare.
LAST = 0x1F200


def unicode_rules(*, chinese: bool = False) -> list[normalizers.Normalizer]:
    """Composed characters (NFC), then one for each that is another form of letters, digits or signs of ASCII.

    With `chinese`, traditional characters are read as simplified, and wide punctuation and quotation marks stay.
    Raises `ImportError` where `chinese` needs OpenCC and it is not there.
    """
    table = {chr(code): "" for code in INVISIBLE} | dict(compatible())
    if chinese:
        table = {character: text for character, text in table.items() if not stays_wide(character)} | simplified()
    else:
        table |= QUOTES
    return [normalizers.NFC(), replacing(table)]


def compatible() -> Iterator[tuple[str, str]]:
    """Characters whose compatibility form (NFKC) is ASCII, with it: mathematical letters, wide ones, ligatures."""
    for code in range(0x80, min(LAST, sys.maxunicode)):
        character = chr(code)
        form = unicodedata.normalize("NFKC", character)
        # NFKC gives some lone accents a blank to stand on
        if form != character and form.isascii() and (form == " " or " " not in form):
            yield character, form


def stays_wide(character: str) -> bool:
    """Whether a character is punctuation of Chinese width; letters and digits of that width are no Chinese."""
    return (ord(character) in WIDE and not unicodedata.normalize("NFKC", character).isalnum()) or character == "…"


def simplified() -> dict[str, str]:
    """Each traditional character that has a simplified one, by OpenCC's table of characters."""
    from opencc import OpenCC

    convert = OpenCC("t2s").convert
    characters = [chr(code) for code in (*range(0x3400, 0xA000), *range(0xF900, 0xFB00))]
    return {one: other for one in characters if (other := convert(one)) != one and len(other) == 1}
