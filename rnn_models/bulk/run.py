"""Classification in bulk: files of any length in bounded memory, and a callable for data sets.

    python -m rnn_models classify reviews.csv --model checkpoints/sentiment-en

A window of rows is read, its texts go through the model in batches of similar length, and its rows are written in the
order in which they came; then the next. So what is in memory does not grow with the file.
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
from ..inference.classify import classify, likeliest
from ..inference.languages import language_of, not_learnt
from ..inference.text import is_missing, list_texts
from ..modeling.cells import has_lstm_in
from .tables import Cell, Chunk, Table, TableError, open_table, written_whole

# A window is full at so many texts, or at so many characters: some 100 MB of tokens with all that belongs to them.
WINDOW_TEXTS = 8192
WINDOW_CHARACTERS = 2**22
DIGITS = 6
ADDED = "label"
SECOND_CHOICE = "predicted_"
# A key that no label can have.
NOT_LEARNT = None

# In int8 a model takes about half of the time; in bfloat16 an LSTM does where a processor multiplies in it (AMX).
DTYPES = ("float32", "bfloat16", "int8")

Answer = dict[str, float] | None


def with_dtype(dtype: str, checkpoint: Checkpoint) -> Checkpoint:
    """A classifier that computes in a precision of `DTYPES`.

    Raises:
        ValueError: there is no such precision.
        LoadError: the model is of another package, of which there is no graph in int8.
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
    batch_size: int = 32,
    dtype: str = "float32",
    overwrite: bool = False,
) -> str:
    """Classify the rows of a file, with a bar on stderr. Returns a line that says how many rows got which label.

    The whole file is read once before, so that what is wrong in its last row is said before hours are spent.

    Args:
        file, output: `.txt`, `.csv`, `.tsv`, `.jsonl` or `.parquet`; without `output`, `reviews.csv` is written to
            `reviews.classified.csv`.
        model: a folder, or a name on the Hub; or several, whose answers are averaged.
        text_column: which column has the texts; None for the first of those that usually have.
        dtype: of `DTYPES`, what the model computes in.
        overwrite: whether an output that is there already is replaced.

    Raises:
        TableError: something is wrong with a file; one sentence says what and where.
        LoadError: there is no such classifier, or it is damaged.
        OSError: the output cannot be written.
    """
    source = Path(file)
    table = open_table(source, text_column)
    target = source.with_suffix(f".classified{source.suffix}") if output is None else Path(output)
    if target.suffix.lower() != source.suffix.lower():
        raise TableError(f"{target} must end in {source.suffix}, as {source} does")
    if not target.parent.is_dir():
        raise TableError(f"{target.parent}: there is no such folder to write to")
    if target.exists() and (not overwrite or target.samefile(source)):
        raise TableError(
            f"{target} is there already; take another --output" + ("" if overwrite else " or --overwrite")
        )
    if batch_size < 1:
        raise TableError(f"option batch_size: {batch_size} must be at least 1")
    if dtype == "bfloat16" and not has_lstm_in(torch.bfloat16):
        print("this processor does not compute in bfloat16: float32 is faster, and int8 more so", file=sys.stderr)
    rows = table.count()
    checkpoints = [with_dtype(dtype, checkpoint) for checkpoint in load_classifiers(_listed(model))]
    names = added_names(labels_of(checkpoints[0].model.config), table.columns)
    with tqdm(total=rows, unit=" texts") as bar:
        language = language_of(str(_listed(model)[0]), checkpoints[0].folder)
        counts = classify_file(
            checkpoints, table, target, names, language=language, batch_size=batch_size, progress=bar.update
        )
    strange = counts.pop(NOT_LEARNT)
    parts = [f"{label} {number:,}" for label, number in counts.most_common() if label]
    parts += [f"no label, since there is no text {counts['']:,}"] if counts[""] else []
    told = f"; {strange:,} of them seem to be in a language or script that the model has not learnt" if strange else ""
    return f"{target}: {', '.join(parts)}{told}"


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
    """Write the rows of `table` to `output`, with the likeliest label and the probability of each as new columns.

    Rows whose text is blank get no label. `output` is there when all of it is, and not before.

    Args:
        table: counted before, so that each of its rows can be read.
        names: of the new columns, as `added_names` gives them.
        language: of the model, to count the texts in another one.
        progress: called with the number of rows that were done since the last call.

    Returns:
        How many rows got which label, the empty one for those that got none; and under `NOT_LEARNT` how many of all
        are in a language or script that the model has not learnt.

    Raises:
        TableError: the file has changed and cannot be read any more.
        OSError: `output` cannot be written.
    """
    labels = labels_of(checkpoints[0].model.config)
    counts: Counter[str | None] = Counter()
    with written_whole(output) as temporary, table.writing(temporary, names) as write:
        for window in windows(table.chunks()):
            texts = [text for chunk in window for text in chunk.texts]
            rows = [_cells(answer, labels) for answer in mean_probabilities(checkpoints, texts, batch_size, progress)]
            write(window, rows)
            counts.update(str(label or "") for label, *_ in rows)
            if language is not None:
                counts[NOT_LEARNT] += sum(not_learnt(text, language) in ("script", "language") for text in texts)
    return counts


def windows(chunks: Iterable[Chunk]) -> Iterator[list[Chunk]]:
    """Chunks in groups that are bounded by `WINDOW_TEXTS` and, but for the last chunk of each, `WINDOW_CHARACTERS`."""
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
) -> list[Answer]:
    """As `classify`, the mean over the checkpoints, and None for blank texts.

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
    every: list[Answer] = [None] * len(texts)
    for row, *several in zip(rows, *found, strict=True):
        every[row] = {label: math.fsum(answer[label] for answer in several) / len(several) for label in several[0]}
    return every


def added_names(labels: Sequence[str], columns: Iterable[str]) -> list[str]:
    """The names of the new columns: `label` and the labels, all with `predicted_` in front where one is taken.

    Raises `TableError` where one is taken even so.
    """
    taken = set(columns)
    for prefix in ("", SECOND_CHOICE):
        names = [prefix + name for name in (ADDED, *labels)]
        if len(set(names)) == len(names) and taken.isdisjoint(names):
            return names
    clash = ", ".join(sorted(taken.intersection(names)) or [ADDED])
    raise TableError(f"the columns {', '.join(names)} are to be added, and {clash} is there already: rename it")


class Classifier:
    """Adds labels and probabilities to rows or batches of rows, as `datasets`, pandas and Ray Data pass them.

        dataset.map(Classifier("checkpoints/sentiment-en"), batched=True, num_proc=2)
        frame.assign(**Classifier("checkpoints/sentiment-en")(frame["text"]))
        name, workers = "checkpoints/sentiment-en", ray.data.ActorPoolStrategy(size=2)
        ray_dataset.map_batches(Classifier, fn_constructor_args=[name], compute=workers)

    It travels between processes by its name and loads its model where it is called. With it travels a digest of the
    weights, so that `datasets` computes anew, and does not find an older answer in its cache, when a folder holds
    another model than before. In a process that was forked, as those of `num_proc` are, torch has one thread.

    Args:
        model: a folder, or a name on the Hub; or several, whose answers are averaged.
        column: which column has the texts.
        batch_size: how many texts go through the model at once.
        dtype: of `DTYPES`, what the model computes in.

    Raises:
        LoadError: there is no such classifier, or it is damaged.
        ValueError: there is no such precision.
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
        """The models. Loaded where they are needed and not while this is unpickled: an error there ends a process of a
        pool, and whoever waits for it is told nothing."""
        checkpoints = load_classifiers(self.names)
        for name, checkpoint, digest in zip(self.names, checkpoints, self.digests, strict=True):
            if _digest(checkpoint) != digest:
                raise LoadError(f"{name} holds another model than where this classifier was made")
        return [with_dtype(self.dtype, checkpoint) for checkpoint in checkpoints]

    def __call__(self, batch: Any) -> Any:
        """The rows with `label` (an empty string where there is no text) and the probability of each label.

        Args:
            batch: columns by name, each of as many rows (a dict, a data frame of pandas, a table of Arrow); or a row,
                values by name. Texts alone are taken for `column`: one, or as many as a list, an array or a column
                holds. None, nan and blanks are no text.

        Returns:
            A dict, whose new columns are lists and a row's new values are none, or a data frame or table as `batch`.

        Raises:
            TableError: there is no such column, or no free name for the new ones.
            TypeError, NotTextError: something in the column is not a text; the message names its row.
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
        found = mean_probabilities(self.checkpoints, list_texts([texts] if is_row else texts, missing=True), self.batch_size)
        # rows without a text get what keeps a column of one type: batches are joined to one table
        columns: list[list[Any]] = [["" if answer is None else likeliest(answer) for answer in found]]
        columns += [[math.nan if answer is None else answer[label] for answer in found] for label in labels]
        new = {name: column[0] if is_row else column for name, column in zip(names, columns, strict=True)}
        if is_table:
            for name, column in new.items():
                batch = batch.append_column(name, pa.array(column))
            return batch
        return batch.assign(**new) if is_frame else {**batch, **new}

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "checkpoints"}


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


def _cells(answer: Answer, labels: Sequence[str]) -> list[Cell]:
    if answer is None:
        return [None] * (1 + len(labels))
    return [likeliest(answer), *(round(answer[label], DIGITS) for label in labels)]
