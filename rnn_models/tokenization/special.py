"""What the three kinds of tokenizer share: the special tokens and the rule that a vocabulary is filled or refused."""

from __future__ import annotations

# The position is the id: <pad> 0, <unk> 1, <s> 2, </s> 3, the defaults of RNNConfig.
SPECIAL_TOKENS = ("<pad>", "<unk>", "<s>", "</s>")
PAD, UNK, BOS, EOS = SPECIAL_TOKENS


def number_vocabulary(entries: list[str], vocab_size: int | None) -> dict[str, int]:
    """Give ids to the special tokens and then to `entries`, the most frequent first, up to `vocab_size` in all."""
    if not entries:
        raise ValueError("nothing in the corpus is left for the vocabulary: lower min_frequency or give more text")
    if vocab_size is not None:
        check_filled(len(SPECIAL_TOKENS) + len(entries), vocab_size)
        entries = entries[: vocab_size - len(SPECIAL_TOKENS)]
    return {entry: number for number, entry in enumerate([*SPECIAL_TOKENS, *entries])}


def check_filled(available: int, vocab_size: int) -> None:
    """Raise ValueError where the corpus has fewer than `vocab_size` entries, special tokens included."""
    if available < vocab_size:
        raise ValueError(
            f"vocab_size is {vocab_size}, but the corpus fills only {available} entries, the {len(SPECIAL_TOKENS)} "
            f"special tokens included: ask for at most {available}, lower min_frequency or give more text"
        )
