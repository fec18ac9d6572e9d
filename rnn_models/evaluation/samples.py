"""What a language model writes: how it repeats itself, and how it repeats its training text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

# A Chinese character, a word of another script, or a sign by itself: units that do not depend on the tokenizer.
UNIT = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+|[^\w\s]")
LOOP_TIMES, LOOP_CHARACTERS = 3, 20
COPIED_GRAM = 20
READ_WORDS = 60


def write_samples(model: Any, tokenizer: Any, *, number: int, length: int, prompt: str, seed: int) -> list[str]:
    """`number` texts of at most `length` tokens that go on from `prompt`, with the model's own defaults of `generate`.

    The prompt is not part of them. Random numbers outside are left as they were.
    """
    tokens = write_tokens(model, tokenizer, number=number, length=length, prompt=prompt, seed=seed)
    return tokenizer.batch_decode(tokens, skip_special_tokens=True)


def write_tokens(model: Any, tokenizer: Any, *, number: int, length: int, prompt: str, seed: int) -> torch.Tensor:
    """The tokens (number, T) of `write_samples`, padded behind the end token, T at most `length`."""
    prompt_ids = torch.tensor([tokenizer(prompt)["input_ids"]] * number)
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        written = model.generate(prompt_ids, max_new_tokens=length)
    return written[:, prompt_ids.shape[1] :]


def held_out_spans(
    tokenizer: Any, documents: Sequence[np.ndarray], *, number: int, length: int, separate: bool, seed: int
) -> list[str]:
    """As many texts of at most `length` tokens taken from `documents`, to compare samples with: random spans of the
    whole, or with `separate` the beginnings of random documents."""
    rng = np.random.default_rng(seed)
    if separate:
        spans = [documents[i][:length] for i in rng.integers(len(documents), size=number)]
    else:
        tokens = np.concatenate(list(documents))
        starts = rng.integers(max(len(tokens) - length, 0) + 1, size=number)
        spans = [tokens[start : start + length] for start in starts]
    return tokenizer.batch_decode(spans, skip_special_tokens=True)


def sample_metrics(samples: Sequence[str], training_texts: Sequence[str]) -> dict[str, float]:
    """All figures of some samples.

    `distinct_1` to `distinct_3`: different n-grams over all n-grams of the samples together, of words or Chinese
    characters (Li et al. 2016). `looping`: share of the samples that hold a loop. `longest_copy`: characters of the
    longest span that stands in the training text too. `copied_20_grams`: share of the samples' spans of 20 characters
    that do. Of the first 60 words of each sample, `new_words`: share of those that no training text has, in
    whatever case; `readable`: share of the samples with no such word and no loop there.
    """
    known = {word for text in training_texts for word in words(text)}
    beginnings = [beginning(sample, READ_WORDS) for sample in samples]
    figures: dict[str, float] = {f"distinct_{n}": distinct(samples, n) for n in (1, 2, 3)}
    figures["looping"] = sum(has_loop(sample) for sample in samples) / len(samples)
    figures["longest_copy"] = longest_copy(samples, training_texts)
    figures[f"copied_{COPIED_GRAM}_grams"] = copied_share(samples, training_texts, COPIED_GRAM)
    written = [word for text in beginnings for word in words(text)]
    figures["new_words"] = sum(word not in known for word in written) / len(written) if written else 0.0
    flawless = [not has_loop(text) and known.issuperset(words(text)) for text in beginnings]
    figures["readable"] = sum(flawless) / len(samples)
    return figures


def words(text: str) -> list[str]:
    """The words of a text in lower case; Chinese characters and numbers are none."""
    return [unit for unit in UNIT.findall(text.lower()) if unit.isalpha() and not "\u3400" <= unit <= "\u9fff"]


def beginning(text: str, number: int) -> str:
    """A text up to the end of its word of that number. A word at its very start or end may be a part of one, and is
    left out: what comes before a sample is its prompt, and it may end anywhere."""
    spans = [match.span() for match in UNIT.finditer(text) if words(match.group())]
    if spans and spans[-1][1] == len(text):
        text = text[: spans.pop()[0]]
    if spans and spans[0][0] == 0:
        _, cut = spans.pop(0)
        return text[cut : spans[number - 1][1]] if len(spans) > number else text[cut:]
    return text[: spans[number - 1][1]] if len(spans) > number else text


def distinct(texts: Sequence[str], n: int) -> float:
    """Different n-grams of units over all of them, in all texts together; 0 where no text has n units."""
    grams: list[tuple[str, ...]] = []
    for text in texts:
        units = UNIT.findall(text)
        grams += zip(*(units[i:] for i in range(n)), strict=False)
    return len(set(grams)) / len(grams) if grams else 0.0


def has_loop(text: str) -> bool:
    """Whether a piece of the text stands three times or more in direct succession, over 20 characters or more."""
    codes = np.array([ord(character) for character in text])
    for period in range(1, len(codes) // LOOP_TIMES + 1):
        # a stretch repeats a piece of `period` characters where each character equals the one a period before it
        different = np.flatnonzero(codes[period:] != codes[:-period])
        ends = np.concatenate([[-1], different, [len(codes) - period]])
        if np.diff(ends).max() - 1 + period >= max(LOOP_TIMES * period, LOOP_CHARACTERS):
            return True
    return False


def longest_copy(samples: Sequence[str], training_texts: Sequence[str]) -> int:
    """Characters of the longest span of any sample that stands in a training text.

    A text without a common span of some length has no longer one either, so that longer and longer ones are looked for
    in fewer and fewer texts, and the last lengths by bisection.
    """
    most = max((len(sample) for sample in samples), default=0)
    low, high = 0, most
    length, texts = COPIED_GRAM, list(training_texts)
    while low < high:
        length = min(length, high)
        wanted = set(_grams(samples, length))
        holding = [text for text in texts if _common_grams(wanted, [text], length)]
        if holding:
            low, texts = length, holding
        else:
            high = length - 1
        length = 2 * length if high == most else (low + high + 1) // 2
    return low


def copied_share(samples: Sequence[str], training_texts: Sequence[str], length: int) -> float:
    """Share of the spans of `length` characters of the samples that stand in a training text; 0 where there are
    none."""
    grams = _grams(samples, length)
    common = _common_grams(set(grams), training_texts, length)
    return sum(gram in common for gram in grams) / len(grams) if grams else 0.0


def _grams(texts: Sequence[str], length: int) -> list[str]:
    return [text[i : i + length] for text in texts for i in range(len(text) - length + 1)]


def _common_grams(wanted: set[str], texts: Sequence[str], length: int) -> set[str]:
    """Those of `wanted` that stand in the texts. The few of the samples are kept, never the many of the texts."""
    return {gram for text in texts for i in range(len(text) - length + 1) if (gram := text[i : i + length]) in wanted}
