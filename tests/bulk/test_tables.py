"""Files of texts: what is read is written back, and what cannot be read is named."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rnn_models.bulk.tables import CHUNK_ROWS, SUFFIXES, TableError, open_table, written_whole

LABELS = ["label", "good"]
any_text = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
one_line = any_text.map(lambda text: text.replace("\n", " ").rstrip("\r"))
json_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
same_folder = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def save(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def texts_of(path: Path, column: str | None = None) -> list[str]:
    return [text for chunk in open_table(path, column).chunks() for text in chunk.texts]


def with_cells(path: Path, cells: Iterable[list[Any]]) -> Path:
    """The file with new cells for each row, all written at once."""
    table = open_table(path)
    table.count()
    output = path.with_name(f"out{path.suffix}")
    rest = list(cells)
    with written_whole(output) as temporary, table.writing(temporary, LABELS) as write:
        for chunk in table.chunks():
            write([chunk], [rest.pop(0) for _ in chunk.texts])
    assert not rest
    return output


@same_folder
@given(texts=st.lists(one_line, min_size=1, max_size=9))
def test_lines_come_out_behind_their_cells(tmp_path: Path, texts: list[str]):
    path = save(tmp_path / "a.txt", "".join(f"{text}\n" for text in texts))
    expected = [texts[0].removeprefix("\ufeff"), *texts[1:]]
    assert texts_of(path) == expected
    output = with_cells(path, [["yes", 0.25]] * len(texts))
    lines = output.read_bytes().decode("utf-8").split("\n")
    assert lines == ["label\tgood\ttext", *(f"yes\t0.25\t{text}" for text in expected), ""]


@same_folder
@given(rows=st.lists(st.tuples(any_text, any_text), min_size=1, max_size=9), suffix=st.sampled_from(["csv", "tsv"]))
@example(rows=[("a\rb", 'c"\r\n,'), ("", "")], suffix="csv")
def test_cells_of_csv_come_out_as_they_were(tmp_path: Path, rows: list[tuple[str, str]], suffix: str):
    path, delimiter = tmp_path / f"a.{suffix}", {"csv": ",", "tsv": "\t"}[suffix]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerows([["id", "Text "], *rows])
    assert texts_of(path) == [text for _, text in rows]
    output = with_cells(path, [["yes", 0.5]] * len(rows))
    with output.open(encoding="utf-8", newline="") as file:
        found = list(csv.reader(file, delimiter=delimiter))
    assert found == [["id", "Text ", *LABELS], *([*row, "yes", "0.5"] for row in rows)]


@same_folder
@given(rows=st.lists(st.tuples(any_text, json_value), min_size=1, max_size=9))
def test_values_of_json_come_out_as_they_were(tmp_path: Path, rows: list[tuple[str, Any]]):
    objects = [{"text": text, "more": value} for text, value in rows]
    path = save(tmp_path / "a.jsonl", "\n\n".join(map(json.dumps, objects)))
    assert texts_of(path) == [text for text, _ in rows]
    output = with_cells(path, [["yes", 0.5]] * len(rows))
    found = [json.loads(line) for line in output.read_text(encoding="utf-8").split("\n")[:-1]]
    assert found == [{**row, "label": "yes", "good": 0.5} for row in objects]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_types_and_metadata_of_parquet_stay(tmp_path: Path, kind: pa.DataType):
    schema = pa.schema(
        [("text", kind), ("when", pa.timestamp("ns")), ("tags", pa.list_(pa.int8()))], metadata={"made": "by hand"}
    )
    rows = [{"text": text, "when": 10**18 + 1, "tags": [1, None]} for text in ("one", None, "三")]
    pq.write_table(pa.Table.from_pylist(rows, schema), tmp_path / "a.parquet")
    assert texts_of(tmp_path / "a.parquet") == ["one", "", "三"]
    found = pq.read_table(with_cells(tmp_path / "a.parquet", [["yes", 0.5], [None, None], ["no", 0.25]]))
    assert found.select(["text", "when", "tags"]) == pa.Table.from_pylist(rows, schema)
    assert found.schema.metadata[b"made"] == b"by hand"
    assert found.select(LABELS).to_pylist()[1:] == [dict.fromkeys(LABELS), {"label": "no", "good": 0.25}]


def test_a_mark_that_excel_wrote_is_written_again(tmp_path: Path):
    path = save(tmp_path / "a.csv", "\ufeff文本\r\n好\r\n")
    assert texts_of(path) == ["好"]
    assert with_cells(path, [["yes", 0.5]]).read_bytes() == "\ufeff文本,label,good\n好,yes,0.5\n".encode()


def test_half_a_character_in_json_comes_out_as_it_came_in(tmp_path: Path):
    path = save(tmp_path / "a.jsonl", '{"text": "fine", "more": "\\ud83d"}\n')
    assert '"more": "\\ud83d"' in with_cells(path, [["yes", 0.5]]).read_text(encoding="utf-8")


def test_long_cells_are_read_and_the_limit_of_the_csv_module_stays(tmp_path: Path):
    limit = csv.field_size_limit()
    text = "a" * (limit + 1)
    assert texts_of(save(tmp_path / "a.csv", f"text\n{text}\n")) == [text]
    assert csv.field_size_limit() == limit


def test_a_long_file_is_read_a_few_rows_at_a_time(tmp_path: Path):
    texts = [f"text {number}" for number in range(2 * CHUNK_ROWS + 1)]
    save(tmp_path / "a.txt", "\n".join(texts))
    pq.write_table(pa.table({"text": texts}), tmp_path / "a.parquet")
    for name in ("a.txt", "a.parquet"):
        assert [len(chunk.texts) for chunk in open_table(tmp_path / name).chunks()] == [CHUNK_ROWS, CHUNK_ROWS, 1]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.txt", "", "a.txt is empty"),
        ("a.csv", "text\n", "a.csv is empty"),
        ("a.csv", "", "a.csv is empty"),
        ("a.jsonl", "\n", "a.jsonl is empty"),
        ("a.xlsx", "x", f"must end in one of {', '.join(SUFFIXES)}"),
        ("a.txt", "one\n很\n".encode("gb18030"), "line 2 is not UTF-8"),
        ("a.txt", "one\na\x00b\n", "line 2: character 2 is U[+]0000"),
        ("a.csv", "id,words\n1,one\n", "has no column text, sentence, .*its columns are: id, words"),
        ("a.csv", 'text\n"a\nb"\n"c" d\n', "line 4 cannot be read"),
        ("a.csv", 'text\n"one\n', "line 2 cannot be read"),
        ("a.csv", "id,text\n1,one\n1,one,two\n", "line 3 has 3 cells, and the header 2"),
        ("a.jsonl", '{"text": "one"}\n{"text": \n', "line 2 is not JSON"),
        ("a.jsonl", '{"text": "one"}\n' + "[" * 99_999, "line 2 is not JSON"),
        ("a.jsonl", '["one"]\n', "line 1 is not a JSON object"),
        ("a.jsonl", '{"text": "one"}\n{"words": "two"}\n', "line 2 has no column text.*are: words"),
        ("a.jsonl", '{"text": 3}\n', "line 1: 3 is not a text"),
        ("a.jsonl", '{"text": "\\ud83d"}\n', "line 1: character 1 is U[+]D83D"),
        ("a.parquet", "text\n", "is not a Parquet file"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(tmp_path: Path, name: str, content: str | bytes, sentence: str):
    path = save(tmp_path / name, content)
    with pytest.raises(TableError, match=sentence) as error:
        open_table(path).count()
    assert "\n" not in str(error.value)


def test_a_row_of_parquet_that_is_no_text_is_named(tmp_path: Path):
    pq.write_table(pa.table({"text": [1, 2]}), tmp_path / "a.parquet")
    with pytest.raises(TableError, match="row 1: 1 is not a text"):
        texts_of(tmp_path / "a.parquet")
    broken = pa.array([b"fine", b"\xff"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": broken}), tmp_path / "b.parquet")
    with pytest.raises(TableError, match="row 2 is not UTF-8"):
        texts_of(tmp_path / "b.parquet")


def test_a_file_that_is_not_there_and_a_column_of_a_text_file_are_refused(tmp_path: Path):
    with pytest.raises(TableError, match=r"nothing\.csv: there is no such file"):
        open_table(tmp_path / "nothing.csv")
    with pytest.raises(TableError, match="no columns"):
        texts_of(save(tmp_path / "a.txt", "one"), "text")


@same_folder
@given(content=st.binary(max_size=120), suffix=st.sampled_from(SUFFIXES))
def test_any_bytes_give_texts_or_a_sentence(tmp_path: Path, content: bytes, suffix: str):
    path = save(tmp_path / f"any{suffix}", content)
    try:
        assert open_table(path).count() == len(texts_of(path))
    except TableError as error:
        assert str(error).count("\n") == 0


def test_a_file_has_its_final_name_only_when_it_is_whole(tmp_path: Path):
    with pytest.raises(KeyboardInterrupt), written_whole(tmp_path / "a.txt") as temporary:
        temporary.write_text("half", encoding="utf-8")
        assert temporary.parent == tmp_path and not (tmp_path / "a.txt").exists()
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    with written_whole(tmp_path / "a.txt") as temporary:
        temporary.write_text("whole", encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
