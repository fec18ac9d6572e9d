"""Metrics of tags: counted by hand, and entities as CoNLL counts them."""

from __future__ import annotations

import numpy as np
import pytest

from rnn_models.metrics.tag_baselines import MostFrequentTag
from rnn_models.metrics.tag_scores import are_bio, entities, entity_f1, tagging_metrics


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("O B-A I-A O", {("A", 1, 3)}),
        ("B-A B-A", {("A", 0, 1), ("A", 1, 2)}),
        ("I-A I-A I-B", {("A", 0, 2), ("B", 2, 3)}),
        ("O I-A O I-A", {("A", 1, 2), ("A", 3, 4)}),
        ("B-A I-B I-B", {("A", 0, 1), ("B", 1, 3)}),
        ("S-A B-A E-A I-A", {("A", 0, 1), ("A", 1, 3), ("A", 3, 4)}),
        ("O O", set()),
        ("B-A-B I-A-B", {("A-B", 0, 2)}),
    ],
)
def test_entities_begin_and_end_where_conlleval_says(tags, found):
    assert entities(tags.split()) == found


def test_an_entity_counts_only_with_its_kind_and_both_limits():
    said = [["B-A", "I-A", "O", "B-B"], ["B-A"]]
    true = [["B-A", "I-A", "I-A", "B-B"], ["B-B"]]
    assert entity_f1(said, true) == pytest.approx(2 * 1 / (3 + 3))
    assert entity_f1([["O"]], [["O"]]) == 1.0


def test_only_tags_with_o_and_marks_are_entities():
    assert are_bio(["O", "B-PER", "I-PER"]) and not are_bio(["NOUN", "VERB"]) and not are_bio(["O"])
    assert not are_bio(["O", "B-PER", "X"])


def test_words_without_a_tag_do_not_count():
    logits = [np.array([[2.0, 1.0], [1.0, 2.0], [3.0, 0.0]])]
    metrics = tagging_metrics(logits, [[0, 0, -100]], ["A", "B"])
    assert metrics["words"] == 2 and metrics["accuracy"] == 0.5 and metrics["f1_by_tag"] == {"A": pytest.approx(2 / 3)}


def test_an_unknown_word_has_the_tag_of_rare_words():
    tagger = MostFrequentTag([["a", "a", "b", "c", "c"]], [[0, 1, 2, 1, 1]])
    (found,) = tagger.predict([["a", "c", "new"]])
    assert found[1] == 1 and found[2] == 2
