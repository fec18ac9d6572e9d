"""The results of a file: counts, filters and orders, drawn as HTML that runs nothing."""

from __future__ import annotations

import re
from types import SimpleNamespace

import gradio as gr
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_models.ui.results import (
    SHOWN_ROWS,
    SHOWN_VALUES,
    Judged,
    chosen_rows,
    count_labels,
    draw_counts,
    draw_rows,
    read_results,
)

CHINESE = SimpleNamespace(headers={"accept-language": "zh-CN"})
OWN_TAGS = {"div", "span", "i", "p", "table", "thead", "tbody", "tr", "th", "td"}
ROWS = [
    Judged(2, "so", "positive", {"negative": 0.2, "positive": 0.8}, "shop"),
    Judged(3, "", "", {}, "shop"),
    Judged(4, "bad", "negative", {"negative": 0.55, "positive": 0.45}, "web"),
    Judged(5, "fine", "positive", {"negative": 0.1, "positive": 0.9}, "web"),
]


def test_rows_are_chosen_by_label_and_ordered_by_certainty():
    def numbers(label: str, order: str) -> list[int]:
        return [row.row for row in chosen_rows(ROWS, label, order, None)]

    assert numbers("", "file") == [2, 3, 4, 5]
    assert numbers("positive", "file") == [2, 5]
    assert numbers("", "certain") == [5, 2, 4]
    assert numbers("", "uncertain") == [4, 2, 5]
    with pytest.raises(gr.Error, match="order must be file, certain or uncertain"):
        numbers("", "best")


def test_labels_are_counted_together_and_by_the_values_of_a_column():
    assert count_labels(ROWS) == {"": {"positive": 2, "negative": 1}}
    assert count_labels(ROWS, "where") == {"web": {"negative": 1, "positive": 1}, "shop": {"positive": 1}}


def test_the_picture_has_the_numbers_as_words_too():
    drawn = draw_counts(ROWS, "", CHINESE)
    assert "正面" in drawn and "负面" in drawn and drawn.count('class="bar"') == 2
    drawn = draw_counts(ROWS, "where", None)
    assert '<span>web</span><span class="bar">' in drawn and "1 / 1" in drawn and "0 / 1" in drawn
    many = [Judged(n, "a", "good", {"good": 1.0}, str(n)) for n in range(SHOWN_VALUES + 5)]
    drawn = draw_counts(many, "where", None)
    assert drawn.count('class="bar"') == SHOWN_VALUES + 1 and "other values" in drawn


def test_a_long_table_says_how_much_of_it_is_shown():
    drawn = draw_rows([Judged(n, f"text {n}", "good", {"good": 1.0}) for n in range(SHOWN_ROWS + 50)], None)
    assert drawn.count("<tr>") == SHOWN_ROWS + 1
    assert "The first 200 of 250 rows are shown; the download has all of them." in drawn
    assert "No row has this label." in draw_rows([], None)


@given(st.text(), st.text(max_size=9), st.text(max_size=9))
def test_nothing_of_a_file_becomes_a_tag(text, label, value):
    rows = [Judged(2, text, label or "x", {label or "x": 0.5}, value)]
    for drawn in (draw_rows(rows, None), draw_counts(rows, "where", None)):
        assert set(re.findall(r"<[/!]?(\w*)", drawn)) <= OWN_TAGS


def test_a_table_without_labels_is_no_result(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,text\n1,so\n", encoding="utf-8")
    with pytest.raises(gr.Error, match="is not a result of classify_file"):
        read_results(str(path), ["negative", "positive"], None)
