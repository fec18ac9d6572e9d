"""Corpora from folders and files; anything that cannot be trained on gives one clear line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from datasets import ClassLabel, Dataset, Features, Value
from hypothesis import given
from hypothesis import strategies as st

from rnn_models.data import InputError
from rnn_models.data.corpora import Corpus, load_corpora
from rnn_models.data.recipes import DatasetEntry
from rnn_models.data.sources import detokenize, resolve_data_root


def write_csv(path: Path, rows: list[tuple[str, str]], header: str = "text,label") -> str:
    path.write_text("\n".join([header, *(f"{text},{label}" for text, label in rows)]) + "\n", encoding="utf-8")
    return str(path)


def reviews(count: int = 40) -> list[tuple[str, str]]:
    return [(f"review number {i}", "good" if i % 2 else "bad") for i in range(count)]


def hub_folder(path: Path, splits: dict[str, list[dict]], features: Features | None = None) -> Path:
    """A data set in the layout of a Hub repository."""
    (path / "data").mkdir(parents=True)
    for split, rows in splits.items():
        columns = {name: [row[name] for row in rows] for name in features or rows[0]}
        Dataset.from_dict(columns, features=features).to_parquet(path / "data" / f"{split}-00000-of-00001.parquet")
    return path


def load_one(name: str | list[str], labels: list[str] | None = None, **options) -> Corpus:
    """Load one corpus; `options` are those of the entry and of `load_corpora`."""
    own = {key: options.pop(key) for key in list(options) if key in DatasetEntry.__dataclass_fields__}
    (corpus,), _ = load_corpora([DatasetEntry(name=name, **own)], labels=labels, **options)
    return corpus


@pytest.fixture
def poems(tmp_path: Path) -> Path:
    splits = {name: [{"text": f"{name} poem {i}"} for i in range(3)] for name in ("train", "validation", "test")}
    return hub_folder(tmp_path / "data_root" / "poems", splits)


def test_a_hub_name_is_read_from_the_folder_of_that_name_under_data_root(poems: Path) -> None:
    corpus = load_one("someone/poems", data_root=str(poems.parent))
    assert corpus.name == "someone/poems"
    assert corpus.train.texts == ["train poem 0", "train poem 1", "train poem 2"]
    assert corpus.validation.name == "validation"
    assert [split.name for split in corpus.tests] == ["test"]


def test_the_folder_under_data_root_can_have_another_name(poems: Path) -> None:
    assert load_one("someone/verses", folder="poems", data_root=str(poems.parent)).train.texts[0] == "train poem 0"


def test_a_local_folder_is_read_by_its_path(poems: Path) -> None:
    corpus = load_one(str(poems))
    assert corpus.name == "poems"
    assert len(corpus.train) == 3


@pytest.mark.parametrize("ending", ["csv", "tsv", "json", "jsonl", "parquet"])
def test_files_of_every_format_are_read(tmp_path: Path, ending: str) -> None:
    rows = [{"text": text, "label": label} for text, label in reviews()]
    path = tmp_path / f"reviews.{ending}"
    if ending == "parquet":
        Dataset.from_list(rows).to_parquet(path)
    elif ending.startswith("json"):
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    else:
        separator = "\t" if ending == "tsv" else ","
        path.write_text("\n".join(separator.join(row) for row in [("text", "label"), *reviews()]), encoding="utf-8")
    corpus = load_one(str(path), labels=[])
    assert sorted(corpus.train.texts + corpus.validation.texts) == sorted(text for text, _ in reviews())


def test_a_text_file_is_one_document_with_every_line_break(tmp_path: Path) -> None:
    text = "To be,\n\nor not to be.\n" * 50
    (tmp_path / "play.txt").write_text(text, encoding="utf-8")
    corpus = load_one(str(tmp_path / "play.txt"), validation_size=0.1)
    assert corpus.train.texts[0] + corpus.validation.texts[0] == text
    assert len(corpus.validation.texts[0]) == len(text) // 10


def test_several_files_are_one_corpus(tmp_path: Path) -> None:
    paths = [write_csv(tmp_path / f"{i}.csv", reviews()[i * 20 : i * 20 + 20]) for i in range(2)]
    corpus = load_one(paths, labels=["bad", "good"])
    assert len(corpus.train) + len(corpus.validation) == 40


def test_without_a_validation_split_the_seed_decides_which_rows_are_held_out(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", reviews())
    one, same, other = (load_one(path, labels=[], validation_size=10, seed=seed) for seed in (1, 1, 2))
    assert len(one.validation) == 10
    assert one.validation.texts == same.validation.texts
    assert one.validation.texts != other.validation.texts
    assert sorted(one.train.texts + one.validation.texts) == sorted(text for text, _ in reviews())
    label_of = dict(zip(one.validation.texts, one.validation.labels, strict=True))
    assert all(label_of[text] == (label == "good") for text, label in reviews() if text in label_of)


def test_labels_follow_the_map_and_null_leaves_rows_out(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [(f"t{i}", str(i % 3 - 1)) for i in range(60)])
    mapping = {0: "negative", 1: "positive", -1: None}
    entry = DatasetEntry(name=path, labels=mapping)
    (corpus,), _ = load_corpora([entry], labels=["negative", "positive"], validation_size=4)
    assert len(corpus.train) + len(corpus.validation) == 40
    pairs = zip(corpus.train.texts, corpus.train.labels, strict=True)
    assert {(int(text[1:]) % 3 - 1, label) for text, label in pairs} == {(0, 0), (1, 1)}


def test_class_names_of_the_source_are_the_labels(tmp_path: Path) -> None:
    features = Features({"sentence": Value("string"), "labels": ClassLabel(names=["neg", "pos"])})
    folder = hub_folder(
        tmp_path / "a", {"train": [{"sentence": f"s{i}", "labels": i % 2} for i in range(40)]}, features
    )
    corpora, labels = load_corpora([DatasetEntry(name=str(folder))], labels=[])
    assert labels == ["neg", "pos"]
    mapped, labels = load_corpora(
        [DatasetEntry(name=str(folder), labels={"neg": "negative", "pos": "positive"})],
        labels=["positive", "negative"],
    )
    assert labels == ["positive", "negative"]
    assert mapped[0].train.labels == [1 - label for label in corpora[0].train.labels]


def test_own_labels_are_those_that_a_corpus_uses(tmp_path: Path) -> None:
    two = write_csv(tmp_path / "two.csv", reviews())
    three = write_csv(tmp_path / "three.csv", [*reviews(), *((f"meh {i}", "so-so") for i in range(20))])
    corpora, labels = load_corpora([DatasetEntry(name=two), DatasetEntry(name=three)], labels=["bad", "so-so", "good"])
    assert [corpus.own_labels for corpus in corpora] == [[0, 2], [0, 1, 2]]
    assert labels == ["bad", "so-so", "good"]


def leaking_folder(tmp_path: Path) -> str:
    train = [{"text": f"train {i}", "label": "good" if i % 2 else "bad"} for i in range(10)]
    test = [{"text": f"test {i}", "label": "good"} for i in range(3)] + train[:2]
    return str(hub_folder(tmp_path / "leaks", {"train": train, "validation": test[:3], "test": test}))


def test_rows_of_a_test_split_that_are_also_in_train_are_marked(tmp_path: Path) -> None:
    corpus = load_one(leaking_folder(tmp_path), labels=[])
    assert corpus.tests[0].in_train == [False, False, False, True, True]
    assert len(corpus.train) == 10


def test_rows_of_a_test_split_are_dropped_from_train_on_request(tmp_path: Path) -> None:
    corpus = load_one(leaking_folder(tmp_path), labels=[], drop_test_rows_from_train=True)
    assert not any(corpus.tests[0].in_train)
    assert corpus.train.texts == [f"train {i}" for i in range(2, 10)]


def test_several_test_splits_can_be_named(tmp_path: Path) -> None:
    rows = [{"text": f"t{i}", "label": "good" if i % 2 else "bad"} for i in range(30)]
    folder = hub_folder(tmp_path / "a", {"train": rows, "test": rows[:2], "test_usual": rows[:3]})
    corpus = load_one(str(folder), labels=[], test_split=["test", "test_usual"])
    assert [(split.name, len(split)) for split in corpus.tests] == [("test", 2), ("test_usual", 3)]


def test_a_corpus_of_html_is_read_as_text(tmp_path: Path) -> None:
    rows = [{"text": "good<br /><br />film &amp; cast, 3 < 5", "label": label} for label in ("good", "bad")]
    folder = hub_folder(tmp_path / "a", {"train": rows, "validation": rows})
    corpus = load_one(str(folder), labels=[], strip_html=True)
    assert corpus.train.texts == ["good  film & cast, 3 < 5"] * 2


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (
            reviews(),
            {"text_column": "body"},
            "a.csv has no column body; its columns are: text, label (say which: --datasets",
        ),
        (reviews(), {"label_column": ["a", "b"]}, "has no label column a or b; its columns are text, label"),
        (reviews(), {"text_column": "label", "label_column": "text", "labels": ["x", "y"]}, "is none of x, y"),
        ([*reviews(4), ("five", "")], {}, "a.csv, row 6, has no label in column label: give it one, or leave such"),
        (reviews(), {"train_split": "training"}, "a.csv has no split training; its splits are train"),
        (reviews(), {"validation_split": "dev"}, "a.csv has no split dev"),
        (reviews(), {"train_split": "train+test"}, "a.csv has no split train+test; its splits are train"),
        (reviews(), {"train_split": "train[half]"}, "its splits are train (a slice of one: train[:90%])"),
        (reviews(), {"train_split": "train[900:]"}, "split train[900:] of a.csv is empty"),
        ([("a", "good"), ("b", "good")], {}, "a classifier needs at least two labels; found: good"),
        (
            [("a", "1"), ("b", "0"), ("c", "-1")],
            {"labels": ["bad", "good"]},
            'a.csv, labels: {-1: bad, 0: good, 1: good}}]" (null in place of a label leaves its rows out)',
        ),
        (reviews(), {"labels": ["bad", "good", "fine"]}, "no training row has the label fine"),
        (reviews(), {"labels": ["bad", "bad"]}, "option labels contains a label twice"),
        (reviews(2), {"validation_size": 5}, "5 rows cannot be held out of 2"),
    ],
)
def test_anything_that_cannot_be_trained_on_is_named(tmp_path: Path, rows: list, options: dict, message: str) -> None:
    path = write_csv(tmp_path / "a.csv", rows)
    with pytest.raises(InputError) as error:
        load_one(path, **{"labels": [], **options})
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"bad": "negative"}, "label 'good' is not in the label map, which has bad"),
        ({"bad": "negative", "good": "nice"}, "label 'good' maps to 'nice', which is none of negative, positive"),
        ({"bad": None, "good": None}, "has no rows left"),
    ],
)
def test_a_label_map_that_does_not_fit_is_named(tmp_path: Path, mapping: dict, message: str) -> None:
    path = write_csv(tmp_path / "a.csv", reviews())
    with pytest.raises(InputError) as error:
        load_corpora([DatasetEntry(name=path, labels=mapping)], labels=["negative", "positive"])
    assert message in str(error.value)


def test_an_empty_split_is_named(tmp_path: Path) -> None:
    features = Features({"text": Value("string")})
    folder = hub_folder(tmp_path / "a", {"train": [{"text": "a"}], "test": []}, features)
    with pytest.raises(InputError, match="split test of a is empty"):
        load_one(str(folder))


def test_blank_texts_are_not_documents(tmp_path: Path) -> None:
    splits = {"train": [{"text": "a poem"}, {"text": " \n"}], "validation": [{"text": "\n"}]}
    folder = hub_folder(tmp_path / "a", splits)
    with pytest.raises(InputError, match="split validation of a has no text in column text"):
        load_one(str(folder))


@pytest.mark.parametrize("name", ["nowhere.txt", "somebody/not_there_at_all"])
def test_a_missing_corpus_is_reported_in_one_line(name: str) -> None:
    with pytest.raises(InputError, match=r"nowhere\.txt|somebody/not_there_at_all cannot be loaded") as error:
        load_one(name)
    assert "\n" not in str(error.value)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_bytes(b"PK")
    with pytest.raises(InputError, match=r"must end in one of \.txt, \.csv"):
        load_one(str(tmp_path / "a.docx"))


def test_the_data_root_comes_from_the_option_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RNN_MODELS_DATA", str(tmp_path))
    assert resolve_data_root(None) == str(tmp_path)
    (tmp_path / "other").mkdir()
    assert resolve_data_root(str(tmp_path / "other")) == str(tmp_path / "other")
    monkeypatch.setenv("RNN_MODELS_DATA", str(tmp_path / "gone"))
    with pytest.raises(InputError, match="is not a folder"):
        resolve_data_root(None)
    monkeypatch.delenv("RNN_MODELS_DATA")
    assert resolve_data_root(None) is None


def test_a_file_with_only_a_header_is_empty(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.csv is empty: there is no text in it|split train of a\.csv is empty"):
        load_one(write_csv(tmp_path / "a.csv", []), labels=[])


@pytest.mark.parametrize(
    ("treebank", "written"),
    [
        ("it is n't bad , -lrb- at all -rrb- .", "it isn't bad, (at all)."),
        ("`` we can not stop ''", '"we cannot stop"'),
        ("the film 's so-so ... and they 've lost $ 5 !", "the film's so-so... and they've lost $5!"),
        ("plain words", "plain words"),
    ],
)
def test_the_text_of_a_treebank_gets_normal_spelling(treebank: str, written: str) -> None:
    assert detokenize(treebank) == written


@given(st.text())
def test_any_text_can_be_detokenized(text: str) -> None:
    assert isinstance(detokenize(text), str)


def test_several_splits_train_together(tmp_path: Path) -> None:
    words = {"train": "read", "unsupervised": "unread", "validation": "held"}
    folder = hub_folder(
        tmp_path / "c", {name: [{"text": f"{word} {i}"} for i in range(3)] for name, word in words.items()}
    )
    corpus = load_one(str(folder), train_split=["train", "unsupervised"])
    assert corpus.train.texts == ["read 0", "read 1", "read 2", "unread 0", "unread 1", "unread 2"]
    assert corpus.train.name == "train + unsupervised" and len(corpus.validation) == 3
    corpus = load_one(str(folder), train_split="train[:50%]+unsupervised[-1:]+unsupervised[-1:]")
    assert corpus.train.texts == ["read 0", "read 1", "unread 2", "unread 2"]
