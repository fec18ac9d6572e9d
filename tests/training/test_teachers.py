"""Rows learn what teachers say of them: those without labels that alone, those with labels the mean of both."""

import numpy as np
import pytest
import torch
from transformers import TrainingArguments

from rnn_models import RNNConfig, RNNForSequenceClassification
from rnn_models.data import InputError
from rnn_models.data.corpora import Corpus, Split, load_corpora
from rnn_models.data.recipes import DatasetEntry
from rnn_models.training import teachers
from rnn_models.training.arguments import parse_arguments
from rnn_models.training.build import build_tokenizer
from rnn_models.training.classification import ClassificationTask, ClassifierTrainer

LABELS = ["negative", "neutral", "positive"]
WITHOUT = ["so good a film", "so bad a film", "so bad it was"]


def films(unlabelled=WITHOUT, own=(0, 2)):
    train = Split("train", ["a good one", "a bad one"] * 10, [2, 0] * 10)
    held = Split("validation", ["good", "bad"], [2, 0])
    return Corpus("films", train, held, [], own_labels=list(own), unlabelled=Split("unsupervised", unlabelled))


def answers(*names, labels=LABELS, **options):
    corpus = films(**options)
    return teachers.probabilities(names, corpus, corpus.unlabelled, labels)


def test_a_linear_teacher_answers_among_the_labels_of_the_corpus():
    found = answers("linear")
    assert found.argmax(-1).tolist() == [2, 0, 0]
    assert (found[:, 1] == 0).all()
    np.testing.assert_allclose(found.sum(-1), 1)


def test_several_teachers_are_averaged(tiny_checkpoints):
    model = str(tiny_checkpoints / "sentiment-en")
    one, other = (answers(name, own=(0, 1, 2)) for name in ("linear", model))
    both = answers("linear", model, own=(0, 1, 2))
    np.testing.assert_allclose(both, (one + other) / 2)


def test_a_network_is_a_teacher_by_the_names_of_its_labels(tiny_checkpoints):
    from rnn_models.checkpoint import load_checkpoint
    from rnn_models.inference.classify import classify

    checkpoint = load_checkpoint(tiny_checkpoints / "sentiment-en")
    said = classify(checkpoint.model, checkpoint.tokenizer, WITHOUT)
    found = answers(str(tiny_checkpoints / "sentiment-en"), labels=["positive", "mixed", "negative"])
    for answer, row in zip(said, found, strict=True):
        pair = answer["positive"] + answer["negative"]
        np.testing.assert_allclose(row, [answer["positive"] / pair, 0, answer["negative"] / pair], atol=1e-9)


@pytest.mark.parametrize("name, reason", [("nowhere/at-all", "films, teachers: "), ("tang-poems", "text-generation")])
def test_what_is_no_classifier_is_no_teacher(tiny_checkpoints, name, reason):
    path = tiny_checkpoints / name
    with pytest.raises(InputError, match=reason):
        answers(str(path) if path.exists() else name)


def test_a_teacher_of_other_labels_is_refused(tiny_checkpoints):
    with pytest.raises(InputError, match=r"films, teachers: none of .* knows its labels"):
        answers(str(tiny_checkpoints / "sentiment-en"), own=(0, 1), labels=["spam", "ham"])


def test_a_linear_teacher_labels_no_row_that_it_was_fitted_to():
    draw = np.random.default_rng(0)
    texts = [" ".join(draw.choice(list("abcdefghijklmnopqrstuvwxyz"), 15)) for _ in range(100)]
    train, again = (Split(name, texts, draw.permutation([0, 1] * 50).tolist()) for name in ("train", "again"))
    corpus = Corpus("noise", train, again, [], own_labels=[0, 1])
    right = [
        (teachers.probabilities(["linear"], corpus, split, ["no", "yes"]).argmax(-1) == train.labels).mean()
        for split in (train, again)
    ]
    assert right[0] < 0.7, "labels drawn by chance cannot be known"
    assert right[1] > 0.95, "and can be learnt by heart"


def test_the_parts_of_a_linear_teacher_hold_all_labels_however_rare():
    train = Split("train", ["good film"] * 400 + ["bad film"] * 4, [1] * 400 + [0] * 4)
    corpus = Corpus("films", train, Split("validation", ["good"], [1]), [], own_labels=[0, 1])
    assert np.isfinite(teachers.probabilities(["linear"], corpus, train, ["no", "yes"])).all()
    corpus.train = train.take(range(403))
    with pytest.raises(InputError, match="linear needs two labels with at least 4 training rows each"):
        teachers.probabilities(["linear"], corpus, corpus.train, ["no", "yes"])


def test_a_row_with_a_label_learns_the_mean_of_it_and_of_the_answers():
    corpus, other = films(), films()
    teachers.teach([DatasetEntry("films", teachers=["linear"]), DatasetEntry("films")], [corpus, other], LABELS)
    assert other.train.targets is None and other.unlabelled.targets is None
    said = teachers.probabilities(["linear"], corpus, corpus.train, LABELS)
    np.testing.assert_allclose(corpus.train.targets, (np.eye(3)[corpus.train.labels] + said) / 2)
    np.testing.assert_allclose(corpus.unlabelled.targets, answers("linear"))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_share_of_the_teachers_may_be_another(share):
    corpus = films()
    teachers.teach([DatasetEntry("films", teachers=["linear"], teachers_share=share)], [corpus], LABELS)
    said = teachers.probabilities(["linear"], corpus, corpus.train, LABELS)
    labels = np.eye(3)[corpus.train.labels]
    np.testing.assert_allclose(corpus.train.targets, (1 - share) * labels + share * said)
    np.testing.assert_allclose(corpus.unlabelled.targets, answers("linear"))


def test_label_smoothing_spreads_over_the_labels_of_its_corpus_alone():
    corpus, other = films(), films()
    teachers.teach([DatasetEntry("films", label_smoothing=0.2), DatasetEntry("films")], [corpus, other], LABELS)
    assert corpus.unlabelled.targets is None and other.train.targets is None
    np.testing.assert_allclose(corpus.train.targets[:2], [[0.1, 0, 0.9], [0.9, 0, 0.1]])


def test_label_smoothing_spreads_what_teachers_say_too():
    corpus = films()
    entry = DatasetEntry("films", teachers=["linear"], teachers_share=1.0, label_smoothing=0.2)
    teachers.teach([entry], [corpus], LABELS)
    said = teachers.probabilities(["linear"], corpus, corpus.train, LABELS)
    np.testing.assert_allclose(corpus.train.targets, 0.8 * said + [0.1, 0, 0.1])
    np.testing.assert_allclose(corpus.unlabelled.targets, 0.8 * answers("linear") + [0.1, 0, 0.1])


@pytest.mark.parametrize("name", ["teachers_share", "label_smoothing"])
@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_shares_outside_0_and_1_are_refused(name, value):
    argv = ["--task", "classification", "--output_dir", "x", "--tokenizer", "word"]
    with pytest.raises(InputError, match=f"datasets, films, {name}: {value} must lie between 0 and 1"):
        parse_arguments([*argv, "--datasets", f"[{{name: films, {name}: {value}}}]"])


def test_the_loss_of_a_taught_row_is_the_cross_entropy_with_its_probabilities(tmp_path):
    torch.manual_seed(0)
    model = RNNForSequenceClassification(RNNConfig(vocab_size=9, num_labels=3, initializer_range=1.0)).eval()
    arguments = TrainingArguments(str(tmp_path), label_smoothing_factor=0.1, report_to="none", use_cpu=True)
    trainer = ClassifierTrainer(model=model, args=arguments, measure=lambda model: {})
    targets = torch.tensor([[1.0, 0.0, 0.0], [0.2, 0.3, 0.5]])
    batch = {
        "input_ids": torch.tensor([[4, 5, 6], [7, 8, 4]]),
        "labels": torch.tensor([0, 2]),
        "label_weights": torch.tensor([[1.0, 1, 1], [2, 1, 0.5]]),
        "targets": targets,
    }
    loss, outputs = trainer.compute_loss(model, batch, return_outputs=True)
    each = torch.nn.functional.cross_entropy(outputs.logits, targets, reduction="none", label_smoothing=0.1)
    torch.testing.assert_close(loss, (each[0] + (0.4 + 0.3 + 0.25) * each[1]) / 2)


def layout(tmp_path):
    (tmp_path / "films" / "data").mkdir(parents=True)
    splits = {
        "train": "a good one,1\na bad one,0\n" * 10,
        "test": "a fine one,1\na poor one,0\n",
        "unsupervised": "".join(f"{text},-1\n" for text in WITHOUT),
    }
    for split, rows in splits.items():
        (tmp_path / "films" / "data" / f"{split}-00000-of-00001.csv").write_text("text,label\n" + rows)
    taught = "unlabelled_split: unsupervised, teachers: linear"
    return f"[{{name: {tmp_path / 'films'}, {taught}, labels: {{0: bad, 1: good}}}}]"


def test_training_reads_the_teachers_answers_where_a_row_has_no_label(tmp_path, capsys):
    argv = ["--task", "classification", "--output_dir", str(tmp_path / "out"), "--tokenizer", "word"]
    argv += ["--datasets", layout(tmp_path), "--validation_size", "0.2"]
    arguments = parse_arguments(argv)
    corpora, labels = load_corpora(arguments.datasets, labels=[], validation_size=0.2)
    teachers.teach(arguments.datasets, corpora, labels)
    task = ClassificationTask(arguments, corpora, labels, build_tokenizer(arguments, corpora[0].train.texts))
    data = task.training_data()
    assert "linear label 3 rows of unsupervised" in capsys.readouterr().out
    batches = [data[k] for k in range(len(data))]
    targets = torch.cat([batch["targets"] for batch in batches])
    assert len(targets) == len(corpora[0].train) + 3 and (targets.max(-1).values < 1).all()
    assert torch.equal(torch.cat([batch["labels"] for batch in batches]), targets.argmax(-1))


def test_a_language_model_has_no_teachers(tmp_path):
    argv = ["--task", "language-model", "--output_dir", "x", "--tokenizer", "word"]
    with pytest.raises(InputError, match="films: only a classifier learns from teachers; this task is language-model"):
        parse_arguments([*argv, "--datasets", "[{name: films, teachers: linear}]"])


def test_a_share_of_teachers_that_are_not_there_is_refused():
    argv = ["--task", "classification", "--output_dir", "x", "--tokenizer", "word"]
    with pytest.raises(InputError, match="datasets, films, teachers_share: there are no teachers"):
        parse_arguments([*argv, "--datasets", "[{name: films, teachers_share: 0.7}]"])


def test_a_language_model_has_no_label_smoothing():
    argv = ["--task", "language-model", "--output_dir", "x", "--tokenizer", "word"]
    with pytest.raises(InputError, match="films: only a classifier has label_smoothing; this task is language-model"):
        parse_arguments([*argv, "--datasets", "[{name: films, label_smoothing: 0.1}]"])
