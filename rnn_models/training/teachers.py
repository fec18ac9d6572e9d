"""What models that exist already say of the texts that another one learns from.

A student learns from its teachers' probabilities (Hinton et al. 2015, "Distilling the Knowledge in a Neural Network").
The student reads with dropout, crops and adversarial moves, the teachers without (Xie et al. 2020, "Self-training with
Noisy Student"). Several teachers are averaged. Those that make different mistakes teach best: a linear model counts
pairs of words, a recurrent model reads in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ..checkpoint import LoadError, load_classifier
from ..data import InputError
from ..data.corpora import Corpus, Split
from ..data.recipes import DatasetEntry
from ..inference.classify import classify
from ..metrics.linear import LinearBaseline, require_scikit_learn
from .progress import say

LINEAR = "linear"
# A linear model is far too sure of the rows that it was fitted to, so that others label them: each part of the rows is
# labelled by the model of the other parts.
FOLDS = 4
# batches as large as an accelerator wants them
ON_ACCELERATOR = {"batch_size": 512, "batch_tokens": 131_072}


def teach(
    entries: Sequence[DatasetEntry],
    corpora: Sequence[Corpus],
    labels: Sequence[str],
    device: torch.device | str = "cpu",
) -> None:
    """Give the rows of each corpus with teachers or label smoothing their `targets`.

    A row without a label gets the teachers' answer, a row with a label some of both: the label tells what the
    teachers do not know, and they tell how sure one can be of it. Raises `InputError` as `probabilities` does.
    """
    for entry, corpus in zip(entries, corpora, strict=True):
        for split in (corpus.train, corpus.unlabelled):
            if split is None:
                continue
            if split.labels is not None and (entry.teachers or entry.label_smoothing):
                split.targets = np.eye(len(labels))[split.labels]
            if entry.teachers:
                say(f"{corpus.name}: {', '.join(entry.teachers)} label {len(split)} rows of {split.name}")
                answers = probabilities(entry.teachers, corpus, split, labels, device)
                split.targets = (
                    answers if split.targets is None else mixed(split.targets, answers, entry.teachers_share)
                )
            if split.targets is not None:
                own = np.isin(np.arange(len(labels)), corpus.own_labels)
                split.targets = mixed(split.targets, own / own.sum(), entry.label_smoothing)


def mixed(one: np.ndarray, other: np.ndarray, share: float) -> np.ndarray:
    return (1 - share) * one + share * other


def probabilities(
    teachers: Sequence[str],
    corpus: Corpus,
    split: Split,
    labels: Sequence[str],
    device: torch.device | str = "cpu",
) -> np.ndarray:
    """The mean of the teachers' probabilities (N, C) for the rows of a split of `corpus`, among its own labels.

    A teacher is `LINEAR`, which is fitted to the corpus' training rows, or the folder or Hub name of a classifier.

    Raises:
        InputError: a teacher cannot be loaded or fitted, or lacks one of the corpus' labels.
    """
    answers = [
        _linear(corpus, split, labels) if name == LINEAR else _model(name, corpus, split, labels, device)
        for name in teachers
    ]
    found = np.mean(answers, axis=0)
    own = np.isin(np.arange(len(labels)), corpus.own_labels)
    if not found[:, own].sum(-1).all():
        raise InputError(f"{corpus.name}, teachers: none of {', '.join(teachers)} knows its labels")
    return np.where(own, found, 0.0) / found[:, own].sum(-1, keepdims=True)


def _linear(corpus: Corpus, split: Split, labels: Sequence[str]) -> np.ndarray:
    require_scikit_learn()
    known = np.array(corpus.train.labels)
    if (np.bincount(known) >= FOLDS).sum() < 2:
        raise InputError(f"{corpus.name}, teachers: linear needs two labels with at least {FOLDS} training rows each")
    if split is not corpus.train:
        return _fitted(corpus.train, split, labels)
    # each part has its share of every label
    parts = np.empty(len(known), dtype=int)
    parts[np.lexsort((np.random.default_rng(0).random(len(known)), known))] = np.arange(len(known)) % FOLDS
    found = np.empty((len(known), len(labels)))
    for part in range(FOLDS):
        inside = np.flatnonzero(parts == part)
        found[inside] = _fitted(split.take(np.flatnonzero(parts != part)), split.take(inside), labels)
    return found


def _fitted(train: Split, split: Split, labels: Sequence[str]) -> np.ndarray:
    return np.exp(LinearBaseline(train.texts, train.labels or [], len(labels)).log_probabilities(split.texts))


def _model(name: str, corpus: Corpus, split: Split, labels: Sequence[str], device: torch.device | str) -> np.ndarray:
    try:
        checkpoint = load_classifier(name)
    except LoadError as error:
        raise InputError(f"{corpus.name}, teachers: {error}") from error
    model = checkpoint.model.to(device)
    sizes: dict[str, Any] = {} if model.device.type == "cpu" else ON_ACCELERATOR
    answers = classify(model, checkpoint.tokenizer, split.texts, **sizes)
    return np.array([[answer.get(label, 0.0) for label in labels] for answer in answers])
