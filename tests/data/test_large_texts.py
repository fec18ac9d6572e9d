"""A corpus that does not fit into memory is trained on as if it did: nothing is lost at any border."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import train
from rnn_models.data import InputError, large_texts, local, sources, token_store
from rnn_models.data.corpora import load_corpora
from rnn_models.data.large_texts import Chained, FilePart, LargeTexts, TextFiles
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


STARS = [5, 1, 3, None, 4]
# The labels of rows as the forms have them: numbers, words, a blank, several of one row.
LABELS: dict[str, list[Any]] = {
    "csv": ["", *[str(STARS[row % 3]) for row in range(1, 40)]],
    "jsonl": [[1, "1", 2.5, None, "pos"][row % 5] for row in range(40)],
    "several": [[["joy"], ["joy", "fear"], ["fear"]][row % 3] for row in range(40)],
    "parquet": [row % 3 for row in range(40)],
    "folder": ["good" if row % 3 else "bad" for row in range(40)],
}
LABELLED = {
    "csv": {"labels": {"": None, "5": "good", "1": "bad", "3": "bad"}},
    "jsonl": {"labels": {"": None, "1": "good", "2.5": "bad", "pos": "good"}},
    "several": {},
    "parquet": {},
    "folder": {},
}


def written_with_labels(folder: Path, form: str) -> DatasetEntry:
    """A corpus with labels, some blank texts, and some texts twice."""
    folder.mkdir()
    rows = [
        {"text": " " if row % 11 == 10 else f"{PLAY[row % 30]} <b>{row % 30}</b>", "label": label, "id": row}
        for row, label in enumerate(LABELS[form])
    ]
    if form == "parquet":
        features = datasets.Features(
            text=datasets.Value("string"), label=datasets.ClassLabel(names=["a", "b", "c"]), id=datasets.Value("int64")
        )
        path = folder / "play.parquet"
        datasets.Dataset.from_list(rows, features=features).to_parquet(path)
    elif form == "folder":
        path = folder
        for name, part in (("train", rows[:25]), ("validation", rows[25:33]), ("test", rows[33:])):
            lines = ["review,label", *(f"{json.dumps(row['text'])},{row['label']}" for row in part)]
            (folder / f"{name}.csv").write_text("\n".join(lines).replace('\\"', '""'), encoding="utf-8")
    elif form == "csv":
        path = folder / "play.csv"
        lines = ["text,label", *(f"{json.dumps(row['text'])},{row['label']}" for row in rows)]
        path.write_text("\n".join(lines), encoding="utf-8")
    else:
        path = folder / "play.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return DatasetEntry(name=str(path), strip_html=True, drop_test_rows_from_train=form != "folder", **LABELLED[form])


@pytest.mark.parametrize("form", LABELLED)
def test_large_labelled_rows_are_those_of_a_small_corpus(
    form: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    entry = written_with_labels(tmp_path / "play", form)
    load: dict[str, Any] = {"labels": [], "validation_size": 0.2, "labelled_on_disk": True}
    (expected,), names = load_corpora([entry], **load)
    request.getfixturevalue("small")
    (found,), same_names = load_corpora([entry], **load)
    assert same_names == names and found.notes == expected.notes
    assert isinstance(found.train.texts, LargeTexts) and not isinstance(expected.train.texts, LargeTexts)
    pairs = [(found.train, expected.train), (found.validation, expected.validation)]
    for own, other in [*pairs, *zip(found.tests, expected.tests, strict=True)]:
        assert list(own.texts) == list(other.texts)
        assert (own.labels, own.in_train) == (other.labels, other.in_train)
    (in_memory,), _ = load_corpora([entry], labels=[], validation_size=0.2)
    assert not isinstance(in_memory.train.texts, LargeTexts)


@pytest.mark.parametrize(
    "form", ["csv", *(pytest.param(form, marks=pytest.mark.slow) for form in ("folder", "parquet"))]
)
def test_a_classifier_of_large_rows_trains_to_the_same_bits(
    form: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    entry = written_with_labels(tmp_path / "play", form)
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(json.dumps({"datasets": [dataclasses.asdict(entry)]}), encoding="utf-8")
    words = [str(recipe), "--task", "classification", "--tokenizer", "byte-pair", "--vocab_size", "300"]
    words += ["--hidden_size", "6", "--embedding_size", "4", "--max_length", "20", "--num_train_epochs", "2"]
    words += ["--per_device_train_batch_size", "4", "--validation_size", "0.2", "--use_cpu", "--crop", "0.3"]
    words += ["--split_tokens", "0.1", "--embedding_init", "counts", "--inference_max_length", "30"]
    assert train.main([*words, "--output_dir", str(tmp_path / "small")]) == 0
    cache = request.getfixturevalue("small")
    assert train.main([*words, "--output_dir", str(tmp_path / "large")]) == 0
    weights, results = (
        [(tmp_path / name / file).read_bytes() for name in ("small", "large")]
        for file in ("model.safetensors", "eval_results.json")
    )
    assert weights[0] == weights[1]
    small, large = (json.loads(text) for text in results)
    assert (large["validation"], large.get("test")) == (small["validation"], small.get("test"))
    made = {path: path.stat().st_mtime_ns for path in cache.rglob("*.tokens")}
    assert len(made) > 1
    assert train.main([*words, "--output_dir", str(tmp_path / "again")]) == 0
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*.tokens")} == made


def test_a_network_pretrained_on_large_rows_has_the_same_bits(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    words = ["--task", "pretraining", "--datasets", str(written(tmp_path / "play", "csv")), "--tokenizer", "word"]
    words += ["--hidden_size", "6", "--embedding_size", "4", "--max_length", "9", "--num_train_epochs", "1"]
    words += ["--validation_size", "0.2", "--use_cpu"]
    assert train.main([*words, "--output_dir", str(tmp_path / "small")]) == 0
    request.getfixturevalue("small")
    assert train.main([*words, "--output_dir", str(tmp_path / "large")]) == 0
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("small", "large")]
    assert weights[0] == weights[1]


def test_what_is_wrong_with_large_labelled_rows_is_said_as_of_small_ones(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    rows = "".join(f"line {row},{'' if row == 7 else row % 2}\n" for row in range(20))
    (tmp_path / "play.csv").write_text("text,mood\n" + rows, encoding="utf-8")
    entries = [
        DatasetEntry(name=str(tmp_path / "play.csv")),
        DatasetEntry(name=str(tmp_path / "play.csv"), label_column="mood"),
    ]

    def said(entry: DatasetEntry) -> str:
        with pytest.raises(InputError) as error:
            load_corpora([entry], labels=[], labelled_on_disk=True)
        return str(error.value)

    expected = [said(entry) for entry in entries]
    assert "its columns are text, mood" in expected[0] and "play.csv, row 9" in expected[1]
    request.getfixturevalue("small")
    assert [said(entry) for entry in entries] == expected


@given(st.lists(st.lists(st.integers(0, 9), max_size=4), max_size=4), st.randoms())
@settings(deadline=None)
def test_rows_of_several_corpora_are_taken_where_they_lie(parts: list[list[int]], random: Any) -> None:
    texts = [text for part in parts for text in map(str, part)]
    chained = Chained([[*map(str, part)] for part in parts])
    rows = random.choices(range(len(texts)), k=6) if texts else []
    for wanted in (rows, sorted(rows)):
        assert list(chained.take(wanted)) == [texts[row] for row in wanted]
