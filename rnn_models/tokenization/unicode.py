"""One form for characters that readers see as the same: `𝐭𝐞𝐫𝐫𝐢𝐛𝐥𝐞` is "terrible", `’` is an apostrophe, 髒 is 脏."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator

from tokenizers import normalizers

from .charmap import replacing

# Invisible characters: soft hyphens, zero-width spaces and joiners, variation selectors; and skin tones.
INVISIBLE = [0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, *range(0xFE00, 0xFE10), *range(0x1F3FB, 0x1F400)]
QUOTES = {"‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "“": '"', "”": '"', "„": '"', "″": '"'}
# Full-width forms; in Chinese, punctuation is full-width.
WIDE = range(0xFF01, 0xFF5F)
# Compatibility forms beyond this code point are rare.
LAST = 0x1F200


def unicode_rules(*, chinese: bool = False) -> list[normalizers.Normalizer]:
    """Compose characters (NFC), then replace other forms of ASCII letters, digits and signs by ASCII.

    With `chinese`, traditional characters become simplified ones, and full-width punctuation and quotation marks stay.
    Raises `ImportError` if `chinese` is set and OpenCC is not installed.
    """
    table = {chr(code): "" for code in INVISIBLE} | dict(compatible())
    if chinese:
        table = {character: text for character, text in table.items() if not stays_wide(character)} | simplified()
    else:
        table |= QUOTES
    return [normalizers.NFC(), replacing(table)]


def compatible() -> Iterator[tuple[str, str]]:
    """Characters whose compatibility form (NFKC) is ASCII, with that form: mathematical letters, ligatures."""
    for code in range(0x80, min(LAST, sys.maxunicode)):
        character = chr(code)
        form = unicodedata.normalize("NFKC", character)
        # NFKC puts a space in front of some lone accents.
        if form != character and form.isascii() and (form == " " or " " not in form):
            yield character, form


def stays_wide(character: str) -> bool:
    """Whether a character is full-width punctuation; full-width letters and digits are not Chinese."""
    return (ord(character) in WIDE and not unicodedata.normalize("NFKC", character).isalnum()) or character == "…"


def simplified() -> dict[str, str]:
    """Each traditional character that has a simplified form, with that form, from OpenCC's character table."""
    from opencc import OpenCC

    convert = OpenCC("t2s").convert
    characters = [chr(code) for code in (*range(0x3400, 0xA000), *range(0xF900, 0xFB00))]
    return {one: other for one in characters if (other := convert(one)) != one and len(other) == 1}
