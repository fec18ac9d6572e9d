"""The embedding and the output layer: resized, replaced, tied."""

import pytest
import torch
from torch import nn

from rnn_models import RNNForCausalLM, RNNForSequenceClassification, RNNForTokenClassification, RNNModel

each_tie = pytest.mark.parametrize("tied", [False, True], ids=["untied", "tied"])


@each_tie
def test_a_larger_vocabulary_keeps_the_old_tokens_as_they_were(tmp_path, make, ids, tied):
    model = make(RNNForCausalLM, tie_word_embeddings=tied)
    with torch.no_grad():  # otherwise resizing would change the parameters of a live graph
        before = model(ids).logits
    model.resize_token_embeddings(30)
    assert model.config.vocab_size == 30
    torch.testing.assert_close(model(ids).logits[..., :23], before)
    assert (model.lm_head.weight is model.rnn.embedding.weight) is tied
    assert model.lm_head.bias.shape == (30,)
    new = torch.tensor([[29, 5]])
    model(new, labels=new).loss.backward()
    model.save_pretrained(tmp_path)
    torch.testing.assert_close(RNNForCausalLM.from_pretrained(tmp_path)(new).logits, model(new).logits)


@each_tie
def test_a_smaller_vocabulary_keeps_the_tokens_that_stay(make, tied):
    model = make(RNNForCausalLM, tie_word_embeddings=tied)
    ids = torch.tensor([[4, 9, 7]])
    before = model(ids).logits
    model.resize_token_embeddings(10)
    torch.testing.assert_close(model(ids).logits, before[..., :10])
    with pytest.raises(ValueError, match="token id 10; the vocabulary has ids 0 to 9"):
        model(torch.tensor([[10]]))


def test_a_resized_embedding_keeps_its_padding_index(make, head):
    model = make(head)
    model.resize_token_embeddings(30, pad_to_multiple_of=8)
    assert model.get_input_embeddings().num_embeddings == 32
    assert model.get_input_embeddings().padding_idx == model.config.pad_token_id


@pytest.mark.parametrize("head", [RNNModel, RNNForCausalLM, RNNForSequenceClassification, RNNForTokenClassification])
def test_a_replaced_embedding_is_used(make, head, ids):
    model = make(head)
    table = nn.Embedding(40, 6)
    model.set_input_embeddings(table)
    assert model.get_input_embeddings() is table
    assert torch.equal(model(ids)[0], model(inputs_embeds=table(ids))[0])
    assert model(torch.tensor([[39]]))[0].isfinite().all()


def test_a_replaced_output_layer_is_used(make, ids):
    model = make(RNNForCausalLM)
    model.set_output_embeddings(nn.Linear(8, 31))
    assert model.get_output_embeddings().out_features == 31
    assert model(ids, labels=ids).logits.shape == (3, 11, 31)


def test_text_continues_from_embeddings_as_from_tokens(make, ids, mask):
    model = make(RNNForCausalLM)
    options = {"attention_mask": mask, "max_new_tokens": 6, "eos_token_id": None, "pad_token_id": 0}
    for beams in (1, 3):
        from_ids = model.generate(ids, num_beams=beams, **options)
        from_embeddings = model.generate(inputs_embeds=model.get_input_embeddings()(ids), num_beams=beams, **options)
        assert torch.equal(from_embeddings, from_ids[:, 11:])
