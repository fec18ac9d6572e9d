"""From a corpus to a tokenizer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from tokenizers import processors

from . import byte_pair, character, word, word_pieces
from .normalization import normalizer
from .special import BOS, EOS, PAD, SPECIAL_TOKENS, UNK

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

# kind -> (trainer, smallest vocabulary that holds the special tokens and anything else)
TRAINERS: dict[str, tuple[Any, int]] = {
    "byte-pair": (byte_pair.train_byte_pair, byte_pair.SMALLEST_VOCABULARY),
    "character": (character.train_character, character.SMALLEST_VOCABULARY),
    "word": (word.train_word, word.SMALLEST_VOCABULARY),
    "whitespace": (partial(word.train_word, pattern=word.WHITESPACE_PATTERN), word.SMALLEST_VOCABULARY),
    "word-pieces": (word_pieces.train_word_pieces, word_pieces.SMALLEST_VOCABULARY),
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
    """Train a tokenizer on `texts` and return it as a transformers tokenizer.

    `kind` is one of

    - `"character"`: one token per Unicode code point, without normalization. Decoding restores the text exactly,
      except that a character outside the vocabulary becomes `<unk>`.
    - `"byte-pair"`: byte-level byte-pair encoding with all 256 bytes in the vocabulary. Decoding restores any text
      exactly, even one unlike the corpus; `<unk>` never occurs.
    - `"word"`: one token per word (with its apostrophes), punctuation mark or Chinese character; unknown words become
      `<unk>`. Not lossless: spaces and line breaks are not tokens, and decoding puts one space between any two tokens.
    - `"whitespace"`: one token per whitespace-separated piece, for a corpus that is already split into words, such as
      WikiText; otherwise like `"word"`.
    - `"word-pieces"`: pairs of characters inside words and punctuation marks, for taggers: a text and the list of its
      words have the same tokens. A token that continues a word begins with `##`; characters that are rare in the
      corpus become `<unk>`. Not lossless: spaces are not tokens.

    `html=True` first converts HTML to text (`&#39;` to an apostrophe, `<br />` to a space), `unicode=True` replaces
    look-alike characters by one form (with `chinese=True` also traditional characters by simplified ones), and
    `lowercase=True` lower-cases the text; there is no other normalization. The tokenizer treats every later text as it
    treats the corpus.

    The special tokens are `<pad>` 0, `<unk>` 1, `<s>` 2 and `</s>` 3. Encoding adds `<s>` in front and nothing at the
    end, so that a prompt can be continued; append `eos_token_id` to end a text. Text is never read as a special token:
    `"</s>"` is four characters. (Only word tokenizers read `"<unk>"` as an unknown word, because corpora mark unknown
    words that way.) As everywhere, `decode(skip_special_tokens=True)` also drops `<unk>`.

    `vocab_size` counts every entry, including special tokens. Characters and words keep the most frequent entries;
    `None` keeps all that occur at least `min_frequency` times. For byte pairs, `None` means up to 8192 entries, merged
    from pairs at least that frequent. `max_token_length` limits the bytes of a byte-pair token: 6 limits Chinese
    tokens to two characters; otherwise entire phrases would become single tokens, whose words the model cannot see.

    Lone surrogates (`"\\ud800"`) are not valid Unicode text, and the tokenizers library cannot encode them: they are
    refused here, and must be replaced before a text is tokenized later.

    Raises:
        TypeError: `texts` is a single string, or contains something other than strings.
        ValueError: `kind` is unknown, the corpus is empty or has a lone surrogate, `min_frequency` is below 1, or
            `vocab_size` is larger than the corpus fills or too small to hold anything.
    """
    if kind not in TRAINERS:
        raise ValueError(f"unknown kind of tokenizer {kind!r}; allowed are {', '.join(map(repr, TOKENIZER_KINDS))}")
    train, smallest = TRAINERS[kind]
    if vocab_size is not None and vocab_size < smallest:
        raise ValueError(f"vocab_size is {vocab_size}, but a {kind} vocabulary needs at least {smallest} entries")
    if min_frequency < 1:
        raise ValueError(f"min_frequency is {min_frequency}: it must be at least 1")
    if isinstance(texts, str):
        raise TypeError("texts is a single string: give an iterable of strings, such as [text]")

    options: dict[str, Any] = {
        "vocab_size": vocab_size,
        "normalizer": normalizer(html=html, unicode=unicode, chinese=chinese, lowercase=lowercase),
        "min_frequency": min_frequency,
    }  # fmt: skip
    if max_token_length is not None:
        if kind != "byte-pair":
            raise ValueError(f"max_token_length is only for byte-pair tokens, but the kind is {kind!r}")
        options["max_token_length"] = max_token_length
    backend = train(check_texts(texts), **options)
    backend.add_special_tokens(list(SPECIAL_TOKENS))
    backend.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A", pair=f"{BOS} $A $B", special_tokens=[(BOS, SPECIAL_TOKENS.index(BOS))]
    )

    from transformers import PreTrainedTokenizerFast  # takes a second, which --help should not have to wait for

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
    """Yield the texts, each checked first. Raises ValueError at the end if they have no characters."""
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
        raise ValueError(f"the corpus is empty: {rows} texts without a single character")
