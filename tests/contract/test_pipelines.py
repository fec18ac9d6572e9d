"""`pipeline` on padded batches gives the same as on each text by itself."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import pipeline

from rnn_models import RNNConfig, RNNForCausalLM, RNNForSequenceClassification
from rnn_models.tokenization import train_tokenizer

CORPUS = ["abcdef: to be, or not to be?", "白日依山尽，黄河入海流。", "Ünïcödé 🎈"]
texts = st.lists(st.text(alphabet="".join(CORPUS) + "xyz", min_size=1, max_size=12), min_size=2, max_size=5)
each_tokenizer = pytest.mark.parametrize("kind", ["character", "byte-pair"])
each_side = pytest.mark.parametrize("side", [None, "left", "right"], ids=["no side", "left", "right"])


def make_pipeline(task, head, kind, side, **options):
    tokenizer = train_tokenizer(kind, CORPUS, vocab_size=300 if kind == "byte-pair" else None)
    if side is not None:
        tokenizer.padding_side = side
    torch.manual_seed(0)
    # In double precision no two tokens tie.
    model = head(RNNConfig(vocab_size=len(tokenizer), hidden_size=8, initializer_range=0.7, **options)).double()
    return pipeline(task, model=model, tokenizer=tokenizer)


@each_tokenizer
@each_side
def test_generated_text(cell_type, kind, side):
    generator = make_pipeline("text-generation", RNNForCausalLM, kind, side, cell_type=cell_type)

    @settings(max_examples=10, deadline=None)
    @given(texts)
    def check(prompts):
        options = {"max_new_tokens": 6, "do_sample": False}
        together = generator(prompts, batch_size=4, **options)
        assert together == [generator(prompt, **options) for prompt in prompts]

    check()


@each_tokenizer
@each_side
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one way", "both ways"])
def test_classes(cell_type, kind, side, bidirectional):
    classifier = make_pipeline(
        "text-classification",
        RNNForSequenceClassification,
        kind,
        side,
        cell_type=cell_type,
        bidirectional=bidirectional,
        num_labels=3,
    )

    @settings(max_examples=10, deadline=None)
    @given(texts)
    def check(reviews):
        together = classifier(reviews, batch_size=4, top_k=None)
        for found, review in zip(together, reviews, strict=True):
            alone = classifier(review, top_k=None)
            assert [one["label"] for one in found] == [one["label"] for one in alone]
            assert [one["score"] for one in found] == pytest.approx([one["score"] for one in alone], abs=1e-12)

    check()
