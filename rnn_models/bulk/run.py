"""Bulk classification: files of any length in bounded memory, and a callable for data sets.

    python -m rnn_models classify reviews.csv --model checkpoints/sentiment-en

Files are processed in windows: read some rows, run their texts through the model in batches of similar length, write
the rows in their original order, continue with the next window. So the memory does not grow with the file.
"""

from __future__ import annotations

import hashlib
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch
from tqdm import tqdm

from ..checkpoint import Checkpoint, LoadError, labels_of, load_classifiers
from ..data.tables import Cell, Chunk, ReadOptions, Table, TableError, open_table, table_error, written_whole
from ..inference.classify import classify, likeliest
from ..inference.languages import language_of, not_learnt
from ..inference.reading import Reader
from ..inference.text import NotTextError, check_text, is_missing, list_texts
from ..modeling.cells import has_lstm_in

# The largest window, in texts and in characters: about 100 MB of tokens with everything that belongs to them.
WINDOW_TEXTS = 8192
WINDOW_CHARACTERS = 2**22
DIGITS = 6
ADDED = "label"
SECOND_CHOICE = "predicted_"
# A key that cannot be a label.
NOT_LEARNT = None

# int8 takes about half the time of float32; so does bfloat16 for an LSTM on a processor that multiplies in it (AMX).
DTYPES = ("float32", "bfloat16", "int8")

Probabilities = dict[str, float] | None  # by label; None for a blank text


def with_dtype(dtype: str, checkpoint: Checkpoint) -> Checkpoint:
    """The classifier, computing in one of `DTYPES`.

    Raises:
        ValueError: there is no such dtype.
        LoadError: the model is from another package, whose models have no int8 graph.
    """
    if dtype not in DTYPES:
        raise ValueError(f"dtype is {dtype}; it must be one of {', '.join(DTYPES)}")
    if dtype != "int8":
        checkpoint.model.to(getattr(torch, dtype))
        return checkpoint
    from ..graphs.runtime import classifier_for, has_graph  # ONNX Runtime takes a second to import

    if not has_graph(checkpoint.model):
        raise LoadError(f"{checkpoint.folder} is a {checkpoint.model.config.model_type}, which cannot compute in int8")
    return replace(checkpoint, model=classifier_for(checkpoint.model, threads=1))


def classify_rows(
    file: str | Path,
    model: str | Path | Sequence[str | Path],
    output: str | Path | None = None,
    *,
    text_column: str | None = None,
    encoding: str | None = None,
    header: bool | None = None,
    batch_size: int = 32,
    dtype: str = "float32",
    overwrite: bool = False,
) -> str:
    """Classify the rows of a file, with a progress bar on stderr. Returns one line with the number of rows per label.

    The file is read once before the work begins, so that an error in its last row is reported at once, not hours
    later. What was found out or assumed about it is said on stderr.

    Args:
        file, output: `.txt`, `.csv`, `.tsv`, `.jsonl`, `.json`, `.xlsx` or `.parquet`; the default output for
            `reviews.csv` is `reviews.classified.csv`.
        model: a folder or a name on the Hub; or several, whose probabilities are averaged.
        text_column: the column with the texts; None has it found by its name, or else by its cells.
        encoding: of a text file, as Python names it; None has it found.
        header: whether the first row has the names of the columns; None has it found.
        batch_size: how many texts go through the model at once.
        dtype: one of `DTYPES`, the precision of the model.
        overwrite: whether to replace an existing output.

    Raises:
        TableError: something is wrong with a file; one sentence says what and where.
        LoadError: there is no such classifier, or it is damaged.
        OSError: the output cannot be written.
    """
    source = Path(file)
    table = open_table(source, ReadOptions(text_column, encoding, header))
    target = source.with_suffix(f".classified{source.suffix}") if output is None else Path(output)
    if target.suffix.lower() != source.suffix.lower():
        raise TableError(f"{target} must end in {source.suffix}, as {source} does")
    if not target.parent.is_dir():
        raise TableError(f"{target.parent}: there is no such folder to write to")
    if target.exists() and (not overwrite or target.samefile(source)):
        raise TableError(
            f"{target} already exists; choose another --output" + ("" if overwrite else " or give --overwrite")
        )
    if batch_size < 1:
        raise TableError(f"option batch_size: {batch_size} must be at least 1")
    if dtype == "bfloat16" and not has_lstm_in(torch.bfloat16):
        print("this processor does not compute in bfloat16: float32 is faster, and int8 even more so", file=sys.stderr)
    for remark in table.remarks:
        print(f"{source}: {remark}", file=sys.stderr)
    rows = sum(len(chunk.texts) for chunk in checked(table))
    checkpoints = [with_dtype(dtype, checkpoint) for checkpoint in load_classifiers(_listed(model))]
    names = added_names(labels_of(checkpoints[0].model.config), table.columns)
    with tqdm(total=rows, unit=" texts") as bar:
        language = language_of(str(_listed(model)[0]), checkpoints[0].folder)
        counts = classify_file(
            checkpoints, table, target, names, language=language, batch_size=batch_size, progress=bar.update
        )
    strange = counts.pop(NOT_LEARNT)
    parts = [f"{label} {number:,}" for label, number in counts.most_common() if label]
    parts += [f"no label (blank) {counts['']:,}"] if counts[""] else []
    seem = "seems to be" if strange == 1 else "seem to be"
    warning = f"; {strange:,} {seem} in a language or script that the model was not trained on" if strange else ""
    return f"{target}: {', '.join(parts)}{warning}"


def classify_file(
    checkpoints: Sequence[Checkpoint],
    table: Table,
    output: Path,
    names: Sequence[str],
    *,
    language: str | None = None,
    batch_size: int = 32,
    progress: Callable[[int], None] = lambda rows: None,
) -> Counter[str | None]:
    """Write the rows of `table` to `output`, adding the most likely label and the probability of each label.

    Rows with a blank text get no label. `output` appears only when it is complete.

    Args:
        table: a table whose rows were counted, so that all of them are known to be readable.
        names: of the new columns, from `added_names`.
        language: of the model, to count texts in other languages, and to read traditional Chinese characters as
            simplified ones if the model knows only these.
        batch_size: how many texts go through the model at once.
        progress: called with the number of rows done since the last call.

    Returns:
        The number of rows per label, under "" for rows without a label, and under `NOT_LEARNT` the number of texts in
        a language or script that the model was not trained on.

    Raises:
        TableError: the file has changed meanwhile and cannot be read any more.
        OSError: `output` cannot be written.
    """
    labels = labels_of(checkpoints[0].model.config)
    counts: Counter[str | None] = Counter()
    reader = Reader(checkpoints[0].tokenizer, language) if language else None
    with written_whole(output) as temporary, table.writing(temporary, names) as write:
        for window in windows(checked(table)):
            texts = [text for chunk in window for text in chunk.texts]
            read = [reader.script(text) for text in texts] if reader else texts
            rows = [label_cells(each, labels) for each in mean_probabilities(checkpoints, read, batch_size, progress)]
            write(window, rows)
            counts.update(str(label or "") for label, *_ in rows)
            if language is not None:
                counts[NOT_LEARNT] += sum(not_learnt(text, language) in ("script", "language") for text in texts)
    return counts


def checked(table: Table) -> Iterator[Chunk]:
    """The rows of a table whose texts a tokenizer can read. Raises `TableError`."""
    for chunk in table.chunks():
        for row, text in zip(chunk.numbers, chunk.texts, strict=True):
            try:
                check_text(text)
            except NotTextError as error:
                where = {"file": table.path, "unit": table.unit, "row": row}
                raise table_error(
                    "bad_character", position=error.position, character=error.character, **where
                ) from None
        yield chunk


def windows(chunks: Iterable[Chunk]) -> Iterator[list[Chunk]]:
    """Group chunks into windows of at most `WINDOW_TEXTS`; a window also ends at the chunk that reaches
    `WINDOW_CHARACTERS`."""
    window: list[Chunk] = []
    texts = characters = 0
    for chunk in chunks:
        if window and texts + len(chunk.texts) > WINDOW_TEXTS:
            yield window
            window, texts, characters = [], 0, 0
        window.append(chunk)
        texts += len(chunk.texts)
        characters += sum(map(len, chunk.texts))
        if characters >= WINDOW_CHARACTERS:
            yield window
            window, texts, characters = [], 0, 0
    if window:
        yield window


def mean_probabilities(
    checkpoints: Sequence[Checkpoint],
    texts: Sequence[str],
    batch_size: int,
    progress: Callable[[int], None] = lambda rows: None,
) -> list[Probabilities]:
    """The probabilities of each text's labels, averaged over the checkpoints; None for a blank text.

    `progress` gets the number of rows done since its last call.
    """
    rows = [row for row, text in enumerate(texts) if text.strip()]
    progress(len(texts) - len(rows))
    before = 0

    def advance(number: int, done: int, of: int) -> None:
        nonlocal before
        so_far = (number * of + done) // len(checkpoints)
        progress(so_far - before)
        before = so_far

    chosen = [texts[row] for row in rows]
    found = [
        classify(each.model, each.tokenizer, chosen, batch_size=batch_size, progress=partial(advance, number))
        for number, each in enumerate(checkpoints)
    ]
    means: list[Probabilities] = [None] * len(texts)
    for row, *several in zip(rows, *found, strict=True):
        means[row] = {label: math.fsum(each[label] for each in several) / len(several) for label in several[0]}
    return means


def added_names(labels: Sequence[str], columns: Iterable[str]) -> list[str]:
    """The names of the new columns: `label` and the labels, or all with the prefix `predicted_` if one is taken.

    Raises `TableError` if one is still taken.
    """
    taken = set(columns)
    for prefix in ("", SECOND_CHOICE):
        names = [prefix + name for name in (ADDED, *labels)]
        if len(set(names)) == len(names) and taken.isdisjoint(names):
            return names
    clash = ", ".join(sorted(taken.intersection(names)) or [ADDED])
    message = f"the columns {', '.join(names)} would be added, but {clash} already exists: rename it"
    raise TableError(message, "taken", {"columns": clash})


class Classifier:
    """Adds labels and probabilities to rows or batches of rows, as `datasets`, pandas and Ray Data pass them.

        dataset.map(Classifier("checkpoints/sentiment-en"), batched=True, num_proc=2)
        frame.assign(**Classifier("checkpoints/sentiment-en")(frame["text"]))
        name, workers = "checkpoints/sentiment-en", ray.data.ActorPoolStrategy(size=2)
        ray_dataset.map_batches(Classifier, fn_constructor_args=[name], compute=workers)

    It is pickled by the name of its model, which each process loads at its first call. A digest of the weights is
    pickled too: if a folder holds another model than before, `datasets` computes again instead of returning an older
    result from its cache. In a forked process, as with `num_proc`, torch has one thread.

    Args:
        model: a folder or a name on the Hub; or several, whose probabilities are averaged.
        column: the column with the texts.
        batch_size: how many texts go through the model at once.
        dtype: one of `DTYPES`, the precision of the model.

    Raises:
        LoadError: there is no such classifier, or it is damaged.
        ValueError: there is no such dtype.
    """

    def __init__(
        self,
        model: str | Path | Sequence[str | Path],
        *,
        column: str = "text",
        batch_size: int = 32,
        dtype: str = "float32",
    ):
        self.names = [str(name) for name in _listed(model)]
        self.column, self.batch_size, self.dtype = column, batch_size, dtype
        checkpoints = load_classifiers(self.names)
        self.digests = [_digest(checkpoint) for checkpoint in checkpoints]
        self.checkpoints = [with_dtype(dtype, checkpoint) for checkpoint in checkpoints]

    @cached_property
    def checkpoints(self) -> list[Checkpoint]:
        """The models. Loaded when first needed, not while unpickling: an error there kills a pool's process without
        any message to the caller."""
        checkpoints = load_classifiers(self.names)
        for name, checkpoint, digest in zip(self.names, checkpoints, self.digests, strict=True):
            if _digest(checkpoint) != digest:
                raise LoadError(f"{name} is another model here than where this classifier was created")
        return [with_dtype(self.dtype, checkpoint) for checkpoint in checkpoints]

    def __call__(self, batch: Any) -> Any:
        """Add `label` (an empty string for a row without text) and the probability of each label.

        Args:
            batch: columns of equal length by name (a dict, a pandas data frame, an Arrow table), or one row with its
                values by name. Texts without names are taken as `column`: a single one, or a list, an array or a
                column of them. None, NaN and blank strings are no text.

        Returns:
            The same kind of data frame or table for one; else a dict, with lists as the new columns of a batch and
            scalars as the new values of a row.

        Raises:
            TableError: there is no such column, or a name of the new columns is taken.
            TypeError, NotTextError: a value of the column is not a text; the message names its row.
        """
        is_table = isinstance(batch, (pa.Table, pa.RecordBatch))
        is_frame = hasattr(batch, "assign") and hasattr(batch, "columns")
        if not is_table and not is_frame and not isinstance(batch, Mapping):
            batch = {self.column: batch}
        there = batch.column_names if is_table else list(batch)
        if self.column not in there:
            raise TableError(f"the batch has no column {self.column}; its columns are: {', '.join(map(str, there))}")
        labels = labels_of(self.checkpoints[0].model.config)
        names = added_names(labels, there)
        texts = batch[self.column]
        is_row = isinstance(texts, str) or is_missing(texts)
        found = mean_probabilities(
            self.checkpoints, list_texts([texts] if is_row else texts, missing=True), self.batch_size
        )
        # "" and NaN, not None, for rows without a text: batches are joined to one table, whose columns have one type
        columns: list[list[Any]] = [["" if each is None else likeliest(each) for each in found]]
        columns += [[math.nan if each is None else each[label] for each in found] for label in labels]
        new = {name: column[0] if is_row else column for name, column in zip(names, columns, strict=True)}
        if is_table:
            for name, column in new.items():
                batch = batch.append_column(name, pa.array(column))
            return batch
        return batch.assign(**new) if is_frame else {**batch, **new}

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "checkpoints"}


def label_cells(probabilities: Probabilities, labels: Sequence[str]) -> list[Cell]:
    """The cells of the new columns: the most likely label, and the probability of each; None where there is none."""
    if probabilities is None:
        return [None] * (1 + len(labels))
    shares = [round(probabilities[label], DIGITS) if label in probabilities else None for label in labels]
    return [likeliest(probabilities), *shares]


def _listed(names: str | Path | Sequence[str | Path]) -> Sequence[str | Path]:
    return [names] if isinstance(names, (str, Path)) else names


def _digest(checkpoint: Checkpoint) -> str:
    digest = hashlib.sha256(checkpoint.model.config.to_json_string().encode())
    for name, tensor in sorted(checkpoint.model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.float().numpy(force=True).tobytes())
    tokenizer = checkpoint.tokenizer
    digest.update(tokenizer.backend_tokenizer.to_str().encode())
    digest.update(f"{tokenizer.model_max_length} {tokenizer.truncation_side}".encode())
    return digest.hexdigest()
