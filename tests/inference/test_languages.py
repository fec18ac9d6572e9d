"""Texts in a language or script that a model was not trained on."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_models.__main__ import main
from rnn_models.inference.languages import language_of, not_learnt

ROOT = Path(__file__).parents[2]
FOREIGN = {
    "German": "Das Essen war leider kalt und der Kellner sehr unfreundlich.",
    "French": "Le film était vraiment ennuyeux.",
    "Spanish": "La comida estaba deliciosa.",
    "Italian": "Il cibo era ottimo e il servizio molto veloce.",
    "Dutch": "Dit is een geweldig restaurant.",
    "Portuguese": "O filme é muito chato.",
    "Swedish": "Den här filmen är jättebra.",
    "Polish": "Film był naprawdę dobry.",
    "Turkish": "Bu film çok güzel.",
}
SCRIPTS = {
    "Russian": "Фильм был ужасен.",
    "Arabic": "الطعام لذيذ جدا",
    "Korean": "이 영화 정말 재미있어요",
    "Japanese": "この映画はとても面白かったです。",
    "Japanese in kana": "おいしい！",
    "Greek": "Η ταινία ήταν υπέροχη",
    "Thai": "ร้านนี้อร่อยมาก",
    "Hindi": "यह फिल्म बहुत अच्छी थी",
}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_another_script_is_told(name, language):
    assert not_learnt(SCRIPTS[name], language) == "script"


@pytest.mark.parametrize("name", FOREIGN)
def test_another_language_in_the_same_letters_is_told(name):
    assert not_learnt(FOREIGN[name], "en") == "language"
    assert not_learnt(FOREIGN[name], "zh") == "script"


def test_english_and_chinese_are_each_other_s_other_script():
    assert not_learnt("The food was good.", "zh") == "script" and not_learnt("味道很好。", "en") == "script"
    assert not_learnt("这个 app 很好用，iPhone 也能装。", "zh") is None
    assert not_learnt("We ate 饺子 and they were very good.", "en") is None


@pytest.mark.parametrize("text", ["😡😡😡", "👎", "12345", "!!!", "[good]", "@user http://t.co/x", ""])
def test_of_a_text_without_words_only_the_signs_were_read(text):
    assert not_learnt(text, "en") == not_learnt(text, "zh") == "signs"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_people_write_in_its_language_is_not_told(language):
    with (ROOT / "everyday" / f"{language}.tsv").open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file, delimiter="\t")]
    assert {not_learnt(text, language) for text in texts} == {None, "signs"}


@pytest.mark.parametrize(
    "text", ["Los Angeles is a city in the USA.", "The crème brûlée was so good.", "Naïve but nice"]
)
def test_a_few_foreign_words_do_not_make_a_text_foreign(text):
    assert not_learnt(text, "en") is None


@given(st.text(), st.sampled_from(["en", "zh", "de"]))
def test_any_text_gets_an_answer_and_a_language_without_a_rule_is_never_told(text, language):
    assert not_learnt(text, language) in (
        (None, "signs") if language == "de" else (None, "signs", "script", "language")
    )


@given(st.text(st.characters(min_codepoint=0x400, max_codepoint=0x4FF, categories=["Ll"]), min_size=1))
def test_cyrillic_is_never_taken_for_what_was_learnt(text):
    assert not_learnt(text, "en") == not_learnt(text, "zh") == "script"


def test_the_language_is_the_card_s_or_else_the_name_s(tmp_path):
    assert language_of("sentiment-zh", tmp_path) == "zh" and language_of("mine", tmp_path) == "en"
    (tmp_path / "README.md").write_text("---\nlanguage: [zh]\n---\n", encoding="utf-8")
    assert language_of("mine", tmp_path) == "zh"


def test_classify_says_how_many_texts_it_could_not_read(tiny_checkpoints, tmp_path, capsys):
    path = tmp_path / "mixed.txt"
    path.write_text("\n".join(["The food was good.", *SCRIPTS.values(), *FOREIGN.values(), ""]), encoding="utf-8")
    assert main(["classify", str(path), "--model", str(tiny_checkpoints / "sentiment-en")]) == 0
    said = capsys.readouterr().out
    assert f"{len(SCRIPTS) + len(FOREIGN)} seem to be in a language or script" in said
