"""From documents to token ids: in memory, or in files that a later run finds again.

A large corpus is encoded once. Its tokens lie in the cache of `datasets`, in a folder that is named by a hash of the
texts and of the tokenizer. They are written in shards, so that an encoding which was interrupted goes on behind the
last one that is complete.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tqdm.auto import tqdm

from ..tokenization import token_ids
from ..tokenization.pieces import pieces, token_border
from . import InputError
from .large_texts import LargeTexts, each_of
from .token_rows import TokenRows, TokensInFiles, dtype_for

# Characters that are encoded at once, and tokens of a shard.
BATCH, SHARD = 1 << 20, 1 << 26
# To be raised if the form of the files, or what is in them for a text, changes.
VERSION = 1


class Piece(NamedTuple):
    """A piece of a document, and whether it is the first and the last one."""

    row: int
    text: str
    first: bool
    last: bool


def encode_documents(tokenizer: Any, texts: Sequence[str]) -> TokenRows:
    """Token ids of each text, with `<s>` in front (from the tokenizer's post-processor) and `</s>` at the end.

    Those of `LargeTexts` lie in files, all others in memory.
    """
    if isinstance(texts, LargeTexts):
        return _stored(tokenizer, texts)
    rows: list[list[np.ndarray]] = [[] for _ in texts]
    for row, ids in _encoded(tokenizer, _cut(tokenizer, each_of(texts))):
        rows[row].append(ids)
    return TokenRows.of((np.concatenate(parts) for parts in rows), dtype_for(len(tokenizer)))


def _cut(tokenizer: Any, documents: Iterable[Iterable[str]]) -> Iterator[Piece]:
    separates = token_border(tokenizer)
    for row, blocks in enumerate(documents):
        text, first = "", True
        for number, piece in enumerate(pieces(blocks, separates)):
            if number:
                yield Piece(row, text, first, False)
                first = False
            text = piece
        yield Piece(row, text, first, True)


def _encoded(tokenizer: Any, cut: Iterable[Piece]) -> Iterator[tuple[int, np.ndarray]]:
    """The row and the token ids of each piece."""
    dtype = dtype_for(len(tokenizer))
    before, after = _around(tokenizer)
    after = [*after, tokenizer.eos_token_id]
    for batch in _batches(cut):
        found = token_ids(tokenizer, [piece.text for piece in batch], special_tokens=False)
        for piece, ids in zip(batch, found, strict=True):
            complete = [*(before if piece.first else []), *ids, *(after if piece.last else [])]
            yield piece.row, np.array(complete, dtype=dtype)


def _around(tokenizer: Any) -> tuple[list[int], list[int]]:
    """The special tokens that a tokenizer adds before and after a text."""
    (complete,) = token_ids(tokenizer, ["a"])
    (bare,) = token_ids(tokenizer, ["a"], special_tokens=False)
    number = len(complete) - len(bare)
    place = next(i for i in range(number + 1) if complete[i : i + len(bare)] == bare)
    return complete[:place], complete[place + len(bare) :]


def _batches(cut: Iterable[Piece]) -> Iterator[list[Piece]]:
    batch: list[Piece] = []
    size = 0
    for piece in cut:
        batch.append(piece)
        size += len(piece.text) + 1
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _stored(tokenizer: Any, texts: LargeTexts) -> TokenRows:
    """The tokens of large texts, from the cache if they are there."""
    import datasets

    made_of = (VERSION, texts.fingerprint, tokenizer.backend_tokenizer.to_str(), tokenizer.eos_token_id)
    key = hashlib.sha256(repr(made_of).encode("utf-8", "surrogatepass")).hexdigest()[:24]
    folder = Path(datasets.config.HF_DATASETS_CACHE, "rnn_models", key)
    folder.mkdir(parents=True, exist_ok=True)
    complete = folder / "lengths.npy"
    if not complete.is_file():
        _write_shards(tokenizer, texts, folder)
        lengths = np.zeros(len(texts), dtype=np.int64)
        for path in _shards(folder):
            rows, tokens = np.load(path.with_suffix(".npy"))
            np.add.at(lengths, rows, tokens)
        _save(complete, lengths)
    lengths = np.load(complete)
    tokens = TokensInFiles(_shards(folder), dtype_for(len(tokenizer)))
    return TokenRows(tokens, np.cumsum(lengths) - lengths, lengths)


def _shards(folder: Path) -> list[Path]:
    """The complete shards: what stands beside each one, the rows and the tokens of its pieces, is written last."""
    found: list[Path] = []
    while (path := folder / f"{len(found):05}.tokens").with_suffix(".npy").is_file():
        found.append(path)
    return found


def _write_shards(tokenizer: Any, texts: LargeTexts, folder: Path) -> None:
    """Write the shards that are not there yet."""
    done = _shards(folder)
    pieces_done = sum(np.load(path.with_suffix(".npy")).shape[1] for path in done)
    cut = _cut(tokenizer, texts.each())
    characters = int(texts.lengths.sum())
    interval = 0.2 if sys.stderr is not None and sys.stderr.isatty() else 30
    with tqdm(total=characters, unit=" characters", unit_scale=True, desc="encoding", mininterval=interval) as bar:
        for piece in islice(cut, pieces_done):
            bar.update(len(piece.text))
        for number, shard in enumerate(_in_shards(_encoded(tokenizer, _counted(cut, bar))), start=len(done)):
            path = folder / f"{number:05}.tokens"
            _write(path, np.concatenate([ids for _, ids in shard]).tobytes())
            _save(path.with_suffix(".npy"), np.array([(row, len(ids)) for row, ids in shard], dtype=np.int64).T)


def _counted(cut: Iterable[Piece], bar: Any) -> Iterator[Piece]:
    for piece in cut:
        yield piece
        bar.update(len(piece.text))


def _in_shards(encoded: Iterable[tuple[int, np.ndarray]]) -> Iterator[list[tuple[int, np.ndarray]]]:
    shard: list[tuple[int, np.ndarray]] = []
    size = 0
    for row, ids in encoded:
        shard.append((row, ids))
        size += len(ids)
        if size >= SHARD:
            yield shard
            shard, size = [], 0
    if shard:
        yield shard


def _save(path: Path, array: np.ndarray) -> None:
    content = io.BytesIO()
    np.save(content, array)
    _write(path, content.getvalue())


def _write(path: Path, content: bytes) -> None:
    """Write a file that has its name only when it is complete, whatever other runs write at the same time."""
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        aside.write_bytes(content)
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise InputError(f"the tokens of the corpus cannot be written to {path.parent}: {error}") from error
