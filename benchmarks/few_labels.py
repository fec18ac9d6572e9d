"""What a few labelled rows are worth: recipes/few-labels.yaml, which starts from a shipped model, beside the same
network from scratch and a linear model on TF-IDF, each on the same draws of rows and judged on the same texts.

    python -m benchmarks.few_labels messages.csv

The file has the columns text and label, of a kind that the shipped model has not read. What the output holds already
is not measured again, so that a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import yaml

ROOT = Path(__file__).parents[1]
RECIPE = ROOT / "recipes" / "few-labels.yaml"
MODELS = ("few-labels", "from scratch", "TF-IDF + logistic regression")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.few_labels", description=__doc__)
    parser.add_argument("data", help="a file of texts and labels, as train.py takes it")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 300, 1000], help="labelled rows [100 300 1000]")
    parser.add_argument("--draws", type=int, default=5, help="of each size [5]")
    parser.add_argument("--test_rows", type=int, default=1200, help="held out, the same for all [1200]")
    parser.add_argument("--output", default="benchmarks/results/few_labels.json", help="[%(default)s]")
    parsed = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        # read by `datasets` when it is imported; it would keep a copy of each draw
        os.environ["HF_DATASETS_CACHE"] = folder
        measure(parsed, Path(folder))
    return 0


def measure(parsed: argparse.Namespace, folder: Path) -> None:
    """Add the results of each model on each draw to the output."""
    from rnn_models.data.corpora import load_corpora
    from rnn_models.data.recipes import DatasetEntry
    from rnn_models.files import write_json

    (corpus,), labels = load_corpora([DatasetEntry(parsed.data)], labels=[], validation_size=parsed.test_rows)
    test, output = corpus.validation, Path(parsed.output)
    about = {"data": Path(parsed.data).name, "labels": labels, "test_rows": len(test)}
    before = json.loads(output.read_text(encoding="utf-8")) if output.is_file() else {}
    rows = before["rows"] if {name: before.get(name) for name in about} == about else []
    done = {(row["labelled"], row["draw"], row["model"]) for row in rows}
    for size, draw, name in itertools.product(parsed.sizes, range(parsed.draws), MODELS):
        if (size, draw, name) in done:
            continue
        train = corpus.train.take(np.random.default_rng(draw).permutation(len(corpus.train))[:size])
        found = judge(name, train, test, labels, folder)
        metrics = {metric: round(found[metric], 4) for metric in ("accuracy", "macro_f1")}
        rows.append({"labelled": size, "draw": draw, "model": name, **metrics})
        print(*rows[-1].values(), flush=True)
        write_json({**about, "rows": rows}, output)


def judge(name: str, train: Any, test: Any, labels: list[str], folder: Path) -> dict[str, float]:
    """The metrics on the test rows of a model that learnt from the training rows."""
    if name == MODELS[2]:
        from rnn_models.metrics.linear import LinearBaseline
        from rnn_models.metrics.scores import classification_metrics

        baseline = LinearBaseline(train.texts, train.labels, len(labels))
        return classification_metrics(baseline.log_probabilities(test.texts), np.array(test.labels))
    run = Path(tempfile.mkdtemp(dir=folder))
    data = run / "texts" / "data"
    data.mkdir(parents=True)
    for split, part in (("train", train), ("test", test)):
        lines = [{"text": text, "label": labels[label]} for text, label in zip(part.texts, part.labels, strict=True)]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (data / f"{split}-00000-of-00001.jsonl").write_text(text, encoding="utf-8")
    recipe = yaml.safe_load(RECIPE.read_text(encoding="utf-8"))
    if name == MODELS[1]:
        # nothing is learnt yet that a frozen network would keep
        recipe |= {"tokenizer": recipe.pop("pretrained_model"), "unfreeze_epochs": 0}
    recipe |= {"datasets": [str(run / "texts")], "labels": labels, "output_dir": str(run / "model")}
    (run / "recipe.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    return trained(run)["test"]


def trained(run: Path) -> dict[str, Any]:
    """The results of `train.py` with the recipe of a run."""
    sys.path.insert(0, str(ROOT))
    import train

    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
        status = train.main([str(run / "recipe.yaml")])
    if status:
        raise SystemExit(shown.getvalue())
    return json.loads((run / "model" / "eval_results.json").read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
