"""What the trainers add to transformers': a carried state, batches as they are, averaged weights."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import TrainerCallback, TrainingArguments

from rnn_models import RNNConfig, RNNForCausalLM
from rnn_models.data.streams import TokenStreams
from rnn_models.tokenization import train_tokenizer
from rnn_models.training.language_model import LanguageModelTrainer, sample_text
from rnn_models.training.trainer import averaging

TOKENS = np.random.default_rng(0).integers(4, 11, size=121)


def tiny_model(**options: Any) -> RNNForCausalLM:
    torch.manual_seed(0)
    return RNNForCausalLM(RNNConfig(vocab_size=11, embedding_size=4, hidden_size=6, **options))


def streams(sequence_length: int = 5) -> TokenStreams:
    return TokenStreams([TOKENS], batch_size=2, sequence_length=sequence_length, pad_token_id=0)


def trainer_of(folder: Path, model: Any, data: Any, ema_decay: float | None = None, **options: Any) -> Any:
    settings = {
        "report_to": "none",
        "use_cpu": True,
        "disable_tqdm": True,
        "logging_strategy": "no",
        "use_cache": True,
        "learning_rate": 0.01,
        "lr_scheduler_type": "constant",
        **options,
    }
    arguments = TrainingArguments(output_dir=str(folder), **settings)
    return LanguageModelTrainer(
        model=model,
        args=arguments,
        train_dataset=data,
        eval_dataset=[],
        measure=lambda model: {"loss": model.lm_head.weight.sum().item()},
        ema_decay=ema_decay,
    )


def test_the_state_flows_through_an_epoch_and_starts_anew_with_the_next(tmp_path: Path) -> None:
    seen: list[tuple[torch.Tensor, torch.Tensor | None, torch.Tensor]] = []

    def watch(module: Any, args: Any, given: dict[str, Any], outputs: Any) -> None:
        before = given["state"] and given["state"].tensors["hidden"]
        seen.append((given["input_ids"], before, outputs.state.tensors["hidden"]))

    model = tiny_model()
    model.rnn.register_forward_hook(watch, with_kwargs=True)
    data = streams()
    trainer_of(tmp_path, model, data, num_train_epochs=2, save_strategy="no").train()
    assert len(seen) == 2 * len(data)
    for step, (input_ids, before, _) in enumerate(seen):
        assert torch.equal(input_ids, data[step % len(data)]["input_ids"])
        if step % len(data) == 0:
            assert before is None
        else:
            assert torch.equal(before, seen[step - 1][2])
            assert not before.requires_grad


def test_chunks_with_the_state_carried_read_what_the_whole_stream_reads(tmp_path: Path) -> None:
    model = tiny_model()
    data = streams(sequence_length=7)
    trainer = trainer_of(tmp_path, model, data)
    chunks = [trainer.compute_loss(model, data[i]).item() * data[i]["input_ids"].numel() for i in range(len(data))]
    inputs, targets = (
        torch.cat([data[i][name] for i in range(len(data))], 1) for name in ("input_ids", "shift_labels")
    )
    whole = model(input_ids=inputs, shift_labels=targets).loss.item()
    assert sum(chunks) / inputs.numel() == pytest.approx(whole, rel=1e-5)


def test_activation_regularisation_adds_the_squares_of_outputs_and_of_their_changes(tmp_path: Path) -> None:
    model, data = tiny_model(), streams()
    plain = trainer_of(tmp_path, model, data).compute_loss(model, data[0])
    trainer = trainer_of(tmp_path, model, data)
    trainer.activation, trainer.temporal_activation = 2.0, 3.0
    hidden = model.rnn(input_ids=data[0]["input_ids"]).last_hidden_state
    change = hidden[:, 1:] - hidden[:, :-1]
    expected = plain + 2 * (hidden**2).mean() + 3 * (change**2).mean()
    torch.testing.assert_close(trainer.compute_loss(model, data[0]), expected)


def test_accumulated_batches_make_one_step(tmp_path: Path) -> None:
    steps = []

    class Count(TrainerCallback):
        def on_step_end(self, args, state, control, **kwargs):
            steps.append(state.global_step)

    data = streams()
    trainer = trainer_of(tmp_path, tiny_model(), data, 0.9, gradient_accumulation_steps=2, num_train_epochs=1)
    trainer.add_callback(Count())
    trainer.train()
    assert len(steps) == -(-len(data) // 2)


@pytest.mark.parametrize("ema_decay", [None, 0.8])
def test_an_interrupted_run_goes_on_to_the_same_weights(tmp_path: Path, ema_decay: float | None) -> None:
    # 12 batches an epoch: the checkpoint at 5 is in the middle of the first, the one at 15 of the second
    options = {"num_train_epochs": 2, "save_strategy": "steps", "save_steps": 5, "seed": 3}
    whole = trainer_of(tmp_path, tiny_model(output_dropout=0.3), streams(), ema_decay, **options)
    whole.train()
    for step in (5, 15):
        resumed = trainer_of(tmp_path, tiny_model(output_dropout=0.3), streams(), ema_decay, **options)
        resumed.train(resume_from_checkpoint=str(tmp_path / f"checkpoint-{step}"))
        for name, weight in whole.evaluated_model.state_dict().items():
            assert torch.equal(weight, resumed.evaluated_model.state_dict()[name]), (step, name)


def test_no_checkpoint_holds_pickled_arguments(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path, tiny_model(), streams(), num_train_epochs=1, save_strategy="epoch")
    trainer.train()
    (checkpoint,) = tmp_path.glob("checkpoint-*")
    assert (checkpoint / "model.safetensors").is_file()
    assert not list(tmp_path.rglob("training_args.bin"))


def test_the_averaged_weights_are_evaluated_and_saved(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path, tiny_model(), streams(), 0.99, num_train_epochs=1, save_strategy="epoch")
    trainer.train()
    average = trainer.evaluated_model
    assert not torch.equal(average.lm_head.weight, trainer.model.lm_head.weight)
    (checkpoint,) = tmp_path.glob("checkpoint-*")
    saved = RNNForCausalLM.from_pretrained(checkpoint)
    assert torch.equal(saved.lm_head.weight, average.lm_head.weight)
    assert trainer.evaluate()["eval_loss"] == pytest.approx(average.lm_head.weight.sum().item())


def test_tied_weights_stay_tied_in_the_average(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    model = tiny_model(tie_word_embeddings=True)
    options = {"save_strategy": "epoch", "eval_strategy": "epoch", "load_best_model_at_end": True}
    trainer = trainer_of(tmp_path, model, streams(), 0.9, num_train_epochs=1, **options)
    trainer.train()
    assert "missing keys" not in caplog.text
    average = trainer.evaluated_model
    assert average.lm_head.weight.data_ptr() == average.rnn.embedding.weight.data_ptr()


def test_the_average_moves_by_the_decay_that_rises_to_its_end() -> None:
    averaged, current = [torch.zeros(2)], [torch.ones(2)]
    averaging(0.9)(averaged, current, torch.tensor(2))
    assert averaged[0].tolist() == pytest.approx([1 - 3 / 12] * 2)
    averaged = [torch.zeros(2)]
    averaging(0.9)(averaged, current, torch.tensor(1000))
    assert averaged[0].tolist() == pytest.approx([0.1] * 2)


def test_showing_a_sample_changes_nothing_of_the_training() -> None:
    tokenizer = train_tokenizer("character", ["abcdefg"])
    model = tiny_model()
    model.train()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    text = sample_text(model, tokenizer, "ab", 12, {"temperature": 1.0})
    assert torch.equal(torch.rand(3), expected)
    assert model.training
    assert text.startswith("ab")
    assert len(text) <= 14


def test_a_loss_far_above_its_start_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    from types import SimpleNamespace

    from rnn_models.training.progress import TrainingBar

    bar = TrainingBar(language_model=True)
    for step, loss in enumerate([4.0, 3.0, 7.9, 8.1, 9.0, 100.0]):
        bar.on_log(None, SimpleNamespace(global_step=step), None, {"loss": loss})
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("warning: the loss is 8.1 by step 3, and was 4 at first")


def test_a_validation_loss_far_above_the_first_loss_is_told_and_one_by_overfitting_is_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from types import SimpleNamespace

    from rnn_models.training.progress import TrainingBar

    bar = TrainingBar(language_model=True)
    state = SimpleNamespace(global_step=7)
    bar.on_log(None, state, None, {"loss": 4.0})
    for loss in (39.0, 41.0, 50.0):
        bar.on_evaluate(None, state, None, {"eval_loss": loss})
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("warning: the loss on validation is 41 by step 7, and was 4 at first")


def test_without_a_terminal_a_line_tells_the_progress(capsys: pytest.CaptureFixture[str]) -> None:
    from types import SimpleNamespace

    from rnn_models.training.progress import TrainingBar

    read = [0]
    bar = TrainingBar(language_model=True, tokens=lambda: read[0])
    state = SimpleNamespace(global_step=10, max_steps=40, epoch=0.25)
    bar.on_train_begin(None, state, None)
    for step in (20, 30):
        state.global_step, read[0] = step, 1000 * step
        bar.on_log(None, state, None, {"loss": 2.0, "learning_rate": 0.01})
    captured = capsys.readouterr()
    (line,) = (captured.out + captured.err).splitlines()  # the second comes too soon
    assert line.startswith("step 20 of 40  epoch 0.25  loss 2.0000  perplexity 7.389  rate 0.01  tokens/s ")
    assert line.endswith("left")


def test_steps_with_exploding_gradients_are_counted(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path, tiny_model(), streams(), max_grad_norm=0.5)
    for norm in (0.1, 5.0, torch.tensor(5.1), math.inf, math.nan, None):
        trainer._get_grad_norm(trainer.model, norm)
    assert int(trainer.exploded) == 3
