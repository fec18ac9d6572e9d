from __future__ import annotations

from pathlib import Path

import pytest

from rnn_models.tokenization import train_tokenizer
from rnn_models.training.arguments import parse_arguments
from rnn_models.training.build import build_tokenizer

HTML, PLAIN = "It isn&#39;t &quot;good&quot;.<br />At all.", 'It isn\'t "good". At all.'


def arguments_for(folder: Path, tokenizer: str, strip_html: bool):
    recipe = folder / "recipe.yaml"
    recipe.write_text(
        f"""
        task: classification
        output_dir: {folder / "model"}
        tokenizer: {tokenizer}
        datasets:
          - {{name: plain.csv}}
          - {{name: pages.csv, strip_html: {str(strip_html).lower()}}}
        """,
        encoding="utf-8",
    )
    return parse_arguments([str(recipe)])


@pytest.mark.parametrize("kind", ["byte-pair", "character", "word"])
def test_a_model_that_learns_from_html_reads_it_everywhere(kind: str, tmp_path: Path):
    tokenizer = build_tokenizer(arguments_for(tmp_path, kind, strip_html=True), [PLAIN, "<html> & others"])
    assert tokenizer(HTML)["input_ids"] == tokenizer(PLAIN)["input_ids"]


def test_a_tokenizer_that_is_there_learns_to_read_html_once(tmp_path: Path):
    train_tokenizer("byte-pair", [PLAIN], lowercase=True).save_pretrained(tmp_path / "first")
    first = build_tokenizer(arguments_for(tmp_path, str(tmp_path / "first"), strip_html=True), [])
    assert first(HTML.upper())["input_ids"] == first(PLAIN)["input_ids"]
    first.save_pretrained(tmp_path / "second")
    second = build_tokenizer(arguments_for(tmp_path, str(tmp_path / "second"), strip_html=True), [])
    assert second.backend_tokenizer.to_str() == first.backend_tokenizer.to_str()


def test_a_model_that_learns_from_plain_texts_reads_signs_as_they_stand(tmp_path: Path):
    tokenizer = build_tokenizer(arguments_for(tmp_path, "byte-pair", strip_html=False), [PLAIN])
    assert tokenizer.decode(tokenizer(HTML)["input_ids"], skip_special_tokens=True) == HTML
