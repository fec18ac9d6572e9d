"""From texts to token ids: in memory, or in files that a later run finds again.

A large corpus is encoded once. Its tokens lie in the cache of `datasets`, in a folder that is named by a hash of the
texts and of the tokenizer. They are written in shards, so that an encoding which was interrupted goes on behind the
last one that is complete.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tqdm.auto import tqdm

from ..tokenization import token_ids
from ..tokenization.pieces import pieces, token_border
from . import InputError
from .large_texts import LargeTexts, each_of
from .token_rows import TokenRows, TokensInFiles, TokensInMemory, dtype_for

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


class EncodedPieces(NamedTuple):
    """The token ids of pieces, one after the other, with the row and the number of tokens of each."""

    rows: np.ndarray
    lengths: np.ndarray
    ids: np.ndarray


# From the pieces of texts to their token ids.
Encode = Callable[[list[Piece]], Sequence[Sequence[int]]]


def encode_documents(tokenizer: Any, texts: Sequence[str]) -> TokenRows:
    """Token ids of each text, with `<s>` in front (from the tokenizer's post-processor) and `</s>` at the end.

    Those of `LargeTexts` lie in files, all others in memory.
    """
    before, after = _around(tokenizer)
    after = [*after, tokenizer.eos_token_id]

    def encode(batch: list[Piece]) -> list[list[int]]:
        found = token_ids(tokenizer, [piece.text for piece in batch], special_tokens=False)
        return [
            [*(before if piece.first else []), *ids, *(after if piece.last else [])]
            for piece, ids in zip(batch, found, strict=True)
        ]

    if isinstance(texts, LargeTexts):
        return _stored(tokenizer, texts, (tokenizer.eos_token_id,), _cut(tokenizer, texts.each()), encode)
    dtype = dtype_for(len(tokenizer))
    batches = list(_encoded(_cut(tokenizer, each_of(texts)), encode, dtype))
    lengths = _lengths(len(texts), batches)
    ids = np.concatenate([np.empty(0, dtype), *(batch.ids for batch in batches)])
    return TokenRows(TokensInMemory(ids), np.cumsum(lengths) - lengths, lengths)


def encode_rows(tokenizer: Any, texts: LargeTexts, max_length: int) -> TokenRows:
    """Token ids of each text as a text of its own, truncated to `max_length`; they lie in files."""

    def encode(batch: list[Piece]) -> Sequence[Sequence[int]]:
        return token_ids(tokenizer, [piece.text for piece in batch], max_length=max_length)

    whole = (Piece(row, text, True, True) for row, text in enumerate(texts))
    about = (max_length, tokenizer.truncation_side, tokenizer.split_special_tokens)
    return _stored(tokenizer, texts, about, whole, encode)


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


def _encoded(cut: Iterable[Piece], encode: Encode, dtype: np.dtype) -> Iterator[EncodedPieces]:
    for batch in _batches(cut):
        found = encode(batch)
        rows = np.array([piece.row for piece in batch], dtype=np.int64)
        lengths = np.array([len(ids) for ids in found], dtype=np.int64)
        yield EncodedPieces(rows, lengths, np.fromiter(chain.from_iterable(found), dtype, int(lengths.sum())))


def _lengths(number: int, batches: Iterable[EncodedPieces]) -> np.ndarray:
    """The tokens of each of the rows, of which one may have several pieces."""
    lengths = np.zeros(number, dtype=np.int64)
    for batch in batches:
        np.add.at(lengths, batch.rows, batch.lengths)
    return lengths


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


def _stored(
    tokenizer: Any, texts: LargeTexts, about: tuple[Any, ...], cut: Iterator[Piece], encode: Encode
) -> TokenRows:
    """The tokens of large texts, from the cache if they are there. `about` decides them beside texts and tokenizer."""
    import datasets

    made_of = (VERSION, texts.fingerprint, tokenizer.backend_tokenizer.to_str(), *about)
    key = hashlib.sha256(repr(made_of).encode("utf-8", "surrogatepass")).hexdigest()[:24]
    folder = Path(datasets.config.HF_DATASETS_CACHE, "rnn_models", key)
    folder.mkdir(parents=True, exist_ok=True)
    complete, dtype = folder / "lengths.npy", dtype_for(len(tokenizer))
    if not complete.is_file():
        _write_shards(int(texts.lengths.sum()), cut, partial(_encoded, encode=encode, dtype=dtype), folder)
        parts = (np.load(path.with_suffix(".npy")) for path in _shards(folder))
        _save(complete, _lengths(len(texts), (EncodedPieces(rows, tokens, np.empty(0)) for rows, tokens in parts)))
    lengths = np.load(complete)
    return TokenRows(TokensInFiles(_shards(folder), dtype), np.cumsum(lengths) - lengths, lengths)


def _shards(folder: Path) -> list[Path]:
    """The complete shards: what stands beside each one, the rows and the tokens of its pieces, is written last."""
    found: list[Path] = []
    while (path := folder / f"{len(found):05}.tokens").with_suffix(".npy").is_file():
        found.append(path)
    return found


def _write_shards(
    characters: int, cut: Iterator[Piece], encoded: Callable[[Iterable[Piece]], Iterator[EncodedPieces]], folder: Path
) -> None:
    """Write the shards that are not there yet."""
    done = _shards(folder)
    pieces_done = sum(np.load(path.with_suffix(".npy")).shape[1] for path in done)
    interval = 0.2 if sys.stderr is not None and sys.stderr.isatty() else 30
    with tqdm(total=characters, unit=" characters", unit_scale=True, desc="encoding", mininterval=interval) as bar:
        for piece in islice(cut, pieces_done):
            bar.update(len(piece.text))
        for number, shard in enumerate(_in_shards(encoded(_counted(cut, bar))), start=len(done)):
            path = folder / f"{number:05}.tokens"
            _write(path, shard.ids.tobytes())
            _save(path.with_suffix(".npy"), np.stack([shard.rows, shard.lengths]))


def _counted(cut: Iterable[Piece], bar: Any) -> Iterator[Piece]:
    for piece in cut:
        yield piece
        bar.update(len(piece.text))


def _in_shards(batches: Iterable[EncodedPieces]) -> Iterator[EncodedPieces]:
    shard: list[EncodedPieces] = []
    for batch in batches:
        shard.append(batch)
        if sum(len(part.ids) for part in shard) >= SHARD:
            yield EncodedPieces(*map(np.concatenate, zip(*shard, strict=True)))
            shard = []
    if shard:
        yield EncodedPieces(*map(np.concatenate, zip(*shard, strict=True)))


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
