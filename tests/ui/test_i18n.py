from __future__ import annotations

import re
import string
from pathlib import Path
from types import SimpleNamespace

import pytest

from rnn_models.data.tables import ERRORS, REMARKS
from rnn_models.ui import i18n
from rnn_models.ui.i18n import TEXTS, language_of, page_texts, say
from rnn_models.ui.results import ORDERS

FOLDER = Path(i18n.__file__).parent
SOURCES = [path for path in FOLDER.rglob("*.py") if path.name != "i18n.py" and not path.name.startswith("texts")]
SCRIPTS = sorted((FOLDER / "views").glob("*.js"))
PARTS = sorted((FOLDER / "pages").glob("*.js"))


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", TEXTS)
def test_every_text_says_the_same_in_both_languages(key):
    english, chinese = TEXTS[key]
    assert english and chinese
    assert fields(english) == fields(chinese)
    if key == "other_language":  # each language is called by its own name
        english, chinese = chinese, english
    assert key in ("top_k", "top_p") or re.search("[\u4e00-\u9fff]", chinese)
    assert not re.search("[\u4e00-\u9fff]", english)


def test_every_text_is_used_and_every_used_text_is_there():
    used = set()
    for path in SOURCES:
        used |= set(re.findall(r'"([a-z_]+)"', path.read_text(encoding="utf-8")))
        named = re.findall(r'(?:on_page|say|refuse)\(\s*"([a-z_]+)"', path.read_text(encoding="utf-8"))
        assert set(named) <= set(TEXTS), path.name
    used_otherwise = {"error"}  # in i18n.py itself
    used_otherwise |= {f"table_{kind}" for kind in (*ERRORS, *REMARKS, "taken")}  # by what tables say
    used_otherwise |= {f"file_order_{order}" for order in ORDERS} | {f"column_{x}" for x in ("row", "text", "label")}
    used_otherwise |= {
        f"not_learnt_{reason}" for reason in ("language", "script", "signs")
    }  # by what `not_learnt` says
    used_otherwise |= {f"state_{reason}" for reason in ("model", "weights", "shapes", "values")}  # by `NotAStateError`
    used_otherwise |= {f"verse_{rule}" for rule in ("form", "acrostic", "rhyme")}  # by `kept_rules`
    used |= {key for key in TEXTS if key.startswith("inside_name_")}  # whatever cells call their gates
    for path in SCRIPTS:
        script = path.read_text(encoding="utf-8")
        named = {f"inside_{key}" for key in re.findall(r'(?:say|field)\("([a-z_]+)"', script)}
        assert named <= set(TEXTS), path.name
        beginnings = tuple(f"inside_{key}" for key in re.findall(r"say\(`([a-z]+_)\$\{", script))
        used |= named | {key for key in TEXTS if beginnings and key.startswith(beginnings)}
        # in a list of what may be said, such as `a ? say("x") : say("y")` spells it; or handed on as a string
        used |= {f"inside_{key}" for key in re.findall(r'"([a-z_]+)"', script)}
    for path in PARTS:
        named = {f"page_{key}" for key in re.findall(r'(?:say|button)\("([a-z_]+)"', path.read_text(encoding="utf-8"))}
        assert named <= set(TEXTS), path.name
        used |= named
    used |= {f"kind_{kind}" for kind in ("boolean", "number", "string", "list", "object")}  # by the type of a value
    assert set(TEXTS) - used - used_otherwise == set()


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-US,en;q=0.9,zh-CN;q=0.8", "en"),
        ("fr-FR,fr;q=0.9,en;q=0.8,zh;q=0.7", "en"),
        ("de", "en"),
        ("zh", "zh"),
        ("", "en"),
        ("*", "en"),
    ],
)
def test_the_request_says_its_language(header, language):
    assert language_of(SimpleNamespace(headers={"accept-language": header})) == language


def test_without_a_request_the_language_is_english():
    assert say("empty", None) == TEXTS["empty"][0]


def test_page_texts_have_gradios_two_chinese_codes():
    texts = page_texts(rows="7").translations
    assert set(texts) == {"en", "zh-CN", "zh-TW"}
    assert "at most 7 rows" in texts["en"]["rnn_file_hint"]
