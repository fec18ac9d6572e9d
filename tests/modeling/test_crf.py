"""The CRF of a tagger against every sequence of labels counted one by one, and in the model."""

from __future__ import annotations

import copy
import itertools
from dataclasses import dataclass

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rnn_models import RNNConfig, RNNForCausalLM, RNNForSequenceClassification, RNNForTokenClassification, RNNModel
from rnn_models.modeling.crf import CRF, NO_LABEL, STEP


@dataclass
class Case:
    """A CRF and a batch for it: scores (B, T, C), mask (B, T), and labels (B, T) of which some are unknown."""

    crf: CRF
    scores: Tensor
    mask: Tensor
    labels: Tensor

    def sequences(self, row: int) -> dict[tuple[int, ...], Tensor]:
        """The score of every sequence of labels of a row's tokens, from the formula."""
        a, transitions, b = self.crf.learnt(self.scores)
        e = self.scores[row][self.mask[row]]
        found = {}
        for y in itertools.product(range(e.shape[1]), repeat=len(e)):
            steps = sum((transitions[i, j] for i, j in itertools.pairwise(y)), torch.zeros(()))
            found[y] = a[y[0]] + sum(e[t, label] for t, label in enumerate(y)) + steps + b[y[-1]]
        return found


def log_sum(values) -> Tensor:
    return torch.stack(list(values)).logsumexp(0)


@st.composite
def cases(draw) -> Case:
    rows, time, labels = draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.integers(1, 3))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    size = draw(st.sampled_from([0.1, 1.0, 30.0]))
    crf = CRF(labels).double()
    for parameter in crf.parameters():
        torch.nn.init.normal_(parameter, std=size / STEP, generator=generator)
    scores = size * torch.randn(rows, time, labels, generator=generator, dtype=torch.float64)
    mask = torch.tensor([draw(st.lists(st.booleans(), min_size=time, max_size=time).filter(any)) for _ in range(rows)])
    known = st.lists(st.sampled_from([NO_LABEL, *range(labels)]), min_size=time, max_size=time)
    drawn = torch.tensor([draw(known) for _ in range(rows)])
    return Case(crf, scores.requires_grad_(), mask, drawn.masked_fill(~mask, NO_LABEL))


@settings(max_examples=60, deadline=None)
@given(cases())
def test_likelihood_marginals_and_the_best_labels_are_those_of_all_sequences_counted_one_by_one(case: Case) -> None:
    nats = case.crf.nats(case.scores, case.mask, case.labels)
    marginals = case.crf.log_marginals(case.scores, case.mask)
    best = case.crf.best(case.scores, case.mask)
    for row in range(len(case.mask)):
        every, known = case.sequences(row), case.labels[row][case.mask[row]].tolist()
        log_z = log_sum(every.values())
        agree = [s for y, s in every.items() if all(k in (NO_LABEL, label) for k, label in zip(known, y, strict=True))]
        torch.testing.assert_close(nats[row], log_z - log_sum(agree))
        chosen = tuple(best[row][case.mask[row]].tolist())
        torch.testing.assert_close(every[chosen], max(every.values()))
        found = marginals[row][case.mask[row]]
        for t, label in itertools.product(*map(range, found.shape)):
            expected = log_sum(s for y, s in every.items() if y[t] == label) - log_z
            torch.testing.assert_close(found[t, label], expected)
    assert (best[~case.mask] == NO_LABEL).all() and (marginals[~case.mask] == 0).all()


@settings(max_examples=20, deadline=None)
@given(cases())
def test_gradients_are_those_of_finite_differences(case: Case) -> None:
    inputs = (case.scores, *case.crf.parameters())

    def of(compute):
        return lambda scores, *_: compute(scores)

    assert torch.autograd.gradcheck(of(lambda s: case.crf.nats(s, case.mask, case.labels)), inputs)
    assert torch.autograd.gradcheck(of(lambda s: case.crf.log_marginals(s, case.mask)), inputs)


def with_crf(make_tagger, **options):
    """A tagger with a CRF whose labels depend on each other."""
    model = make_tagger(crf=True, **options)
    for parameter in model.crf.parameters():
        torch.nn.init.normal_(parameter, std=1 / STEP)
    return model


def test_a_new_crf_is_the_tagger_without_one(cell, make_tagger, ids) -> None:
    plain, model = make_tagger(**cell), make_tagger(crf=True, **cell)
    found, expected = model(ids, labels=ids % 3), plain(ids, labels=ids % 3)
    torch.testing.assert_close(found.loss, expected.loss)
    torch.testing.assert_close(found.logits, expected.logits.log_softmax(-1))
    assert torch.equal(found.tags, expected.logits.argmax(-1)) and expected.tags is None


def test_padding_anywhere_changes_nothing_and_a_row_does_not_depend_on_its_batch(cell, make_tagger, ids) -> None:
    model = with_crf(make_tagger, bidirectional=True, num_hidden_layers=2, **cell)
    mask = torch.ones_like(ids)
    mask[0, :4], mask[1, 6:], mask[2, ::2] = 0, 0, 0
    labels = torch.where(ids % 2 == 0, ids % 3, -100)
    together = model(ids, attention_mask=mask, labels=labels)
    total = 0.0
    for row in range(3):
        tokens = mask[row].bool()
        alone = model(ids[row : row + 1, tokens], labels=labels[row : row + 1, tokens])
        torch.testing.assert_close(together.logits[row, tokens], alone.logits[0])
        assert torch.equal(together.tags[row, tokens], alone.tags[0])
        total += alone.loss * (labels[row, tokens] >= 0).sum()
    number = (labels[mask.bool()] >= 0).sum()
    torch.testing.assert_close(together.loss, total / number)
    summed = model(ids, attention_mask=mask, labels=labels, num_items_in_batch=2 * number)
    torch.testing.assert_close(summed.loss, together.loss / 2)


def test_a_sentence_without_labels_costs_nothing_and_has_no_gradient(make_tagger, ids) -> None:
    model = with_crf(make_tagger)
    labels = torch.full_like(ids, -100)
    labels[0, 3] = 1
    model(ids, labels=labels).loss.backward()
    expected = copy.deepcopy(model)
    expected.zero_grad()
    expected(ids[:1], labels=labels[:1]).loss.backward()
    for own, other in zip(model.parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(own.grad, other.grad)


@pytest.mark.parametrize("wrong", [-1, 3])
def test_a_label_that_the_model_does_not_have_is_named(make_tagger, ids, wrong) -> None:
    with pytest.raises(ValueError, match=f"labels contains {wrong}; the model has the labels 0 to 2, and -100"):
        make_tagger(crf=True)(ids, labels=(ids % 3).index_fill(1, torch.tensor([4]), wrong))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_half_precision_sums_in_single_precision(make_tagger, dtype) -> None:
    ids = torch.randint(4, 23, (2, 300), generator=torch.Generator().manual_seed(0))
    model = with_crf(make_tagger).to(dtype)
    scores = model.classifier(model.rnn(ids).last_hidden_state).detach()
    exact = copy.deepcopy(model.crf).float()
    mask = torch.ones_like(ids).bool()
    output = model(ids, labels=ids % 3)
    assert output.logits.dtype == dtype
    torch.testing.assert_close(output.loss, exact.loss(scores.float(), mask, ids % 3))
    torch.testing.assert_close(output.logits, exact.log_marginals(scores.float(), mask).to(dtype))
    output.loss.backward()
    assert all(parameter.grad.isfinite().all() for parameter in model.parameters())


@pytest.mark.slow
def test_a_compiled_step_gives_the_gradients_of_an_ordinary_one(make_tagger, ids) -> None:
    def gradients():
        model.zero_grad()
        model(ids, labels=ids % 3).loss.backward()
        return [parameter.grad.clone() for parameter in model.parameters()]

    model = with_crf(make_tagger).train()
    expected = gradients()
    torch.compiler.reset()
    model.compile(backend="aot_eager")
    torch.testing.assert_close(gradients(), expected)


def test_the_temperature_divides_the_logits_and_changes_neither_tags_nor_loss(make_tagger, ids) -> None:
    model = with_crf(make_tagger)
    before = model(ids, labels=ids % 3)
    model.config.temperature = 2.0
    after = model(ids, labels=ids % 3)
    torch.testing.assert_close(after.logits, before.logits / 2)
    assert torch.equal(after.tags, before.tags) and torch.equal(after.loss, before.loss)


@pytest.mark.parametrize(
    ("head", "what"), [(RNNForCausalLM, "a language model"), (RNNForSequenceClassification, "a classifier of texts")]
)
def test_a_head_without_a_crf_refuses_one(head, what) -> None:
    with pytest.raises(ValueError, match=f"RNNConfig.crf is True; {what} needs False: only RNNForTokenClassification"):
        head(RNNConfig(vocab_size=23, crf=True))


def test_a_tagger_loads_with_and_without_the_crf_and_its_backbone_alone(tmp_path, make_tagger, ids) -> None:
    model = with_crf(make_tagger)
    model.save_pretrained(tmp_path / "crf")
    again = RNNForTokenClassification.from_pretrained(tmp_path / "crf")
    assert torch.equal(again(ids).logits, model(ids).logits) and torch.equal(again(ids).tags, model(ids).tags)
    hidden = RNNModel.from_pretrained(tmp_path / "crf")(ids).last_hidden_state
    assert torch.equal(hidden, model.rnn(ids).last_hidden_state)
    without = RNNForTokenClassification.from_pretrained(tmp_path / "crf", crf=False)
    without.save_pretrained(tmp_path / "plain")
    new = RNNForTokenClassification.from_pretrained(tmp_path / "plain", crf=True)
    torch.testing.assert_close(new(ids).logits, without(ids).logits.log_softmax(-1))


def test_what_never_follows_in_training_is_never_said_though_it_is_likely_word_by_word() -> None:
    """What a CRF is for: an inside tag follows no outside tag, also where the words leave both open."""
    outside, begin, inside = range(3)
    crf = CRF(3)
    with torch.no_grad():
        crf.transitions[outside, inside] = crf.start[inside] = -1e4
    # the first word may well begin an entity, and the second is rather inside of one than outside
    scores = torch.tensor([[[1.0, 0.8, 0.0], [1.0, 0.0, 1.3]]])
    mask = torch.ones(1, 2, dtype=torch.bool)
    assert scores.argmax(-1).tolist() == [[outside, inside]]
    assert crf.best(scores, mask).tolist() == [[begin, inside]]
