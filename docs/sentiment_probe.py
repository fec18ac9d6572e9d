"""python docs/sentiment_probe.py MODEL REVIEWS: where a language model keeps sentiment, for the app's tab Inside.

MODEL is a folder or a Hub name, REVIEWS what `datasets.load_dataset` loads, with the columns text and label (0 or 1).
The result joins the others in rnn_models/ui/views/probes.json, by the fingerprint of the model's weights: with other
weights it would be wrong. Needs scikit-learn.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from rnn_models.checkpoint import load_checkpoint
from rnn_models.interpret import find_sentiment, read_corpus
from rnn_models.ui.views.asking import plain
from rnn_models.ui.views.mood import PROBES, fingerprint

COUNT, LENGTH = 2000, 500  # reviews, and characters of each
STATE = "hidden"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model")
    parser.add_argument("reviews")
    parser.add_argument("--split", default="test")
    arguments = parser.parse_args()
    from datasets import load_dataset

    rows = load_dataset(arguments.reviews, split=arguments.split).shuffle(seed=0).select(range(COUNT))
    texts = [text.replace("<br />", "\n")[:LENGTH] for text in rows["text"]]
    labels = [bool(label) for label in rows["label"]]
    checkpoint = load_checkpoint(arguments.model)
    # the hidden state, which the prediction sees at once when it is held
    probe = find_sentiment(read_corpus(checkpoint, texts, state=STATE, max_tokens=10**6), labels)
    print(
        f"balanced accuracy {probe.balanced_accuracy:.4f}, AUC {probe.auc:.4f}, {len(probe.units)} units; {probe.best}"
    )
    probes = json.loads(PROBES.read_text(encoding="utf-8")) if PROBES.is_file() else {}
    probes[fingerprint(checkpoint.model)] = {
        "model": Path(arguments.model).name,
        "reviews": COUNT,
        "state": STATE,
        "direction": plain(probe.direction),
        "threshold": plain(probe.threshold),
        "units": list(probe.units[:20]),
        "used": len(probe.units),
        "balanced_accuracy": plain(probe.balanced_accuracy),
        "auc": plain(probe.auc),
        "total": probe.total,
        "low": plain(probe.low),
        "high": plain(probe.high),
        "best": {"unit": probe.best.unit, "balanced_accuracy": plain(probe.best.value), "above": probe.best.above},
    }
    PROBES.write_text(json.dumps(probes, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"wrote {PROBES.name}")


if __name__ == "__main__":
    main()
