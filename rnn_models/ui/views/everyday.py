"""Sentences that praise or blame, with labels: what a unit is asked about sentiment on."""

from __future__ import annotations

import csv
from functools import cache

from ...publish.hub import EVERYDAY, project_files


@cache
def everyday_sentences(language: str) -> tuple[tuple[str, bool], ...]:
    """Everyday sentences of a language and whether each praises (or else blames); the neutral ones are left out.

    They are not part of the package but of the project: empty if its files are not here, or have no such language.
    """
    name = EVERYDAY.get(language)
    if name is None:
        return ()
    try:
        with (project_files() / name).open(encoding="utf-8", newline="") as file:
            rows = [(row["text"], row["label"]) for row in csv.DictReader(file, delimiter="\t")]
    except FileNotFoundError:
        return ()
    return tuple((text, label == "positive") for text, label in rows if label != "neutral")
