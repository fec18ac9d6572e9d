"""`pipeline` on padded batches gives the same as on each text by itself."""

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import pipeline

from rnn_models import RNNConfig, RNNForCausalLM, RNNForSequenceClassification, RNNForTokenClassification
from rnn_models.tokenization import train_tokenizer

WORDS = re.compile(r"[^\W_]+")
CORPUS = ["abcdef: to be, or not to be?", "白日依山尽，黄河入海流。", "Ünïcödé 🎈"]
texts = st.lists(st.text(alphabet="".join(CORPUS) + "xyz", min_size=1, max_size=12), min_size=2, max_size=5)
each_tokenizer = pytest.mark.parametrize("kind", ["character", "byte-pair"])
each_side = pytest.mark.parametrize("side", [None, "left", "right"], ids=["no side", "left", "right"])


def make_pipeline(task, head, kind, side, **options):
    tokenizer = train_tokenizer(kind, CORPUS, vocab_size=300 if kind == "byte-pair" else None)
    return pipeline_of(task, head, tokenizer, side, **options)


def pipeline_of(task, head, tokenizer, side, **options):
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


odd = st.sampled_from(
    [
        "e\u0301",
        "\u200d",
        "👩‍👩‍👧",
        "🏳️‍🌈",
        "你好",
        "\u00a0",
        "\t",
        "\n",
        "don't",
        "U.S.",
        "...",
        ":-)",
        "##",
        "</s>",
        "ﬁ",
    ]
)


@each_side
@pytest.mark.parametrize("kind", ["word-pieces", "byte-pair", "character"])
@pytest.mark.parametrize("strategy", ["none", "simple", "first", "average", "max"])
def test_tags_stand_at_their_places_in_the_text(cell_type, kind, side, strategy):
    tokenizer = train_tokenizer(kind, CORPUS, vocab_size=300 if kind == "byte-pair" else None)
    options = {"cell_type": cell_type, "bidirectional": True, "num_labels": 3}
    tagger = pipeline_of("token-classification", RNNForTokenClassification, tokenizer, side, **options)

    @settings(max_examples=10, deadline=None)
    @given(st.lists(texts.map(" ".join) | st.lists(odd, min_size=1, max_size=6).map("".join), min_size=2, max_size=4))
    def check(sentences):
        together = tagger(sentences, batch_size=3, aggregation_strategy=strategy)
        for found, sentence in zip(together, sentences, strict=True):
            alone = tagger(sentence, aggregation_strategy=strategy)
            assert [(one["start"], one["end"]) for one in found] == [(one["start"], one["end"]) for one in alone]
            ends = 0
            for one, again in zip(found, alone, strict=True):
                assert one["score"] == pytest.approx(again["score"], abs=1e-12)
                assert 0 <= one["start"] < one["end"] <= len(sentence)
                assert ends <= one["start"] or kind == "byte-pair"  # bytes of one character share its place
                ends = one["end"]

    check()


@pytest.mark.parametrize("strategy", ["first", "average", "max"])
def test_a_word_gets_one_tag_and_no_mark_beside_it_is_taken_in(strategy):
    # each letter begins words and continues them: an unknown one stands alone in transformers' pipeline
    tokenizer = train_tokenizer("word-pieces", ["abcdefotrn nrtofedcba", "d e f b c t r o,?: n"])
    tagger = pipeline_of("token-classification", RNNForTokenClassification, tokenizer, None, num_labels=3)

    @settings(max_examples=30, deadline=None)
    @given(st.lists(st.text("abcdefotrn", min_size=1, max_size=9), min_size=1, max_size=6), st.sampled_from(",?: "))
    def check(words, between):
        sentence = between.join(words)
        found = tagger(sentence, aggregation_strategy=strategy)
        # the pipeline joins neighbours of one tag, and so never ends inside a word
        inside = {place for word in WORDS.finditer(sentence) for place in range(word.start() + 1, word.end())}
        assert not inside & {place for one in found for place in (one["start"], one["end"])}

    check()
