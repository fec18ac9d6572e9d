"""Characters that readers see as the same are read as one."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import normalizers

from rnn_models.data import InputError
from rnn_models.tokenization import train_tokenizer, with_unicode
from rnn_models.tokenization.charmap import replacing
from rnn_models.tokenization.unicode import compatible, simplified, unicode_rules
from rnn_models.training.arguments import parse_arguments
from rnn_models.training.build import build_tokenizer

ENGLISH = normalizers.Sequence(unicode_rules())
CHINESE = normalizers.Sequence(unicode_rules(chinese=True))
PLAIN = "It's terrible, café!"
WRITTEN = ["It’s 𝐭𝐞𝐫𝐫𝐢𝐛𝐥𝐞, cafe\u0301!", "Ｉｔ's ter\u200bri\u00adble，\u00a0café！", "It's 𝓽𝓮𝓻𝓻𝓲𝓫𝓵𝓮, café\ufe0f!"]


@pytest.mark.parametrize("text", WRITTEN[:1] + WRITTEN[2:])
def test_the_same_sentence_in_other_characters_is_the_same_text(text):
    assert ENGLISH.normalize_str(text) == PLAIN


def test_wide_characters_are_read_as_plain_ones_and_invisible_ones_are_dropped():
    assert ENGLISH.normalize_str(WRITTEN[1]) == "It's terrible, café!"
    assert ENGLISH.normalize_str("👍🏽 ❤️ 👨\u200d👩") == "👍 ❤ 👨👩"


def test_traditional_characters_are_read_as_simplified_and_chinese_punctuation_stays():
    assert CHINESE.normalize_str("這臺電腦買回來就壞了，氣死我了！") == "这台电脑买回来就坏了，气死我了！"
    assert CHINESE.normalize_str("“ＯＫ”……１００％") == "“OK”……100％"


@given(st.text())
@example("²\u200d")
@example("")
def test_every_character_is_normalized_independently(text: str):
    for rules, table in ((ENGLISH, TABLES[False]), (CHINESE, TABLES[True])):
        composed = unicodedata.normalize("NFC", text)
        # After a character of the table, an accent that cannot combine with anything is lost.
        if not any(unicodedata.category(character).startswith("M") for character in composed):
            assert rules.normalize_str(text) == "".join(table.get(character, character) for character in composed)


@pytest.mark.parametrize("chinese", [False, True])
def test_every_character_of_unicode_is_read_as_the_table_says(chinese):
    rule, table = replacing(TABLES[chinese]), TABLES[chinese]
    for code in (*range(0x20, 0xD800), *range(0xE000, 0x20000)):
        assert rule.normalize_str(chr(code)) == table.get(chr(code), chr(code))


@given(st.text())
def test_normalizing_twice_changes_nothing_more(text: str):
    for rules in (ENGLISH, CHINESE):
        once = rules.normalize_str(text)
        assert rules.normalize_str(once) in (once, unicodedata.normalize("NFC", once))


characters = st.characters(min_codepoint=0x80, exclude_categories=["Cs", "M"])


@given(st.dictionaries(characters, st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))))
def test_every_lookup_gives_the_value_in_the_table(table: dict[str, str]):
    rule = replacing(table)
    for character in [*table, "a", "é", "中", "𝐭"]:
        assert rule.normalize_str(f"x {character} y") == f"x {table.get(character, character)} y"


@pytest.mark.parametrize("table", [{"ab": "c"}, {"a": "b"}, {"é": "\0"}, {"": "x"}])
def test_an_invalid_table_is_refused(table):
    with pytest.raises(ValueError, match="must map a single non-ASCII character"):
        replacing(table)


def arguments_for(folder: Path, tokenizer: str, language: str = "en"):
    words = ["--task", "classification", "--output_dir", str(folder / "model"), "--tokenizer", tokenizer]
    words += ["--datasets", "reviews.csv", "--normalize_unicode", "--language", language, "--lowercase"]
    return parse_arguments(words)


@pytest.mark.parametrize("kind", ["byte-pair", "character", "word"])
def test_a_new_tokenizer_reads_them_as_the_same(kind, tmp_path):
    tokenizer = build_tokenizer(arguments_for(tmp_path, kind), [PLAIN])
    tokenizer.save_pretrained(tmp_path / "saved")
    read = tokenizer(PLAIN)["input_ids"]
    assert all(tokenizer(text)["input_ids"] == read for text in WRITTEN)


def test_an_existing_tokenizer_gets_the_rules_once_and_keeps_its_vocabulary(tmp_path):
    before = train_tokenizer("byte-pair", ["這台電腦 " + PLAIN], lowercase=True)
    before.save_pretrained(tmp_path / "first")
    first = build_tokenizer(arguments_for(tmp_path, str(tmp_path / "first"), "zh"), [])
    assert first.get_vocab() == before.get_vocab()
    assert first("這臺電腦")["input_ids"] == first("这台电脑")["input_ids"] != before("這臺電腦")["input_ids"]
    first.save_pretrained(tmp_path / "second")
    second = build_tokenizer(arguments_for(tmp_path, str(tmp_path / "second"), "zh"), [])
    assert second.backend_tokenizer.to_str() == first.backend_tokenizer.to_str()
    # Another language's table replaces the first.
    third = with_unicode(second.backend_tokenizer.normalizer, chinese=False)
    assert third.normalize_str("這’") == "這'" and third.normalize_str("ABC") == "abc"


def test_without_opencc_traditional_characters_are_refused_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install opencc"):
        build_tokenizer(arguments_for(tmp_path, "byte-pair", "zh"), [PLAIN])


TABLES = {
    chinese: {
        **{chr(code): "" for code in (0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF)},
        **{chr(code): "" for code in (*range(0xFE00, 0xFE10), *range(0x1F3FB, 0x1F400))},
        **{one: form for one, form in compatible() if not (chinese and is_wide(one))},
        **(simplified() if chinese else dict(zip("‘’‚‛′“”„″", "'''''\"\"\"\"", strict=True))),
    }
    for chinese in (False, True)
    for is_wide in [lambda one: one == "…" or (0xFF01 <= ord(one) < 0xFF5F and not one.isalnum())]
}
