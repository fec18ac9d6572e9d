"""Files of texts: what is read is written back, and what cannot be read is named."""

from __future__ import annotations

import csv
import json
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from rnn_models.data.tables import CHUNK_ROWS, SUFFIXES, TableError, open_table, written_whole
from tests.data.table_files import (
    CHINESE,
    LABELS,
    SEPARATORS,
    WESTERN,
    any_text,
    count,
    rows_of,
    same_folder,
    save,
    save_sheet,
    texts_of,
    with_cells,
)

one_line = any_text.map(lambda text: text.replace("\n", " ").replace("\r", " "))
json_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@same_folder
@given(texts=st.lists(one_line, min_size=1, max_size=9))
def test_lines_come_out_behind_their_cells(tmp_path: Path, texts: list[str]):
    path = save(tmp_path / "a.txt", "".join(f"{text}\n" for text in texts))
    expected = [texts[0].removeprefix("\ufeff"), *texts[1:]]
    assert texts_of(path) == expected
    output = with_cells(path, [["yes", 0.25]] * len(texts))
    lines = output.read_bytes().decode("utf-8-sig").split("\n")
    assert lines == ["label\tgood\ttext", *(f"yes\t0.25\t{text}" for text in expected), ""]


@settings(same_folder, max_examples=60)
@given(
    data=st.data(),
    suffix=st.sampled_from([".csv", ".tsv"]),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "cp1252"]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_a_table_in_any_encoding_with_any_delimiter_and_line_end_is_read_as_it_was_written(
    tmp_path: Path, data: st.DataObject, suffix: str, delimiter: str, encoding: str, line_end: str, quoting: int
):
    letters = {"gb18030": CHINESE, "cp1252": WESTERN}.get(encoding, CHINESE + WESTERN + SEPARATORS)
    # Between tabs, a quoted cell with both a tab and a line end cannot be told from rows with bare quotation
    # marks. And before Python 3.13 the writer quotes a cell for a line end only if it is that of the file.
    several = delimiter != "\t" and ("\n" in line_end or quoting == csv.QUOTE_ALL)
    cell = st.text(letters + ("\n" if several else ""), max_size=20)
    rows = data.draw(st.lists(st.tuples(st.integers(0, 99).map(str), cell), min_size=1, max_size=6))
    path = tmp_path / f"a{suffix}"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator=line_end, quoting=quoting)
        writer.writerows([["id", "text"], *rows])
    # no rule finds the encoding of letters in a random order; tests of real sentences are in test_charsets.py
    how = {} if encoding in ("utf-8", "utf-8-sig", "utf-16") else {"encoding": encoding}
    assert rows_of(path, **how) == [list(row) for row in rows]
    output = with_cells(path, [["yes", 0.5]] * len(rows), **how)
    assert rows_of(output) == [[*row, "yes", "0.5"] for row in rows]


@same_folder
@given(rows=st.lists(st.tuples(any_text, any_text), min_size=1, max_size=9))
@example(rows=[("a\rb", 'c"\r\n,'), ("", "")])
def test_cells_of_csv_come_out_as_they_were(tmp_path: Path, rows: list[tuple[str, str]]):
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["id", "Text "], *rows])
    assume(not any(text.startswith("'") for _, text in rows))
    assert texts_of(path) == [text for _, text in rows]
    output = with_cells(path, [["yes", 0.5]] * len(rows))
    with output.open(encoding="utf-8", newline="") as file:
        found = list(csv.reader(file))
    assert found == [["id", "Text ", *LABELS], *([*row, "yes", "0.5"] for row in rows)]


@same_folder
@given(
    rows=st.lists(st.tuples(any_text, json_value), min_size=1, max_size=9),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    form=st.sampled_from(["lines", "list", "indented list"]),
)
def test_values_of_json_come_out_as_they_were(tmp_path: Path, rows: list[tuple[str, Any]], encoding: str, form: str):
    objects = [{"text": text, "more": value} for text, value in rows]
    path = tmp_path / ("a.jsonl" if form == "lines" else "a.json")
    written = "\n\n".join(map(json.dumps, objects))
    if form != "lines":
        written = json.dumps(objects, ensure_ascii=form == "list", indent=None if form == "list" else 2)
        assume(not any("\ud800" <= letter <= "\udfff" for letter in written))
    path.write_text(written, encoding=encoding)
    assert texts_of(path) == [text for text, _ in rows]
    output = with_cells(path, [["yes", 0.5]] * len(rows))
    content = output.read_text(encoding="utf-8")
    found = json.loads(content) if form != "lines" else [json.loads(line) for line in content.split("\n")[:-1]]
    assert found == [{**row, "label": "yes", "good": 0.5} for row in objects]


def test_numbers_of_json_keep_their_spelling(tmp_path: Path):
    line = '{"text": "so", "id": 12345678901234567890123, "price": 1.10, "small": 1E-7, "twice": "\\u00e9"}'
    output = with_cells(save(tmp_path / "a.jsonl", line + "\n"), [["yes", 0.5]])
    assert output.read_text(encoding="utf-8") == line[:-1] + ', "label": "yes", "good": 0.5}\n'


def test_a_json_list_longer_than_a_block_is_read_a_few_objects_at_a_time(tmp_path: Path):
    objects = [{"text": f"text {number}", "pad": ["x" * 900]} for number in range(3 * CHUNK_ROWS)]
    path = save(tmp_path / "a.json", json.dumps(objects))
    assert texts_of(path) == [row["text"] for row in objects]
    assert texts_of(save(tmp_path / "b.json", json.dumps(objects, indent=1))) == [row["text"] for row in objects]


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


def test_bare_quotation_marks_between_tabs_are_characters(tmp_path: Path):
    lines = ['1\t"Unclosed', '2\tan inch is 1"', '3\t"Quoted" he said', '4\t"all"', "5\tplain", '6\tends"']
    path = save(tmp_path / "a.tsv", "\n".join(["id\ttext", *lines]) + "\n")
    assert texts_of(path) == [line.split("\t")[1] for line in lines]
    output = with_cells(path, [["yes", 0.5]] * 6)
    assert output.read_text(encoding="utf-8").split("\n")[1] == '1\t"Unclosed\tyes\t0.5'


def test_marks_that_a_program_wrote_around_cells_between_tabs_are_no_characters(tmp_path: Path):
    content = 'id\ttext\n1\t"he said ""so"""\n2\t"two\nlines"\n3\t"a\tb"\n'
    assert texts_of(save(tmp_path / "a.tsv", content)) == ['he said "so"', "two\nlines", "a\tb"]
    assert texts_of(save(tmp_path / "a.tsv", '"id"\t"text"\n"1"\t"fine"\n')) == ["fine"]


@pytest.mark.parametrize("separator", SEPARATORS)
def test_only_line_ends_end_lines(tmp_path: Path, separator: str):
    text = f"one{separator}two"
    assert texts_of(save(tmp_path / "a.txt", f"{text}\nthree\n")) == [text, "three"]
    assert texts_of(save(tmp_path / "a.csv", f"text\n{text}\nthree\n")) == [text, "three"]
    assert texts_of(save(tmp_path / "a.tsv", f"text\tid\n{text}\t1\n")) == [text]
    line = json.dumps({"text": text}, ensure_ascii=False)
    assert texts_of(save(tmp_path / "a.jsonl", f"{line}\n")) == [text]


@pytest.mark.parametrize("word", ["NA", "N/A", "None", "null", "NaN", "nan", "", "#N/A", "-", "True", "1.10", "007"])
def test_cells_stay_what_is_written_in_them(tmp_path: Path, word: str):
    assert texts_of(save(tmp_path / "a.csv", f"id,text\n1,{word}\n")) == [word]
    assert texts_of(save(tmp_path / "a.tsv", f"id\ttext\n1\t{word}\n")) == [word]
    assert texts_of(save_sheet(tmp_path / "a.xlsx", [["id", "text"], [1, word or None]])) == [word]


def test_half_a_character_in_json_comes_out_as_it_came_in(tmp_path: Path):
    path = save(tmp_path / "a.jsonl", '{"text": "fine", "more": "\\ud83d"}\n')
    assert '"more": "\\ud83d"' in with_cells(path, [["yes", 0.5]]).read_text(encoding="utf-8")


def test_long_cells_are_read_while_other_threads_read_too(tmp_path: Path):
    text = "a" * 200_000
    path = save(tmp_path / "a.csv", f"text\n{text}\n" * 20)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(len(texts_of(path)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [39] * 4


def test_a_long_file_is_read_a_few_rows_at_a_time(tmp_path: Path):
    texts = [f"text {number}" for number in range(2 * CHUNK_ROWS + 1)]
    save(tmp_path / "a.txt", "\n".join(texts))
    pq.write_table(pa.table({"text": texts}), tmp_path / "a.parquet")
    save_sheet(tmp_path / "a.xlsx", [["text"], *([text] for text in texts)])
    for name in ("a.txt", "a.parquet", "a.xlsx"):
        assert [len(chunk.texts) for chunk in open_table(tmp_path / name).chunks()] == [CHUNK_ROWS, CHUNK_ROWS, 1]


@pytest.mark.parametrize("name", ["a[1].csv", "a*.csv", "a?.csv", "[ab].csv"])
def test_names_are_taken_literally(tmp_path: Path, name: str):
    save(tmp_path / "a1.csv", "text\nwrong\n")
    assert texts_of(save(tmp_path / name, "text\nright\n")) == ["right"]


def test_the_messages_of_a_chat_are_one_text(tmp_path: Path):
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [{"type": "text", "text": "Ho"}]}]
    rows = [{"messages": messages}, {"messages": messages[:1]}]
    path = save(tmp_path / "a.jsonl", "\n".join(map(json.dumps, rows)))
    assert texts_of(path) == ["user: Hi\n\nassistant: Ho", "Hi"]
    shared = [{"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Ho"}]}]
    assert texts_of(save(tmp_path / "a.json", json.dumps(shared))) == ["human: Hi\n\ngpt: Ho"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.txt", "", "a.txt is empty"),
        ("a.csv", "text\n", "a.csv is empty"),
        ("a.csv", "", "a.csv is empty"),
        ("a.jsonl", "\n", "a.jsonl is empty"),
        ("a.json", "[]", "a.json is empty"),
        ("a.docx", "x", f"must end in one of {', '.join(SUFFIXES)}"),
        ("a.txt", "très\n".encode() * 3 + b"\xff\n", "line 4 is not UTF-8, but other lines are"),
        ("a.txt", "Очень хороший фильм\n".encode("cp1251"), "line 1 is not UTF-8, and .* not clearly in .*--encoding"),
        (
            "a.csv",
            "id,words,more\n1,one two,three four\n2,five six,seven eight\n",
            "not clear which .*: id, words, more",
        ),
        ("a.csv", "id,number\n1,2\n", "has no column text, sentence, .*its columns are: id, number"),
        ("a.csv", 'text\n"a\nb"\n"c" d\n', "row 3 cannot be read: its quotation marks"),
        ("a.csv", 'text\n"one\n', "row 2 cannot be read: its quotation marks are not closed"),
        ("a.csv", 'text,id\n"' + "a" * (2**24 + 1), "row 2 has a cell of more than 16,777,216 characters"),
        ("a.csv", "id,text\n1,one\n1,one,two\n", "row 3 has 3 cells, and the first row 2"),
        ("a.jsonl", '{"text": "one"}\n{"text": \n', "line 2 is not JSON"),
        ("a.jsonl", '{"text": "one"}\n' + "[" * 99_999, "line 2 is not JSON: it is nested too deeply"),
        ("a.jsonl", '["one"]\n', "line 1 is not a JSON object"),
        ("a.jsonl", '{"text": 3}\n', "line 1, column text: 3 is not a text"),
        ("a.json", '[{"text": "a"}, {"text": "b"', "row 2 is not JSON"),
        ("a.json", '[{"text": "a"}, ]', "row 2 is not JSON"),
        ("a.json", '[{"text": "a"} {"text": "b"}]', "row 1 is not JSON"),
        ("a.json", '[{"text": "a"}] more', "row 1 is not JSON: something follows the list"),
        ("a.json", '["a"]', "row 1 is not a JSON object"),
        ("a.json", '{\n"data": [1]\n}', "line 1 is not JSON"),
        ("a.xlsx", "text\n", "is not an .xlsx file"),
        ("a.parquet", "text\n", "is not a Parquet file"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(tmp_path: Path, name: str, content: str | bytes, sentence: str):
    path = save(tmp_path / name, content)
    with pytest.raises(TableError, match=sentence) as error:
        count(open_table(path))
    assert "\n" not in str(error.value)


def test_a_text_that_one_object_lacks_is_no_text(tmp_path: Path):
    path = save(tmp_path / "a.jsonl", '{"text": "one"}\n{"words": "two"}\n')
    table = open_table(path)
    assert texts_of(path) == ["one", ""] and table.columns == ["text", "words"]


def test_a_row_of_parquet_that_is_no_text_is_named(tmp_path: Path):
    pq.write_table(pa.table({"text": [1, 2]}), tmp_path / "a.parquet")
    with pytest.raises(TableError, match="row 1, column text: 1 is not a text"):
        texts_of(tmp_path / "a.parquet")
    broken = pa.array([b"fine", b"\xff"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": broken}), tmp_path / "b.parquet")
    with pytest.raises(TableError, match="row 2, column text is not UTF-8"):
        texts_of(tmp_path / "b.parquet")


def test_a_file_that_is_not_there_and_a_column_of_a_text_file_are_refused(tmp_path: Path):
    with pytest.raises(TableError, match=r"nothing\.csv: there is no such file"):
        open_table(tmp_path / "nothing.csv")
    with pytest.raises(TableError, match="no columns"):
        texts_of(save(tmp_path / "a.txt", "one"), "text")


@settings(same_folder, max_examples=80)
@given(content=st.binary(max_size=120), suffix=st.sampled_from(SUFFIXES))
def test_any_bytes_give_texts_or_a_sentence(tmp_path: Path, content: bytes, suffix: str):
    path = save(tmp_path / f"any{suffix}", content)
    try:
        assert count(open_table(path)) == len(texts_of(path))
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
