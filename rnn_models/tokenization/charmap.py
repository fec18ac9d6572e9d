"""A table of characters and what is read in their place, in the form that a `tokenizer.json` holds.

tokenizers has `Precompiled` for the tables of SentencePiece models: one look-up a character, however long the table.
A `Replace` for each of thousands of characters would go through the text as often.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from tokenizers import normalizers

LEAF, VALUE, LABEL = 1 << 8, 1 << 31, 0xFF


def replacing(table: Mapping[str, str]) -> normalizers.Normalizer:
    """A normalizer that reads `table[c]` for each character c, none of them ASCII.

    Raises:
        ValueError: a key is not one character beyond ASCII, or a value holds NUL.
    """
    for key, value in table.items():
        if len(key) != 1 or key.isascii() or "\0" in value:
            raise ValueError(f"{key!r}: {value!r} is not one character beyond ASCII and a text without NUL")
    texts = sorted(set(table.values()))
    places, blob = {}, b""
    for text in texts:
        places[text] = len(blob)
        blob += text.encode() + b"\0"
    units = double_array({key.encode(): places[value] for key, value in table.items()})
    trie = struct.pack(f"<{len(units)}I", *units)
    return normalizers.Precompiled(struct.pack("<I", len(trie)) + trie + blob)


def double_array(values: Mapping[bytes, int]) -> list[int]:
    """The trie of `values` as units of 32 bits, as https://github.com/s-yata/darts-clone reads them.

    The unit of a node has the byte that leads to it (bits 0 to 7), whether a key ends there (bit 8), and the node's
    place exclusive-or its base (from bit 10 on). A child by byte b stands at base ^ b, the value at base ^ 0, with bit
    31 set, or it would be taken for a child. No two nodes share a base, or a byte of one would lead to a child of the
    other.
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
        place, node = waiting.pop()
        children = sorted(byte for byte in node if byte >= 0)
        slots = [0, *children] if -1 in node else children
        base = lowest
        while base in bases or any(base ^ slot in taken for slot in slots):
            base += 1
        bases.add(base)
        taken.update(base ^ slot for slot in slots)
        while lowest in taken or lowest in bases:
            lowest += 1
        units[place] |= (place ^ base) << 10 | (LEAF if -1 in node else 0)
        if -1 in node:
            units[base] = VALUE | node[-1]
        for byte in children:
            units[base ^ byte] = byte
            waiting.append((base ^ byte, node[byte]))
    # a look-up of any byte stays inside
    size = (max(units) // 256 + 1) * 256
    return [units.get(place, LABEL) for place in range(size)]
