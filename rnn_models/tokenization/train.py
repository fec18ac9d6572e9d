"""From a corpus to a tokenizer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from tokenizers import processors

from . import byte_pair, character, word
from .normalization import normalizer
from .special import BOS, EOS, PAD, SPECIAL_TOKENS, UNK

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

# kind -> (trainer, smallest vocabulary that holds the special tokens and something to write with)
TRAINERS: dict[str, tuple[Any, int]] = {
    "byte-pair": (byte_pair.train_byte_pair, byte_pair.SMALLEST_VOCABULARY),
    "character": (character.train_character, character.SMALLEST_VOCABULARY),
    "word": (word.train_word, word.SMALLEST_VOCABULARY),
    "whitespace": (partial(word.train_word, pattern=word.WHITESPACE_PATTERN), word.SMALLEST_VOCABULARY),
}
TOKENIZER_KINDS = tuple(TRAINERS)


def train_tokenizer(
    kind: str,
    texts: Iterable[str],
    *,
    vocab_size: int | None = None,
    html: bool = False,
    unicode: bool = False,
    chinese: bool = False,
    lowercase: bool = False,
    min_frequency: int = 1,
    max_token_length: int | None = None,
) -> PreTrainedTokenizerFast:
    """Train a tokenizer on `texts` and return it as transformers knows it.

    `kind` is one of

    - `"character"`: one token a Unicode code point, nothing normalised. Decoding gives back exactly the text that went
      in; a character that the vocabulary lacks becomes `<unk>` and its neighbours stay as they are.
    - `"byte-pair"`: byte-level byte-pair encoding with all 256 bytes in the vocabulary. Decoding gives back exactly
      any text, also one unlike the corpus; `<unk>` never occurs.
    - `"word"`: a word with its apostrophes, a punctuation mark or a Chinese character a token; unknown words become
      `<unk>`. Not lossless: blanks and line breaks are not tokens, and decoding puts one blank between any two tokens.
    - `"whitespace"`: what stands between blanks a token, for a corpus that is separated into words already, as
      WikiText is; else like `"word"`.

    `html=True` first makes text of HTML (`&#39;` an apostrophe, `<br />` a blank), `unicode=True` reads as one what
    people take for the same character (`chinese=True`: also traditional ones), and `lowercase=True` lowers the text;
    there is no other normalisation. What the tokenizer does to the corpus, it does to every text later.

    The special tokens are `<pad>` 0, `<unk>` 1, `<s>` 2 and `</s>` 3. Encoding puts `<s>` in front and nothing behind,
    so that a prompt can be continued; whoever ends a text appends `eos_token_id`. What a text spells is never taken
    for a special token: `"</s>"` is four characters (tokenizers of words alone read `"<unk>"` as an unknown word,
    because corpora mark theirs so). As everywhere, `decode(skip_special_tokens=True)` leaves `<unk>` out as well.

    `vocab_size` counts every entry, special tokens too. Characters and words keep the most frequent; `None` keeps all
    that occur `min_frequency` times, and for byte pairs means up to 8192 entries, merged from pairs at least that
    frequent. `max_token_length` bounds a byte pair's bytes: 6 keeps Chinese to words of two characters, where whole
    phrases would else become one token whose words a model cannot tell apart.

    Lone surrogates (`"\\ud800"`) are no Unicode text and the tokenizers library cannot encode them: they are refused
    here, and whoever tokenizes foreign input later has to replace them first.

    Raises:
        TypeError: `texts` is one string, or holds something else than strings.
        ValueError: `kind` is unknown, the corpus is empty or has a lone surrogate, `min_frequency` is below 1, or
            `vocab_size` is larger than the corpus fills or too small to hold anything.
    """
    if kind not in TRAINERS:
        raise ValueError(f"unknown kind of tokenizer {kind!r}: allowed are {', '.join(map(repr, TOKENIZER_KINDS))}")
    train, smallest = TRAINERS[kind]
    if vocab_size is not None and vocab_size < smallest:
        raise ValueError(f"vocab_size is {vocab_size}, but a {kind} vocabulary needs at least {smallest} entries")
    if min_frequency < 1:
        raise ValueError(f"min_frequency is {min_frequency}: it must be at least 1")
    if isinstance(texts, str):
        raise TypeError("texts is one string: give an iterable of strings, such as [text]")

    options: dict[str, Any] = {
        "vocab_size": vocab_size,
        "normalizer": normalizer(html=html, unicode=unicode, chinese=chinese, lowercase=lowercase),
        "min_frequency": min_frequency,
    }  # fmt: skip
    if max_token_length is not None:
        if kind != "byte-pair":
            raise ValueError(f"max_token_length is for byte-pair tokens, and the kind is {kind!r}")
        options["max_token_length"] = max_token_length
    backend = train(check_texts(texts), **options)
    backend.add_special_tokens(list(SPECIAL_TOKENS))
    backend.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A", pair=f"{BOS} $A $B", special_tokens=[(BOS, SPECIAL_TOKENS.index(BOS))]
    )

    from transformers import PreTrainedTokenizerFast  # here, because it takes a second that --help must not pay

    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token=PAD,
        unk_token=UNK,
        bos_token=BOS,
        eos_token=EOS,
        model_input_names=["input_ids", "attention_mask"],
        clean_up_tokenization_spaces=False,
        split_special_tokens=True,
    )


def check_texts(texts: Iterable[str]) -> Iterator[str]:
    """Pass the texts on, each checked on its way; raise ValueError at the end where there was nothing in them."""
    rows = 0
    characters = 0
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"text {row} of the corpus is not a string but {type(text).__name__}: {text!r:.80}")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ValueError(
                f"text {row} of the corpus has a lone surrogate at character {error.start}: no tokenizer can encode "
                "it; text.encode('utf-8', 'replace').decode() replaces it"
            ) from None
        rows += 1
        characters += len(text)
        yield text
    if not characters:
        raise ValueError(f"the corpus is empty: {rows} texts and not one character")
