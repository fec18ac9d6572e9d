"""Words: one token a word or a punctuation mark."""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from .special import SPECIAL_TOKENS, UNK, number_vocabulary

SMALLEST_VOCABULARY = len(SPECIAL_TOKENS) + 1

# In this order: a word that the corpus itself marks as unknown (WikiText does); a Chinese character, since nothing
# separates Chinese words; a word with its apostrophes ("don't"); any other visible character by itself.
WORD_PATTERN = rf"{UNK}|\p{{Han}}|[\w&&[^\p{{Han}}]]+(?:['’][\w&&[^\p{{Han}}]]+)*|[^\w\s]"


# What stands between blanks, for a corpus whose words are separated already. A text's "</s>" is none of ours: it loses
# its first sign.
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
    """Count what matches `pattern` in `texts` and number the most frequent; equal counts are ordered by the word
    itself."""
    tokenizer = Tokenizer(models.WordLevel(vocab={}, unk_token=UNK))
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(pattern), behavior="removed", invert=True)

    # The trainer is asked for every word and for no special token, because one that stands in the text would get a
    # second id from it.
    trainer = trainers.WordLevelTrainer(
        vocab_size=2**31, min_frequency=min_frequency, special_tokens=[], show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    ids = tokenizer.get_vocab()
    words = [word for word in sorted(ids, key=ids.__getitem__) if word not in SPECIAL_TOKENS]
    tokenizer.model = models.WordLevel(vocab=number_vocabulary(words, vocab_size), unk_token=UNK)
    return tokenizer
