"""Texts read together give the same as one by one, and scores equal those of SciPy and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import spearmanr
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from rnn_models.interpret import Property, dossier, read_corpus, steps, units, units_that_tell
from rnn_models.interpret.units import Activations, _fit, _score

from .conftest import TEXT

TEXTS = [TEXT, "to be", "t", TEXT[:9], "that is\nit", TEXT[5:25]]


@pytest.mark.parametrize("rows", [2, 64])
def test_a_corpus_is_read_as_its_texts_alone(
    make_language_model, make_classifier, cell, layers, way, tokenizer, rows, monkeypatch
):
    monkeypatch.setattr(units, "ROWS", rows)
    model = (make_classifier if way else make_language_model)(**cell, **layers, **way)
    for direction in range(len(model.config.reads_backwards)):
        for state in model.base_model.recurrence.state_names:
            for layer in range(model.config.num_hidden_layers):
                read = read_corpus((model, tokenizer), TEXTS, layer=layer, direction=direction, state=state)
                assert (read.layer, read.direction, read.state) == (layer, direction, state)
                for number, text in enumerate(TEXTS):
                    alone = steps((model, tokenizer), text).layer(layer, direction).states[state]
                    here = read.text == number
                    np.testing.assert_allclose(read.values[here], alone[1:], rtol=1e-9, atol=1e-12)
                    assert list(read.position[here]) == list(range(1, 1 + len(text)))
                np.testing.assert_allclose(read.means()[1], read.values[read.text == 1].mean(0))
                assert read.means().shape == (len(TEXTS), model.config.hidden_size)


@settings(max_examples=60, deadline=None)
@given(
    arrays.arrays(np.float32, 40, elements=st.floats(-3, 3, width=16)),
    arrays.arrays(bool, 40).filter(lambda truth: 0 < truth[:20].sum() < 20 and 0 < truth[20:].sum() < 20),
)
def test_scores_are_those_of_scikit_learn_at_the_best_of_all_thresholds(values, truth):
    fit = _fit(values[:20], truth[:20])
    cuts = [-np.inf, *np.unique(values[:20])]
    best = max(
        balanced_accuracy_score(truth[:20], (values[:20] > cut) == above) for cut in cuts for above in (True, False)
    )
    assert balanced_accuracy_score(truth[:20], (values[:20] > fit.threshold) == fit.above) == pytest.approx(best)
    assert fit.strength == pytest.approx(2 * best - 1)
    score = _score(values[20:], truth[20:], fit, 3, "mine")
    said = (values[20:] > fit.threshold) == fit.above
    assert score.value == pytest.approx(balanced_accuracy_score(truth[20:], said))
    assert score.auc == pytest.approx(roc_auc_score(truth[20:], values[20:]))
    assert (score.unit, score.positives, score.total) == (3, truth[20:].sum(), 20)
    assert score.measure == "balanced accuracy" and score.strength == max(0, 2 * score.value - 1)


@settings(max_examples=60, deadline=None)
@given(arrays.arrays(np.float64, (2, 15), elements=st.floats(-3, 3, width=16)))
def test_a_rank_correlation_is_that_of_scipy(columns):
    values, truth = columns
    fit = _fit(values, truth)
    score = _score(values, truth, fit, 0, "mine")
    constant = min(map(len, map(np.unique, columns))) == 1
    expected = 0.0 if constant else spearmanr(values, truth).statistic
    assert score.value == pytest.approx(expected, abs=1e-12) and score.measure == "rank correlation"
    assert score.strength == fit.strength == abs(score.value)


def planted(tokenizer, make_language_model, texts=TEXTS * 4, unit=2):
    """A corpus in which one unit is high on the letter t."""
    read = read_corpus((make_language_model(), tokenizer), texts)
    is_t = np.array([letter == "t" for text in texts for letter in text])
    values = np.random.default_rng(0).normal(size=read.values.shape)
    values[:, unit] += 10 * is_t
    return Activations(read.tokens, 0, 0, "hidden", values, read.text, read.position), is_t


THE_LETTER_T = Property("t", lambda text: np.array([letter == "t" for letter in text]))


def test_the_unit_that_tells_is_found_and_scored_on_the_other_half(tokenizer, make_language_model):
    read, is_t = planted(tokenizer, make_language_model)
    best, second, *_ = found = units_that_tell(read, THE_LETTER_T, count=3)
    assert len(found) == 3
    assert best.unit == 2 and best.value == 1.0 and best.auc == 1.0 and best.above and 3 < best.threshold < 8
    assert second.strength < 0.6
    held_out = read.text % 2 == 1
    assert (best.positives, best.total) == (is_t[held_out].sum(), held_out.sum())


def test_a_single_text_is_cut_in_its_middle(tokenizer, make_language_model):
    read, is_t = planted(tokenizer, make_language_model, [TEXT * 3])
    best = units_that_tell(read, THE_LETTER_T)[0]
    assert best.unit == 2 and best.total == len(is_t) // 2


def test_a_unit_that_is_low_where_it_is_so_tells_as_well(tokenizer, make_language_model):
    read, _ = planted(tokenizer, make_language_model)
    turned = Activations(read.tokens, 0, 0, "hidden", -read.values, read.text, read.position)
    best = units_that_tell(turned, THE_LETTER_T)[0]
    assert best.unit == 2 and best.value == 1.0 and best.auc == 0.0 and not best.above


def test_sentiment_is_told_of_texts_by_their_means(tokenizer, make_language_model):
    texts = [TEXT[:20], TEXT[5:15], "that is", "to be"] * 5
    read, _ = planted(tokenizer, make_language_model, texts)
    labels = np.array([1, 1, 0, 0] * 5)
    read.values[:, 2], read.values[:, 4] = 0, read.values[:, 4] + 20 * labels[read.text]
    best = units_that_tell(read, "sentiment", labels=labels.tolist())[0]
    assert best.unit == 4 and best.told == "sentiment" and best.value == 1.0 and best.total == 10
    assert dossier(read, 4, labels=labels).scores[0] == best


def test_a_dossier_has_histogram_passages_and_scores(tokenizer, make_language_model):
    read, _ = planted(tokenizer, make_language_model)
    found = dossier(read, 2, passages=3, around=2, bins=7)
    values = read.values[:, 2]
    assert found.counts.sum() == len(values) and len(found.edges) == 8
    assert (found.mean, found.deviation) == (pytest.approx(values.mean()), pytest.approx(values.std()))
    for passages, extreme in ((found.highest, values.max()), (found.lowest, values.min())):
        assert len(passages) == 3 and passages[0].value == extreme
        for passage in passages:
            row = np.flatnonzero((read.text == passage.text) & (read.position == passage.position)).item()
            assert values[row] == passage.value
            text = TEXTS[passage.text % len(TEXTS)]
            assert passage.before + passage.piece + passage.after in text
            assert text[passage.position - 1] == passage.piece
    assert all(passage.piece == "t" for passage in found.highest)
    ordered = [score.strength for score in found.scores]
    assert ordered == sorted(ordered, reverse=True)
    names = {score.told for score in found.scores}
    assert names <= {"quotation", "line_position", "capital", "line_end", "negation"} and "line_position" in names


def test_passages_of_one_text_do_not_overlap(tokenizer, make_language_model):
    read, _ = planted(tokenizer, make_language_model, [TEXT * 6])
    places = [passage.position for passage in dossier(read, 2, passages=5, around=10).highest]
    assert min(abs(one - other) for one in places for other in places if one != other) > 20


def test_what_cannot_be_asked_gets_a_sentence(tokenizer, make_language_model, make_classifier):
    source = (make_language_model(), tokenizer)
    read = read_corpus(source, TEXTS)
    for call, problem in (
        (lambda: read_corpus(source, []), "there are no texts"),
        (lambda: read_corpus(source, ["to", ""]), "text 1 cannot be read: the text is empty"),
        (lambda: read_corpus(source, ["to", "a\x00"]), r"text 1 cannot be read: character 2 is U\+0000"),
        (lambda: read_corpus(source, [3]), "text 0 cannot be read: expected a string, got int"),
        (lambda: read_corpus(source, ["to", "be", "to"], max_tokens=7), "first 3 texts have 9 tokens; at most 7"),
        (lambda: read_corpus((make_language_model(cell_type="gru"), tokenizer), ["to"], state="cell"), "has 'hidden'"),
        (lambda: read_corpus(source, ["to"], layer=1), "layer is 1: this model has layers 0 to 0"),
        (lambda: units_that_tell(read, "rhyme"), "property is 'rhyme'"),
        (lambda: units_that_tell(read, Property("x", lambda text: np.zeros(len(text)))), "x is the same everywhere"),
        (lambda: units_that_tell(read, "sentiment"), "6 texts need as many labels, but there are 0"),
        (lambda: units_that_tell(read, "sentiment", labels=[2] * 6), "a label is True or 1"),
        (lambda: units_that_tell(read, "sentiment", labels=[1] * 6), "sentiment is the same everywhere"),
        (lambda: dossier(read, 6), "unit is 6: this model has units 0 to 5"),
    ):
        with pytest.raises(ValueError, match=problem):
            call()
    with pytest.raises(TypeError, match="texts is one string"):
        read_corpus(source, TEXT)
