"""The baseline for classifiers: logistic regression on TF-IDF features, fitted in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..data import InputError

# The probability of a label that no training row has, so that its loss stays finite.
MIN_PROBABILITY = 1e-12
# Chosen on the validation rows of ChnSentiCorp and Weibo: scikit-learn's default of 1.0 regularises so many features
# too much. Rare n-grams only slow down the fit.
INVERSE_REGULARIZATION, MIN_FREQUENCY = 4.0, 2
# The features are characters if more than this share of the letters is Chinese.
CHINESE_SHARE = 0.3


class LinearBaseline:
    """Multinomial logistic regression on TF-IDF, with sublinear counts (1 + log), of words and pairs of words,
    or in Chinese texts of characters and pairs of characters.

    Args:
        texts, labels: training rows, labels as indices.
        num_labels: number of labels, including those that no row has.
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
        """Log-probabilities (N, num_labels), to use like a network's logits."""
        probabilities = np.full((len(texts), self.num_labels), MIN_PROBABILITY)
        probabilities[:, self.regression.classes_] = self.regression.predict_proba(self.vectorizer.transform(texts))
        return np.log(np.maximum(probabilities, MIN_PROBABILITY))


def is_chinese(texts: Sequence[str]) -> bool:
    """Whether the first thousand texts count as Chinese."""
    letters = [character for text in texts[:1000] for character in text if character.isalpha()]
    return sum("\u3400" <= letter <= "\u9fff" for letter in letters) > CHINESE_SHARE * len(letters)


def require_scikit_learn() -> None:
    """Raise `InputError` if scikit-learn is not installed."""
    try:
        import sklearn  # noqa: F401
    except ImportError:
        raise InputError(
            "the linear baseline needs scikit-learn: pip install 'scikit-learn>=1.5,<2', or give --no_baseline"
        ) from None
