"""What every task does: it encodes and reads each text once, and together the corpora have the metrics of all rows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch

from rnn_models.data import InputError, batches, streams, token_store
from rnn_models.data.batches import EpochBatches
from rnn_models.training import output
from rnn_models.training.arguments import parse_arguments
from rnn_models.training.options import TASKS, ClassificationArguments, LanguageModelArguments, TokenArguments
from rnn_models.training.preparation import prepare

# A tagger reads words, which tests/training/test_tagging.py has.
READ_TEXTS = [task for task, options in TASKS.items() if issubclass(options, TokenArguments) and task != "tagging"]
RUNS = [["--task", task] for task in READ_TEXTS] + [["--task", "language-model", "--separate_documents"]]


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    """Of two corpora of different texts, each with a validation and a test split."""
    entries = []
    for corpus, good, bad in (("films", "good", "bad"), ("books", "fine", "dull")):
        (tmp_path / corpus / "data").mkdir(parents=True)
        for split, rows in {"train": 12, "validation": 5, "test": 3}.items():
            labelled = [(word, label) for label, word in enumerate((bad, good))]
            lines = [f"a {word} {split} {corpus} {i},{label}" for i in range(rows) for word, label in labelled]
            path = tmp_path / corpus / "data" / f"{split}-00000-of-00001.csv"
            path.write_text("text,label\n" + "\n".join(lines), encoding="utf-8")
        entries.append(f"{{name: {tmp_path / corpus}}}")
    words = ["--datasets", f"[{', '.join(entries)}]", "--output_dir", str(tmp_path / "out"), "--tokenizer", "word"]
    words += ["--embedding_size", "4", "--hidden_size", "6", "--num_train_epochs", "2", "--use_cpu"]
    return [*words, "--per_device_train_batch_size", "8", "--per_device_eval_batch_size", "4"]


@pytest.mark.parametrize("run", RUNS, ids=" ".join)
def test_each_text_is_encoded_once_in_a_whole_run(
    options: list[str], run: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: Counter[str] = Counter()
    for module in (batches, token_store):
        encode = module.token_ids

        def counting(tokenizer: Any, texts: Any, encode: Any = encode, **more: Any) -> Any:
            encoded.update(texts)
            return encode(tokenizer, texts, **more)

        monkeypatch.setattr(module, "token_ids", counting)
    task, trainer = prepare(parse_arguments([*options, *run]))
    trainer.train()
    model = trainer.best_model()
    task.calibrate(model)
    output.results(task, model)
    # by this one it is found which special tokens a text gets
    encoded.pop("a", None)
    assert len(encoded) == 2 * 2 * (12 + 5 + 3)
    assert set(encoded.values()) == {1}


@pytest.mark.parametrize("run", RUNS, ids=" ".join)
def test_each_epoch_is_arranged_once(options: list[str], run: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    arranged: list[tuple[EpochBatches, int]] = []
    for kind in (batches.LengthGroupedBatches, streams.TokenStreams):
        arrange = kind._arrange

        def counting(self: EpochBatches, epoch: int, arrange: Any = arrange) -> None:
            arranged.append((self, epoch))
            arrange(self, epoch)

        monkeypatch.setattr(kind, "_arrange", counting)
    _, trainer = prepare(parse_arguments([*options, *run, "--eval_strategy", "no"]))
    trainer.train()
    data = trainer.train_dataset
    data = data.batches if isinstance(data, streams.SeparateDocuments) else data
    assert [epoch for one, epoch in arranged if one is data] == [0, 1]


@pytest.mark.parametrize("run", [run for run in RUNS if run != ["--task", "language-model"]], ids=" ".join)
def test_the_results_read_each_row_once_and_are_those_of_all_rows(options: list[str], run: list[str]) -> None:
    task, trainer = prepare(parse_arguments([*options, *run]))
    model = trainer.model.eval()
    read: list[int] = []

    def count(module: Any, args: tuple[Any, ...], given: dict[str, Any], outputs: Any) -> None:
        read.append(len(args[0] if args else given["input_ids"]))

    hook = model.rnn.register_forward_hook(count, with_kwargs=True)
    found = output.results(task, model)
    hook.remove()
    assert sum(read) == 2 * 2 * (5 + 3)
    for split in ("validation", "test"):
        parts = found[split]["data_sets"].values()
        assert found[split]["rows"] == sum(part["rows"] for part in parts)
        weight = "tokens" if "tokens" in found[split] else "rows"
        mean = sum(part["loss"] * part[weight] for part in parts) / sum(part[weight] for part in parts)
        assert found[split]["loss"] == pytest.approx(mean, rel=1e-6)


def test_two_corpora_in_one_stream_are_read_with_the_state_of_the_first(options: list[str]) -> None:
    task, trainer = prepare(parse_arguments([*options, *RUNS[0]]))
    torch.nn.init.normal_(trainer.model.lm_head.weight)
    found = output.results(task, trainer.model)["validation"]
    parts = found["data_sets"].values()
    mean = sum(part["loss"] * part["tokens"] for part in parts) / sum(part["tokens"] for part in parts)
    assert found["loss"] != mean and found["loss"] == pytest.approx(mean, rel=0.05)


def test_pretraining_refuses_a_split_of_lone_tokens_before_it_trains(options: list[str]) -> None:
    with pytest.raises(InputError, match=r"no text of films, split validation, has two tokens; a lone token has no"):
        prepare(parse_arguments([*options, "--task", "pretraining", "--max_length", "1"]))


def test_who_gets_an_option_is_said_where_it_stands() -> None:
    words = ["--output_dir", "x", "--datasets", "a.csv", "--tokenizer", "word", "--ema_decay", "0.9"]
    arguments = parse_arguments(["--task", "classification", *words, "--entropy_weight", "2"])
    assert isinstance(arguments, ClassificationArguments)
    assert arguments.passed_to("trainer") == {
        "ema_decay": 0.9, "adversarial_norm": 0.0, "virtual_adversarial_norm": 0.0, "entropy_weight": 2.0,
        "unfreeze_epochs": 0.0,
    }  # fmt: skip
    writer = parse_arguments(["--task", "language-model", *words])
    assert isinstance(writer, LanguageModelArguments)
    assert writer.passed_to("trainer").keys() == {
        "ema_decay", "activation_regularization", "temporal_activation_regularization"
    }  # fmt: skip
