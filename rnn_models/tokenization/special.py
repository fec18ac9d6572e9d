"""Shared by all kinds of tokenizer: the special tokens, and the check that the corpus fills the vocabulary."""

from __future__ import annotations

# The position is the id: <pad> 0, <unk> 1, <s> 2, </s> 3, the defaults of RNNConfig.
SPECIAL_TOKENS = ("<pad>", "<unk>", "<s>", "</s>")
PAD, UNK, BOS, EOS = SPECIAL_TOKENS


def number_vocabulary(entries: list[str], vocab_size: int | None) -> dict[str, int]:
    """Assign ids to the special tokens and then to `entries`, most frequent first, up to `vocab_size` in total."""
    if not entries:
        raise ValueError("the corpus leaves no entries for the vocabulary: lower min_frequency or give more text")
    if vocab_size is not None:
        check_filled(len(SPECIAL_TOKENS) + len(entries), vocab_size)
        entries = entries[: vocab_size - len(SPECIAL_TOKENS)]
    return {entry: number for number, entry in enumerate([*SPECIAL_TOKENS, *entries])}


def check_filled(available: int, vocab_size: int) -> None:
    """Raise ValueError if the corpus has fewer than `vocab_size` entries, special tokens included."""
    if available < vocab_size:
        raise ValueError(
            f"vocab_size is {vocab_size}, but the corpus fills only {available} entries, including the "
            f"{len(SPECIAL_TOKENS)} special tokens: lower vocab_size or min_frequency, or give more text"
        )
