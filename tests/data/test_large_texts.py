"""A corpus that does not fit into memory is trained on as if it did: nothing is lost at any border."""

from __future__ import annotations

import json
from pathlib import Path

import datasets
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import train
from rnn_models.data import InputError, large_texts, local, sources, token_store
from rnn_models.data.corpora import load_corpora
from rnn_models.data.large_texts import FilePart, LargeTexts, TextFiles
from rnn_models.data.recipes import DatasetEntry
from rnn_models.data.token_rows import Stream, TokenRows, TokensInFiles, joined
from rnn_models.data.token_store import encode_documents
from rnn_models.tokenization import TOKENIZER_KINDS, pieces, token_ids, train_tokenizer

TEXT = "To be, or not to be:  that is\n\n the question. 床前明月光，疑是地上霜。\r\nIt isn't so\tbad!\n" * 3
KINDS = {kind: train_tokenizer(kind, [TEXT]) for kind in TOKENIZER_KINDS}
any_text = st.text(alphabet="abe o\n\t.,'床光\u0301<&;", max_size=400)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(TOKENIZER_KINDS), any_text, st.integers(10, 60), st.integers(1, 50))
@example("byte-pair", TEXT, 20, 7)
@example("word", "床前明月光" * 60, 20, 500)
def test_the_pieces_of_a_text_have_its_tokens(kind: str, text: str, size: int, block: int) -> None:
    tokenizer = KINDS[kind]
    blocks = [text[i : i + block] for i in range(0, len(text), block)]
    found = list(pieces.pieces(blocks, pieces.token_border(tokenizer), size))
    assert "".join(found) == text
    (expected,) = token_ids(tokenizer, [text], special_tokens=False)
    ids = [id for piece in token_ids(tokenizer, found, special_tokens=False) for id in piece]
    assert ids == expected


def test_a_text_is_not_cut_where_every_border_changes_a_token() -> None:
    found = list(pieces.pieces(["ab" * 500, "c", "d"], lambda left, right: False, 20))
    assert found == ["ab" * 500 + "cd"]


@given(st.lists(st.lists(st.integers(0, 300), max_size=7), max_size=9), st.integers(1, 5), st.randoms())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_tokens_in_files_are_those_in_memory(tmp_path: Path, rows: list[list[int]], shard: int, random) -> None:
    memory = TokenRows.of([np.array(row, dtype=np.int64) for row in rows])
    ids = memory.tokens.read(0, len(memory.tokens))
    paths = []
    for number, start in enumerate(range(0, len(ids), shard)):
        paths.append(tmp_path / f"{number}.tokens")
        paths[-1].write_bytes(ids[start : start + shard].tobytes())
    files = TokenRows(TokensInFiles(paths, ids.dtype), memory.starts, memory.lengths)
    order = np.array(random.choices(range(2 * len(rows)), k=5) if rows else [], dtype=int)
    both = joined([files, memory]).take(order)
    assert [row.tolist() for row in both] == [rows[row % len(rows)] for row in order]
    tokens = [token for row in order for token in rows[row % len(rows)]]
    stream = Stream(both)
    assert len(stream) == len(tokens)
    for start in range(len(tokens) + 1):
        assert stream.read(start, start + 4).tolist() == tokens[start : start + 4]
    assert both.count(3) == tokens.count(3)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Limits that a short text exceeds, and a cache of its own, which is returned."""
    for module in (local, sources):
        monkeypatch.setattr(module, "LARGE", 1)
    monkeypatch.setattr(large_texts, "BLOCK", 50)
    monkeypatch.setattr(large_texts, "ROWS", 3)
    monkeypatch.setattr(token_store, "BATCH", 70)
    monkeypatch.setattr(token_store, "SHARD", 150)
    monkeypatch.setattr(pieces.pieces, "__defaults__", (40,))
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    return tmp_path / "cache" / "rnn_models"


PLAY = [
    f"Line {number}: To be, or not to be?\r\nThat is  the question, {'床前明月光' * (number % 3)}\n"
    for number in range(30)
]


def written(folder: Path, form: str) -> Path:
    """A corpus in one of the forms that are read."""
    folder.mkdir()
    if form == "document":
        (folder / "play.txt").write_bytes("".join(PLAY).encode("gb18030"))
        return folder / "play.txt"
    if form == "documents":
        for number, text in enumerate(PLAY):
            (folder / f"{number:02}.txt").write_bytes(text.encode())
        return folder
    path = folder / f"play.{form}"
    if form == "jsonl":
        path.write_text("".join(json.dumps({"text": text}) + "\n" for text in PLAY), encoding="utf-8")
    elif form == "parquet":
        datasets.Dataset.from_dict({"text": ["", *PLAY], "number": range(31)}).to_parquet(path)
    else:
        path.write_text(
            "text\n" + "".join(json.dumps(text, ensure_ascii=False) + "\n" for text in PLAY), encoding="utf-8"
        )
    return path


FORMS = ("document", "documents", "jsonl", "parquet", "csv")


@pytest.mark.parametrize("form", FORMS)
def test_a_large_corpus_has_the_texts_of_a_small_one(
    form: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    entry = DatasetEntry(name=str(written(tmp_path / "play", form)), drop_test_rows_from_train=True)
    (expected,), _ = load_corpora([entry], labels=None, validation_size=0.2)
    request.getfixturevalue("small")
    (found,), _ = load_corpora([entry], labels=None, validation_size=0.2)
    assert isinstance(found.train.texts, LargeTexts)
    assert list(found.train.texts) == list(expected.train.texts)
    assert list(found.validation.texts) == list(expected.validation.texts)
    assert found.validation.in_train == expected.validation.in_train
    assert found.notes == expected.notes


@pytest.mark.parametrize("form", FORMS)
def test_a_large_corpus_trains_to_the_same_bits(form: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    words = [
        "--task",
        "language-model",
        "--datasets",
        str(written(tmp_path / "play", form)),
        "--tokenizer",
        "character",
    ]
    words += ["--hidden_size", "6", "--embedding_size", "4", "--sequence_length", "16", "--num_train_epochs", "2"]
    words += ["--per_device_train_batch_size", "3", "--shuffle_documents", "true", "--validation_size", "0.2"]
    words += ["--sample_length", "0", "--use_cpu", "--evaluate_test", "false"]
    assert train.main([*words, "--output_dir", str(tmp_path / "small")]) == 0
    cache = request.getfixturevalue("small")
    assert train.main([*words, "--output_dir", str(tmp_path / "large")]) == 0
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("small", "large")]
    assert weights[0] == weights[1]
    made = {path: path.stat().st_mtime_ns for path in cache.rglob("*.tokens")}
    assert len(made) > 1
    assert train.main([*words, "--output_dir", str(tmp_path / "again")]) == 0
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*.tokens")} == made


@pytest.mark.parametrize("kind", TOKENIZER_KINDS)
def test_every_token_is_stored_and_an_interrupted_encoding_goes_on(
    kind: str, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "play", "documents")
    texts = TextFiles([FilePart(file, "utf-8") for file in sorted(path.iterdir())])
    tokenizer = KINDS[kind]
    expected = [[*ids, tokenizer.eos_token_id] for ids in token_ids(tokenizer, list(texts))]
    write, written_shards = token_store._write, []

    def interrupted(path: Path, content: bytes) -> None:
        if len(written_shards) == 5:  # within the third shard
            raise KeyboardInterrupt
        written_shards.append(path)
        write(path, content)

    monkeypatch.setattr(token_store, "_write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        encode_documents(tokenizer, texts)
    monkeypatch.setattr(token_store, "_write", write)
    before = {path: path.stat().st_mtime_ns for path in written_shards[:4]}
    found = encode_documents(tokenizer, texts)
    assert [row.tolist() for row in found] == expected
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_text_of_another_encoding_is_told_by_its_line(small: Path, tmp_path: Path) -> None:
    path = tmp_path / "play.txt"
    path.write_bytes("床前明月光\n".encode() * 90 + "床前\n".encode("gb18030"))
    with pytest.raises(InputError, match=r"play\.txt.*line 91"):
        load_corpora([DatasetEntry(name=str(path))], labels=None, encoding="utf-8")


def test_blank_documents_are_left_out_and_a_corpus_of_them_is_refused(small: Path, tmp_path: Path) -> None:
    for name in ("1.txt", "2.txt"):
        (tmp_path / name).write_text(" \n" * 40, encoding="utf-8")
    with pytest.raises(InputError, match="has no text"):
        load_corpora([DatasetEntry(name=str(tmp_path))], labels=None)
    (tmp_path / "3.txt").write_text("To be\n" * 40, encoding="utf-8")
    (corpus,), _ = load_corpora([DatasetEntry(name=str(tmp_path))], labels=None)
    assert len(corpus.train) == 1
