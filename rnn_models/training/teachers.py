"""Labels for texts without labels, from models that exist already.

A student learns from a teacher's probabilities (Hinton et al. 2015, "Distilling the Knowledge in a Neural Network"),
here on texts that nobody has labelled. The student reads them with dropout, crops and adversarial moves, the teacher
without (Xie et al. 2020, "Self-training with Noisy Student"). Several teachers are averaged. Those that make different
mistakes teach best: a linear model counts pairs of words, a recurrent model reads in order.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..checkpoint import LoadError, load_classifier
from ..data import InputError
from ..data.corpora import Corpus
from ..inference.classify import classify
from ..metrics.linear import LinearBaseline, require_scikit_learn

LINEAR = "linear"


def teach(teachers: Sequence[str], corpora: Sequence[Corpus], labels: Sequence[str]) -> None:
    """Give the rows without labels of all corpora their `targets`. Raises `InputError` as `probabilities` does."""
    for corpus in corpora:
        if corpus.unlabelled is not None:
            print(
                f"{corpus.name}: {', '.join(teachers)} label {len(corpus.unlabelled)} rows of {corpus.unlabelled.name}"
            )
            corpus.unlabelled.targets = probabilities(teachers, corpus, labels)


def probabilities(teachers: Sequence[str], corpus: Corpus, labels: Sequence[str]) -> np.ndarray:
    """The mean of the teachers' probabilities (N, C) for the rows of `corpus` without labels, among its own labels.

    A teacher is `LINEAR`, which is fitted to the corpus' training rows, or the folder or Hub name of a classifier.

    Raises:
        InputError: a teacher cannot be loaded, or lacks one of the corpus' labels.
    """
    texts = corpus.unlabelled.texts if corpus.unlabelled else []
    answers = [_linear(corpus, texts, labels) if name == LINEAR else _model(name, texts, labels) for name in teachers]
    found = np.mean(answers, axis=0)
    own = np.isin(np.arange(len(labels)), corpus.own_labels)
    if not found[:, own].sum(-1).all():
        raise InputError(f"option teachers: none of {', '.join(teachers)} knows the labels of {corpus.name}")
    return np.where(own, found, 0.0) / found[:, own].sum(-1, keepdims=True)


def _linear(corpus: Corpus, texts: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    require_scikit_learn()
    baseline = LinearBaseline(corpus.train.texts, corpus.train.labels or [], len(labels))
    return np.exp(baseline.log_probabilities(texts))


def _model(name: str, texts: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    try:
        checkpoint = load_classifier(name)
    except LoadError as error:
        raise InputError(f"option teachers: {error}") from error
    answers = classify(checkpoint.model, checkpoint.tokenizer, texts)
    return np.array([[answer.get(label, 0.0) for label in labels] for answer in answers])
