from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_models.tokenization import SPECIAL_TOKENS, TOKENIZER_KINDS, train_tokenizer

CORPUS = [
    "To be, or not to be: that is the question.\n\nHAMLET:\tI don't know...\n",
    "白日依山尽，黄河入海流。\n欲穷千里目，更上一层楼。\n",
    "The  café was closed; the cafe\u0301 was open 👩‍👩‍👧‍👦 🏳️‍🌈!",
]
ODD_TEXTS = [
    "",
    "  two  spaces   and more    ",
    "\n\n\r\n\t\n",
    "春眠不觉晓，处处闻啼鸟。",
    "👩‍👩‍👧‍👦👍🏽🏳️‍🌈",
    "cafe\u0301 ≠ caf\u00e9, Å ≠ A\u030a ≠ \u212b",
    "\x00\x01\x7f\x85\u2028\ufeff\ufffd",
    "مرحبا \u202eשלום",
    "don 't , you ' re n't do not .",
    "</s><s><pad><unk> </s> <s>x</s>",
]
any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.text(
    st.sampled_from("ab \n\t\r.,'你好，。é\u0301e👩‍👧🏽<>/spadunk\u3000\x00"), max_size=60
)

READ_BACK = """
import json, sys
sys.modules["rnn_models"] = None
from transformers import AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
texts = json.load(sys.stdin)
encoded = [dict(tokenizer(text)) for text in texts]
decoded = [tokenizer.decode(row["input_ids"], skip_special_tokens=True) for row in encoded]
print(json.dumps([encoded, decoded, len(tokenizer), tokenizer.special_tokens_map]))
"""


@pytest.fixture(scope="module")
def byte_pair():
    return train_tokenizer("byte-pair", CORPUS, vocab_size=300)


def give_back(tokenizer, text: str) -> str:
    return tokenizer.decode(tokenizer(text)["input_ids"], skip_special_tokens=True)


@settings(deadline=None)
@given(any_text)
def test_byte_pairs_restore_any_text_exactly(byte_pair, text):
    assert give_back(byte_pair, text) == text
    assert byte_pair.unk_token_id not in byte_pair(text)["input_ids"]


@settings(deadline=None)
@given(any_text.filter(bool))
def test_characters_restore_exactly_the_text_they_were_trained_on(text):
    tokenizer = train_tokenizer("character", [text])
    assert give_back(tokenizer, text) == text
    assert len(tokenizer(text)["input_ids"]) == 1 + len(text)


@pytest.mark.parametrize("text", ODD_TEXTS)
@pytest.mark.parametrize("kind", ["character", "byte-pair"])
def test_odd_texts_come_back_unchanged(kind, text):
    assert give_back(train_tokenizer(kind, [*CORPUS, *ODD_TEXTS]), text) == text


@settings(deadline=None)
@given(any_text)
def test_an_absent_character_becomes_unknown_and_nothing_else_changes(text):
    corpus = "ab \n.你é<>/s"
    tokenizer = train_tokenizer("character", [corpus])
    expected = [tokenizer.convert_tokens_to_ids(c) if c in corpus else tokenizer.unk_token_id for c in text]
    assert tokenizer(text)["input_ids"] == [tokenizer.bos_token_id, *expected]
    with_marks = "".join(c if c in corpus else tokenizer.unk_token for c in text)
    assert tokenizer.decode(expected) == with_marks


@pytest.mark.parametrize("kind", TOKENIZER_KINDS)
def test_a_process_without_our_code_loads_the_same_tokenizer(kind, tmp_path):
    tokenizer = train_tokenizer(kind, [*CORPUS, *ODD_TEXTS], lowercase=kind == "word")
    tokenizer.save_pretrained(tmp_path)
    texts = [*CORPUS, *ODD_TEXTS, "unseen: ψ 醴 🦥"]
    done = subprocess.run(
        [sys.executable, "-c", READ_BACK, str(tmp_path)],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    encoded, decoded, size, special = json.loads(done.stdout.splitlines()[-1])
    assert encoded == [dict(tokenizer(text)) for text in texts]
    assert decoded == [give_back(tokenizer, text) for text in texts]
    assert size == len(tokenizer)
    assert special == {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    if kind in ("character", "byte-pair"):
        assert decoded[:-1] == texts[:-1]


@pytest.mark.parametrize("kind", TOKENIZER_KINDS)
def test_special_tokens_have_the_usual_names_and_the_first_ids(kind):
    tokenizer = train_tokenizer(kind, CORPUS)
    names = [tokenizer.pad_token, tokenizer.unk_token, tokenizer.bos_token, tokenizer.eos_token]
    ids = [tokenizer.pad_token_id, tokenizer.unk_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id]
    assert names == list(SPECIAL_TOKENS)
    assert ids == [0, 1, 2, 3]
    assert sorted(tokenizer.get_vocab().values()) == list(range(len(tokenizer)))


@pytest.mark.parametrize("kind", TOKENIZER_KINDS)
def test_encoding_adds_the_beginning_token_and_nothing_at_the_end(kind):
    tokenizer = train_tokenizer(kind, CORPUS)
    encoded = tokenizer("to be")
    assert set(encoded) == {"input_ids", "attention_mask"}
    assert encoded["input_ids"] == [2, *tokenizer("to be", add_special_tokens=False)["input_ids"]]
    assert not set(encoded["input_ids"][1:]) & {0, 2, 3}
    assert tokenizer("")["input_ids"] == [2]


@pytest.mark.parametrize("kind", TOKENIZER_KINDS)
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_batch_is_padded_on_the_requested_side(kind, side):
    tokenizer = train_tokenizer(kind, CORPUS)
    tokenizer.padding_side = side
    short, long = tokenizer("be")["input_ids"], tokenizer("to be or not")["input_ids"]
    batch = tokenizer(["be", "to be or not"], padding=True)
    padding = [0] * (len(long) - len(short))
    assert padding
    ones = [1] * len(short)
    assert batch["input_ids"] == [padding + short if side == "left" else short + padding, long]
    assert batch["attention_mask"] == [padding + ones if side == "left" else ones + padding, [1] * len(long)]


@pytest.mark.parametrize("kind", TOKENIZER_KINDS)
def test_text_that_spells_a_special_token_stays_text(kind):
    corpus = ["</s><s><pad> </s> <s> <pad> s> pad> /s> " * 50, *CORPUS]
    tokenizer = train_tokenizer(kind, corpus)
    for text in ("</s><s><pad>", "</s>", "<s> <pad>"):
        assert not set(tokenizer(text)["input_ids"][1:]) & {0, 1, 2, 3}
    assert [tokenizer.convert_ids_to_tokens(number) for number in range(4)] == list(SPECIAL_TOKENS)


def test_words_keep_the_unknown_words_that_a_corpus_marks():
    tokenizer = train_tokenizer("word", ["the <unk> of <unk>", "the <unk>"])
    vocabulary = {"<pad>": 0, "<unk>": 1, "<s>": 2, "</s>": 3, "the": 4, "of": 5}
    assert tokenizer.get_vocab() == vocabulary
    assert tokenizer("the <unk> of")["input_ids"] == [2, 4, 1, 5]


@given(any_text)
def test_whitespace_splits_at_all_unicode_white_space(text):
    tokenizer = train_tokenizer("whitespace", CORPUS)
    pieces = [piece for piece, _ in tokenizer.backend_tokenizer.pre_tokenizer.pre_tokenize_str(text)]
    blanks = r"[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
    spelled = [piece for piece in re.split(blanks, text) if piece]
    assert pieces == [piece[1:] if piece in ("<pad>", "<s>", "</s>") else piece for piece in spelled]


def test_whitespace_keeps_the_words_of_a_corpus_that_is_already_split():
    tokenizer = train_tokenizer("whitespace", ["the <unk> @-@ don 't . . . ,"])
    assert tokenizer.decode(tokenizer("don 't @-@ . <unk> zzz")["input_ids"][1:]) == "don 't @-@ . <unk> <unk>"
    assert len(tokenizer("the. the")["input_ids"]) == 3


def test_words_are_split_at_spaces_punctuation_and_chinese_characters():
    tokenizer = train_tokenizer("word", CORPUS)
    text = "I don't know...\n'Café' cafe\u0301 白日abc 2x_y👍"
    expected = ["I", "don't", "know", ".", ".", ".", "'", "Café", "'", "cafe\u0301", "白", "日", "abc", "2x_y", "👍"]
    assert [piece for piece, _ in tokenizer.backend_tokenizer.pre_tokenizer.pre_tokenize_str(text)] == expected
    assert give_back(tokenizer, "to be,  or not\nto be") == "to be , or not to be"
    assert tokenizer.decode(tokenizer("to zzz be")["input_ids"][1:]) == "to <unk> be"


@pytest.mark.parametrize("kind", TOKENIZER_KINDS)
def test_lowercase_is_applied_before_counting_and_before_encoding(kind):
    tokenizer = train_tokenizer(kind, ["The THE the ÉTÉ"], lowercase=True)
    assert tokenizer("THE ÉTÉ")["input_ids"] == tokenizer("the été")["input_ids"]
    assert give_back(tokenizer, "THE ÉTÉ") == "the été"
    assert not any(token != token.lower() for token in tokenizer.get_vocab() if token.isascii() and len(token) > 1)


def test_the_most_frequent_characters_and_words_are_kept():
    characters = train_tokenizer("character", ["aaabbc"], vocab_size=6)
    assert characters.convert_ids_to_tokens([4, 5]) == ["a", "b"]
    words = train_tokenizer("word", ["x y x", "z y x"], vocab_size=6)
    assert words.convert_ids_to_tokens([4, 5]) == ["x", "y"]
    assert len(characters) == len(words) == 6


@pytest.mark.parametrize(("kind", "expected"), [("character", {"a", "b"}), ("word", {"ab", "ba"})])
def test_rare_entries_are_left_out(kind, expected):
    text = "aabbc" if kind == "character" else "ab ab ba ba abc"
    tokenizer = train_tokenizer(kind, [text], min_frequency=2)
    assert set(tokenizer.get_vocab()) - set(SPECIAL_TOKENS) == expected


@pytest.mark.parametrize("kind", TOKENIZER_KINDS)
def test_the_same_corpus_gives_the_same_tokenizer(kind):
    vocabularies = [train_tokenizer(kind, iter(CORPUS)).get_vocab() for _ in range(2)]
    assert vocabularies[0] == vocabularies[1]


@pytest.mark.parametrize(("kind", "available"), [("character", 7), ("word", 5), ("byte-pair", 262)])
def test_a_vocabulary_larger_than_the_corpus_fills_is_refused_with_both_numbers(kind, available):
    with pytest.raises(ValueError, match=rf"vocab_size is 5000, .* only {available} entries"):
        train_tokenizer(kind, ["abc"], vocab_size=5000)
    assert len(train_tokenizer(kind, ["abc"], vocab_size=available)) == available


@pytest.mark.parametrize(("kind", "smallest"), [("character", 5), ("word", 5), ("byte-pair", 260)])
def test_a_vocabulary_too_small_for_anything_is_refused(kind, smallest):
    with pytest.raises(ValueError, match=rf"vocab_size is {smallest - 1}, .* at least {smallest}"):
        train_tokenizer(kind, CORPUS, vocab_size=smallest - 1)
    assert len(train_tokenizer(kind, CORPUS, vocab_size=smallest)) == smallest


def test_an_unknown_kind_is_refused_and_the_kinds_are_listed():
    with pytest.raises(ValueError, match=r"'char'.*'byte-pair', 'character', 'word'"):
        train_tokenizer("char", CORPUS)


@pytest.mark.parametrize("kind", TOKENIZER_KINDS)
@pytest.mark.parametrize("texts", [[], ["", ""]])
def test_an_empty_corpus_is_refused(kind, texts):
    with pytest.raises(ValueError, match=f"the corpus is empty: {len(texts)} texts"):
        train_tokenizer(kind, texts)


@pytest.mark.parametrize("kind", TOKENIZER_KINDS)
def test_a_text_that_no_tokenizer_can_read_is_refused_by_its_row(kind):
    with pytest.raises(ValueError, match="text 1 of the corpus has a lone surrogate at character 2"):
        train_tokenizer(kind, ["fine", "ab\ud800"])
    with pytest.raises(TypeError, match="text 1 of the corpus is not a string but int"):
        train_tokenizer(kind, ["fine", 7])
    with pytest.raises(TypeError, match="a single string"):
        train_tokenizer(kind, "fine")


def test_a_corpus_without_words_and_a_frequency_below_one_are_refused():
    with pytest.raises(ValueError, match="the corpus leaves no entries"):
        train_tokenizer("word", [" \n "])
    with pytest.raises(ValueError, match="min_frequency is 0"):
        train_tokenizer("word", CORPUS, min_frequency=0)


def test_importing_the_package_loads_neither_torch_nor_transformers():
    code = "import sys, rnn_models.tokenization; print({'torch', 'transformers'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
