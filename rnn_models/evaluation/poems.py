"""Regular Chinese poems (jueju and lüshi): whether a generator keeps their form, whether it rhymes, what it copies.

Rhymes are those of modern Mandarin, while Tang poets rhymed by the sounds of their own time. So the metrics of real
poems are the upper bound, and those of the same lines in random order are chance.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..data.corpora import Corpus
from ..inference.verse import HAN, LENGTHS, Ending, endings_rhyme, even_lines, poem_lines, poem_rhymes
from .samples import copied_share, write_tokens

NUMBER = 200
# Far more than the 67 characters of the longest regular poem.
MAX_TOKENS = 200
# The share of regular poems among the validation texts that makes a corpus one of regular poems.
REGULAR_SHARE = 0.9
SHUFFLES = 20


def are_poems(texts: Sequence[str]) -> bool:
    """Whether at least nine in ten texts are regular poems."""
    return bool(texts) and sum(poem_lines(text) is not None for text in texts) >= REGULAR_SHARE * len(texts)


def form_metrics(texts: Sequence[str], training_texts: Sequence[str]) -> dict[str, float]:
    """All metrics of some poems; those with nothing to count are left out.

    `regular`: share of the texts that are regular poems. `rhyming_poems`, `rhyming_lines`: see `rhyme_metrics`, over
    the regular poems. `copied_lines_5`, `copied_lines_7`: share of the lines of 5 or 7 characters, in all texts, that
    occur verbatim in a training text.
    """
    poems = [lines for text in texts if (lines := poem_lines(text)) is not None]
    metrics = {"regular": len(poems) / len(texts)} | rhyme_metrics(even_lines(poems))
    runs = [run for text in texts for run in re.findall(f"{HAN}+", text)]
    for length in LENGTHS:
        lines = [run for run in runs if len(run) == length]
        if lines:
            metrics[f"copied_lines_{length}"] = copied_share(lines, training_texts, length)
    return metrics


def rhyme_metrics(poems: Sequence[Sequence[Ending]]) -> dict[str, float]:
    """`rhyming_lines`: share of the even lines, except the first of each poem, that rhyme with the even line before.
    `rhyming_poems`: share of the poems in which all of them do, without repeating a character.

    A character does not rhyme with itself. Empty if there are no poems.
    """
    if not poems:
        return {}
    lines = [endings_rhyme(*pair) for poem in poems for pair in pairwise(poem)]
    rhyming = sum(map(poem_rhymes, poems))
    return {"rhyming_poems": rhyming / len(poems), "rhyming_lines": sum(lines) / len(lines)}


def chance_metrics(poems: Sequence[Sequence[Ending]], seed: int) -> dict[str, float]:
    """`rhyme_metrics` with the even lines of all poems shuffled, averaged over `SHUFFLES` shuffles."""
    endings = [ending for poem in poems for ending in poem]
    rng = np.random.default_rng(seed)
    times = []
    for _ in range(SHUFFLES if poems else 0):
        shuffled = iter([endings[i] for i in rng.permutation(len(endings))])
        times.append(rhyme_metrics([[next(shuffled) for _ in poem] for poem in poems]))
    return {name: float(np.mean([metrics[name] for metrics in times])) for name in (times[0] if times else {})}


def poem_rows(model: Any, tokenizer: Any, corpora: Sequence[Corpus], seed: int) -> list[dict[str, Any]]:
    """The metrics of `NUMBER` poems generated from the beginning token with the model's own `generate` defaults, and
    of the validation poems of the corpora; below each, how its even lines rhyme by chance.

    `finished`: share of the poems that the model ended itself.
    """
    training_texts = [text for corpus in corpora for text in corpus.train.texts]
    held_out = [text for corpus in corpora for text in corpus.validation.texts]
    tokens = write_tokens(model, tokenizer, number=NUMBER, length=MAX_TOKENS, prompt="", seed=seed)
    written = tokenizer.batch_decode(tokens, skip_special_tokens=True)
    finished = (tokens == tokenizer.eos_token_id).any(dim=1).float().mean().item()
    names = ", ".join(corpus.name for corpus in corpora)
    rows = []
    for about, texts, metrics in (
        ({"data_set": "samples", "split": "", "model": "network"}, written, {"finished": finished}),
        ({"data_set": names, "split": corpora[0].validation.name, "model": "held-out text"}, held_out, {}),
    ):
        chance = chance_metrics(even_lines([lines for text in texts if (lines := poem_lines(text))]), seed)
        rows.append({**about, "rows": len(texts), **metrics, **form_metrics(texts, training_texts)})
        rows.append({**about, "rows": len(texts), "model": f"{about['model']}, lines shuffled", **chance})
    return rows


def poem_notes(seed: int) -> dict[str, str]:
    """How to read the metrics."""
    import pypinyin

    return {
        "poems": f"{NUMBER} with the model's own generation settings, seed {seed}, from the beginning token only",
        "finished": f"the model generated its end token within {MAX_TOKENS} tokens",
        "regular": "4 or 8 lines, all of 5 or all of 7 characters, two per line of text, with verse punctuation",
        "rhyming": (
            "even lines of regular poems that rhyme with the even line before; in a rhyming poem all do, without "
            "repeating a character; tones ignored, by the fourteen rhymes of Zhonghua Xinyun (Chinese Poetry "
            f"Society), read by pypinyin {pypinyin.__version__}; by these modern sounds not all older verse rhymes"
        ),
        "lines_shuffled": f"the even lines of the row above, shuffled, mean of {SHUFFLES} times: rhyme by chance",
        "copied_lines": "share of the lines of 5 or 7 characters that occur verbatim in the training text",
    }
