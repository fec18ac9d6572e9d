"""Documents per second on film reviews of real length: our LSTM, its GRU and RNN twins, and DistilBERT's shape.

The texts are drawn from IMDb's test split if RNN_MODELS_DATA has it (`imdb`); otherwise they are random words, with
the lengths of IMDb's reviews. The baseline reads the same texts with the same batching, cut to its limit of 512
tokens. Its WordPiece tokenizer is trained on these texts, so that it needs fewer tokens than DistilBERT's own would.
Both also run in bfloat16 if the processor has it.
"""

from __future__ import annotations

import copy
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.trainers import WordPieceTrainer
from transformers import (
    DistilBertConfig,
    DistilBertForSequenceClassification,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

from rnn_models import RNNConfig, RNNForSequenceClassification
from rnn_models.checkpoint import load_checkpoint
from rnn_models.graphs.runtime import classifier_for
from rnn_models.inference import classify

from .common import Row, arguments, compared, has_bfloat16, interleaved, machine, report

CHECKPOINT = Path("checkpoints/sentiment-en")
# The number of words of a review in IMDb's test split: minimum, every fifth percentile, maximum.
WORDS = (4, 62, 88, 108, 118, 126, 133, 141, 150, 160, 172, 186, 202, 220, 245, 277, 314, 368, 444, 582, 2278)
BATCHES = (1, 4, 16, 64, 256)


def main() -> None:
    parsed = arguments("classify", __doc__ or "", ("--documents", {"type": int, "help": "how many [256]"}))
    documents = parsed.documents or (4 if parsed.quick else 256)
    before = machine()
    texts, source = reviews(documents, parsed.quick)
    checkpoint = load_checkpoint(CHECKPOINT)
    models: dict[str, tuple[Any, PreTrainedTokenizerBase]] = {}
    networks = {"sentiment-en (lstm)": checkpoint.model}
    networks |= {f"{cell} of that shape": twin(checkpoint.model.config, cell) for cell in ("gru", "rnn")}
    for name, network in networks.items():
        if has_bfloat16():
            models[f"rnn_models, {name}, bfloat16"] = (in_bfloat16(network), checkpoint.tokenizer)
        models[f"rnn_models, {name}, int8"] = (classifier_for(network, threads=1), checkpoint.tokenizer)
        models[f"rnn_models, {name}"] = (network, checkpoint.tokenizer)
    baselines = {"DistilBERT shape": distilbert(texts, parsed.quick)}
    if has_bfloat16():
        slow, tokenizer = baselines["DistilBERT shape"]
        baselines["DistilBERT shape, bfloat16"] = (in_bfloat16(slow), tokenizer)
    seconds = interleaved(
        {name: lambda pair=pair: run(*pair, texts, 32) for name, pair in models.items()}
        | {name: lambda pair=pair: run(*pair, texts, 16) for name, pair in baselines.items()},
        parsed.rounds,
    )
    group = f"{documents} reviews, {source}"
    rows: list[Row] = compared(group, seconds, work=documents, unit="documents/s")
    ours = next(iter(models.values()))
    sizes = BATCHES[:2] if parsed.quick else BATCHES
    by_batch = interleaved(
        {f"batch {size}": lambda size=size: run(*ours, texts, size) for size in sizes}, parsed.rounds
    )
    rows += compared("rnn_models, sentiment-en", by_batch, work=documents, unit="documents/s")
    tokens = [len(ids) for ids in ours[1](texts, truncation=True)["input_ids"]]
    report(parsed, before, rows, documents=documents, texts=source, mean_tokens=round(float(np.mean(tokens)), 1))


def reviews(number: int, quick: bool) -> tuple[list[str], str]:
    """Texts with the lengths of IMDb's reviews, and their source."""
    rng = random.Random(0)
    folder = Path(os.environ.get("RNN_MODELS_DATA", ""), "imdb")
    if os.environ.get("RNN_MODELS_DATA") and folder.is_dir() and not quick:
        import datasets

        datasets.disable_progress_bars()
        split = datasets.load_dataset(str(folder), split="test")
        return split[rng.sample(range(len(split)), number)]["text"], "of IMDb's test split"
    lengths = np.interp(np.linspace(0, 1, number), np.linspace(0, 1, len(WORDS)), WORDS).astype(int).tolist()
    rng.shuffle(lengths)
    words = Path("rnn_models/from_scratch.py").read_text(encoding="utf-8").split()
    return [" ".join(rng.choices(words, k=length)) for length in lengths], "random words, IMDb's lengths"


def twin(config: RNNConfig, cell: str) -> RNNForSequenceClassification:
    """The same shape with another cell and random weights."""
    torch.manual_seed(0)
    return RNNForSequenceClassification(RNNConfig(**{**config.to_dict(), "cell_type": cell})).eval()


def distilbert(texts: list[str], quick: bool) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """DistilBERT's shape with random weights, and a tokenizer of its kind."""
    pieces = Tokenizer(WordPiece(unk_token="[UNK]"))
    pieces.normalizer, pieces.pre_tokenizer = BertNormalizer(), BertPreTokenizer()
    trainer = WordPieceTrainer(vocab_size=30_522, special_tokens=["[PAD]", "[UNK]"], show_progress=False)
    pieces.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=pieces, pad_token="[PAD]", unk_token="[UNK]", model_max_length=512
    )
    sizes: dict[str, int] = {"dim": 16, "hidden_dim": 16, "n_layers": 1, "n_heads": 2} if quick else {}
    return DistilBertForSequenceClassification(DistilBertConfig(num_labels=3, **sizes)).eval(), tokenizer


def in_bfloat16(network: PreTrainedModel) -> PreTrainedModel:
    """A copy that computes in bfloat16, as `python -m rnn_models classify --dtype bfloat16` does."""
    return copy.deepcopy(network).to(torch.bfloat16)


def run(model: Any, tokenizer: Any, texts: list[str], batch_size: int) -> None:
    assert len(classify(model, tokenizer, texts, batch_size=batch_size)) == len(texts)


if __name__ == "__main__":
    main()
