"""Files of texts through the endpoints, as other programs send them, and the same files through `classify`."""

from __future__ import annotations

import csv
import json
import urllib.request
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError

from rnn_models.__main__ import main
from rnn_models.data.tables import open_table

LABELS = ["negative", "neutral", "positive"]
ROWS = [("1", "I like it"), ("2", ""), ("3", "服务太差了"), ("4", "=1+1"), ("5", 'so, so; "quoted" here')]


def write(path: Path, form: str) -> Path:
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        book.active.append(["id", "Comments"])
        for row in ROWS:
            book.active.append(row)
        book.active["B5"].data_type = "s"
        book.save(path)
    elif path.suffix == ".parquet":
        pq.write_table(pa.table({"id": [row[0] for row in ROWS], "Comments": [row[1] for row in ROWS]}), path)
    elif path.suffix in (".jsonl", ".json"):
        objects = [json.dumps({"id": row[0], "Comments": row[1]}) for row in ROWS]
        path.write_text("\n".join(objects) if path.suffix == ".jsonl" else f"[{', '.join(objects)}]", encoding="utf-8")
    elif path.suffix == ".txt":
        path.write_text("\n".join(text for _, text in ROWS), encoding=form)
    else:
        encoding, delimiter = form.split(" ")
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file, delimiter="\t" if delimiter == "tab" else delimiter).writerows(
                [("id", "Comments"), *ROWS]
            )
    return path


FORMS = [
    ("a.csv", "utf-8 ,"), ("a.csv", "gbk ,"), ("a.csv", "utf-8-sig ;"), ("a.csv", "utf-16 tab"),
    ("a.tsv", "utf-8 tab"), ("a.txt", "gbk"), ("a.jsonl", ""), ("a.json", ""), ("a.xlsx", ""), ("a.parquet", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "form"), FORMS, ids=lambda value: str(value))
def test_the_page_and_the_command_give_the_same_rows(client, tiny_checkpoints, tmp_path: Path, name: str, form: str):
    path = write(tmp_path / name, form)
    found = client.predict(handle_file(path), "sentiment-en", api_name="/classify_file")
    assert found["blank"] == 1 and sum(found["counts"].values()) == 4
    # the page computes in int8, whose scales depend on the other texts of a batch
    model = str(tiny_checkpoints / "sentiment-en")
    assert main(["classify", str(path), "--model", model, "--dtype", "int8"]) == 0
    if name == "a.txt":  # lines with tabs
        (tmp_path / "a.classified.txt").rename(tmp_path / "a.classified.tsv")
    tables = [
        open_table(Path(found["file"])),
        open_table(tmp_path / f"a.classified{'.tsv' if name == 'a.txt' else path.suffix}"),
    ]
    names = ["text" if name == "a.txt" else "Comments", "label", *LABELS]
    page, command = ([cells for _, cells in table.read(names)] for table in tables)
    for one, other, (_, text) in zip(page, command, ROWS, strict=True):
        assert tables[0].text(one[0], 0) == text == tables[1].text(other[0], 0)
        assert str(one[1] or "") == str(other[1] or "")
        shares = [
            [float(str(share)) if share not in (None, "") else None for share in row[2:]] for row in (one, other)
        ]
        assert shares[0] == (pytest.approx(shares[1], abs=1e-3) if text else [None] * 3)


def test_traditional_characters_in_a_file_are_read_as_simplified_ones_by_both(
    client, tiny_checkpoints, tmp_path: Path
):
    path = tmp_path / "a.txt"
    path.write_text("服務太差了\n服务太差了\n", encoding="utf-8")
    found = client.predict(handle_file(path), "sentiment-zh", api_name="/classify_file")
    rows = client.predict(handle_file(found["file"]), api_name="/file_rows")
    assert [rows[0][label] for label in LABELS] == [rows[1][label] for label in LABELS]
    assert main(["classify", str(path), "--model", str(tiny_checkpoints / "sentiment-zh")]) == 0
    first, second = (tmp_path / "a.classified.txt").read_text(encoding="utf-8").splitlines()[1:]
    assert first.split("\t")[:-1] == second.split("\t")[:-1]


def test_rows_are_asked_for_by_label_and_certainty_and_counts_by_a_column(client, tmp_path: Path):
    path = write(tmp_path / "a.csv", "gbk ;")
    table = handle_file(client.predict(handle_file(path), "sentiment-en", api_name="/classify_file")["file"])
    rows = client.predict(table, api_name="/file_rows")
    assert [row["row"] for row in rows] == [2, 3, 4, 5, 6]
    assert [row["text"] for row in rows] == [text for _, text in ROWS]
    certain = client.predict(table, order="certain", limit=2, api_name="/file_rows")
    shares = [max(row[label] for label in LABELS) for row in rows if row["label"]]
    assert [max(row[label] for label in LABELS) for row in certain] == sorted(shares, reverse=True)[:2]
    label = rows[0]["label"]
    chosen = client.predict(table, label=label, api_name="/file_rows")
    assert {row["label"] for row in chosen} == {label}
    counts = client.predict(table, by="id", api_name="/file_counts")
    assert counts["1"] == {label: 1} and "2" not in counts
    assert sum(client.predict(table, api_name="/file_counts")[""].values()) == 4


@pytest.mark.parametrize(
    ("content", "arguments", "sentence"),
    [
        ("id,text\n1,so\n", {"text_column": "words"}, "There is no column of texts words; the columns are: id, text"),
        ("one,two\na b,c d\ne f,g h\n", {}, "not clear which column has the texts: choose one of one, two"),
        ("text\nso\n", {"model": "nobody"}, "There is no such model here"),
        ("text\nso\n", {"header": "maybe"}, "The header must be yes, no or auto"),
        ("text,label,predicted_label\nso,1,2\n", {}, "rename predicted_label"),
    ],
)
def test_a_mistake_gets_a_sentence(client, tmp_path: Path, content: str, arguments: dict, sentence: str):
    (tmp_path / "a.csv").write_text(content, encoding="utf-8")
    with pytest.raises(AppError, match=sentence):
        client.predict(handle_file(tmp_path / "a.csv"), **arguments, api_name="/classify_file")


def test_no_file_of_the_server_is_classified(client, app, tmp_path: Path):
    (tmp_path / "a.csv").write_text("text\nso\n", encoding="utf-8")
    secret = {"path": str(tmp_path / "a.csv"), "meta": {"_type": "gradio.FileData"}}
    more = {"classify_file": ["auto", "", "auto"], "file_rows": ["", "file", 9, ""], "file_counts": ["", ""]}
    for name, rest in more.items():
        url, body = f"{app.url}gradio_api/call/{name}", json.dumps({"data": [secret, *rest]}).encode()
        asked = urllib.request.Request(url, data=body, headers={"content-type": "application/json"})
        with urllib.request.urlopen(asked, timeout=60) as answer:
            event = json.load(answer)["event_id"]
        with urllib.request.urlopen(f"{url}/{event}", timeout=60) as events:
            assert "This file is not here" in events.read().decode()
    for nothing in ({}, {"path": None}, None, "a.csv"):
        for name in more:
            with pytest.raises(AppError, match="There is no file"):
                client.predict(nothing, api_name=f"/{name}")
