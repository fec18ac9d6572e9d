"""Byte pairs: byte-level byte-pair encoding (Sennrich et al. 2016; over bytes, Radford et al. 2019)."""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from .special import SPECIAL_TOKENS, check_filled

SMALLEST_VOCABULARY = len(SPECIAL_TOKENS) + 256
DEFAULT_VOCABULARY = 8192


def train_byte_pair(
    texts: Iterable[str],
    *,
    vocab_size: int | None,
    normalizer: normalizers.Normalizer | None,
    min_frequency: int,
    max_token_length: int | None = None,
) -> Tokenizer:
    """Learn merges over the bytes of `texts`. `vocab_size=None`: up to 8192 entries, fewer if the corpus is small."""
    tokenizer = Tokenizer(models.BPE())
    if normalizer:
        tokenizer.normalizer = normalizer
    # This pattern never puts letters and punctuation into one piece, so no merge can spell a special token.
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=DEFAULT_VOCABULARY if vocab_size is None else vocab_size,
        min_frequency=min_frequency,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        max_token_length=max_token_length,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    if vocab_size is not None:
        check_filled(tokenizer.get_vocab_size(), vocab_size)
    return tokenizer
