"""English sentences by kind. See `patterns` for the slots and for the rules that give the labels."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

from .patterns import Domain, Grammar, read_domains, read_kinds, read_words
from .patterns_en_facts import FACTS_TEXT
from .patterns_en_kinds import KINDS_TEXT
from .patterns_en_words import DOMAINS_TEXT, GENERAL_TEXT, WORDS_TEXT

CLAUSE_CORPUS = "yelp_sentences"

FORMS = {
    "is": ("is", "are"),
    "was": ("was", "were"),
    "isn't": ("isn't", "aren't"),
    "wasn't": ("wasn't", "weren't"),
    "does": ("does", "do"),
    "doesn't": ("doesn't", "don't"),
    "has": ("has", "have"),
    "it": ("it", "they"),
    "them": ("it", "them"),
    "this": ("this", "these"),
    "This": ("This", "These"),
    "It_was": ("It was", "They were"),
    "that": ("that", "those"),
    "s": ("s", ""),
    "a": ("a ", ""),
}

CLAUSES_TEXT = """
## real: but good, positive, 4
{bad}, but {good}. | {bad} but {good}. | although {bad}, {good}. | even though {bad}, {good}. |
{bad}. however, {good}. | {bad}. but {good}. | {bad}, yet {good}. | {bad}. still, {good}. | {doubt}, but {good}.
## real: but bad, negative, 4
{good}, but {bad}. | {good} but {bad}. | although {good}, {bad}. | even though {good}, {bad}. |
{good}. however, {bad}. | {good}. but {bad}. | {good}, yet {bad}. | {good}. unfortunately, {bad}.
## real: praise denied, negative, 3
{good_denied}. | {good_denied}{after}. | {good_denied}, {bad_fact_}. | I don't think that {good_copula}.
## real: blame denied, positive, 3
{bad_denied}. | {bad_denied}{after}. | {bad_denied} and {good_fact_}. | I don't think that {bad_copula}.
## real: a fact, positive, 1
{good} and {good_fact_}. | {statement_} and {good}. | {good}.
## real: a bad fact, negative, 1
{bad} and {bad_fact_}. | {statement_} and {bad}. | {bad}.
"""
KINDS, CLAUSES = read_kinds(KINDS_TEXT), read_kinds(CLAUSES_TEXT)
WORDS = {**read_words(WORDS_TEXT), **read_words(FACTS_TEXT)}
# The same within a sentence.
WORDS |= {f"{name}_": WORDS[name] for name in ("good_fact", "bad_fact", "statement")}
DOMAINS = read_domains(DOMAINS_TEXT, Domain([], *read_words(GENERAL_TEXT).values()))

SHORT = 60
SPACED = [(r" (n't|'(?:s|re|ve|ll|d|m))\b", r"\1"), (r" ([.,!?;:])", r"\1"), (r"_num_", "ten")]
COPULA = re.compile(r"\b(is|was|are|were) ((?:really |very |so |pretty |quite |super )?)([a-z-]+)\b")
NEGATORS = re.compile(r"\b(not|never|no|nothing|nobody|hardly|but|although|though|however|without|if)\b|n't")
PLAIN_PRAISE = {word for domain in DOMAINS for word in domain.praise}
PLAIN_BLAME = {word for domain in DOMAINS for word in domain.blame} - {"hot", "light", "hard", "thin", "long"}


def clause_words(rows: Iterable[tuple[str, int]]) -> dict[str, list[str]]:
    """The slots of `CLAUSES`: clauses with a word of praise (label 1) or blame (0) alone, and some of them denied."""
    found: dict[str, dict[str, None]] = {
        name: {} for name in ("good", "bad", "good_copula", "bad_copula", "good_denied", "bad_denied")
    }
    for text, label in rows:
        clause = text.strip(" .!")
        for pattern, written in SPACED:
            clause = re.sub(pattern, written, clause)
        words = set(re.findall(r"[a-z-]+", clause))
        own, other = (PLAIN_PRAISE, PLAIN_BLAME) if label else (PLAIN_BLAME, PLAIN_PRAISE)
        if len(clause) > SHORT or not words & own or words & other or NEGATORS.search(clause) or "?" in clause:
            continue
        name = "good" if label else "bad"
        found[name].setdefault(clause)
        copula = COPULA.search(clause)
        # a clause with two copulas would be denied by half
        if copula and copula[3] in own and len(COPULA.findall(clause)) == 1 and " and " not in clause:
            found[f"{name}_copula"].setdefault(clause)
            found[f"{name}_denied"].setdefault(COPULA.sub(r"\1n't \2\3", clause))
    return {name: list(clauses) for name, clauses in found.items()}


def finish(text: str, rng: random.Random) -> str:
    """A sentence as somebody types it: its article, its first letter, its contractions, its end."""
    text = re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text)
    text = text[:1].upper() + text[1:]
    if rng.random() < 0.25:
        text = re.sub(r"\b(is|was|are|were|do|does|did|would|could|should|has|have)n't\b", r"\1 not", text)
    elif rng.random() < 0.08:
        text = text.replace("'", "")
    drawn = rng.random()
    if text.endswith(".") and drawn < 0.3:
        text = text[:-1] + ("" if drawn < 0.18 else "!" if drawn < 0.26 else "...")
    return text


GRAMMAR = Grammar(KINDS, WORDS, DOMAINS, FORMS, CLAUSES, finish)
