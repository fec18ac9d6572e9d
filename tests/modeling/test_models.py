import pytest
import torch

from rnn_models import (
    RNNConfig,
    RNNForCausalLM,
    RNNForSequenceClassification,
    RNNForTokenClassification,
    RNNModel,
    RNNState,
)


def test_a_token_outside_the_vocabulary_is_named(make_language_model):
    model = make_language_model()
    for bad in (23, -1):
        with pytest.raises(ValueError, match=rf"token id {bad}; the vocabulary has ids 0 to 22"):
            model(torch.tensor([[5, bad]]))


@pytest.mark.parametrize("shape", [(1, 0), (0, 3), (3,)])
def test_empty_input_is_refused(make_language_model, shape):
    with pytest.raises(ValueError, match=r"must be \(batch, time\), both above 0"):
        make_language_model()(torch.zeros(shape, dtype=torch.long))


def test_a_row_of_only_padding_is_refused(make_classifier, ids):
    mask = torch.ones_like(ids)
    mask[1] = 0
    with pytest.raises(ValueError, match="no token in row 1"):
        make_classifier()(ids, attention_mask=mask)


def test_a_mask_of_the_wrong_shape_is_refused(make_classifier, ids):
    with pytest.raises(ValueError, match=r"attention_mask has shape \(3, 5\); the input needs \(3, 11\)"):
        make_classifier()(ids, attention_mask=torch.ones(3, 5))


def test_exactly_one_kind_of_input_is_needed(make_language_model, ids):
    model = make_language_model()
    with pytest.raises(ValueError, match="input_ids or inputs_embeds"):
        model()
    with pytest.raises(ValueError, match="input_ids or inputs_embeds"):
        model(ids, inputs_embeds=model.get_input_embeddings()(ids))


def test_a_state_of_another_model_or_batch_is_refused(cell, make_language_model, ids):
    model = make_language_model(**cell)
    good = model(ids).state
    wrong_batch = good.index_select(torch.tensor([0]))
    wrong_size = RNNState({name: tensor[..., :3] for name, tensor in good.tensors.items()})
    wrong_parts = RNNState({**good.tensors, "extra": good.tensors["hidden"]})
    for state in (wrong_batch, wrong_size, wrong_parts):
        with pytest.raises(ValueError, match=r"this model needs .*\(1, 3, 7\)"):
            model(ids, state=state)


def test_embeddings_in_place_of_ids_give_the_same(cell, make_language_model, ids):
    model = make_language_model(**cell)
    assert torch.equal(model(inputs_embeds=model.get_input_embeddings()(ids)).logits, model(ids).logits)


def test_labels_are_shifted_inside_and_shift_labels_are_not(make_language_model, ids):
    model = make_language_model()
    logits = model(ids).logits
    expected = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())
    torch.testing.assert_close(model(ids, labels=ids).loss, expected)
    shifted = torch.cat([ids[:, 1:], torch.full((3, 1), -100)], 1)
    torch.testing.assert_close(model(ids, shift_labels=shifted).loss, expected)
    # Slices of one long text, as a training loop takes them.
    assert model(ids[:, :-1], shift_labels=ids[:, 1:]).loss.isfinite()


def test_only_the_requested_logits_are_computed(make_language_model, ids):
    model = make_language_model()
    assert torch.equal(model(ids, logits_to_keep=2).logits, model(ids).logits[:, -2:])


def test_tied_embeddings_are_one_matrix_with_a_projection_if_the_sizes_differ(ids):
    for embedding_size, projected in ((6, False), (4, True)):
        config = RNNConfig(vocab_size=23, embedding_size=embedding_size, hidden_size=6, tie_word_embeddings=True)
        model = RNNForCausalLM(config)
        assert model.lm_head.weight is model.rnn.embedding.weight
        assert isinstance(model.projection, torch.nn.Linear) is projected
        model(ids, labels=ids).loss.backward()


def test_dropouts_act_only_in_training(ids):
    names = ("word_dropout", "embedding_dropout", "layer_dropout", "output_dropout", "classifier_dropout")
    plain = RNNForSequenceClassification(RNNConfig(vocab_size=23, num_hidden_layers=2))
    for name in names:
        model = RNNForSequenceClassification(RNNConfig(vocab_size=23, num_hidden_layers=2, **{name: 0.5}))
        model.load_state_dict(plain.state_dict())
        assert torch.equal(model.eval()(ids).logits, plain.eval()(ids).logits), name
        assert not torch.equal(model.train()(ids).logits, plain.train()(ids).logits), name


def test_word_dropout_zeroes_entire_words(ids):
    model = RNNModel(RNNConfig(vocab_size=23, word_dropout=0.5)).train()
    embedded = model(ids, output_hidden_states=True).hidden_states[0]
    zero = embedded.eq(0)
    assert torch.equal(zero.all(-1), zero.any(-1))
    assert 0 < zero.all(-1).sum() < ids.numel()


def test_a_language_model_s_weights_load_into_a_classifier(tmp_path, cell, make_language_model, ids):
    language_model = make_language_model(**cell)
    language_model.save_pretrained(tmp_path)
    classifier = RNNForSequenceClassification.from_pretrained(tmp_path, num_labels=3)
    hidden = language_model.rnn(ids).last_hidden_state
    assert torch.equal(classifier.rnn(ids).last_hidden_state, hidden)
    assert classifier(ids).logits.shape == (3, 3)


def test_all_hidden_states_are_returned_from_the_embedding_up(cell, make_language_model, ids):
    states = make_language_model(**cell, num_hidden_layers=2)(ids, output_hidden_states=True).hidden_states
    assert [tuple(s.shape) for s in states] == [(3, 11, 5), (3, 11, 7), (3, 11, 7)]


def test_a_tuple_is_returned_if_return_dict_is_false(make_language_model, ids):
    model = make_language_model()
    loss, logits, state = model(ids, labels=ids, return_dict=False)
    assert loss.ndim == 0 and logits.shape == (3, 11, 23) and isinstance(state, RNNState)


def test_the_forget_gate_starts_open(make_language_model):
    bias = make_language_model(cell_type="lstm").rnn.recurrence.layers[0].cell.bias_ih
    assert bias.tolist() == [0.0] * 7 + [1.0] * 7 + [0.0] * 14


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_changes_neither_the_logits_nor_the_loss_of_a_tagger(make_tagger, side):
    for ways in ({}, {"bidirectional": True}, {"backwards": True}):
        model = make_tagger(num_hidden_layers=2, **ways)
        ids, labels = torch.randint(4, 23, (1, 5)), torch.tensor([[0, -100, 2, 1, 0]])
        alone = model(ids, labels=labels)
        pad = (2, 0) if side == "left" else (0, 2)
        mask = torch.nn.functional.pad(torch.ones_like(ids), pad)
        padded = model(
            torch.nn.functional.pad(ids, pad), attention_mask=mask, labels=torch.nn.functional.pad(labels, pad)
        )
        torch.testing.assert_close(padded.logits[mask.bool()], alone.logits[0])
        torch.testing.assert_close(padded.loss, alone.loss)


@pytest.mark.parametrize("wrong", [-1, 3])
def test_a_label_that_the_model_does_not_have_is_named_with_the_range(wrong: int):
    config = RNNConfig(vocab_size=23, embedding_size=6, hidden_size=8, num_labels=3)
    ids = torch.randint(4, 23, (2, 4))
    message = f"labels contains {wrong}; the model has the labels 0 to 2, and -100 is for no label"
    with pytest.raises(ValueError, match=message):
        RNNForSequenceClassification(config)(ids, labels=torch.tensor([0, wrong]))
    tags = torch.tensor([[0, -100, 2, 1], [wrong, 1, 0, -100]])
    with pytest.raises(ValueError, match=message):
        RNNForTokenClassification(config)(ids, labels=tags)
    # a label at padding is not read
    mask = torch.tensor([[1, 1, 1, 1], [0, 1, 1, 1]])
    assert RNNForTokenClassification(config)(ids, attention_mask=mask, labels=tags).loss.isfinite()
