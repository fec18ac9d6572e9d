"""Data sets of the Hub that are read while they are downloaded.

Only the columns that are needed are kept, as an Arrow file in the cache of `datasets`, where a later run finds them.
Behind the last row that a split asks for, nothing is downloaded.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from . import InputError

PART = re.compile(r"\s*(\w+)\s*(?:\[\s*(\d*)\s*:\s*(\d*)\s*\]\s*)?")
# A split, and its rows from one number up to another; None up to the end.
Part = tuple[str, int, int | None]


def read_stream(
    splits: Any, source: dict[str, Any], name: str, where: str, columns_of: Callable[[Any], list[str]]
) -> Any:
    """Some columns of a split, or of several as in `train[:10000]+other`, as a `datasets.Dataset`.

    Args:
        splits: the data set, a `datasets.IterableDatasetDict`.
        source: the arguments with which `datasets.load_dataset` opens it.
        columns_of: gives the columns to keep, of rows that have `column_names`.

    Raises:
        InputError: there is no such split, or it is not named by rows.
    """
    from datasets import Dataset, Features
    from datasets.exceptions import DatasetGenerationError

    parts = parts_of(name, splits, where)
    rows = splits[parts[0][0]]
    if rows.column_names is None:
        # some formats tell their columns only with their rows
        rows = rows.cast(Features.from_arrow_schema(Dataset.from_list(list(rows.take(1))).data.schema))
    columns = columns_of(rows)
    features = Features({column: rows.features[column] for column in columns})
    # `datasets` would take lists for sources of rows
    about = {"source": source, "parts": tuple(parts), "columns": tuple(columns)}
    about["revision"] = revision_of(source, where)
    try:
        return Dataset.from_generator(_rows, features=features, gen_kwargs=about)
    except DatasetGenerationError as error:
        reason = " ".join(str(error.__cause__ or error).split())
        raise InputError(f"data set {where} cannot be loaded: {reason:.300}") from error


def parts_of(name: str, splits: Sequence[str], where: str) -> list[Part]:
    """The parts of a split. Raises `InputError`."""
    parts: list[Part] = []
    for spelled in name.split("+"):
        found = PART.fullmatch(spelled)
        if found is None:
            first = next(iter(splits))
            raise InputError(
                f"{where}: split {name} cannot be streamed, because nobody knows yet how many rows there are; count"
                f" from the beginning, as {first}[:10000], or leave the option streaming out"
            )
        split, start, stop = found.groups()
        if split not in splits:
            raise InputError(f"{where} has no split {split}; its splits are {', '.join(splits)}")
        parts.append((split, int(start or 0), int(stop) if stop else None))
    return parts


def revision_of(source: dict[str, Any], where: str) -> str:
    """The commit of a data set, so that what is kept of another one is not taken for it. Raises `InputError`."""
    from huggingface_hub import HfApi

    try:
        return str(HfApi().dataset_info(source["path"], revision=source["revision"]).sha)
    except Exception as error:
        raise InputError(f"data set {where} cannot be loaded: {' '.join(str(error).split()):.300}") from error


def _rows(
    source: dict[str, Any], parts: Sequence[Part], columns: Sequence[str], revision: str
) -> Iterator[dict[str, Any]]:
    import datasets
    from tqdm.auto import tqdm

    interval = 0.2 if sys.stderr is not None and sys.stderr.isatty() else 30
    with tqdm(unit=" rows", unit_scale=True, desc="streaming", mininterval=interval) as bar:
        for split, start, stop in parts:
            rows = datasets.load_dataset(**{**source, "revision": revision}, split=split, streaming=True)
            rows = rows.skip(start) if start else rows
            # `take` asks for one more than it gives, which may be the first one of another file
            for row in islice(rows, None if stop is None else max(stop - start, 0)):
                yield {column: row[column] for column in columns}
                bar.update()
