"""A classifier's accuracy by the values of a column, and the texts that it gets wrong.

python -m rnn_models evaluate checkpoints/sentiment-en --data everyday/en.tsv --by kind
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..data import InputError
from ..data.corpora import row_labels
from ..data.sources import RawSplit, read_splits, resolve_data_root
from ..metrics.scores import classification_metrics
from .classifiers import MEAN, Network, calibration_error, mean_of
from .request import Data, Request

ALL = "all"
# The largest number of errors printed; the file has all of them.
SHOWN = 60


def group_rows(
    networks: Sequence[Network], data: Data, request: Request, column: str, say: Callable[[str], None]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A row of metrics for each value of `column`, in the order of the data, and one for all rows; then the errors.

    All rows of one split are read: the requested one, or else the first that exists of test, validation and train.

    Raises:
        InputError: the data has no such column, or a label that the model lacks.
    """
    known = networks[0].labels
    rows: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for entry in data.datasets:
        root = resolve_data_root(request.data_root)
        split = _chosen(read_splits(entry, root, with_labels=True), request.split)
        by = replace(entry, label_column=column)
        groups_of = _chosen(read_splits(by, root, with_labels=True), request.split)
        kinds = [_name(groups_of, value) for value in groups_of.labels or []]
        found = row_labels(entry, split, known)
        kept = [row for row, label in enumerate(found) if label is not None][: request.rows]
        texts = [split.texts[row] for row in kept]
        labels = np.array([found[row] for row in kept])
        groups = np.array([kinds[row] for row in kept])
        say(f"{split.where}, {split.name}: {len(texts)} rows")
        answers = [(network.name, network.log_probabilities(texts, known)) for network in networks]
        if len(answers) > 1:
            answers.append((MEAN, mean_of([log_probabilities for _, log_probabilities in answers])))
        parts = {name: groups == name for name in dict.fromkeys(groups.tolist())}
        for name, chosen in {**parts, ALL: np.ones(len(texts), dtype=bool)}.items():
            for model, logits in answers:
                about = {"data_set": split.where, "split": name, "rows": int(chosen.sum()), "model": model}
                metrics = classification_metrics(logits[chosen], labels[chosen])
                if name == ALL:
                    metrics["calibration_error"] = calibration_error(logits, labels)
                else:
                    # most groups have rows of only one label, where a mean over labels adds nothing
                    metrics = {"accuracy": metrics["accuracy"]}
                rows.append({**about, **metrics})
        model, logits = answers[-1]
        for row in np.flatnonzero(logits.argmax(axis=1) != labels):
            said = int(logits[row].argmax())
            errors.append(
                {
                    "text": texts[row],
                    column: str(groups[row]),
                    "label": known[labels[row]],
                    "predicted": known[said],
                    "probability": round(float(np.exp(logits[row, said])), 4),
                }
            )
    return rows, errors


def listed(errors: Sequence[dict[str, Any]], column: str) -> str:
    """The errors as lines, the first `SHOWN` of them."""
    lines = [f"{error['predicted']} for {error['label']} ({error[column]}): {error['text']}" for error in errors]
    more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return "\n".join([*lines[:SHOWN], *more])


def _name(split: RawSplit, value: Any) -> str:
    names = split.label_names
    return names[value] if names and isinstance(value, int) and 0 <= value < len(names) else str(value)


def _chosen(splits: Sequence[RawSplit], wanted: str | None) -> RawSplit:
    for role in [wanted] if wanted else ["test", "validation", "train"]:
        for split in splits:
            if split.role == role:
                return split
    raise InputError(f"{splits[0].where}: there is no {wanted} split")
