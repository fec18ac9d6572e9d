"""The short table before a training: what its data are like, and what looks odd about them.

The lengths are those of the median row and of the longest. Unknown tokens of train are counted over all corpora.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.corpora import Corpus, Split
from ..data.large_texts import blocks_of, lengths_of
from ..data.token_rows import TokenRows, row_lengths

if TYPE_CHECKING:
    from .task import Task

# From this share of unknown tokens on something is wrong: another language, or another alphabet.
MANY_UNKNOWN = 0.2


def overview(task: Task[Any], data: Any) -> tuple[list[str], list[str]]:
    """The lines of the table about a task and its training data, and the warnings; none for a task without texts."""
    if task.tokenizer is None:
        return [], []
    unknown_id = task.tokenizer.unk_token_id
    in_training = unknown_share(data.rows, unknown_id)
    head = f"{'':<28} {'rows':>9}  {'characters':>12}  {'longest':>9}  {'unknown':>7}  {'in train':>8}"
    lines, warnings = [head], []
    for corpus in task.corpora:
        for role, split in splits(corpus, task.arguments.evaluate_test):
            lengths = lengths_of(split.texts)
            unknown = in_training if role == "train" else unknown_share(task.rows(split), unknown_id)
            share = f"{'':>7}" if unknown is None else f"{unknown:>7.1%}"
            in_train = f"{np.mean(split.in_train):>8.1%}" if role != "train" and len(split.in_train) else f"{'':>8}"
            lines.append(
                f"{f'{corpus.name}, {role}':<28} {len(split):>9,}  {int(np.median(lengths)):>12,}"
                f"  {int(max(lengths)):>9,}  {share}  {in_train}".rstrip()
            )
            if unknown is not None and unknown >= MANY_UNKNOWN:
                warnings.append(f"{corpus.name}, {role}: {unknown:.0%} of the tokens are unknown to the tokenizer")
            if role != "train" and split.in_train and all(split.in_train):
                warnings.append(
                    f"{corpus.name}, {role}: every row stands in train too, so that its metrics say little"
                )
            if next(blocks_of(split.texts, 0), "").startswith("\ufeff"):
                warnings.append(f"{corpus.name}, {role}: the first text begins with a byte order mark")
        if corpus.train.labels:
            # a row has one label, or one for each of its words
            flat = np.concatenate([np.atleast_1d(label) for label in corpus.train.labels])
            counts = Counter(task.labels[label] for label in flat if label >= 0)
            shown = ", ".join(f"{label} {counts[label]:,}" for label in task.labels)
            lines.append(f"{corpus.name}, labels of train: {shown}")
    return lines, warnings + alike(task.labels)


def splits(corpus: Corpus, evaluate_test: bool) -> list[tuple[str, Split]]:
    """The splits that are read and have rows, with what they are for."""
    found = [("train", corpus.train), ("validation", corpus.validation)]
    found += [(split.name, split) for split in corpus.tests if evaluate_test]
    return [(role, split) for role, split in found if len(split)]


def alike(labels: Sequence[str]) -> list[str]:
    """A warning for each group of labels that differ only in case and spaces."""
    groups: dict[str, list[str]] = {}
    for label in labels:
        groups.setdefault(label.strip().casefold(), []).append(label)
    return [
        f"{', '.join(map(repr, group))} are {len(group)} labels, which differ only in case or spaces"
        for group in groups.values()
        if len(group) > 1
    ]


def unknown_share(rows: Sequence[np.ndarray], unknown: int) -> float | None:
    """The share of a token among those of some rows; None for rows of something else than tokens."""
    if isinstance(rows, TokenRows):
        return rows.count(unknown) / max(int(rows.lengths.sum()), 1)
    if not len(rows) or getattr(rows[0], "ndim", 0) != 1:
        return None
    return sum(int((row == unknown).sum()) for row in rows) / max(int(row_lengths(rows).sum()), 1)
