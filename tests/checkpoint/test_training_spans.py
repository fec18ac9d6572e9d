"""How much of a text stands in the training text, from a small file that does not hold it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_models.checkpoint import LoadError
from rnn_models.checkpoint.training_spans import SPANS, TrainingSpans, span_hashes

rng = np.random.default_rng(0)
CORPUS = "".join(rng.choice(list("abcdefgh \n床前明月光"), 60_000))
OTHER = "".join(rng.choice(list("abcdefgh \n床前明月光"), 60_000))


def test_what_was_copied_is_found_and_what_was_not_is_not() -> None:
    spans = TrainingSpans.of([CORPUS[:30_000], CORPUS[30_000:]], 20)
    assert spans.every == 1 and spans.bits.nbytes < 80_000
    assert spans.share(CORPUS[100:500]) == 1
    assert spans.share(OTHER) < 0.02
    half = CORPUS[100:400] + OTHER[:300]
    assert 0.44 < spans.share(half) < 0.52
    assert spans.share(CORPUS[29_990:30_010] + OTHER[:20]) < 0.1, "no span crosses the border of two texts"


def test_of_a_long_text_a_sample_of_spans_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnn_models.checkpoint.training_spans.MOST", 10_000)
    spans = TrainingSpans.of([CORPUS], 20)
    assert spans.every == 8 and spans.bits.nbytes < 20_000
    assert spans.share(CORPUS[1000:2000]) == 1 and spans.share(OTHER[:4000]) < 0.1


@settings(deadline=None)
@given(st.text(max_size=60), st.integers(1, 20))
def test_equal_spans_have_equal_hashes_and_others_have_others(text: str, length: int) -> None:
    hashes = span_hashes(text, length)
    grams = [text[i : i + length] for i in range(len(text) - length + 1)]
    assert len(hashes) == len(grams)
    assert len(set(hashes.tolist())) == len(set(grams))


def test_a_short_text_says_nothing() -> None:
    spans = TrainingSpans.of([CORPUS], 20)
    assert spans.share("") is None and spans.share(CORPUS[:25]) is None
    assert TrainingSpans.of([], 20).share(CORPUS[:90]) == 0


def test_a_file_is_read_back_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    assert TrainingSpans.read(tmp_path) is None
    spans = TrainingSpans.of([CORPUS], 10)
    spans.write(tmp_path)
    again = TrainingSpans.read(tmp_path)
    assert (again.length, again.every) == (10, 1) and np.array_equal(again.bits, spans.bits)
    (tmp_path / SPANS).write_bytes((tmp_path / SPANS).read_bytes()[:50])
    with pytest.raises(LoadError, match="training text"):
        TrainingSpans.read(tmp_path)
