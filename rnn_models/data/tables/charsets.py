"""The encoding of a text file: UTF-8, UTF-16, GB18030 or Windows-1252, each with or without a byte order mark.

An own rule, because files here are often a few short lines: of 60 Chinese ones of one line, charset-normalizer 3.5
found GBK in 40, and Windows-1252 in 2 of 8; chardet 7.7 missed UTF-16 without a mark in 9 of 20. There are only three
candidates, which differ in what their bytes may be, and everything else is refused rather than guessed.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from .messages import table_error

BLOCK = 2**20
EVIDENCE = 2**18  # bytes of lines beyond ASCII that decide
MARKS = [
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]
# The letters and marks of Western European texts in Windows-1252; the other bytes above 0x7f are rare symbols.
WESTERN = re.compile(
    rb"[\xc0-\xd6\xd8-\xf6\xf8-\xff\x80\x85\x8a\x8c\x8e\x91-\x97\x99\x9a\x9c\x9e\x9f\xa0-\xa3\xa7-\xab\xae\xb0-\xb4\xb7\xba\xbb-\xbf]"
)
# What texts of any living language consist of, in UTF-16: letters up to Cyrillic, punctuation, East Asian scripts.
LIKELY = re.compile(
    "[\t-\r\x1c-\x7e\x85\xa0-\u04ff\u2010-\u2044\u20ac\u2190-\u21ff\u25a0-\u26ff\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff00-\uffef\U0001f000-\U0001faff]"
)
# The most frequent characters of Chinese texts. They are a third of most; of none is one a tenth of another language's
# bytes read as GB18030.
FREQUENT = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于"
    "着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还"
    "进好小部其些主样理心她本前开但因只从想实"
)

codecs.register_error("rnn_models.mark", lambda error: ("\udcff", error.end))  # type: ignore[attr-defined]


def find_encoding(path: Path, wanted: str | None = None) -> str:
    """The name of the codec that reads the text file at `path`.

    Args:
        wanted: an encoding that the user names, which is checked against the marks alone.

    Raises:
        TableError: there is no such encoding, or none is found.
    """
    with path.open("rb") as file:
        start = file.read(BLOCK)
    mark = next((name for mark, name in MARKS if start.startswith(mark)), None)
    if wanted is not None:
        try:
            "".encode(wanted)
            name = codecs.lookup(wanted).name
        except (LookupError, ValueError):
            raise table_error("no_codec", encoding=wanted) from None
        # with the codec of a mark the mark is no character of the text
        return mark if mark is not None and mark.startswith(name[:6]) else name
    if mark is not None:
        return mark
    if (wide := _utf16(start)) is not None:
        return wide
    broken = bad_line(path, "utf-8")
    if broken is None:
        return "utf-8"
    evidence = _lines_beyond_ascii(path)
    if _is_damaged_utf8(evidence):
        raise table_error("encoding_broken", file=path, line=broken, advice="encoding")
    if _is_chinese(evidence):
        return "gb18030"
    if _is_western(evidence):
        return "cp1252"
    raise table_error("encoding_unclear", file=path, line=broken, advice="encoding")


def lines_of(path: Path, encoding: str) -> Iterator[str]:
    """The lines of a text file with their ends: `\\n`, `\\r\\n` or `\\r`, and no other character.

    Raises:
        TableError: a line is not in this encoding.
    """
    with path.open(encoding=encoding, newline="") as file:
        try:
            yield from file
        except UnicodeError:
            line = bad_line(path, encoding) or 1
            name = encoding.upper()
            raise table_error("encoding_wrong", file=path, line=line, encoding=name, advice="other_encoding") from None


def bad_line(path: Path, encoding: str) -> int | None:
    """The number of the first line that is not in this encoding, counted from 1; None if all are."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while block := file.read(BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
            return None
        except UnicodeError:
            pass
    try:
        with path.open(encoding=encoding, errors="rnn_models.mark", newline="") as text:
            return next((number for number, line in enumerate(text, start=1) if "\udcff" in line), 1)
    except UnicodeError:
        return 1


def _utf16(start: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of its ASCII characters, such as line ends, is NUL."""
    start = start[: len(start) // 2 * 2]
    nulls = start.count(0)
    # UTF-8 with a few NULs is no UTF-16, though its bytes may give East Asian characters
    if nulls == 0 or (nulls < 0.15 * len(start) and _is_utf8(start)):
        return None
    readings = {name: start.decode(name, "replace") for name in ("utf-16-le", "utf-16-be")}
    likely = [name for name, text in readings.items() if len(LIKELY.findall(text)) >= 0.95 * len(text)]
    return max(likely, key=lambda name: sum(map(_is_frequent, readings[name])), default=None)


def _is_frequent(character: str) -> bool:
    return character < "\x7f" or character in FREQUENT


def _is_utf8(start: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return True


def _lines_beyond_ascii(path: Path) -> bytes:
    found, size = [], 0
    with path.open("rb") as file:
        while size < EVIDENCE and (line := file.readline(BLOCK)):
            if not line.isascii():
                found.append(line)
                size += len(line)
    return b"".join(found)


def _is_damaged_utf8(evidence: bytes) -> bool:
    text = evidence.decode("utf-8", "replace")
    good = sum(character > "\x7f" and character != "\ufffd" for character in text)
    return good > text.count("\ufffd")


def _is_chinese(evidence: bytes) -> bool:
    """Whether these are lines in GB18030: nearly all of what is not ASCII is among the 3,755 usual characters and the
    punctuation of GB 2312, and in a longer text a tenth is among the most frequent ones."""
    try:
        text = evidence.decode("gb18030")
    except UnicodeDecodeError as error:
        if error.start < len(evidence) - 4:
            return False
        text = evidence[: error.start].decode("gb18030")  # a character that the limit of the evidence cuts
    beyond = [character for character in text if character > "\x7f"]
    usual = sum(_is_usual(character.encode("gb18030")) for character in beyond)
    frequent = sum(character in FREQUENT for character in beyond)
    return usual >= 0.8 * len(beyond) > 0 and (len(beyond) < 200 or frequent >= 0.1 * len(beyond))


def _is_usual(pair: bytes) -> bool:
    return len(pair) == 2 and (0xB0 <= pair[0] <= 0xD7 or 0xA1 <= pair[0] <= 0xA3) and pair[1] >= 0xA1


def _is_western(evidence: bytes) -> bool:
    """Whether these are lines in Windows-1252: no more bytes beyond ASCII than within, and these the letters and
    marks of Western European languages."""
    try:
        evidence.decode("cp1252")
    except UnicodeDecodeError:
        return False
    beyond = sum(byte > 0x7F for byte in evidence)
    plain = len(re.findall(rb"[!-~]", evidence))
    return len(WESTERN.findall(evidence)) >= 0.95 * beyond and beyond <= max(plain, 1)
