"""Characters: one token per Unicode code point."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tokenizers import Tokenizer, decoders, models, normalizers

from .special import SPECIAL_TOKENS, UNK, number_vocabulary

SMALLEST_VOCABULARY = len(SPECIAL_TOKENS) + 1


def train_character(
    texts: Iterable[str], *, vocab_size: int | None, normalizer: normalizers.Normalizer | None, min_frequency: int
) -> Tokenizer:
    """Build a vocabulary of the most frequent code points of `texts`; equal counts are ordered by code point."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(normalizer.normalize_str(text) if normalizer else text)
    kept = [character for character, count in counts.items() if count >= min_frequency]
    kept.sort(key=lambda character: (-counts[character], character))

    # Byte-pair encoding without merges gives single characters and needs no pre-tokenizer, which would take several
    # times as long: it would first split a text of a million characters into a million pieces.
    model = models.BPE(vocab=number_vocabulary(kept, vocab_size), merges=[], unk_token=UNK, fuse_unk=False)
    tokenizer = Tokenizer(model)
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.Fuse()
    return tokenizer
