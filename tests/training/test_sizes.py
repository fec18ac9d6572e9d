"""A run that goes on from a network has its sizes and dropouts: other sizes are refused, new layers are added."""

import json
from pathlib import Path

import pytest
import torch

from rnn_models import RNNConfig, RNNForSequenceClassification
from rnn_models.data import InputError
from rnn_models.tokenization import train_tokenizer
from rnn_models.training.arguments import parse_arguments
from rnn_models.training.output import facts
from rnn_models.training.preparation import prepare
from rnn_models.training.settings import device_of

DROPOUTS = {"output_dropout": 0.4, "classifier_dropout": 0.2}
TEXTS = ["a good one", "a bad one"]


@pytest.fixture
def network(tmp_path: Path) -> Path:
    tokenizer = train_tokenizer("word", TEXTS)
    names = {"id2label": {0: "bad", 1: "good"}, "label2id": {"bad": 0, "good": 1}}
    config = RNNConfig(
        vocab_size=len(tokenizer), embedding_size=4, hidden_size=6, cell_type="gru", **names, **DROPOUTS
    )
    torch.manual_seed(0)
    RNNForSequenceClassification(config).save_pretrained(tmp_path / "network")
    tokenizer.save_pretrained(tmp_path / "network")
    (tmp_path / "films.csv").write_text("text,label\n" + "a good one,good\na bad one,bad\n" * 10, encoding="utf-8")
    return tmp_path / "network"


def words(network: Path, *more: str) -> list[str]:
    films = str(network.parent / "films.csv")
    argv = ["--task", "classification", "--output_dir", str(network.parent / "out"), "--max_steps", "2", "--use_cpu"]
    return [*argv, "--datasets", films, "--pretrained_model", str(network), *more]


@pytest.mark.parametrize(
    ("option", "value", "has"),
    [
        ("cell_type", "lstm", "gru"),
        ("hidden_size", "256", "6"),  # the default, and yet asked for
        ("embedding_size", "5", "4"),
        ("bidirectional", "true", "False"),
        ("vocab_size", "99", "8"),
    ],
)
def test_another_network_than_the_pretrained_one_is_refused(network: Path, option: str, value: str, has: str):
    with pytest.raises(InputError, match=rf"option {option}: pretrained_model .*network has {has}, and not"):
        prepare(parse_arguments(words(network, f"--{option}", value)))


def test_the_dropouts_of_the_network_stay_unless_others_are_given(network: Path):
    config = prepare(parse_arguments(words(network, "--output_dropout", "0.0")))[1].model.config
    assert (config.output_dropout, config.classifier_dropout) == (0.0, 0.2)


def test_fewer_layers_than_the_network_has_are_refused(network: Path):
    deep = network.parent / "deep"
    task, trainer = prepare(parse_arguments(words(network, "--num_hidden_layers", "2")))
    trainer.model.save_pretrained(deep)
    task.tokenizer.save_pretrained(deep)
    with pytest.raises(InputError, match=r"option num_hidden_layers: pretrained_model .*deep has 2, and not 1"):
        prepare(parse_arguments(words(network, "--num_hidden_layers", "1", "--pretrained_model", str(deep))))


def test_sizes_that_are_those_of_the_network_may_be_given(network: Path):
    prepare(parse_arguments(words(network, "--cell_type", "gru", "--hidden_size", "6")))


@pytest.mark.parametrize("labels", [["bad", "good"], ["bad", "good", "mixed"]])
def test_layers_above_those_of_the_network_are_new_and_those_below_are_its_own(network: Path, labels: list[str]):
    known = RNNForSequenceClassification.from_pretrained(network).rnn.state_dict()
    more = ["--num_hidden_layers", "2", "--labels", f"[{', '.join(labels)}]"]
    (network.parent / "films.csv").write_text(
        "text,label\n" + "".join(f"a {label} one,{label}\n" * 10 for label in labels), encoding="utf-8"
    )
    model = prepare(parse_arguments(words(network, *more)))[1].model
    assert model.config.num_hidden_layers == 2 and model.config.num_labels == len(labels)
    assert len(model.rnn.state_dict()) > len(known)
    for name, weight in known.items():
        assert torch.equal(model.rnn.state_dict()[name], weight)


def test_results_name_the_network_before_and_the_teachers_with_their_commands(network: Path):
    about = {"command": "python train.py first.yaml", "epochs": 1.0, "train_hours": 0.5, "machine": "1 CPU core"}
    (network / "eval_results.json").write_text(json.dumps(about), encoding="utf-8")
    films = f"[{{name: {network.parent / 'films.csv'}, teachers: [{network}]}}]"
    arguments = parse_arguments(words(network, "--datasets", films))
    found = facts(arguments, [], prepare(arguments)[1])
    assert found["stage_before"] == about and found["teachers"] == [about]


def test_a_run_computes_on_the_accelerator_unless_the_cpu_is_asked_for(network: Path):
    assert device_of(parse_arguments(words(network))).type == "cpu"
    without = [word for word in words(network) if word != "--use_cpu"]
    expected = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else torch.device("cpu")
    assert device_of(parse_arguments(without)) == expected
