from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet
import pytest
import yaml
from datasets import load_dataset

from rnn_models.data.layout import LayoutError, is_regular, lay_out, main, split_tang_poems

LINES = ["白日依山尽，黄河入海流。", "欲穷千里目，更上一层楼。"]
SEVEN = ["朝辞白帝彩云间，千里江陵一日还。", "两岸猿声啼不住，轻舟已过万重山。"]
EMOTIONS = ["happy", "angry", "sad", "fear", "neutral", "surprise"]


def write_poems(folder: Path, number: int, poems: list) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"poet.tang.{number}.json").write_text(json.dumps(poems, ensure_ascii=False), encoding="utf-8")


def poem(title: str, paragraphs: list[str]) -> dict:
    return {"author": "王之涣", "paragraphs": paragraphs, "title": title, "id": title}


def write_weibo(source: Path) -> None:
    evaluation = [f"{domain}_{split}_labeled" for domain in ("virus", "usual") for split in ("eval", "test")]
    for name in ["virus_train", *evaluation]:
        folder = source / ("train" if "train" in name else "eval（刷榜数据集）")
        folder.mkdir(parents=True, exist_ok=True)
        posts = [
            {"id": row, "content": f" {name} {emotion} //@人:好[心]\n", "label": emotion}
            for row, emotion in enumerate(EMOTIONS, start=1)
        ]
        posts.append({"id": 7, "content": "  ", "label": "happy"})
        (folder / f"{name}.txt").write_text(json.dumps(posts, ensure_ascii=False), encoding="utf-8-sig")


def rows_of(folder: Path, split: str) -> list[dict]:
    return pyarrow.parquet.read_table(folder / f"data/{split}-00000-of-00001.parquet").to_pylist()


@pytest.mark.parametrize(
    ("text", "regular"),
    [
        ("\n".join(LINES), True),
        ("\n".join(LINES * 2), True),
        ("\n".join(SEVEN), True),
        ("\n".join(SEVEN * 2), True),
        ("何如肆辙迹？万里赏瑶池。\n白日依山尽；黄河入海流！", True),
        ("\n".join(LINES * 3), False),
        (LINES[0], False),
        ("\n".join([LINES[0], SEVEN[0]]), False),
        ("白日依山，黄河入海。\n欲穷千里，更上一层。", False),
        ("白日依山□，黄河入海流。\n欲穷千里目，更上一层楼。", False),
        ("[白]依山尽，黄河入海流。\n欲穷千里目，更上一层楼。", False),
        ("", False),
    ],
)
def test_a_regular_poem_has_four_or_eight_lines_of_five_or_seven_characters(text, regular):
    assert is_regular(text) is regular


def test_poems_are_split_by_their_position_among_the_regular_ones_in_file_order(tmp_path):
    poems = [poem(f"诗{row}", LINES if row % 2 else SEVEN * 2) for row in range(45)]
    irregular = poem("长短句", ["长安道，人无衣，马无草，何不归来山中老。"])
    write_poems(tmp_path / "全唐诗", 2000, [irregular, *poems[10:40]])
    write_poems(tmp_path / "全唐诗", 0, [*poems[:5], irregular, *poems[5:10]])
    write_poems(tmp_path / "全唐诗", 10000, poems[40:])
    write_poems(tmp_path / "全唐诗" / "error", 0, [poem("错", LINES)])
    (tmp_path / "全唐诗" / "poet.song.0.json").write_text("[", encoding="utf-8")
    splits = split_tang_poems(tmp_path, str)
    titles = {split: [row["title"] for row in rows] for split, rows in splits.items()}
    assert titles["validation"] == ["诗0", "诗20", "诗40"]
    assert titles["test"] == ["诗1", "诗21", "诗41"]
    assert titles["train"] == [f"诗{row}" for row in range(45) if row % 20 > 1]
    assert splits["test"][0] == {"title": "诗1", "text": "白日依山尽，黄河入海流。\n欲穷千里目，更上一层楼。"}


def test_the_poems_are_written_in_simplified_script_and_load_as_a_data_set(tmp_path, capsys):
    pytest.importorskip("opencc", reason="the conversion to simplified script needs `pip install opencc`")
    traditional = ["梅嶺花初發，天山雪未開。", "雪處疑花滿，花邊似雪回。"]
    write_poems(tmp_path / "source" / "全唐诗", 0, [poem("橫吹曲辭 梅花落", traditional)] * 4)
    assert main(["tang_poems", str(tmp_path / "source"), str(tmp_path / "out")]) == 0
    assert "train 2 rows, validation 1 rows, test 1 rows" in capsys.readouterr().out
    loaded = load_dataset(str(tmp_path / "out" / "tang_poems"), cache_dir=str(tmp_path / "cache"))
    simplified = "梅岭花初发，天山雪未开。\n雪处疑花满，花边似雪回。"
    assert loaded["train"][1] == {"title": "横吹曲辞 梅花落", "text": simplified}


def test_six_emotions_become_three_sentiments_and_surprise_is_dropped(tmp_path):
    write_weibo(tmp_path / "source")
    counts = lay_out("weibo_emotion3", tmp_path / "source", tmp_path / "out")
    assert counts == {"train": 10, "validation": 5, "test": 5, "test_usual": 5}
    folder = tmp_path / "out" / "weibo_emotion3"
    assert [row["text"].split()[1] for row in rows_of(folder, "validation")] == EMOTIONS[:-1]
    assert [row["label"] for row in rows_of(folder, "validation")] == [2, 0, 0, 0, 1]
    assert rows_of(folder, "test")[0]["text"] == "virus_test_labeled happy //@人:好[心]"
    files = [row["text"].split()[0] for row in rows_of(folder, "train")]
    assert files == ["virus_train"] * 5 + ["usual_eval_labeled"] * 5
    assert {row["text"].split()[0] for row in rows_of(folder, "test_usual")} == {"usual_test_labeled"}


def test_the_card_names_the_splits_and_the_classes_so_that_datasets_reads_them(tmp_path):
    write_weibo(tmp_path / "source")
    lay_out("weibo_emotion3", tmp_path / "source", tmp_path / "out")
    folder = tmp_path / "out" / "weibo_emotion3"
    front_matter = yaml.safe_load((folder / "README.md").read_text(encoding="utf-8").split("---")[1])
    assert front_matter["language"] == "zh"
    loaded = load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert sorted(loaded) == ["test", "test_usual", "train", "validation"]
    assert loaded["train"].features["label"].names == ["negative", "neutral", "positive"]


def break_nothing(source: Path) -> None:
    (source / "notes.txt").write_text("empty", encoding="utf-8")


def break_json(source: Path) -> None:
    write_weibo(source)
    (source / "train" / "virus_train.txt").write_text('[{"id": 1', encoding="utf-8")


def break_form(source: Path) -> None:
    write_weibo(source)
    (source / "train" / "virus_train.txt").write_text('{"id": 1}', encoding="utf-8")


def break_label(source: Path) -> None:
    write_weibo(source)
    (source / "train" / "virus_train.txt").write_text('[{"content": "好", "label": "joy"}]', encoding="utf-8")


def break_unhashable_label(source: Path) -> None:
    write_weibo(source)
    (source / "train" / "virus_train.txt").write_text('[{"content": "好", "label": ["sad"]}]', encoding="utf-8")


def break_encoding(source: Path) -> None:
    write_weibo(source)
    (source / "train" / "virus_train.txt").write_bytes("[微博]".encode("gb18030"))


def break_text(source: Path) -> None:
    write_weibo(source)
    (source / "train" / "virus_train.txt").write_text('[{"content": "\\ud800", "label": "sad"}]', encoding="utf-8")


def break_copies(source: Path) -> None:
    write_weibo(source / "raw")
    write_weibo(source / "clean")


def break_split(source: Path) -> None:
    write_weibo(source)
    (source / "eval（刷榜数据集）" / "virus_eval_labeled.txt").write_text("[]", encoding="utf-8")


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (break_nothing, "no virus_train.txt in"),
        (break_json, r"virus_train.txt is not JSON in UTF-8: .*line 1"),
        (break_form, "virus_train.txt does not contain a list of objects"),
        (break_label, "post 0 of .*virus_train.txt needs a content and a label, one of angry, fear"),
        (break_unhashable_label, "post 0 of .*virus_train.txt needs a content and a label, one of angry, fear"),
        (break_encoding, "virus_train.txt is not JSON in UTF-8"),
        (break_text, "virus_train.txt is not JSON in UTF-8: .*surrogates"),
        (break_copies, "virus_train.txt exists several times"),
        (break_split, "has no rows for validation"),
    ],
)
def test_a_malformed_source_gives_one_clear_line_and_nothing_is_written(tmp_path, capsys, prepare, message):
    source = tmp_path / "source"
    source.mkdir()
    prepare(source)
    assert main(["weibo_emotion3", str(source), str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    with pytest.raises(LayoutError, match=message):
        raise LayoutError(error)
    assert not (tmp_path / "out").exists()


def test_malformed_poems_are_refused_by_their_position(tmp_path):
    with pytest.raises(LayoutError, match=r"no poet.tang.NUMBER.json in .*github.com"):
        split_tang_poems(tmp_path, str)
    write_poems(tmp_path, 0, [poem("诗", LINES), {"title": "诗", "paragraphs": [1]}])
    with pytest.raises(LayoutError, match=r"poem 1 of .*poet.tang.0.json lacks a title or a list of paragraphs"):
        split_tang_poems(tmp_path, str)


def test_without_opencc_the_error_names_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "opencc", None)
    write_poems(tmp_path, 0, [poem("诗", LINES)])
    with pytest.raises(LayoutError, match="pip install opencc"):
        lay_out("tang_poems", tmp_path, tmp_path / "out")


def test_an_existing_corpus_is_never_overwritten(tmp_path):
    write_weibo(tmp_path / "source")
    lay_out("weibo_emotion3", tmp_path / "source", tmp_path / "out")
    with pytest.raises(LayoutError, match="there already"):
        lay_out("weibo_emotion3", tmp_path / "source", tmp_path / "out")
    with pytest.raises(LayoutError, match="is not a folder"):
        lay_out("weibo_emotion3", tmp_path / "nowhere", tmp_path / "other")


def test_files_next_to_a_corpus_stay_out_of_it(tmp_path):
    write_weibo(tmp_path / "source")
    mine = tmp_path / "out" / "weibo_emotion3.partial" / "data" / "train-00000-of-00001.parquet"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    lay_out("weibo_emotion3", tmp_path / "source", tmp_path / "out")
    assert mine.read_bytes() == b"mine"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["weibo_emotion3", "weibo_emotion3.partial"]


def test_help_comes_within_a_second_and_a_wrong_corpus_is_refused():
    command = [sys.executable, "-m", "rnn_models.data.layout"]
    seconds = []
    for _ in range(3):  # the best of three, because the machine may be busy
        start = time.perf_counter()
        done = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True)
        seconds.append(time.perf_counter() - start)
    assert "chinese-poetry" in done.stdout
    assert min(seconds) < 1, f"--help took {min(seconds):.2f} s"
    wrong = subprocess.run([*command, "song", "a", "b"], capture_output=True, text=True)
    assert wrong.returncode == 2
    assert "tang_poems" in wrong.stderr and "weibo_emotion3" in wrong.stderr


def test_yelp_sentences_are_read_by_split_and_label(tmp_path):
    source = tmp_path / "source" / "data" / "yelp"
    source.mkdir(parents=True)
    for split in ("train", "dev", "test"):
        for label in (0, 1):
            (source / f"sentiment.{split}.{label}").write_text(f"{split} {label} .\n\n", encoding="utf-8")
    assert main(["yelp_sentences", str(tmp_path / "source"), str(tmp_path / "out")]) == 0
    loaded = load_dataset(str(tmp_path / "out" / "yelp_sentences"))
    assert loaded["train"].features["label"].names == ["negative", "positive"]
    assert loaded["train"].to_list() == [{"text": "test 0 .", "label": 0}, {"text": "test 1 .", "label": 1}]
    assert [row["text"] for row in loaded["validation"]] == ["dev 0 .", "dev 1 ."]


def test_reviews_that_are_in_chnsenticorp_or_repeated_are_left_out(tmp_path):
    source = tmp_path / "source"
    (source / "chnsenticorp" / "data").mkdir(parents=True)
    (source / "pos.txt").write_text("很 好\n不错\n不 错\n\n书很好\n", encoding="utf-8")
    (source / "neg.txt").write_text("很差\n不错\n", encoding="utf-8")
    with pytest.raises(LayoutError, match="no Parquet files"):
        lay_out("shopping_zh", source, tmp_path / "out")
    table = pyarrow.table({"text": ["很好"], "label": [1]})
    pyarrow.parquet.write_table(table, source / "chnsenticorp" / "data" / "test-00000-of-00001.parquet")
    lay_out("shopping_zh", source, tmp_path / "out")
    rows = rows_of(tmp_path / "out" / "shopping_zh", "train")
    assert [(row["text"], row["label"]) for row in rows] == [("不错", 1), ("书很好", 1), ("很差", 0)]
