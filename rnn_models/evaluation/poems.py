"""The form of regular Chinese poems (jueju and lüshi): whether a generator keeps it, whether it rhymes and copies.

Rhyme is that of modern Mandarin, while Tang poets rhymed by the sounds of their own time: their poems, measured alike,
say how high the figures can go, and the same lines in random order what they are by chance.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain, pairwise
from typing import Any

import numpy as np

from ..data import InputError
from ..data.corpora import Corpus
from .samples import copied_share, write_tokens

NUMBER = 200
# Far more than the longest regular poem has characters, which is 67.
MAX_TOKENS = 200
# A corpus is one of regular poems where so many of its validation texts are.
REGULAR_SHARE = 0.9
SHUFFLES = 20
LENGTHS = (5, 7)
HAN = r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
# A couplet is a line of the text; its halves are the lines of the poem.
COUPLETS = [re.compile(rf"({HAN}{{{length}}})[，；？！]({HAN}{{{length}}})[。？！]") for length in LENGTHS]
COUPLET_COUNTS = (2, 4)
# Zhonghua Xinyun (中华新韵), the fourteen rhymes of modern Mandarin after the Chinese Poetry Society
# (中华诗词学会), each with its finals in Hanyu Pinyin: v is ü, -i the vowel of zhi, chi, shi, ri, zi, ci, si.
RHYMES = {
    "麻": "a ia ua",
    "波": "o e uo",
    "皆": "ie ve",
    "开": "ai uai",
    "微": "ei uei",
    "豪": "ao iao",
    "尤": "ou iou",
    "寒": "an ian uan van",
    "文": "en in uen vn",
    "唐": "ang iang uang",
    "庚": "eng ing ueng ong iong",
    "齐": "i er v",
    "支": "-i",
    "姑": "u",
}
APICAL = ("zhi", "chi", "shi", "ri", "zi", "ci", "si")
# The last character of a line, and the rhyme it ends on.
Ending = tuple[str, str | None]
PYPINYIN = "pypinyin>=0.55,<0.56"


def require_pypinyin() -> None:
    """Raise `InputError` where pypinyin is not installed."""
    try:
        import pypinyin  # noqa: F401
    except ImportError:
        raise InputError(f"the rhymes of poems need pypinyin: pip install '{PYPINYIN}', or give --samples 0") from None


def are_poems(texts: Sequence[str]) -> bool:
    """Whether nine texts of ten or more are regular poems."""
    return bool(texts) and sum(poem_lines(text) is not None for text in texts) >= REGULAR_SHARE * len(texts)


def poem_lines(text: str) -> list[str] | None:
    """The 4 or 8 lines of a regular poem, all of 5 or all of 7 characters, without their punctuation; else None.

    Two lines, each with its mark, make a line of the text: one of `，；？！` behind the first, of `。？！` behind the
    second.
    """
    couplets = text.split("\n")
    if len(couplets) not in COUPLET_COUNTS:
        return None
    for pattern in COUPLETS:
        found = [pattern.fullmatch(couplet) for couplet in couplets]
        if all(found):
            return [line for match in found if match for line in match.groups()]
    return None


def rhyme(line: str) -> str | None:
    """The name of the rhyme that a line of Chinese characters ends on, tones aside; None for a sound of no rhyme.

    The last character is read as the words of the line suggest, which matters where it has several readings.
    """
    from pypinyin import Style, lazy_pinyin
    from pypinyin.contrib.tone_convert import to_finals

    syllable = lazy_pinyin(line, style=Style.NORMAL)[-1]
    final = "-i" if syllable in APICAL else to_finals(syllable, strict=True)
    return next((name for name, finals in RHYMES.items() if final in finals.split()), None)


def form_metrics(texts: Sequence[str], training_texts: Sequence[str]) -> dict[str, float]:
    """All figures of some poems; what there is nothing to count for is left out.

    `regular`: share of the texts that are regular poems. `rhyming_poems`, `rhyming_lines`: see `rhyme_metrics`, of the
    regular poems. `copied_lines_5`, `copied_lines_7`: share of the lines of so many characters, of all texts, that
    stand verbatim in a training text.
    """
    poems = [lines for text in texts if (lines := poem_lines(text)) is not None]
    figures = {"regular": len(poems) / len(texts)} | rhyme_metrics(even_lines(poems))
    runs = [run for text in texts for run in re.findall(f"{HAN}+", text)]
    for length in LENGTHS:
        lines = [run for run in runs if len(run) == length]
        if lines:
            figures[f"copied_lines_{length}"] = copied_share(lines, training_texts, length)
    return figures


def even_lines(poems: Sequence[Sequence[str]]) -> list[list[Ending]]:
    """The last character and the rhyme of every second line of each poem: those that have to rhyme."""
    return [[(line[-1], rhyme(line)) for line in lines[1::2]] for lines in poems]


def rhyme_metrics(poems: Sequence[Sequence[Ending]]) -> dict[str, float]:
    """`rhyming_lines`: share of the even lines, the first of each poem left out, that rhyme with the even line before.
    `rhyming_poems`: share of the poems whose even lines do so throughout, no character twice.

    A character does not rhyme with itself. Nothing where there are no poems.
    """
    if not poems:
        return {}
    pairs = [[_rhyming(*pair) for pair in pairwise(poem)] for poem in poems]
    whole = [
        all(rhyming) and len({character for character, _ in poem}) == len(poem)
        for rhyming, poem in zip(pairs, poems, strict=True)
    ]
    lines = list(chain.from_iterable(pairs))
    return {"rhyming_poems": sum(whole) / len(whole), "rhyming_lines": sum(lines) / len(lines)}


def _rhyming(one: Ending, other: Ending) -> bool:
    return one[0] != other[0] and one[1] is not None and one[1] == other[1]


def chance_metrics(poems: Sequence[Sequence[Ending]], seed: int) -> dict[str, float]:
    """`rhyme_metrics` where the even lines of all poems change places at random, in the mean of several times."""
    endings = [ending for poem in poems for ending in poem]
    rng = np.random.default_rng(seed)
    times = []
    for _ in range(SHUFFLES if poems else 0):
        shuffled = iter([endings[i] for i in rng.permutation(len(endings))])
        times.append(rhyme_metrics([[next(shuffled) for _ in poem] for poem in poems]))
    return {name: float(np.mean([figures[name] for figures in times])) for name in (times[0] if times else {})}


def poem_rows(model: Any, tokenizer: Any, corpora: Sequence[Corpus], seed: int) -> list[dict[str, Any]]:
    """The figures of `NUMBER` poems that the model writes from the beginning token alone with its own defaults of
    `generate`, and of the validation poems of the corpora; below each, how its even lines rhyme by chance.

    `finished`: share of the poems that the model ended by itself.
    """
    training_texts = [text for corpus in corpora for text in corpus.train.texts]
    held_out = [text for corpus in corpora for text in corpus.validation.texts]
    tokens = write_tokens(model, tokenizer, number=NUMBER, length=MAX_TOKENS, prompt="", seed=seed)
    written = tokenizer.batch_decode(tokens, skip_special_tokens=True)
    finished = (tokens == tokenizer.eos_token_id).any(dim=1).float().mean().item()
    names = ", ".join(corpus.name for corpus in corpora)
    rows = []
    for about, texts, figures in (
        ({"data_set": "samples", "split": "", "model": "network"}, written, {"finished": finished}),
        ({"data_set": names, "split": corpora[0].validation.name, "model": "held-out text"}, held_out, {}),
    ):
        chance = chance_metrics(even_lines([lines for text in texts if (lines := poem_lines(text))]), seed)
        rows.append({**about, "rows": len(texts), **figures, **form_metrics(texts, training_texts)})
        rows.append({**about, "rows": len(texts), "model": f"{about['model']}, lines shuffled", **chance})
    return rows


def poem_notes(seed: int) -> dict[str, str]:
    """How the figures are to be read."""
    import pypinyin

    return {
        "poems": f"{NUMBER} from the model's own generation settings, seed {seed}, from the beginning token alone",
        "finished": f"the model wrote its end token within {MAX_TOKENS} tokens",
        "regular": "4 or 8 lines, all of 5 or all of 7 characters, two to a line of text, with the marks of verse",
        "rhyming": (
            "the even lines of regular poems, each with the one before; in a rhyming poem all of them, no character "
            "twice; tones aside, by the fourteen rhymes of Zhonghua Xinyun (Chinese Poetry Society), read by pypinyin "
            f"{pypinyin.__version__}; verse of older sounds does not rhyme throughout in these"
        ),
        "lines_shuffled": f"the even lines of the row above in random order, mean of {SHUFFLES}: rhyme by chance",
        "copied_lines": "share of lines of so many characters that stand verbatim in training text",
    }
