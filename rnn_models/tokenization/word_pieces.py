"""Word pieces: byte-pair merging of characters inside words, which a text's blanks do not change.

A treebank has words and no blanks: `do n't , he said` was "don't, he said". Here both have the same tokens, so that
a tagger trained on words reads texts as well. A token that continues a word begins with `##`, which is how
transformers' pipelines find the words of a text again.
"""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from .special import SPECIAL_TOKENS, UNK, check_filled

CONTINUES = "##"
SMALLEST_VOCABULARY = len(SPECIAL_TOKENS) + 1
DEFAULT_VOCABULARY = 8192
# Rarer characters become the unknown token; each takes two entries, at the beginning of a word and inside.
CHARACTERS = 1000

# In this order, as treebanks of English split words.
WORD_PATTERN = "|".join(
    [
        r"(?:https?://|www\.)\S+",
        r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
        r"[@#]\w+",
        r"\d+(?:[.,:]\d+)+",
        r"(?:\p{L}\.){2,}",  # U.S.
        r"\w+?(?=[nN]['’][tT]\b)|[nN]['’][tT]\b",  # do n't
        r"['’](?:[sSmMdD]|[rR][eE]|[vV][eE]|[lL][lL])\b",
        r"\w+",
        r"[:;]-?[)(DP]+(?!\w)",
        r"([^\w\s])\1*",  # ... is one word
    ]
)


def train_word_pieces(
    texts: Iterable[str],
    *,
    vocab_size: int | None,
    normalizer: normalizers.Normalizer | None,
    min_frequency: int,
) -> Tokenizer:
    """Learn merges over the characters of `texts`. `vocab_size=None`: up to 8192 entries, fewer if the corpus is small."""
    tokenizer = Tokenizer(models.BPE(unk_token=UNK, continuing_subword_prefix=CONTINUES, fuse_unk=True))
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(WORD_PATTERN), behavior="removed", invert=True)
    tokenizer.decoder = decoders.WordPiece(prefix=CONTINUES, cleanup=False)
    trainer = trainers.BpeTrainer(
        vocab_size=DEFAULT_VOCABULARY if vocab_size is None else vocab_size,
        min_frequency=min_frequency,
        special_tokens=list(SPECIAL_TOKENS),
        limit_alphabet=CHARACTERS,
        continuing_subword_prefix=CONTINUES,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    if vocab_size is not None:
        check_filled(tokenizer.get_vocab_size(), vocab_size)
    return tokenizer
