"""What a tokenizer does to a text first. It is saved in `tokenizer.json`, so that whoever loads the tokenizer, with
this package or without, reads a text as the model learned to."""

from __future__ import annotations

from functools import cache
from html.entities import html5

from tokenizers import Regex, normalizers

from .unicode import unicode_rules

# Elements that stand in texts: a sigh is often written <sigh>, and a Chinese book's title in the same signs.
ELEMENTS = (
    "a", "abbr", "b", "big", "blockquote", "br", "center", "cite", "code", "dd", "del", "div", "dl", "dt", "em",
    "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q",
    "s", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "tt", "u",
    "ul",
)  # fmt: skip
ATTRIBUTE = r"""\s+[\w:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'|[^\s"'<>=]+)"""
# What programs escape, and what typography becomes, with what is read in its place: a no-break space is a blank. Each
# costs a text some microseconds.
REFERENCED = {character: character for character in "\"'<>/`=…–—‘’“”"} | {"\u00a0": " "}


def normalizer(
    *, html: bool = False, unicode: bool = False, chinese: bool = False, lowercase: bool = False
) -> normalizers.Normalizer | None:
    """The normalizer of a tokenizer, None where it changes nothing.

    Args:
        html: as `html_rules` has it.
        unicode, chinese: as `unicode_rules` has it.
        lowercase: letters become small.
    """
    rules = html_rules() if html else []
    rules += unicode_rules(chinese=chinese) if unicode else []
    rules += [normalizers.Lowercase()] if lowercase else []
    return normalizers.Sequence(rules) if len(rules) > 1 else next(iter(rules), None)


def with_html(existing: normalizers.Normalizer | None) -> normalizers.Normalizer:
    """A normalizer with `html_rules` in front of it, once."""
    rules = html_rules()
    if existing is None:
        return normalizers.Sequence(rules)
    theirs = [*existing] if isinstance(existing, normalizers.Sequence) else [existing]
    begins = [rule.__getstate__() for rule in theirs[: len(rules)]] == [rule.__getstate__() for rule in rules]
    return existing if begins else normalizers.Sequence([*rules, *theirs])


def with_unicode(existing: normalizers.Normalizer | None, *, chinese: bool) -> normalizers.Normalizer:
    """A normalizer with `unicode_rules` in it, once: after what makes text, before letters become small."""
    rules = unicode_rules(chinese=chinese)
    theirs = [*existing] if isinstance(existing, normalizers.Sequence) else [existing] if existing else []
    states = [rule.__getstate__() for rule in theirs]
    if rules[-1].__getstate__() in states:
        return normalizers.Sequence(theirs)
    # a table of another version of these rules gives way
    theirs = [rule for rule in theirs if not isinstance(rule, (normalizers.NFC, normalizers.Precompiled))]
    last = len(theirs) - (bool(theirs) and isinstance(theirs[-1], normalizers.Lowercase))
    return normalizers.Sequence([*theirs[:last], *rules, *theirs[last:]])


def html_to_text(text: str) -> str:
    """A text as a tokenizer with `html_rules` reads it."""
    return _html_rules().normalize_str(text)


@cache
def _html_rules() -> normalizers.Sequence:
    return normalizers.Sequence(html_rules())


def html_rules() -> list[normalizers.Normalizer]:
    """HTML to text: character references become their characters, and then each tag a blank.

    References are those of `REFERENCED`, by name or number (`&quot;`, `&#34;`, `&#x22;`), and of `&`, which may have
    been escaped several times over (`&amp;amp;lt;`). Other references and anything between angle brackets that is no
    HTML stay as they are. Doing it twice is doing it once, unless a tag stands within a tag.
    """
    ampersand = _rule(f"&(?:(?:{'|'.join(_references('&'))});)+", "&")
    others = [_rule(f"&(?:{'|'.join(_references(character))});", written) for character, written in REFERENCED.items()]
    tag = rf"</?(?:{'|'.join(map(_any_case, ELEMENTS))})(?:{ATTRIBUTE})*\s*/?>"
    return [ampersand, *others, _rule(tag, " ")]


def _rule(pattern: str, content: str) -> normalizers.Replace:
    return normalizers.Replace(Regex(pattern), content)


def _references(character: str) -> list[str]:
    """Patterns of what stands for a character between `&` and `;`."""
    names = sorted(name.removesuffix(";") for name, meant in html5.items() if meant == character and name[-1] == ";")
    # by the standard, numbers from 128 to 159 mean what they do in Windows' code page
    # https://html.spec.whatwg.org/multipage/parsing.html#numeric-character-reference-end-state
    numbers = sorted({ord(character), character.encode("cp1252")[0]})
    return names + [form for number in numbers for form in (f"#0*{number}", f"#[xX]0*{_any_case(f'{number:x}')}")]


def _any_case(word: str) -> str:
    """A pattern of a word, small or large. A flag for that is one that the tokenizers of browsers do not all know."""
    return "".join(f"[{letter}{letter.upper()}]" if letter.isalpha() else letter for letter in word)
