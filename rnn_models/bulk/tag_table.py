"""Tags of the words of a file's texts, as a table with a row for each word, in bounded memory.

python -m rnn_models tag notes.txt --model checkpoints/tagger-en
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ..checkpoint import Checkpoint, LoadError, labels_of, load_tagger
from ..data.tables import ReadOptions, Table, TableError, open_table, written_whole
from ..inference.tag import tag_words, words_of
from .run import DIGITS, checked, windows

COLUMNS = ("row", "word", "start", "end", "tag", "probability")
DELIMITERS = {".csv": ",", ".tsv": "\t"}


def tag_rows(
    file: str | Path,
    model: str | Path,
    output: str | Path | None = None,
    *,
    text_column: str | None = None,
    batch_size: int = 32,
    dtype: str = "float32",
    overwrite: bool = False,
) -> str:
    """Tag the words of a file's texts, with a progress bar on stderr. Returns one line with the number of each tag.

    The output has a row for each word: the row of its text in the file, the word, the characters of the text at
    which it starts and ends, its tag and the tag's probability.

    Args:
        file: as for `classify_rows`.
        model: a folder or a name on the Hub.
        output: a `.csv` or `.tsv` file; by default that of `notes.txt` is `notes.tagged.csv`.
        text_column: the column with the texts; None has it found.
        batch_size: how many texts go through the model at once.
        dtype: `"float32"` or `"int8"`.
        overwrite: whether to replace an existing output.

    Raises:
        TableError: something is wrong with a file; one sentence says what and where.
        LoadError: there is no such tagger, or it is damaged.
        OSError: the output cannot be written.
    """
    source = Path(file)
    table = open_table(source, ReadOptions(text_column))
    target = source.with_suffix(".tagged.csv") if output is None else Path(output)
    if target.suffix.lower() not in DELIMITERS:
        raise TableError(f"{target} must end in {' or '.join(DELIMITERS)}")
    if not target.parent.is_dir():
        raise TableError(f"{target.parent}: there is no such folder to write to")
    if target.exists() and (not overwrite or target.samefile(source)):
        more = "" if overwrite else " or give --overwrite"
        raise TableError(f"{target} already exists; choose another --output{more}")
    if batch_size < 1:
        raise TableError(f"option batch_size: {batch_size} must be at least 1")
    for remark in table.remarks:
        print(f"{source}: {remark}", file=sys.stderr)
    rows = sum(len(chunk.texts) for chunk in checked(table))
    checkpoint = load_tagger(model)
    tagger: Any = checkpoint.model
    if dtype == "int8":
        from ..graphs.runtime import has_graph, tagger_for  # ONNX Runtime takes a second to import

        if not has_graph(tagger):
            raise LoadError(f"{checkpoint.folder} is a {tagger.config.model_type}, which cannot compute in int8")
        tagger = tagger_for(tagger)
    with tqdm(total=rows, unit=" texts") as bar:
        counts = tag_file(tagger, checkpoint, table, target, batch_size, bar)
    parts = [f"{tag} {number:,}" for tag, number in counts.most_common()]
    return f"{target}: {', '.join(parts) or 'there are no words in the texts'}"


def tag_file(
    tagger: Any, checkpoint: Checkpoint, table: Table, output: Path, batch_size: int, bar: Any
) -> Counter[str]:
    """Write the table of `tag_rows`, which appears when it is complete. Returns the number of words with each tag."""
    names = labels_of(checkpoint.model.config)
    counts: Counter[str] = Counter()
    with written_whole(output) as temporary, temporary.open("w", encoding="utf-8", newline="") as out:
        delimiter = DELIMITERS[output.suffix.lower()]
        writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
        writer.writerow(COLUMNS)
        for window in windows(checked(table)):
            sentences = [words_of(text) for chunk in window for text in chunk.texts]
            words = [[word for word, _, _ in sentence] for sentence in sentences]
            found = tag_words(tagger, checkpoint.tokenizer, words, batch_size=batch_size)
            numbers = [number for chunk in window for number in chunk.numbers]
            for row, sentence, answers in zip(numbers, sentences, found, strict=True):
                for (word, start, end), index, own in zip(sentence, *answers, strict=True):
                    tag = names[index]
                    writer.writerow([row, word, start, end, tag, round(float(own[index]), DIGITS)])
                    counts[tag] += 1
            bar.update(len(sentences))
    return counts
