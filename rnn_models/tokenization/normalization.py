"""Normalization, the first step of a tokenizer. It is saved in `tokenizer.json`, so that everyone who loads the
tokenizer, with or without this package, reads a text as the model did in training."""

from __future__ import annotations

from functools import cache
from html.entities import html5

from tokenizers import Regex, normalizers

from .unicode import unicode_rules

# Only elements that occur in texts: a sigh is often written <sigh>, and Chinese book titles stand between < and > too.
ELEMENTS = (
    "a", "abbr", "b", "big", "blockquote", "br", "center", "cite", "code", "dd", "del", "div", "dl", "dt", "em",
    "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q",
    "s", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "tt", "u",
    "ul",
)  # fmt: skip
ATTRIBUTE = r"""\s+[\w:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'|[^\s"'<>=]+)"""
# Characters that programs escape, among them typographic ones, with their replacements: a no-break space becomes a
# space. Each entry costs some microseconds per text.
REFERENCED = {character: character for character in "\"'<>/`=…–—‘’“”"} | {"\u00a0": " "}


def normalizer(
    *, html: bool = False, unicode: bool = False, chinese: bool = False, lowercase: bool = False
) -> normalizers.Normalizer | None:
    """The normalizer of a tokenizer; None if it changes nothing.

    Args:
        html: apply `html_rules`.
        unicode, chinese: apply `unicode_rules`, with its option `chinese`.
        lowercase: convert letters to lower case.
    """
    rules = html_rules() if html else []
    rules += unicode_rules(chinese=chinese) if unicode else []
    rules += [normalizers.Lowercase()] if lowercase else []
    return normalizers.Sequence(rules) if len(rules) > 1 else next(iter(rules), None)


def with_html(existing: normalizers.Normalizer | None) -> normalizers.Normalizer:
    """A normalizer preceded by `html_rules`, which are added only if they are not there yet."""
    rules, theirs = html_rules(), _rules_of(existing)
    begins = [rule.__getstate__() for rule in theirs[: len(rules)]] == [rule.__getstate__() for rule in rules]
    return existing if existing and begins else normalizers.Sequence([*rules, *theirs])


def with_unicode(existing: normalizers.Normalizer | None, *, chinese: bool) -> normalizers.Normalizer:
    """A normalizer with `unicode_rules` after the HTML rules and before lower-casing, added only if not there yet."""
    rules = unicode_rules(chinese=chinese)
    theirs = _rules_of(existing)
    states = [rule.__getstate__() for rule in theirs]
    if rules[-1].__getstate__() in states:
        return normalizers.Sequence(theirs)
    # Replace the table of another version of these rules.
    theirs = [rule for rule in theirs if not isinstance(rule, (normalizers.NFC, normalizers.Precompiled))]
    last = len(theirs) - (bool(theirs) and isinstance(theirs[-1], normalizers.Lowercase))
    return normalizers.Sequence([*theirs[:last], *rules, *theirs[last:]])


def _rules_of(existing: normalizers.Normalizer | None) -> list[normalizers.Normalizer]:
    if isinstance(existing, normalizers.Sequence):
        return [existing[index] for index in range(len(existing))]
    return [existing] if existing else []


def html_to_text(text: str) -> str:
    """A text after `html_rules`."""
    return _html_rules().normalize_str(text)


@cache
def _html_rules() -> normalizers.Sequence:
    return normalizers.Sequence(html_rules())


def html_rules() -> list[normalizers.Normalizer]:
    """HTML to text: character references become their characters, then each tag becomes a space.

    Replaces only references to the characters in `REFERENCED`, by name or number (`&quot;`, `&#34;`, `&#x22;`), and to
    `&`, which may have been escaped several times (`&amp;amp;lt;`). Other references, and anything between angle
    brackets that is not HTML, stay as they are. Applying the rules twice changes nothing more, unless a tag is nested
    in a tag.
    """
    ampersand = _rule(f"&(?:(?:{'|'.join(_references('&'))});)+", "&")
    others = [_rule(f"&(?:{'|'.join(_references(character))});", written) for character, written in REFERENCED.items()]
    tag = rf"</?(?:{'|'.join(map(_any_case, ELEMENTS))})(?:{ATTRIBUTE})*\s*/?>"
    return [ampersand, *others, _rule(tag, " ")]


def _rule(pattern: str, content: str) -> normalizers.Replace:
    return normalizers.Replace(Regex(pattern), content)


def _references(character: str) -> list[str]:
    """Patterns for the references to a character, without `&` and `;`."""
    names = sorted(name.removesuffix(";") for name, meant in html5.items() if meant == character and name[-1] == ";")
    # In HTML the numbers 128 to 159 refer to the Windows-1252 code page:
    # https://html.spec.whatwg.org/multipage/parsing.html#numeric-character-reference-end-state
    numbers = sorted({ord(character), character.encode("cp1252")[0]})
    return names + [form for number in numbers for form in (f"#0*{number}", f"#[xX]0*{_any_case(f'{number:x}')}")]


def _any_case(word: str) -> str:
    """A pattern for a word in upper or lower case. Not all JavaScript tokenizers support the flag for this."""
    return "".join(f"[{letter}{letter.upper()}]" if letter.isalpha() else letter for letter in word)
