"""JSON is written completely or not at all, and any parser accepts it; signed cards are recognised."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rnn_models.files import UnwritableError, write_json
from rnn_models.signing import is_as_written, sign

anywhere = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=5), parts, max_size=3),
    max_leaves=12,
)


def is_json(found: object) -> bool:
    """Whether the strictest parser accepts it."""
    try:
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        return False
    return True


@anywhere
@given(found=JSON)
def test_values_are_read_back_unchanged_or_nothing_is_written(tmp_path: Path, found: object):
    path = tmp_path / "metrics.json"
    path.write_text("before", encoding="utf-8")
    if is_json(found):
        write_json(found, path)
        assert json.loads(path.read_text(encoding="utf-8"), parse_constant=pytest.fail) == found
    else:
        with pytest.raises(UnwritableError, match="was not written"):
            write_json(found, path)
        assert path.read_text(encoding="utf-8") == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.json"]


def test_a_value_that_json_cannot_hold_is_named_with_its_position(tmp_path: Path):
    with pytest.raises(UnwritableError, match=r"rows\.1\.perplexity is inf"):
        write_json({"rows": [{"perplexity": 1.0}, {"perplexity": math.inf}]}, tmp_path / "metrics.json")


@anywhere
@given(text=TEXTS, line_break=st.sampled_from(["\n", "\r\n"]))
@example("\r", "\r\n")
def test_a_card_is_recognised_as_written_whatever_its_line_breaks(tmp_path: Path, text: str, line_break: str):
    path = tmp_path / "README.md"
    path.write_bytes(sign(f"{text}\n").replace("\n", line_break).encode())
    assert is_as_written(path)


@anywhere
@given(text=TEXTS, added=st.text("ab \n", min_size=1), place=st.integers(min_value=0))
def test_a_card_that_was_edited_anywhere_is_recognised_as_edited(tmp_path: Path, text: str, added: str, place: int):
    path = tmp_path / "README.md"
    signed = sign(f"{text}\n")
    place %= len(signed)
    edited = signed[:place] + added + signed[place:]
    path.write_text(edited, encoding="utf-8", newline="\n")
    assert is_as_written(path) == (edited.rstrip("\n") == signed.rstrip("\n"))


@pytest.mark.parametrize("content", [b"", b"\n", b"# Mine\n", b"\xff\n", b"<!-- Written by rnn_models -->\n"])
def test_another_text_is_not_recognised_as_written(tmp_path: Path, content: bytes):
    (tmp_path / "README.md").write_bytes(content)
    assert not is_as_written(tmp_path / "README.md")
