from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tokenizers import Tokenizer, normalizers

from rnn_models.tokenization import TOKENIZER_KINDS, html_to_text, train_tokenizer, with_html

CORPUS = ["I don't like it, it's \"bad\".", "A & B < C > D/E=F … – — ‘a’ “b” 好 <sigh>"]
PIECES = ["<br />", "<", ">", "b", "/", "&", "amp;", "lt;", "#39;", "#x27;", "quot;", "nbsp;", " ", "x='1'"]
SOURCES = st.text() | st.lists(st.sampled_from(PIECES)).map("".join)


@pytest.fixture(scope="module", params=TOKENIZER_KINDS)
def tokenizer(request):
    return train_tokenizer(request.param, CORPUS, html=True, lowercase=True)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("I don&#39;t, I don&#039;t, I don&#x27;t, I don&apos;t", "I don't, I don't, I don't, I don't"),
        ("&quot;so&#34; &LT;3 &lt; 5 &gt; 4&nbsp;&amp;&#160;&#38;&AMP;", '"so" <3 < 5 > 4 & &&'),
        ("it&rsquo;s&hellip; &ldquo;ok&#8221; &#8211; &mdash; it&#146;s", "it’s… “ok” – — it’s"),
        ("one<br /><br>two</p><P>three <a href=\"x?a=1&amp;b=2\" class='y'>here</a>", "one  two  three  here "),
        ("escaped &amp;quot;twice&amp;amp;quot; &lt;br/&gt;and so on", 'escaped "twice"  and so on'),
    ],
)
def test_html_becomes_text(source: str, text: str):
    assert html_to_text(source) == text


@pytest.mark.parametrize(
    "text",
    [
        "<sigh> 3 < 5 and 7 > 2, I <3 it >:(",
        "a <b and c> d, <spoiler>, <http://example.org>",
        "《三国》和<三国演义>，<穿PRADA的恶魔>",
        "AT&T, R&B; Q&A; &copy=1 &lt &345; &#345; a&b",
        "a no-break\u00a0space",
    ],
)
def test_text_that_is_not_html_stays_unchanged(text: str):
    assert html_to_text(text) == text


@given(st.text())
def test_escaped_characters_are_read_as_the_originals(text: str):
    plain = html_to_text(text)
    assume(html_to_text(plain) == plain)
    assert html_to_text(html.escape(plain)) == plain


@given(SOURCES)
def test_converting_html_twice_changes_nothing_more(source: str):
    assume(not re.search("<[^<>]*<", html.unescape(html.unescape(source))))  # a tag nested in a tag
    text = html_to_text(source)
    assert html_to_text(text) == text


@given(SOURCES)
def test_a_tokenizer_reads_html_as_its_text(tokenizer, source: str):
    text = html_to_text(source)
    assume(html_to_text(text) == text)
    assert tokenizer(source)["input_ids"] == tokenizer(text)["input_ids"]


def test_the_saved_tokenizer_reads_html_without_this_package_and_without_transformers(tmp_path: Path):
    tokenizer = train_tokenizer("byte-pair", CORPUS, html=True, lowercase=True)
    tokenizer.save_pretrained(tmp_path)
    written, plain = "I don&#39;t<br />like &quot;it&quot;", 'i don\'t like "it"'
    alone = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert alone.encode(written).ids == tokenizer(plain)["input_ids"]
    code = "import json, sys; sys.modules['rnn_models'] = None\nfrom transformers import AutoTokenizer\n"
    code += "print(json.dumps(AutoTokenizer.from_pretrained(sys.argv[1])(sys.argv[2])['input_ids']))"
    answer = subprocess.run([sys.executable, "-c", code, tmp_path, written], capture_output=True, check=True)
    assert json.loads(answer.stdout) == tokenizer(plain)["input_ids"]


def test_the_rules_are_put_once_before_those_of_an_existing_tokenizer():
    once = with_html(normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()]))
    assert with_html(once) is once
    assert once.normalize_str("Don&#39;T") == "don't"
    assert with_html(with_html(None)).normalize_str("Don&#39;T") == "Don'T"
    assert with_html(normalizers.Lowercase()).normalize_str("Don&#39;T &QUOT;") == "don't \""
