"""Regularities of a language that corpora lack, written down and generated as training rows.

    python -m rnn_models.data.patterns en data --data_root data
    python train.py recipes/sentiment-en.yaml --data_root data

writes `data/patterns_en`: negation, double negation, litotes, concession, plain statements and questions, praise and
blame told as facts. Corpora of opinions have few of them. Each row is a template of `patterns_en` or `patterns_zh`
filled with words at random, or is made of real clauses of a corpus, two of them joined by "but", or one negated.

The rules that give the labels:

- "not" turns a word round: "not good" is negative, "not bad" is positive; two negations give back what was said.
- Of "A but B" and "although A, B", B is the verdict.
- Good and bad side by side without such a word ("nice screen, terrible speakers") is neutral, as faint praise is.
- What happened is judged as a reader would: a zipper that breaks is blame, though no word of it is.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from ..console import spell_options
from .layout import Corpus, LayoutError, lay_out

LANGUAGES = ("en", "zh")
LABELS = ("negative", "neutral", "positive")
NEGATIVE, NEUTRAL, POSITIVE = range(3)
ROWS = 30_000
# One of this many rows is for validation.
VALIDATION = 20
# A kind that has no more sentences than these tries find is exhausted.
TRIES = 40
SLOT = re.compile(r"\{([^{}]+)\}")


class Kind(NamedTuple):
    """A kind of sentence: its label, its share of the rows in parts, and its templates."""

    label: int
    parts: float
    templates: Sequence[str]


class Domain(NamedTuple):
    """Things that are spoken of, and what praises and blames them. A plural has `*` behind it."""

    things: Sequence[str]
    praise: Sequence[str]
    blame: Sequence[str]


class Grammar(NamedTuple):
    """What a language's module has.

    Attributes:
        kinds: the sentences by their kind.
        words: what a slot `{name}` of a template is filled with; may hold slots itself.
        domains: for the slots `{N}` (thing), `{P}` (praise), `{M}` (blame) and those of a second domain, `{N2}`...
        forms: slots that agree with the thing in number: singular, plural.
        clauses: kinds made of the clauses of a corpus, in slots as `{good}` and `{bad}`.
        finish: the last touch to a sentence, with random numbers.
    """

    kinds: Mapping[str, Kind]
    words: Mapping[str, Sequence[str]]
    domains: Sequence[Domain]
    forms: Mapping[str, tuple[str, str]]
    clauses: Mapping[str, Kind]
    finish: Callable[[str, random.Random], str]


def read_kinds(text: str) -> dict[str, Kind]:
    """Kinds as they are written down: `## name, label, parts`, then the templates, ` | ` between two."""
    found: dict[str, Kind] = {}
    for part in text.split("## ")[1:]:
        head, _, templates = part.partition("\n")
        name, label, parts = head.rsplit(", ", 2)
        lines = templates.replace(" |\n", "\n").strip().splitlines()
        found[name] = Kind(LABELS.index(label), float(parts), [one for line in lines for one in line.split(" | ")])
    return found


def read_words(text: str) -> dict[str, list[str]]:
    """Words as they are written down: `slot: one|another`, longer ones go on in indented lines."""
    slots = (line.split(": ", 1) for line in text.strip("\n").replace("\n  ", "").splitlines())
    return {name: words.split("|") for name, words in slots}


def read_domains(text: str, general: Domain | None = None) -> list[Domain]:
    """Domains as they are written down, each its `things`, `praise` and `blame`; half of each is that of `general`."""
    general = general or Domain([], [], [])
    found = []
    for part in text.split("things: ")[1:]:
        own = read_words("things: " + part)
        words = {
            name: own[name] * (1 + len(common) // len(own[name])) + list(common)
            for name, common in (("praise", general.praise), ("blame", general.blame))
        }
        found.append(Domain(own["things"], words["praise"], words["blame"]))
    return found


def grammar(language: str) -> Grammar:
    """The grammar of a language of `LANGUAGES`."""
    return language_module(language).GRAMMAR


def language_module(language: str) -> Any:
    """`patterns_LANGUAGE`: its `GRAMMAR`, the corpus of its clauses, and what takes them from it."""
    return import_module(f"{__package__}.patterns_{language}")


def fill(template: str, rules: Grammar, rng: random.Random) -> str:
    """A template with words in its slots, all of one number and from at most two domains."""
    slots: dict[str, str] = {}
    for mark, domain in zip(("", "2"), rng.sample(list(rules.domains), 2), strict=True):
        thing = rng.choice(domain.things)
        plural = thing.endswith("*")
        slots |= {f"N{mark}": thing.rstrip("*")}
        slots |= {f"{name}{mark}": pair[plural] for name, pair in rules.forms.items()}
        praise, more = rng.sample(list(domain.praise), 2)
        blame, worse = rng.sample(list(domain.blame), 2)
        slots |= {f"P{mark}": praise, f"PP{mark}": more, f"M{mark}": blame, f"MM{mark}": worse}
    text = template
    while found := SLOT.search(text):
        name = found[1]
        word = slots[name] if name in slots else rng.choice(rules.words[name])
        text = text[: found.start()] + word + text[found.end() :]
    return text


def sentences(kind: Kind, rules: Grammar, rng: random.Random) -> Iterator[str]:
    """Sentences of a kind without end, their templates in turn."""
    while True:
        for template in rng.sample(list(kind.templates), len(kind.templates)):
            yield rules.finish(fill(template, rules, rng), rng)


def generate(
    language: str, rows: int = ROWS, seed: int = 0, clauses: Mapping[str, Sequence[str]] | None = None
) -> list[dict[str, object]]:
    """`rows` rows at most, each text once: `text`, `label` (index into `LABELS`) and `kind`.

    `clauses` are real ones by their slot; without them the kinds that are made of them are left out.
    """
    rules = grammar(language)
    if clauses is not None:
        rules = rules._replace(kinds={**rules.kinds, **rules.clauses}, words={**rules.words, **clauses})
    rng = random.Random(seed)
    parts = sum(kind.parts for kind in rules.kinds.values())
    found: dict[str, dict[str, object]] = {}
    for name, kind in rules.kinds.items():
        wanted, tries = round(rows * kind.parts / parts), 0
        for text in sentences(kind, rules, rng):
            if wanted == 0 or tries == TRIES * len(kind.templates):
                break
            tries = tries + 1 if text in found else 0
            wanted -= text not in found
            found.setdefault(text, {"text": text, "label": kind.label, "kind": name})
    shuffled = list(found.values())
    rng.shuffle(shuffled)
    return shuffled


def read_clauses(language: str, data_root: Path) -> dict[str, list[str]]:
    """Short clauses of the language's corpus below `data_root` that praise or blame in clear words, by slot."""
    import pyarrow.parquet

    module = language_module(language)
    path = data_root / module.CLAUSE_CORPUS / "data" / "train-00000-of-00001.parquet"
    if not path.is_file():
        raise LayoutError(f"{path} is missing: its clauses are joined; lay out {module.CLAUSE_CORPUS} there first")
    table = pyarrow.parquet.read_table(path, columns=["text", "label"])
    return module.clause_words(zip(table["text"].to_pylist(), table["label"].to_pylist(), strict=True))


DESCRIPTION = """{rows} sentences made by `python -m rnn_models.data.patterns {language}`: templates filled with words
at random, and clauses of {corpus} joined or denied. They teach what corpora of opinions lack (negation, litotes,
concession, plain statements, praise and blame told as facts) and are no evidence that a model can do it: judge it on
sentences that the templates cannot make, as those in `everyday/`."""


def write(language: str, out: Path, data_root: Path, rows: int, seed: int) -> dict[str, int]:
    """Write `out/patterns_LANGUAGE`, laid out as a data set on the Hub. Returns the rows of each split.

    Raises:
        LayoutError: the corpus of the clauses is not below `data_root`, or the folder exists already.
    """
    module = language_module(language)

    def read(source: Path) -> dict[str, list[dict[str, object]]]:
        made = generate(language, rows, seed, read_clauses(language, source))
        return {
            "train": [row for place, row in enumerate(made) if place % VALIDATION],
            "validation": made[::VALIDATION],
        }

    corpus = Corpus(
        read=read,
        source=module.CLAUSE_CORPUS,
        front_matter=f"language: {language}\nlicense: other\ntask_categories: [text-classification]",
        features=(
            "  - name: text\n    dtype: string\n  - name: label\n    dtype:\n      class_label:\n        names:\n"
            + "\n".join(f"          '{index}': {label}" for index, label in enumerate(LABELS))
            + "\n  - name: kind\n    dtype: string"
        ),
        description=DESCRIPTION.format(rows=f"{rows:,}", language=language, corpus=module.CLAUSE_CORPUS),
    )
    return lay_out(f"patterns_{language}", data_root, out, corpus)


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m rnn_models.data.patterns",
        description="Write training rows of regularities that corpora lack, for train.py --data_root.",
    )
    parser.add_argument("language", choices=LANGUAGES)
    parser.add_argument("out", type=Path, help="folder of corpora: they are written to OUT/patterns_LANGUAGE")
    parser.add_argument("--data_root", type=Path, help="folder of the corpora whose clauses are joined [OUT]")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"[{ROWS}]")
    parser.add_argument("--seed", type=int, default=0, help="decides them [0]")
    options = parser.parse_args(spell_options(arguments))
    try:
        rows = write(options.language, options.out, options.data_root or options.out, options.rows, options.seed)
    except (LayoutError, OSError) as error:
        print(f"patterns: error: {error}", file=sys.stderr)
        return 2
    name = f"patterns_{options.language}"
    print(f"{options.out / name}: " + ", ".join(f"{split} {count} rows" for split, count in rows.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
