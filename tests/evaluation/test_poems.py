"""The form of regular Chinese poems, against poems that can be counted and rhymed by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_models import RNNConfig, RNNForCausalLM
from rnn_models.__main__ import main
from rnn_models.evaluation.poems import are_poems, chance_metrics, form_metrics, rhyme_metrics
from rnn_models.inference.verse import RHYMES, even_lines, poem_lines, rhyme
from rnn_models.tokenization import train_tokenizer

# 王之涣, 登鹳雀楼: 流 and 楼 rhyme
TOWER = "白日依山尽，黄河入海流。\n欲穷千里目，更上一层楼。"
# 王昌龄, 出塞: 还 and 山 rhyme, and 还 only if it is read as huán
PASS = "秦时明月汉时关，万里长征人未还。\n但使龙城飞将在，不教胡马度阴山。"
# 王维, 山居秋暝: 秋, 流, 舟, 留
AUTUMN = "空山新雨后，天气晚来秋。\n明月松间照，清泉石上流。\n竹喧归浣女，莲动下渔舟。\n随意春芳歇，王孙自可留。"


@st.composite
def regular_poems(draw: st.DrawFn) -> tuple[list[str], str]:
    """The lines of a poem, and the poem."""
    length, count = draw(st.sampled_from([5, 7])), draw(st.sampled_from([4, 8]))
    first = draw(st.integers(0x4E00, 0x9FA5 - length * count))
    lines = ["".join(map(chr, range(start, start + length))) for start in range(first, first + length * count, length)]
    odd, even = draw(st.sampled_from("，；？！")), draw(st.sampled_from("。？！"))
    couplets = [f"{one}{odd}{other}{even}" for one, other in zip(lines[::2], lines[1::2], strict=True)]
    return lines, "\n".join(couplets)


def test_a_regular_poem_is_read_into_its_lines():
    assert poem_lines(TOWER) == ["白日依山尽", "黄河入海流", "欲穷千里目", "更上一层楼"]
    assert [len(line) for line in poem_lines(PASS) or []] == [7] * 4
    assert [line[-1] for line in poem_lines(AUTUMN) or []] == list("后秋照流女舟歇留")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "白日依山尽，黄河入海流。",
        "\n".join(AUTUMN.split("\n")[:3]),
        f"{AUTUMN}\n{TOWER}",
        f"{TOWER.splitlines()[0]}\n{PASS.splitlines()[0]}",
        TOWER.replace("\n", ""),
        f"{TOWER}\n。",
        f"{TOWER}\n",
        f"{TOWER}。",
        TOWER.replace("，", ","),
        TOWER.replace("。", "，"),
        TOWER.replace("白日", "white"),
        TOWER.replace("白", "A"),
        TOWER.replace("白", "1"),
        TOWER.replace("白", ""),
    ],
)
def test_whatever_else_is_not_regular(text: str):
    assert poem_lines(text) is None


@settings(deadline=None)
@given(regular_poems(), st.data())
def test_a_regular_poem_gives_its_lines_and_is_none_without_any_one_sign(poem: tuple[list[str], str], data):
    lines, text = poem
    assert poem_lines(text) == lines
    place = data.draw(st.integers(0, len(text) - 1))
    assert poem_lines(text[:place] + text[place + 1 :]) is None


@settings(max_examples=300, deadline=None)
@given(st.text() | st.text(alphabet="山水，。\n", max_size=60))
def test_any_text_is_taken_and_what_counts_as_a_poem_has_its_form(text: str):
    lines = poem_lines(text)
    if lines is not None:
        assert len(lines) in (4, 8)
        assert {len(line) for line in lines} in ({5}, {7})
        assert len(text) == len("".join(lines)) + len(lines) + len(lines) // 2 - 1
    assert 0 <= form_metrics([text], [TOWER])["regular"] == (lines is not None) <= 1


def test_nine_texts_of_ten_make_a_corpus_of_poems():
    assert are_poems([TOWER] * 9 + ["prose"])
    assert not are_poems([TOWER] * 8 + ["prose"] * 2)
    assert not are_poems([])


def test_rhymes_are_those_of_the_fourteen_classes():
    assert rhyme("流") == rhyme("楼") == "尤"
    assert rhyme("山") == rhyme("烟") == rhyme("远") == "寒"
    assert rhyme("东") == rhyme("风") == rhyme("翁") == rhyme("名") == rhyme("穷") == "庚"
    assert rhyme("知") == rhyme("时") == rhyme("日") == rhyme("子") == "支"
    assert rhyme("衣") == rhyme("鱼") == rhyme("女") == rhyme("儿") == "齐"
    assert rhyme("书") == rhyme("无") == "姑"
    assert rhyme("月") == rhyme("叶") == rhyme("斜") == "皆"
    assert rhyme("云") == rhyme("春") == rhyme("人") == rhyme("心") == "文"
    assert rhyme("归") == rhyme("飞") == "微"
    assert rhyme("过") == rhyme("波") == rhyme("歌") == "波"
    assert rhyme("花") == rhyme("家") == "麻"
    assert rhyme("来") == rhyme("怀") == "开"
    assert rhyme("高") == rhyme("桥") == "豪"
    assert rhyme("霜") == rhyme("乡") == rhyme("长") == "唐"
    finals = [final for finals in RHYMES.values() for final in finals.split()]
    assert len(RHYMES) == 14
    assert len(finals) == len(set(finals)) == 37


def test_a_character_is_read_as_its_line_suggests():
    assert (rhyme("行"), rhyme("银行")) == ("庚", "唐")


def test_characters_have_a_rhyme_but_those_that_are_read_as_a_hum_or_as_more_than_a_syllable():
    without = {chr(code) for code in range(0x4E00, 0x9FA6, 5) if rhyme(chr(code)) is None}
    assert without <= set("呣嗯噷兙兡嗧桛烪瓧瓰瓱瓼甅")


# the first call reads the dictionaries
@settings(deadline=None)
@given(st.text(st.characters(categories=["Lo"], min_codepoint=0x3400), min_size=1))
def test_any_line_has_a_rhyme_of_the_table_or_none(line: str):
    assert rhyme(line) in {*RHYMES, None}


def endings(text: str) -> list[tuple[str, str | None]]:
    return [(character, rhyme(character)) for character in text]


@pytest.mark.parametrize(
    ("poems", "of_poems", "of_lines"),
    [
        (["流楼"], 1, 1),
        (["流山"], 0, 0),
        (["东风"], 1, 1),
        (["流流"], 0, 0),
        (["秋流舟留"], 1, 1),
        (["秋流山留"], 0, 1 / 3),
        (["秋流秋留"], 0, 1),
        (["流楼", "流山"], 1 / 2, 1 / 2),
        (["流楼", "秋流舟山"], 1 / 2, 3 / 4),
    ],
)
def test_rhyming_lines_and_poems_are_counted_as_by_hand(poems: list[str], of_poems: float, of_lines: float):
    expected = {"rhyming_poems": of_poems, "rhyming_lines": of_lines}
    assert rhyme_metrics([endings(poem) for poem in poems]) == pytest.approx(expected)


def test_a_sound_that_is_in_no_class_rhymes_with_nothing():
    assert rhyme_metrics([[("a", None), ("b", None)]])["rhyming_lines"] == 0


def test_chance_is_what_lines_at_random_give():
    assert chance_metrics([endings("秋流"), endings("舟留")], seed=0) == {"rhyming_poems": 1, "rhyming_lines": 1}
    # a hundred pairs of characters for each of four rhymes: by chance the next has the same rhyme one time in four
    poems = [[(f"{i}{end}", name) for end in "ab"] for name in ("尤", "寒", "庚", "支") for i in range(50)]
    assert rhyme_metrics(poems)["rhyming_lines"] == 1
    chance = chance_metrics(poems, seed=0)
    assert chance["rhyming_lines"] == pytest.approx(99 / 399, abs=0.02)
    assert chance == chance_metrics(poems, seed=0) != chance_metrics(poems, seed=1)
    assert chance_metrics([], seed=0) == {}


def test_all_metrics_of_some_poems():
    lines = TOWER.replace("千里", "万里")
    metrics = form_metrics([TOWER, lines, "prose"], [f"{TOWER}\n", AUTUMN])
    assert metrics == {
        "regular": 2 / 3,
        "rhyming_poems": 1,
        "rhyming_lines": 1,
        "copied_lines_5": 7 / 8,
    }
    metrics = form_metrics([PASS, PASS], [TOWER])
    assert metrics["copied_lines_7"] == 0
    assert "copied_lines_5" not in metrics
    assert form_metrics(["prose"], [TOWER]) == {"regular": 0}


def test_the_even_lines_of_a_poem_are_read_in_their_context():
    poem = poem_lines(AUTUMN)
    assert poem is not None
    assert even_lines([poem]) == [[(character, "尤") for character in "秋流舟留"]]


@pytest.fixture(scope="module")
def poet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has learned one poem by heart, `model/`, and a corpus whose recipe is `poems.yaml`."""
    folder = tmp_path_factory.mktemp("poet")
    for split, texts in (("train", [TOWER] * 20), ("validation", [AUTUMN, TOWER] * 9 + ["prose"])):
        (folder / "poems").mkdir(exist_ok=True)
        rows = "\n".join(json.dumps({"text": text}, ensure_ascii=False) for text in texts)
        (folder / "poems" / f"{split}.jsonl").write_text(rows, encoding="utf-8")
    recipe = f"datasets: {folder}/poems\nseparate_documents: true\n"
    (folder / "poems.yaml").write_text(recipe, encoding="utf-8")
    torch.manual_seed(0)
    tokenizer = train_tokenizer("character", [TOWER, AUTUMN])
    model = RNNForCausalLM(RNNConfig(vocab_size=len(tokenizer), embedding_size=16, hidden_size=32, cell_type="lstm"))
    ids = torch.tensor([[*tokenizer(TOWER)["input_ids"], tokenizer.eos_token_id]])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(150):
        optimizer.zero_grad()
        logits = model(input_ids=ids[:, :-1]).logits
        torch.nn.functional.cross_entropy(logits[0], ids[0, 1:]).backward()
        optimizer.step()
    model.save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    return folder


def run(*words: object) -> int:
    return main(["evaluate", *map(str, words)])


def test_a_generator_of_poems_gets_a_table_of_their_form(
    poet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    output = tmp_path / "metrics.json"
    options = ["--no_baseline", "--samples", 2, "--output", output]
    assert run(poet / "model", "--data", poet / "poems.yaml", *options) == 0
    found = json.loads(output.read_text(encoding="utf-8"))
    network, shuffled, held_out, floor = found["poems"]
    assert [row["data_set"] for row in found["poems"]] == ["samples", "samples", "poems", "poems"]
    assert [row["rows"] for row in found["poems"]] == [200, 200, 19, 19]
    # the only poem it knows, again and again
    names = ("finished", "regular", "rhyming_poems", "rhyming_lines", "copied_lines_5")
    assert [network[name] for name in names] == [1] * 5
    assert 0.4 < shuffled["rhyming_lines"] < 0.6
    assert held_out["regular"] == 18 / 19
    assert held_out["rhyming_poems"] == 1 > floor["rhyming_poems"]
    assert held_out["copied_lines_5"] == 1 / 3
    assert {"poems", "regular", "rhyming", "copied_lines"} <= set(found["notes"])
    shown = capsys.readouterr().out
    header = next(line for line in shown.splitlines() if "rhyming poems" in line)
    assert header.startswith("| data set")
    assert "perplexity" not in header
    assert "rhyming: even lines" in shown


def test_poems_without_an_end_are_not_finished_and_not_regular(tiny_checkpoints: Path, poet: Path, tmp_path: Path):
    output = tmp_path / "metrics.json"
    options = ["--no_baseline", "--samples", 1, "--output", output]
    assert run(tiny_checkpoints / "tang-poems", "--data", poet / "poems.yaml", *options) == 0
    network, shuffled, *_ = json.loads(output.read_text(encoding="utf-8"))["poems"]
    assert (network["finished"], network["regular"]) == (0, 0)
    assert not any("rhyming_lines" in row for row in (network, shuffled))


def test_other_texts_get_no_table_of_form(tiny_checkpoints: Path, poet: Path, tmp_path: Path):
    (tmp_path / "prose.csv").write_text("text\n" + "举头望明月低头思故乡\n" * 40, encoding="utf-8")
    output = tmp_path / "metrics.json"
    options = ["--no_baseline", "--samples", 1, "--output", output]
    assert run(tiny_checkpoints / "tang-poems", "--data", tmp_path / "prose.csv", *options) == 0
    assert "poems" not in json.loads(output.read_text(encoding="utf-8"))
