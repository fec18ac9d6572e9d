"""The classifier that is easier: logistic regression on weighted counts of words, fitted in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..data import InputError

# A label that the training rows lack gets this probability: its loss stays a number.
NEVER = 1e-12
# More than scikit-learn's 1.0, which is too careful for so many features, and chosen on the validation rows of
# ChnSentiCorp and Weibo; rare n-grams only slow the fit.
INVERSE_REGULARIZATION, MIN_FREQUENCY = 4.0, 2
# Characters are counted where so many of the letters are Chinese.
CHINESE_SHARE = 0.3


class LinearBaseline:
    """TF-IDF of the words, or in Chinese texts of the characters, and of the pairs of them, with sublinear counts
    (1 + log), and a multinomial logistic regression on it.

    Args:
        texts, labels: training rows, labels as indices.
        num_labels: of the labels that there are, those included that no row has.
    """

    def __init__(self, texts: Sequence[str], labels: Sequence[int], num_labels: int) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        self.num_labels = num_labels
        counted = {"analyzer": "char"} if is_chinese(texts) else {"token_pattern": r"\w+|[^\w\s]"}
        self.vectorizer: Any = TfidfVectorizer(
            **counted,
            ngram_range=(1, 2),
            sublinear_tf=True,
            min_df=min(MIN_FREQUENCY, len(texts)),
        )
        self.regression: Any = LogisticRegression(C=INVERSE_REGULARIZATION, max_iter=1000)
        self.regression.fit(self.vectorizer.fit_transform(texts), np.asarray(labels))

    def log_probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Log-probabilities (N, num_labels), which stand where a network's logits do."""
        found = np.full((len(texts), self.num_labels), NEVER)
        found[:, self.regression.classes_] = self.regression.predict_proba(self.vectorizer.transform(texts))
        return np.log(np.maximum(found, NEVER))


def is_chinese(texts: Sequence[str]) -> bool:
    """Whether the first thousand texts are written in Chinese for the most part."""
    letters = [character for text in texts[:1000] for character in text if character.isalpha()]
    return sum("\u3400" <= letter <= "\u9fff" for letter in letters) > CHINESE_SHARE * len(letters)


def require_scikit_learn() -> None:
    """Raise `InputError` where scikit-learn is not installed."""
    try:
        import sklearn  # noqa: F401
    except ImportError:
        raise InputError(
            "the linear baseline needs scikit-learn: pip install 'scikit-learn>=1.5,<2', or give --no_baseline"
        ) from None
