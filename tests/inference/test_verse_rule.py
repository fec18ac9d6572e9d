"""Poems held to a form, an acrostic and a rhyme while any model writes them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_models.inference.sampling import Sampler, Sampling
from rnn_models.inference.verse import FORMS, even_lines, poem_lines, poem_rhymes
from rnn_models.inference.verse_rule import NotInFormError, Verse, VerseRule, VerseTokens, begin_verse, kept_rules

# 唐: 光 霜 乡 床 望 房; 尤: 流 楼 秋 舟 留; others
CHARACTERS = "光霜乡床望房流楼秋舟留白日依山尽入海更上一层床前明月疑是地举头低思故"
PIECES = ["", "", *dict.fromkeys(CHARACTERS), "，", "；", "。", "？", "！", "\n", "ab", "，。"]
END = 1
TOKENS = VerseTokens(PIECES, never=[0], ends=[END])
verses = st.builds(Verse, st.sampled_from(list(FORMS)), rhyming=st.booleans())


def write(verse: Verse, begun: str, seed: int, **options: float) -> str:
    """What a model with random logits writes."""
    random = np.random.default_rng(seed)
    sampler = Sampler(Sampling(seed=seed, **options), len(PIECES), [0], [0], VerseRule(TOKENS, verse, begun))
    text = begun
    for _ in range(100):
        token = sampler.draw(random.normal(size=len(PIECES)).astype(np.float32) * 4)
        if token == END:
            return text
        text += PIECES[token]
    raise AssertionError(f"the poem does not end: {text}")


@settings(max_examples=60, deadline=None)
@given(
    verse=verses,
    seed=st.integers(0, 999),
    temperature=st.sampled_from([0.0, 0.7, 2.0]),
    top_k=st.sampled_from([0, 1, 5]),
)
def test_whatever_the_model_and_the_settings_a_poem_keeps_its_form_and_its_rhyme(verse, seed, temperature, top_k):
    text = write(verse, "", seed, temperature=temperature, top_k=top_k)
    lines = poem_lines(text)
    assert lines is not None and (len(lines[0]), len(lines)) == FORMS[verse.form]
    if verse.rhyming:
        assert poem_rhymes(even_lines([lines])[0])
    kept = {name: kept for name, kept, _ in kept_rules(verse, text)}
    assert kept == {"form": True, **({"rhyme": True} if verse.rhyming else {})}


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 999), data=st.data())
def test_an_acrostic_stands_at_the_beginning_of_the_lines(seed, data):
    form = data.draw(st.sampled_from(list(FORMS)))
    lines = FORMS[form].lines
    acrostic = "".join(data.draw(st.lists(st.sampled_from(CHARACTERS), min_size=lines, max_size=lines)))
    text = write(Verse(form, acrostic), "", seed)
    assert "".join(line[0] for line in poem_lines(text)) == acrostic
    assert ("acrostic", True, acrostic) in list(kept_rules(Verse(form, acrostic), text))


@settings(max_examples=30, deadline=None)
@given(verse=verses, seed=st.integers(0, 999), cut=st.integers(0, 60))
def test_a_poem_goes_on_from_any_place_of_another(verse, seed, cut):
    poem = write(verse, "", seed)
    begun = begin_verse(verse, poem[:cut])
    assert poem[:cut].startswith(begun)
    if len(begun) < len(verse.places):
        again = write(verse, begun, seed + 1)
        assert again.startswith(begun) and poem_lines(again) is not None


@pytest.mark.parametrize(
    ("text", "begun"),
    [
        ("", ""),
        ("床前", "床前"),
        (" 床前明月光，疑是地上霜。举头", "床前明月光，疑是地上霜。\n举头"),
        ("床前明月光，疑是地上霜。\n", "床前明月光，疑是地上霜。\n"),
    ],
)
def test_a_beginning_gets_the_line_breaks_of_the_form(text, begun):
    assert begin_verse(Verse("五绝"), text) == begun


@pytest.mark.parametrize(
    ("text", "position"),
    [("abc", 1), ("床前明月，", 5), ("床前明月光疑", 6), ("床前明月光。", 6), ("床前明月光，疑是地上霜，", 12)],
)
def test_a_beginning_that_does_not_fit_is_refused_by_its_character(text, position):
    with pytest.raises(NotInFormError) as refused:
        begin_verse(Verse("五绝"), text)
    assert refused.value.position == position and refused.value.character == text[position - 1]


def test_a_beginning_must_fit_the_acrostic():
    assert begin_verse(Verse("五绝", "床疑举低"), "床前") == "床前"
    with pytest.raises(NotInFormError):
        begin_verse(Verse("五绝", "月疑举低"), "床前")


def test_a_real_poem_is_told_apart_from_its_lines_in_another_order():
    verse = Verse("五绝", "白黄欲更")
    tower = "白日依山尽，黄河入海流。\n欲穷千里目，更上一层楼。"
    assert list(kept_rules(verse, tower)) == [
        ("form", True, "五绝 (4 × 5)"),
        ("acrostic", True, "白黄欲更"),
        ("rhyme", True, "流 楼 (尤)"),
    ]
    other = "黄河入海流，白日依山尽。\n更上一层楼，欲穷千里目。"
    assert [kept for _, kept, _ in kept_rules(verse, other)] == [True, False, False]
    assert [kept for _, kept, _ in kept_rules(verse, tower[:12])] == [False, False, False]


def test_a_vocabulary_without_marks_writes_no_poems():
    assert TOKENS.complete
    assert not VerseTokens(["", "春", "风"], [], [0]).complete
