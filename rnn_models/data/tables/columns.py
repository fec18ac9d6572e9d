"""Which column of a table has the texts, and whether its first row has the names of the columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

# In this order: the first that a table has is taken.
TEXT_COLUMNS = (
    "text", "sentence", "review", "content", "comment", "tweet", "document", "body", "messages", "conversations",
    "文本", "内容", "评论", "句子", "正文", "评价", "微博", "文字", "留言", "反馈",
)  # fmt: skip
LABEL_COLUMNS = (
    "label",
    "labels",
    "sentiment",
    "class",
    "category",
    "target",
    "stars",
    "标签",
    "情感",
    "类别",
    "星级",
)
# "Review Text", "customer_comments", "评论内容": all words are of these, and at least one names a text.
WORDS = {word for name in TEXT_COLUMNS if name.isascii() for word in (name, f"{name}s")}
WORDS |= {"bodies", "feedback", "message", "opinion", "opinions", "post", "posts", "response", "responses"}
BESIDE = {"cleaned", "column", "customer", "full", "input", "my", "of", "our", "raw", "the", "user", "your"}
CHINESE = (
    "文本", "内容", "评论", "句子", "正文", "评价", "微博", "文字", "留言", "反馈", "意见", "原文", "详情",
    "的", "用户", "客户", "顾客", "买家", "商品",
)  # fmt: skip
LONGEST_NAME = 60
NUMBER = re.compile(r"[-+]?[\d.,\s]*\d[\d.,\s]*(?:[eE][-+]?\d+)?\s*[%€$£¥]?")
# Dates, addresses and the like consist of one run without a space.
READABLE = re.compile(r"[^\W\d_]{2,}[\s,.!?'’-]+[^\W\d_]+|[\u3040-\u30ff\u3400-\u9fff]{3,}")


def plain_text_column(names: Sequence[str]) -> int | None:
    """The index of the column whose name says that it has the texts; None if no name, or several say so alike."""
    folded = [name.strip().casefold() for name in names]
    for wanted in TEXT_COLUMNS:
        if wanted in folded:
            return folded.index(wanted)
    found = [index for index, name in enumerate(names) if _names_texts(name)]
    return found[0] if len(found) == 1 else None


def likely_text_columns(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """The columns that hold texts by their cells: most of them that are not blank have several words, or Chinese
    characters."""
    found = []
    for index in range(width):
        cells = [row[index] for row in rows if index < len(row) and row[index].strip()]
        if cells and sum(bool(READABLE.search(cell)) for cell in cells) > len(cells) / 2:
            found.append(index)
    if found:
        return found
    columns = [[row[index] for row in rows if index < len(row)] for index in range(width)]
    return [index for index, cells in enumerate(columns) if any(map(_is_wordy, cells))]


def header_of(first: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[bool, bool]:
    """Whether the first row of a table has the names of its columns, and whether that is certain.

    Args:
        first: its cells.
        rows: some of the rows below it.
    """
    folded = {name.strip().casefold() for name in first}
    if plain_text_column(first) is not None or folded & set(LABEL_COLUMNS):
        return True, True
    for index, name in enumerate(first):
        below = [row[index] for row in rows if index < len(row) and row[index].strip()]
        if len(below) > 1 and all(map(NUMBER.fullmatch, below)):
            is_name = bool(name.strip()) and not NUMBER.fullmatch(name)
            return is_name, is_name
    if not all(map(_is_like_a_name, first)) or len(folded) < len(first):
        return False, False
    if len(first) > 1:
        return True, False
    lengths = sorted(len(row[0]) for row in rows if row and row[0].strip())
    return bool(lengths) and lengths[len(lengths) // 2] > 2 * len(first[0]), False


def letters_of(width: int) -> list[str]:
    """The names that a spreadsheet gives to columns: A, B, ..., Z, AA, ..."""
    names = []
    for index in range(width):
        name, rest = "", index + 1
        while rest:
            rest, letter = divmod(rest - 1, 26)
            name = chr(ord("A") + letter) + name
        names.append(name)
    return names


def _names_texts(name: str) -> bool:
    words = re.findall(r"[a-z]+|[^\W\da-z_]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).casefold())
    if not words or re.search(r"\d", name):
        return False
    if all(word.isascii() for word in words):
        return set(words) <= WORDS | BESIDE and bool(WORDS & set(words))
    rest = "".join(words)
    for part in CHINESE:
        rest = rest.replace(part, "")
    return rest == ""


def _is_wordy(cell: str) -> bool:
    return bool(re.search(r"[^\W\d_]", cell))


def _is_like_a_name(cell: str) -> bool:
    cell = cell.strip()
    return bool(cell) and len(cell) <= LONGEST_NAME and cell[-1] not in ".!?。！？…" and not NUMBER.fullmatch(cell)
