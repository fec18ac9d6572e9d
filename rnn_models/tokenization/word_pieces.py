"""Word pieces: byte-pair merging of characters inside words, which a text's blanks do not change.

A treebank has words and no blanks: `do n't , he said` was "don't, he said". Here both have the same tokens, so that
a tagger trained on words reads texts as well. A token that continues a word begins with `##`, which is how
transformers' pipelines find the words of a text again.
"""

from __future__ import annotations

from collections import Counter
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
    """Learn merges over the characters of `texts`. `vocab_size=None`: up to 8192 entries, fewer for a small corpus."""
    texts = list(texts)
    counts = Counter(mark for text in texts for mark in (normalizer.normalize_str(text) if normalizer else text))
    frequent = [mark for mark, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])) if not mark.isspace()]
    alphabet = sorted(frequent[:CHARACTERS])
    trained = _tokenizer(models.BPE(unk_token=UNK, continuing_subword_prefix=CONTINUES, fuse_unk=True), normalizer)
    trainer = trainers.BpeTrainer(
        vocab_size=DEFAULT_VOCABULARY if vocab_size is None else vocab_size,
        min_frequency=min_frequency,
        # The trainer would number continuing characters in the order of a hash table, another one in each run.
        special_tokens=[*SPECIAL_TOKENS, *(CONTINUES + mark for mark in alphabet)],
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),
        continuing_subword_prefix=CONTINUES,
        show_progress=False,
    )
    trained.train_from_iterator(texts, trainer)
    if vocab_size is not None:
        check_filled(trained.get_vocab_size(), vocab_size)
    # without the special tokens of the training, which a text would be searched for
    return _tokenizer(trained.model, normalizer)


def _tokenizer(model: models.BPE, normalizer: normalizers.Normalizer | None) -> Tokenizer:
    tokenizer = Tokenizer(model)
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(WORD_PATTERN), behavior="removed", invert=True)
    tokenizer.decoder = decoders.WordPiece(prefix=CONTINUES, cleanup=False)
    return tokenizer
