"""The encoding of a text file is found from a sentence or two, or refused; it is never guessed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnn_models.data.tables import TableError
from rnn_models.data.tables.charsets import bad_line, find_encoding, lines_of

CHINESE = [
    "很好", "服务太差了，我不会再来。", "这家酒店的房间很干净，早餐也不错！", "物流很快，包装完好",
    "电影一般，剧情拖沓", "手机用了两天就坏了，客服也不理人……", "孩子很喜欢这本书", "性价比高，推荐购买",
]  # fmt: skip
WESTERN = [
    "Le café était très bon, mais le serveur n'a pas été aimable.", "Das Essen war köstlich, über alles schön!",
    "El niño comió en el jardín. ¿Volverá mañana?", "It’s a “great” film – really…", "Très déçu", "5 € à 20°",
    "O filme é ótimo, não há razão para não ver.", "Smörgåsbord på svenska är gott",
]  # fmt: skip
SEPARATOR = st.sampled_from(["\n", "\r\n", ",1\n", "\t0\r\n"])
BOTH = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(sentences: list[str], separator: str, header: bool) -> str:
    return ("text,label\r\n" if header else "") + "".join(f"{sentence}{separator}" for sentence in sentences)


def read(path: Path, wanted: str | None = None) -> str:
    return "".join(lines_of(path, find_encoding(path, wanted)))


@BOTH
@given(st.lists(st.sampled_from(CHINESE), min_size=1), SEPARATOR, st.booleans())
def test_chinese_is_found_in_every_encoding(tmp_path: Path, sentences: list[str], separator: str, header: bool):
    text = written(sentences, separator, header)
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gbk", "gb18030"):
        (tmp_path / "a").write_bytes(text.encode(encoding))
        assert read(tmp_path / "a") == text, encoding


@BOTH
@given(st.lists(st.sampled_from(WESTERN), min_size=1), SEPARATOR, st.booleans())
def test_western_languages_are_found_in_every_encoding(
    tmp_path: Path, sentences: list[str], separator: str, header: bool
):
    text = written(sentences, separator, header)
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"):
        (tmp_path / "a").write_bytes(text.encode(encoding))
        assert read(tmp_path / "a") == text, encoding


def test_one_line_far_behind_decides(tmp_path: Path):
    text = "plain\n" * 300_000 + "服务太差了，我不会再来。\n"
    (tmp_path / "a").write_bytes(text.encode("gbk"))
    assert find_encoding(tmp_path / "a") == "gb18030"
    assert bad_line(tmp_path / "a", "utf-8") == 300_001


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Очень хороший фильм, спасибо", "cp1251"),
        ("這家酒店的服務太差了，我不會再來。", "big5"),
        ("とても良い映画でした。また見たいです", "shift-jis"),
        ("とても良い映画でした。また見たいです", "euc-jp"),
        ("정말 좋은 영화입니다. 감사합니다. 다시 보고 싶어요.\n" * 10, "euc-kr"),
    ],
)
def test_what_is_not_clear_is_refused_and_read_when_it_is_named(tmp_path: Path, text: str, encoding: str):
    (tmp_path / "a").write_bytes(text.encode(encoding))
    with pytest.raises(TableError, match=r"a, line 1 is not UTF-8, and the file is not clearly .*--encoding"):
        find_encoding(tmp_path / "a")
    assert read(tmp_path / "a", encoding) == text


def test_a_damaged_byte_does_not_make_utf8_something_else(tmp_path: Path):
    (tmp_path / "a").write_bytes("It’s fine\n".encode() * 50 + b"It\x92s not\n")
    with pytest.raises(TableError, match="line 51 is not UTF-8, but other lines are: mend this line"):
        find_encoding(tmp_path / "a")
    assert read(tmp_path / "a", "cp1252").endswith("It’s not\n")


def test_a_named_encoding_that_is_wrong_names_the_line(tmp_path: Path):
    (tmp_path / "a").write_bytes("plain\nplain\ntrès\n".encode("cp1252"))
    with pytest.raises(TableError, match=r"line 3 is not UTF-8 [(]give another --encoding"):
        read(tmp_path / "a", "utf-8")
    for name in ("klingon", "base64", "rot13", "\0", ""):
        with pytest.raises(TableError, match="there is no encoding"):
            find_encoding(tmp_path / "a", name)


def test_a_byte_order_mark_is_no_character(tmp_path: Path):
    for encoding, wanted in (("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("utf-8-sig", "UTF8"), ("utf-32", None)):
        (tmp_path / "a").write_bytes("很好\n".encode(encoding))
        assert read(tmp_path / "a", wanted) == "很好\n"


@BOTH
@given(st.binary(max_size=200))
def test_any_bytes_are_text_in_the_encoding_found_or_refused(tmp_path: Path, content: bytes):
    (tmp_path / "a").write_bytes(content)
    try:
        assert read(tmp_path / "a").encode("utf-8", "surrogatepass").count(b"\n") >= 0
    except TableError as error:
        assert "\n" not in str(error)
