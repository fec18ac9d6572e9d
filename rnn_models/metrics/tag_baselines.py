"""The baselines for taggers: the most frequent tag of a word, and a logistic regression over windows of words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

WINDOW = 2
AFFIX = 4
# Of the hashed features, and of the stochastic gradient descent; chosen on the validation words of UD English EWT.
FEATURES, PENALTY, EPOCHS = 2**18, 2e-6, 8


class MostFrequentTag:
    """Each word has the tag that it has most often in training; words that are not there have the most frequent tag of
    the words that occur there only once."""

    def __init__(self, words: Sequence[Sequence[str]], tags: Sequence[Sequence[int]]) -> None:
        counts: dict[str, Counter[int]] = defaultdict(Counter)
        for row, own in zip(words, tags, strict=True):
            for word, tag in zip(row, own, strict=True):
                if tag >= 0:
                    counts[word][tag] += 1
        self.known = {word: found.most_common(1)[0][0] for word, found in counts.items()}
        rare = Counter(tag for found in counts.values() if found.total() == 1 for tag in found)
        self.unknown = (rare or Counter(self.known.values())).most_common(1)[0][0]

    def predict(self, words: Sequence[Sequence[str]]) -> list[np.ndarray]:
        """The tag indices of the words of each sentence."""
        return [np.array([self.known.get(word, self.unknown) for word in row], dtype=int) for row in words]


class WindowRegression:
    """Logistic regression, one against the rest, on a word, its first and last letters and its shape, and on the two
    words before and after it."""

    def __init__(self, words: Sequence[Sequence[str]], tags: Sequence[Sequence[int]], seed: int = 0) -> None:
        from sklearn.feature_extraction import FeatureHasher
        from sklearn.linear_model import SGDClassifier

        self.hasher: Any = FeatureHasher(FEATURES, input_type="string", alternate_sign=False)
        self.regression: Any = SGDClassifier(
            loss="log_loss", alpha=PENALTY, max_iter=EPOCHS, tol=None, average=True, random_state=seed
        )
        truth = np.concatenate([np.asarray(row) for row in tags])
        rows = self.hasher.transform(_features(words))
        self.regression.fit(rows[truth >= 0], truth[truth >= 0])

    def predict(self, words: Sequence[Sequence[str]]) -> list[np.ndarray]:
        """The tag indices of the words of each sentence."""
        found = self.regression.predict(self.hasher.transform(_features(words)))
        return np.split(found, np.cumsum([len(row) for row in words])[:-1])


def _features(words: Sequence[Sequence[str]]) -> Iterator[list[str]]:
    for row in words:
        padded = ["<s>"] * WINDOW + [*row] + ["</s>"] * WINDOW
        for place, word in enumerate(row):
            low, near = word.lower(), padded[place : place + 2 * WINDOW + 1]
            found = ["bias", f"word={word}", f"shape={_shape(word)}", f"begins={place == 0}"]
            found += [f"{offset}={other.lower()}" for offset, other in enumerate(near)]
            found += [f"first{size}={low[:size]}" for size in range(1, AFFIX + 1)]
            found += [f"last{size}={low[-size:]}" for size in range(1, AFFIX + 1)]
            found += [f"last3 {offset}={other.lower()[-3:]}" for offset, other in enumerate(near)]
            yield [*found, f"pair={near[WINDOW - 1].lower()} {low}", f"pair={low} {near[WINDOW + 1].lower()}"]


def _shape(word: str) -> str:
    """`Xx` for "Paris", `X` for "USA", `d` for "1999": the kinds of its characters, repeats left out."""
    kinds = ["X" if c.isupper() else "x" if c.islower() else "d" if c.isdigit() else c for c in word]
    return "".join(kind for place, kind in enumerate(kinds) if place == 0 or kind != kinds[place - 1])
