"""A table of character replacements in the form that `tokenizer.json` stores.

The tokenizers library has `Precompiled` for the tables of SentencePiece models: one lookup per character, however long
the table. One `Replace` per entry would scan the text thousands of times.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from tokenizers import normalizers

LEAF, VALUE, LABEL = 1 << 8, 1 << 31, 0xFF


def replacing(table: Mapping[str, str]) -> normalizers.Normalizer:
    """A normalizer that replaces each character c, none of them ASCII, with `table[c]`.

    Raises:
        ValueError: a key is not a single non-ASCII character, or a value contains NUL.
    """
    for key, value in table.items():
        if len(key) != 1 or key.isascii() or "\0" in value:
            raise ValueError(f"{key!r}: {value!r} must map a single non-ASCII character to a text without NUL")
    texts = sorted(set(table.values()))
    offsets, blob = {}, b""
    for text in texts:
        offsets[text] = len(blob)
        blob += text.encode() + b"\0"
    units = double_array({key.encode(): offsets[value] for key, value in table.items()})
    trie = struct.pack(f"<{len(units)}I", *units)
    return normalizers.Precompiled(struct.pack("<I", len(trie)) + trie + blob)


def double_array(values: Mapping[bytes, int]) -> list[int]:
    """The trie of `values` as 32-bit units, in the format of https://github.com/s-yata/darts-clone.

    The unit of a node holds the byte that leads to it (bits 0 to 7), whether a key ends there (bit 8), and the XOR of
    the node's index and its base (from bit 10 on). The child for byte b is at index base ^ b. The value is at
    base ^ 0, with bit 31 set so that it is not taken for a child. No two nodes share a base: a byte of one could then
    lead to a child of the other.
    """
    root: dict[int, Any] = {}
    for key, value in values.items():
        node = root
        for byte in key:
            node = node.setdefault(byte, {})
        node[-1] = value
    taken, bases = {0}, set()
    units = {0: 0}
    waiting = [(0, root)]
    lowest = 1
    while waiting:
        index, node = waiting.pop()
        children = sorted(byte for byte in node if byte >= 0)
        slots = [0, *children] if -1 in node else children
        base = lowest
        while base in bases or any(base ^ slot in taken for slot in slots):
            base += 1
        bases.add(base)
        taken.update(base ^ slot for slot in slots)
        while lowest in taken or lowest in bases:
            lowest += 1
        units[index] |= (index ^ base) << 10 | (LEAF if -1 in node else 0)
        if -1 in node:
            units[base] = VALUE | node[-1]
        for byte in children:
            units[base ^ byte] = byte
            waiting.append((base ^ byte, node[byte]))
    # Padded so that a lookup of any byte stays inside the array.
    size = (max(units) // 256 + 1) * 256
    return [units.get(index, LABEL) for index in range(size)]
