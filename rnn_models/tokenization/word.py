"""Words: one token per word or punctuation mark."""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from .special import SPECIAL_TOKENS, UNK, number_vocabulary

SMALLEST_VOCABULARY = len(SPECIAL_TOKENS) + 1

# In this order: a word that the corpus itself marks as unknown, as WikiText does; a Chinese character, since nothing
# separates Chinese words; a word with its apostrophes ("don't"); any other visible character on its own.
WORD_PATTERN = rf"{UNK}|\p{{Han}}|[\w&&[^\p{{Han}}]]+(?:['’][\w&&[^\p{{Han}}]]+)*|[^\w\s]"


# Whitespace-separated pieces, for a corpus that is already split into words. A "</s>" in a text must not match our
# special token, so it loses its first character.
_OURS = "|".join(token for token in SPECIAL_TOKENS if token != UNK)
WHITESPACE_PATTERN = rf"(?!(?:{_OURS})(?!\S))\S+"


def train_word(
    texts: Iterable[str],
    *,
    vocab_size: int | None,
    normalizer: normalizers.Normalizer | None,
    min_frequency: int,
    pattern: str = WORD_PATTERN,
) -> Tokenizer:
    """Build a vocabulary of the most frequent matches of `pattern` in `texts`; equal counts are ordered by word."""
    tokenizer = Tokenizer(models.WordLevel(vocab={}, unk_token=UNK))
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(pattern), behavior="removed", invert=True)

    # The trainer counts every word but gets no special tokens: one that also occurs in the text would get a second id.
    trainer = trainers.WordLevelTrainer(
        vocab_size=2**31, min_frequency=min_frequency, special_tokens=[], show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    ids = tokenizer.get_vocab()
    words = [word for word in sorted(ids, key=ids.__getitem__) if word not in SPECIAL_TOKENS]
    tokenizer.model = models.WordLevel(vocab=number_vocabulary(words, vocab_size), unk_token=UNK)
    return tokenizer
