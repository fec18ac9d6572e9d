from __future__ import annotations

import pickle
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import datasets
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModelForSequenceClassification, AutoTokenizer

import rnn_models  # noqa: F401  registers the models
from rnn_models.graphs.runtime import classifier_for
from rnn_models.inference import NotTextError, classify, knows_any
from rnn_models.inference.classify import AT_ONCE, _at_once, _batches, _pools

any_text = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60)


@pytest.fixture(scope="module", params=["sentiment-en", "sentiment-zh"])
def model_and_tokenizer(request, tiny_checkpoints: Path):
    folder = tiny_checkpoints / request.param
    return AutoModelForSequenceClassification.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)


@settings(max_examples=25, deadline=None)
@given(texts=st.lists(any_text, min_size=1, max_size=12))
def test_a_text_among_others_gets_what_it_gets_alone_and_in_its_place(model_and_tokenizer, texts):
    together = classify(*model_and_tokenizer, texts, batch_size=4)
    for text, probabilities in zip(texts, together, strict=True):
        (alone,) = classify(*model_and_tokenizer, [text])
        assert probabilities == pytest.approx(alone, abs=1e-5)
        assert list(probabilities) == ["negative", "neutral", "positive"]
        assert sum(probabilities.values()) == pytest.approx(1, abs=1e-5)


def test_probabilities_are_the_softmax_of_the_logits(model_and_tokenizer):
    model, tokenizer = model_and_tokenizer
    logits = model(**tokenizer("So good!", return_tensors="pt")).logits[0]
    (probabilities,) = classify(model, tokenizer, ["So good!"])
    assert list(probabilities.values()) == pytest.approx(logits.softmax(-1).tolist(), abs=1e-6)


def test_progress_counts_up_to_all_texts(model_and_tokenizer):
    seen: list[tuple[int, int]] = []
    classify(*model_and_tokenizer, ["a", "bb", "ccc"], batch_size=2, progress=lambda *counts: seen.append(counts))
    assert seen in ([(1, 3), (3, 3)], [(2, 3), (3, 3)])


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("graph", [False, True], ids=["torch", "int8"])
def test_batches_that_run_at_once_give_what_they_give_in_turn(model_and_tokenizer, graph, two_threads):
    model, tokenizer = model_and_tokenizer
    model = classifier_for(model, threads=1) if graph else model
    texts = ["so good! " * count for count in range(1, 40)]
    both: list[tuple[int, int]] = []
    together = classify(model, tokenizer, texts, batch_size=3, progress=lambda *counts: both.append(counts))
    assert torch.get_num_threads() == 2
    with ThreadPoolExecutor(1) as pool:  # a thread that starts later gets the last setting
        assert pool.submit(torch.get_num_threads).result() == 2
    assert both == [(done, 39) for done in range(3, 40, 3)]
    torch.set_num_threads(1)
    for one, other in zip(together, classify(model, tokenizer, texts, batch_size=3), strict=True):
        assert one == pytest.approx(other, abs=1e-6)


def test_classifying_at_once_leaves_every_thread_what_torch_had(model_and_tokenizer):
    before = torch.get_num_threads()
    torch.set_num_threads(8)
    _pools.clear()
    seen: set[int] = set()
    together = threading.Barrier(4)

    def work(texts: list[str]) -> None:
        together.wait()
        classify(*model_and_tokenizer, texts, batch_size=1)
        together.wait()  # now all threads have started
        for _ in range(10):
            classify(*model_and_tokenizer, texts, batch_size=1)
            seen.add(torch.get_num_threads())
            late = threading.Thread(target=lambda: seen.add(torch.get_num_threads()))
            late.start()
            late.join()

    callers = [threading.Thread(target=work, args=(["so"] * number,)) for number in (2, 3, 5, 9)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    left = torch.get_num_threads()
    torch.set_num_threads(before)
    assert seen == {8} and left == 8


def test_an_operation_of_a_batch_takes_its_share_of_the_threads(model_and_tokenizer):
    before = torch.get_num_threads()
    torch.set_num_threads(8)
    model, tokenizer = model_and_tokenizer
    seen: list[int] = []
    handle = model.register_forward_pre_hook(lambda _model, _inputs: seen.append(torch.get_num_threads()))
    for batches in (1, 2, 3, 8):
        classify(model, tokenizer, ["so"] * batches, batch_size=1)
    torch.set_num_threads(20)
    classify(model, tokenizer, ["so"] * 9, batch_size=1)
    handle.remove()
    torch.set_num_threads(before)
    assert seen == [8, *[1] * (2 + 3 + 8), *[2] * 9]


def test_two_batches_do_run_at_once(model_and_tokenizer, two_threads):
    model, tokenizer = model_and_tokenizer
    both_are_there = threading.Barrier(2, timeout=20)
    handle = model.register_forward_pre_hook(lambda _model, _inputs: (both_are_there.wait(), None)[1])
    classify(model, tokenizer, ["a", "b"], batch_size=1)
    handle.remove()


def test_no_more_than_eight_batches_run_at_once_however_many_cores_there_are(model_and_tokenizer, two_threads):
    torch.set_num_threads(20)
    running: list[int] = []
    counts = []

    def batch(number: int) -> None:
        running.append(number)
        counts.append(len(running))
        time.sleep(0.02)
        running.remove(number)

    with _at_once(model_and_tokenizer[0], 40) as each:
        list(each(batch, range(40)))
    assert 1 < max(counts) <= AT_ONCE == 8


def test_an_error_in_a_batch_ends_all_of_them(model_and_tokenizer, two_threads):
    model, tokenizer = model_and_tokenizer

    def fail(_model, _inputs):
        raise MemoryError("no room")

    handle = model.register_forward_pre_hook(fail)
    with pytest.raises(MemoryError, match="no room"):
        classify(model, tokenizer, list("abcdefgh"), batch_size=1)
    handle.remove()
    assert torch.get_num_threads() == 2
    assert len(classify(model, tokenizer, list("abcdefgh"), batch_size=1)) == 8


def test_no_texts_give_no_results(model_and_tokenizer):
    assert classify(*model_and_tokenizer, []) == []


def test_classification_keeps_no_gradients(model_and_tokenizer):
    model, tokenizer = model_and_tokenizer
    tracked: list[bool] = []
    handle = model.register_forward_hook(lambda _model, _inputs, output: tracked.append(output.logits.requires_grad))
    classify(model, tokenizer, ["a"])
    handle.remove()
    assert tracked == [False] and torch.is_grad_enabled()


@given(st.lists(st.integers(0, 500), max_size=60), st.integers(1, 9), st.integers(1, 900))
def test_batches_hold_every_row_once_and_stay_within_their_bounds(lengths, batch_size, batch_tokens):
    batches = list(_batches(lengths, batch_size, batch_tokens))
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) <= batch_size
        assert len(batch) == 1 or len(batch) * max(lengths[row] for row in batch) <= batch_tokens


def test_what_is_not_text_is_refused(model_and_tokenizer):
    with pytest.raises(NotTextError, match=r"character 3 is U\+0000"):
        classify(*model_and_tokenizer, ["fine", "ab\x00"])
    with pytest.raises(NotTextError, match=r"row 1 \(the first is 0\): character 3 is U\+0000"):
        classify(*model_and_tokenizer, np.array(["fine", "ab\x00cd"]))


def test_an_array_or_a_column_is_classified_as_a_list_of_its_texts(model_and_tokenizer):
    texts = ["so good", "", "not"]
    expected = classify(*model_and_tokenizer, texts)
    column = datasets.Dataset.from_dict({"text": texts})["text"]
    for values in (tuple(texts), np.array(texts), pd.Series(texts, index=[7, 8, 9]), pa.array(texts), column):
        assert classify(*model_and_tokenizer, values) == expected
    assert classify(*model_and_tokenizer, pd.Series([], dtype=object)) == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ("so good", "expected a list of texts, got one string ('so good'): put it in a list"),
        (b"so", "expected a list of texts, an array of them or a column, got bytes"),
        ({"so"}, "got set"),
        ({"text": "so"}, "got dict"),
        (iter(["so"]), "got list_iterator"),
        (None, "got NoneType"),
        (np.array([["so"]]), "got ndarray"),
        (np.array("so"), "got ndarray"),
        (pd.DataFrame({"text": ["so"]}), "got DataFrame"),
        ([3], "row 0 (the first is 0): expected a string, got int (3)"),
        (["so", float("nan")], "row 1 (the first is 0): expected a string, got float (nan)"),
        (["so", None], "row 1 (the first is 0): expected a string, got NoneType (None)"),
        ([["so"]], "row 0 (the first is 0): expected a string, got list (['so'])"),
        ([b"so"], "row 0 (the first is 0): expected a string, got bytes (b'so')"),
    ],
)
def test_whatever_else_is_refused_in_a_sentence(model_and_tokenizer, values, said: str):
    with pytest.raises(TypeError, match=re.escape(said)):
        classify(*model_and_tokenizer, values)


def test_an_error_about_a_text_survives_the_way_from_another_process():
    for error in (NotTextError("\ud800", 3), NotTextError("\x00", 3, 7)):
        arrived = pickle.loads(pickle.dumps(error))
        assert (str(arrived), arrived.__dict__) == (str(error), error.__dict__)


def test_a_character_vocabulary_knows_its_own_script_and_not_another(tiny_checkpoints: Path):
    tokenizer = AutoTokenizer.from_pretrained(tiny_checkpoints / "shakespeare-lstm")
    assert knows_any(tokenizer, "床 be")
    assert not knows_any(tokenizer, "床前🙂")
