"""At its end a run takes a mean of the weights that it started from and of those that it learnt."""

from pathlib import Path

import pytest
import torch

from rnn_models import RNNConfig, RNNForSequenceClassification
from rnn_models.data import InputError
from rnn_models.tokenization import train_tokenizer
from rnn_models.training.arguments import parse_arguments
from rnn_models.training.preparation import prepare


@pytest.fixture
def network(tmp_path: Path) -> Path:
    tokenizer = train_tokenizer("word", ["a good one", "a bad one"])
    names = {"id2label": {0: "bad", 1: "good"}, "label2id": {"bad": 0, "good": 1}}
    torch.manual_seed(0)
    model = RNNForSequenceClassification(
        RNNConfig(vocab_size=len(tokenizer), embedding_size=4, hidden_size=6, **names)
    )
    model.save_pretrained(tmp_path / "network")
    tokenizer.save_pretrained(tmp_path / "network")
    (tmp_path / "films.csv").write_text("text,label\n" + "a good one,good\na bad one,bad\n" * 10, encoding="utf-8")
    return tmp_path / "network"


def words(network: Path, *more: str) -> list[str]:
    argv = ["--task", "classification", "--max_steps", "4", "--use_cpu", "--eval_strategy", "no"]
    argv += ["--datasets", str(network.parent / "films.csv"), "--output_dir", str(network.parent / "out")]
    return [*argv, "--pretrained_model", str(network), "--learning_rate", "0.1", *more]


@pytest.mark.parametrize("more", [[], ["--ema_decay", "0.9"]], ids=["last", "averaged"])
@pytest.mark.parametrize("share", ["0.5", "0.25"])
def test_the_weights_that_are_kept_lie_between_those_before_and_those_learnt(
    network: Path, share: str, more: list[str]
):
    _, trainer = prepare(parse_arguments(words(network, "--pretrained_share", share, *more)))
    before = RNNForSequenceClassification.from_pretrained(network).state_dict()
    trainer.train()
    learnt = {name: weight.clone() for name, weight in trainer.evaluated_model.state_dict().items()}
    assert any(not torch.equal(learnt[name], before[name]) for name in before)
    for _ in range(2):  # asked for again, it stays
        for name, weight in trainer.best_model().state_dict().items():
            torch.testing.assert_close(weight, float(share) * before[name] + (1 - float(share)) * learnt[name])


def test_a_run_that_goes_on_has_the_same_mean(network: Path):
    options = words(network, "--pretrained_share", "0.5", "--eval_strategy", "steps", "--eval_steps", "2")
    options += ["--metric_for_best_model", "loss"]
    _, whole = prepare(parse_arguments(options))
    whole.train()
    expected = {name: weight.clone() for name, weight in whole.best_model().state_dict().items()}
    _, resumed = prepare(parse_arguments(options))
    resumed.train(resume_from_checkpoint=str(max((network.parent / "out").glob("**/checkpoint-*"))))
    assert all(torch.equal(weight, expected[name]) for name, weight in resumed.best_model().state_dict().items())


def test_without_a_pretrained_model_there_is_nothing_to_share(network: Path):
    without = [word for word in words(network) if word not in ("--pretrained_model", str(network))]
    with pytest.raises(InputError, match="option pretrained_share: there is no pretrained_model"):
        parse_arguments([*without, "--tokenizer", "word", "--pretrained_share", "0.5"])


@pytest.mark.parametrize("more", [["--labels", "[bad, good, mixed]"], ["--num_hidden_layers", "2"]])
def test_what_is_new_has_no_weights_before(network: Path, more: list[str]):
    (network.parent / "films.csv").write_text(
        "text,label\n" + "a good one,good\na bad one,bad\n" * 10 + ("a one,mixed\n" * 9 if "mixed" in more[1] else ""),
        encoding="utf-8",
    )
    with pytest.raises(InputError, match=r"option pretrained_share: .*network has "):
        prepare(parse_arguments(words(network, "--pretrained_share", "0.5", *more)))
