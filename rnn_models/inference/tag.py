"""Tags of words: a text is split into words, or its words are given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch

from ..checkpoint.load import labels_of
from ..modeling.outputs import tags_of
from ..tokenization import WORD_PATTERN, WordTokens, word_tokens
from .text import check_text

if TYPE_CHECKING:
    from tokenizers.pre_tokenizers import Split


class TaggedWord(NamedTuple):
    """A word of a text.

    Attributes:
        start, end: where it stands in the text, in characters.
        tag: the most likely tag; with a CRF, that of the most likely tags of all words together.
        probability: of that tag, whatever the tags of the other words.
    """

    word: str
    start: int
    end: int
    tag: str
    probability: float


class SentenceTags(NamedTuple):
    """The tags of a sentence.

    Attributes:
        tags: (words,), the index of each word's tag; with a CRF, of the most likely tags of all words together.
        probabilities: (words, num_labels), of each word's tags, whatever the tags of the other words.
    """

    tags: np.ndarray
    probabilities: np.ndarray


@cache
def _splitter() -> Split:
    from tokenizers import Regex, pre_tokenizers

    return pre_tokenizers.Split(Regex(WORD_PATTERN), behavior="removed", invert=True)


def words_of(text: str) -> list[tuple[str, int, int]]:
    """The words and marks of a text with their places, as a treebank splits them: "don't" is `do` and `n't`.

    Every character that is no blank is in a word.
    """
    return [(text[start:end], start, end) for _, (start, end) in _splitter().pre_tokenize_str(text)]


def read_words(tokenizer: Any, sentences: Sequence[Sequence[str]]) -> list[WordTokens]:
    """As `word_tokens`, but a word of which the tokenizer makes no token is read as an unknown one.

    Raises:
        ValueError: the tokenizer has no unknown token for such a word.
    """
    found = word_tokens(tokenizer, sentences)
    for row, tokens in enumerate(found):
        if -1 in tokens.firsts:
            unknown = tokenizer.unk_token
            if unknown is None:
                word = sentences[row][tokens.firsts.index(-1)]
                raise ValueError(
                    f"sentence {row} (the first is 0): the tokenizer makes no token of the word {word!r:.40}"
                )
            found[row] = _with_unknown(tokens, tokenizer.unk_token_id)
    return found


def _with_unknown(tokens: WordTokens, unknown: int) -> WordTokens:
    """The tokens with an unknown one for each word that has none, at its place."""
    ids, firsts = list(tokens.ids), list(tokens.firsts)
    for word in range(len(firsts) - 1, -1, -1):
        if firsts[word] < 0:
            after = next((first for first in firsts[word + 1 :] if first >= 0), len(ids))
            ids.insert(after, unknown)
            firsts = [first + (first >= after) for first in firsts]
            firsts[word] = after
    return WordTokens(ids, firsts)


def tag_words(
    model: Any,
    tokenizer: Any,
    sentences: Sequence[Sequence[str]],
    *,
    batch_size: int = 32,
    batch_tokens: int = 16_384,
    progress: Callable[[int, int], None] | None = None,
) -> list[SentenceTags]:
    """The tags of each sentence, in the order of `sentences`.

    Args:
        model: an `RNNForTokenClassification`, or anything else with its call and `config`.
        batch_size, batch_tokens: the largest number of sentences, and of tokens with padding, in a batch.
        progress: called after each batch with (sentences done, total).
    """
    rows = read_words(tokenizer, sentences)
    nothing = SentenceTags(np.zeros(0, dtype=int), np.zeros((0, model.config.num_labels), dtype=np.float32))
    found = [nothing] * len(rows)
    waiting = sorted((i for i, row in enumerate(rows) if row.firsts), key=lambda i: len(rows[i].ids))
    done = len(rows) - len(waiting)
    while waiting:
        size = 1
        while size < min(batch_size, len(waiting)) and (size + 1) * len(rows[waiting[size]].ids) <= batch_tokens:
            size += 1
        batch, waiting = waiting[:size], waiting[size:]
        answers = _answers(model, [rows[i].ids for i in batch])
        for i, tags, probabilities in zip(batch, *answers, strict=True):
            found[i] = SentenceTags(tags[rows[i].firsts], probabilities[rows[i].firsts])
        done += len(batch)
        if progress is not None:
            progress(done, len(rows))
    return found


@torch.inference_mode()
def _answers(model: Any, rows: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """The tags (B, T) and their probabilities (B, T, num_labels) of rows of tokens."""
    longest = max(map(len, rows))
    ids = torch.full((len(rows), longest), model.config.pad_token_id or 0)
    mask = torch.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
        mask[i, : len(row)] = 1
    device = getattr(model, "device", "cpu")
    outputs = model(input_ids=ids.to(device), attention_mask=mask.to(device))
    return tags_of(outputs).cpu().numpy(), outputs.logits.float().softmax(-1).cpu().numpy()


def tag_text(model: Any, tokenizer: Any, text: str) -> list[TaggedWord]:
    """The words of a text with their tags.

    Raises:
        NotTextError: the text holds NUL or a lone surrogate.
    """
    check_text(text)
    words = words_of(text)
    (answers,) = tag_words(model, tokenizer, [[word for word, _, _ in words]])
    names = labels_of(model.config)
    return [
        TaggedWord(word, start, end, names[index], float(own[index]))
        for (word, start, end), index, own in zip(words, *answers, strict=True)
    ]
