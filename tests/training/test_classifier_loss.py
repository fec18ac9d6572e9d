"""The loss of a classifier asks among the labels of the row's corpus."""

import numpy as np
import pytest
import torch
from transformers import TrainingArguments

from rnn_models import RNNConfig, RNNForSequenceClassification
from rnn_models.data.corpora import load_corpora
from rnn_models.data.recipes import DatasetEntry
from rnn_models.training.classification import ClassifierTrainer
from rnn_models.training.objectives import divergence, entropy


@pytest.fixture
def loss_of(tmp_path):
    def compute(batch, smoothing=0.0):
        torch.manual_seed(0)
        model = RNNForSequenceClassification(RNNConfig(vocab_size=9, num_labels=3, initializer_range=1.0)).eval()
        arguments = TrainingArguments(str(tmp_path), label_smoothing_factor=smoothing, report_to="none", use_cpu=True)
        trainer = ClassifierTrainer(model=model, args=arguments, measure=lambda model: {})
        loss, outputs = trainer.compute_loss(model, batch, return_outputs=True)
        return loss, outputs.logits

    return compute


def batch(weights):
    ids = torch.tensor([[4, 5, 6], [7, 8, 4]])
    return {
        "input_ids": ids,
        "labels": torch.tensor([0, 2]),
        "label_weights": torch.tensor(weights, dtype=torch.float),
    }


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_among_all_labels_it_is_the_usual_cross_entropy(loss_of, smoothing):
    loss, logits = loss_of(batch([[1, 1, 1]] * 2), smoothing)
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor([0, 2]), label_smoothing=smoothing)
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_a_label_that_the_corpus_does_not_have_takes_no_part(loss_of, smoothing):
    loss, logits = loss_of(batch([[1, 0, 1], [1, 1, 1]]), smoothing)
    two = torch.nn.functional.cross_entropy(logits[:1, [0, 2]], torch.tensor([0]), label_smoothing=smoothing)
    three = torch.nn.functional.cross_entropy(logits[1:], torch.tensor([2]), label_smoothing=smoothing)
    torch.testing.assert_close(loss, (two + three) / 2)
    grad = torch.autograd.grad(loss, logits)[0]
    assert grad[0, 1] == 0 and grad.isfinite().all()


def test_a_row_counts_as_much_as_its_label(loss_of):
    loss, logits = loss_of(batch([[3, 1, 1], [1, 1, 0.5]]))
    each = torch.nn.functional.cross_entropy(logits, torch.tensor([0, 2]), reduction="none")
    torch.testing.assert_close(loss, (3 * each[0] + 0.5 * each[1]) / 2)


@pytest.mark.parametrize("balance", [0.0, 0.5, 1.0])
def test_balance_raises_the_weight_of_rare_labels_and_keeps_the_mean(tmp_path, balance):
    (tmp_path / "train.csv").write_text("text,label\n" + "a fine day,b\n" * 30 + "a bad day,a\n" * 10)
    entry = DatasetEntry(name=str(tmp_path / "train.csv"), balance=balance)
    (corpus,), _ = load_corpora([entry], labels=["a", "b"], validation_size=0.1)
    rare, common = corpus.label_weights
    counts = [corpus.train.labels.count(0), corpus.train.labels.count(1)]
    assert rare / common == pytest.approx((counts[1] / counts[0]) ** balance)
    assert (rare * counts[0] + common * counts[1]) / sum(counts) == pytest.approx(1.0)


def test_a_loss_over_own_labels_gives_the_others_no_weight(tmp_path):
    (tmp_path / "three.csv").write_text("text,label\n" + "so so,b\ngood,c\nbad,a\n" * 10)
    (tmp_path / "two.csv").write_text("text,label\n" + "great,c\nawful,a\n" * 10)
    entries = [
        DatasetEntry(str(tmp_path / "three.csv")),
        DatasetEntry(str(tmp_path / "two.csv"), loss_over_own_labels=True),
    ]
    (three, two), _ = load_corpora(entries, labels=["a", "b", "c"], validation_size=0.1)
    assert all(three.label_weights)
    assert [weight > 0 for weight in two.label_weights] == [True, False, True]


def test_an_adversarial_step_adds_the_gradients_of_embeddings_moved_the_worst_way(tmp_path):
    torch.manual_seed(0)
    model = RNNForSequenceClassification(RNNConfig(vocab_size=9, num_labels=3, initializer_range=1.0))
    arguments = TrainingArguments(str(tmp_path), report_to="none", use_cpu=True)
    trainer = ClassifierTrainer(model=model, args=arguments, measure=lambda model: {}, adversarial_norm=2.0)
    given = batch([[1, 1, 1]] * 2)
    trainer.current_gradient_accumulation_steps = 1
    loss = trainer.training_step(model, given)

    embedding = model.get_input_embeddings()
    x = embedding(given["input_ids"]).detach().requires_grad_()
    clean = torch.nn.functional.cross_entropy(model(inputs_embeds=x).logits, given["labels"])
    (gradient,) = torch.autograd.grad(clean, x)
    move = 2.0 * embedding.weight.std() * gradient / gradient.flatten(1).norm(dim=1)[:, None, None]
    worse = torch.nn.functional.cross_entropy(model(inputs_embeds=x + move).logits, given["labels"])
    assert worse > clean
    torch.testing.assert_close(loss, (clean + worse).detach())
    expected = torch.autograd.grad(clean_and_worse(model, given, move), list(model.parameters()))
    for parameter, gradient in zip(model.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient)
    assert not embedding._forward_hooks


@pytest.mark.parametrize("labels", [[0, -100, 2, -100], [-100] * 4])
def test_only_rows_with_a_label_are_read_again_with_moved_embeddings(tmp_path, labels):
    trainer = classifier_trainer(tmp_path, adversarial_norm=2.0)
    trainer.model.rnn.embedding_dropout.p = 0.0
    given = {name: rows.repeat(2, *[1] * (rows.dim() - 1)) for name, rows in batch([[1, 1, 1]] * 2).items()}
    given["labels"] = torch.tensor(labels)
    read = []
    hook = trainer.model.get_input_embeddings().register_forward_hook(lambda _, args, output: read.append(len(output)))
    loss = trainer.training_step(trainer.model, given)
    hook.remove()
    labelled = [row for row, label in enumerate(labels) if label >= 0]
    assert read == [4, *([len(labelled)] if labelled else [])]
    if labelled:
        alone = {name: rows[labelled] for name, rows in given.items()}
        torch.testing.assert_close(loss, trainer.training_step(trainer.model, alone))
    else:
        assert loss == 0


def clean_and_worse(model, given, move):
    x = model.get_input_embeddings()(given["input_ids"])
    losses = [
        torch.nn.functional.cross_entropy(model(inputs_embeds=y).logits, given["labels"])
        for y in (x, x + move.detach())
    ]
    return sum(losses)


UNLABELLED = {
    "input_ids": torch.tensor([[4, 5, 6], [7, 8, 4]]),
    "labels": torch.tensor([0, -100]),
    "label_weights": torch.tensor([[1.0, 1.0, 1.0], [2.0, 0.0, 2.0]]),
}


def test_a_row_without_a_label_takes_no_part_in_the_cross_entropy(loss_of):
    loss, logits = loss_of(UNLABELLED)
    torch.testing.assert_close(loss, torch.nn.functional.cross_entropy(logits[:1], torch.tensor([0])))


def test_entropy_and_divergence_are_taken_among_the_labels_that_take_part():
    part = torch.tensor([[True, True, True], [True, False, True]])
    p, q = (
        torch.tensor([[0.5, 0.25, 0.25], [0.75, 0.0, 0.25]]),
        torch.tensor([[0.25, 0.25, 0.5], [0.5, 0.0, 0.5]]),
    )
    expected = [torch.distributions.Categorical(probs=rows) for rows in (p, q)]
    torch.testing.assert_close(entropy(p.log(), part), expected[0].entropy().mean())
    three = torch.distributions.kl_divergence(*expected)[0]
    two = 0.75 * torch.tensor(1.5).log() + 0.25 * torch.tensor(0.5).log()
    torch.testing.assert_close(divergence(p.log(), q.log(), part), (three + two) / 2)
    logits = torch.zeros(2, 3, requires_grad=True)
    masked = logits.masked_fill(~part, float("-inf")).log_softmax(-1)
    (gradient,) = torch.autograd.grad(entropy(masked, part) + divergence(masked, q.log(), part), logits)
    assert gradient.isfinite().all()


def classifier_trainer(folder, **options):
    torch.manual_seed(0)
    config = RNNConfig(vocab_size=9, num_labels=3, initializer_range=1.0, embedding_dropout=0.3)
    arguments = TrainingArguments(str(folder), report_to="none", use_cpu=True)
    model = RNNForSequenceClassification(config)
    trainer = ClassifierTrainer(model=model, args=arguments, measure=lambda model: {}, **options)
    trainer.current_gradient_accumulation_steps = 1
    return trainer


def test_the_entropy_of_the_answers_adds_to_the_loss(tmp_path):
    losses = []
    for weight in (0.0, 1.0):
        trainer = classifier_trainer(tmp_path, entropy_weight=weight)
        trainer.model.eval()
        losses.append(trainer.compute_loss(trainer.model, UNLABELLED, return_outputs=True))
    logits = losses[0][1].logits.masked_fill(UNLABELLED["label_weights"] == 0, -1e9)
    expected = torch.distributions.Categorical(logits=logits).entropy().mean()
    torch.testing.assert_close(losses[1][0] - losses[0][0], expected)


def test_a_virtual_adversarial_step_finds_a_worse_place_than_chance_and_learns_from_rows_without_labels(tmp_path):
    trainer = classifier_trainer(tmp_path, virtual_adversarial_norm=3.0)
    model, embedding = trainer.model, trainer.model.get_input_embeddings()
    part = UNLABELLED["label_weights"] > 0
    moves = []
    hook = embedding.register_forward_hook(lambda module, args, output: moves.append(output))
    model.train()
    inputs = {"input_ids": UNLABELLED["input_ids"]}
    worst = trainer.compute_loss(model, {**UNLABELLED, "virtual": True})
    hook.remove()
    assert len(moves) == 3 and worst > 0
    model.eval()
    before, _ = trainer._answer(model, inputs, part, None)
    shape = (*inputs["input_ids"].shape, model.config.embedding_size)
    spread = embedding.weight.std()
    chance = []
    for _ in range(20):
        direction = torch.randn(shape)
        move = 3.0 * spread * direction / direction.flatten(1).norm(dim=1)[:, None, None]
        chance.append(divergence(before, trainer._answer(model, inputs, part, move)[0], part).item())
    virtual = {**UNLABELLED, "virtual": True}
    found = sum(trainer.compute_loss(model, virtual).item() for _ in range(20)) / 20
    assert found > 2 * sum(chance) / 20

    without = {**UNLABELLED, "labels": torch.tensor([-100, -100])}
    model.zero_grad()
    trainer.training_step(model, without)
    assert embedding.weight.grad[without["input_ids"]].abs().sum() > 0


def test_virtual_adversarial_passes_draw_one_dropout_and_leave_the_random_numbers_as_they_were(tmp_path):
    """With a move of no length all three passes are one, so that dropout alone makes no divergence."""
    trainer = classifier_trainer(tmp_path, virtual_adversarial_norm=1e-6)
    trainer.model.train()
    loss = trainer.compute_loss(trainer.model, {**UNLABELLED, "virtual": True})
    assert loss.abs() < 1e-6


def test_a_corpus_reads_its_rows_without_labels_once_an_epoch(tmp_path):
    from rnn_models.training.arguments import parse_arguments
    from rnn_models.training.build import build_tokenizer
    from rnn_models.training.classification import NO_LABEL, ClassificationTask

    folder = tmp_path / "films"
    (folder / "data").mkdir(parents=True)
    for split, rows in {
        "train": "a good one,1\na bad one,0\n" * 10,
        "test": "a fine one,1\na poor one,0\n",
        "unsupervised": "who knows,-1\n" * 5 + "A  fine one,-1\n",
    }.items():
        (folder / "data" / f"{split}-00000-of-00001.csv").write_text("text,label\n" + rows)
    argv = ["--task", "classification", "--output_dir", str(tmp_path / "out"), "--tokenizer", "word"]
    entry = f"[{{name: {folder}, unlabelled_split: unsupervised, weight: 2, labels: {{0: bad, 1: good}}}}]"
    arguments = parse_arguments([*argv, "--datasets", entry, "--entropy_weight", "1", "--validation_size", "0.2"])
    corpora, labels = load_corpora(arguments.datasets, labels=[], validation_size=0.2)
    tokenizer = build_tokenizer(arguments, [*corpora[0].train.texts, "who knows"])
    data = ClassificationTask(arguments, corpora, labels, tokenizer).training_data()
    read = torch.cat([data[k]["labels"] for k in range(len(data))])
    assert (read == NO_LABEL).sum() == 5, "what the test split holds is not read"
    assert (read >= 0).sum() == 2 * len(corpora[0].train)


def test_rows_without_labels_are_refused_where_nothing_learns_from_them(tmp_path):
    from rnn_models.data import InputError
    from rnn_models.training.arguments import parse_arguments

    argv = ["--task", "classification", "--output_dir", "x", "--tokenizer", "word"]
    with pytest.raises(
        InputError, match="films: only a classifier with teachers, virtual_adversarial_norm or entropy_weight"
    ):
        parse_arguments([*argv, "--datasets", "[{name: films, unlabelled_split: unsupervised}]"])


def test_one_corpus_that_is_far_from_the_others_does_not_decide_how_sure_a_model_is(tmp_path):
    """Labels drawn from softmax(z / T) are fitted by T; the third ones, of rules, are all right."""
    from rnn_models.data.corpora import Corpus, Split
    from rnn_models.training.arguments import parse_arguments
    from rnn_models.training.build import build_tokenizer
    from rnn_models.training.classification import ClassificationTask

    rng = np.random.default_rng(0)
    logits = [rng.normal(size=(rows, 2)) * 4 for rows in (4000, 2000, 9000)]
    right = [1 / (1 + np.exp((z[:, 0] - z[:, 1]) / T)) for z, T in zip(logits, (1.5, 2.0, 0.1), strict=True)]
    labels = [(rng.random(len(chances)) < chances).astype(int).tolist() for chances in right]
    splits = [Split("validation", ["a text"] * len(rows), rows, [False] * len(rows)) for rows in labels]
    corpora = [Corpus(f"corpus {i}", split, split, [], label_weights=[1.0, 1.0]) for i, split in enumerate(splits)]
    argv = ["--task", "classification", "--output_dir", "x", "--datasets", "a.csv", "--tokenizer", "word"]
    arguments = parse_arguments(argv)
    task = ClassificationTask(arguments, corpora, ["no", "yes"], build_tokenizer(arguments, ["a text"]))
    task._clean_logits = lambda model: logits
    model = RNNForSequenceClassification(RNNConfig(vocab_size=9, num_labels=2))
    task.calibrate(model)
    assert model.config.temperature == pytest.approx(1.5, rel=0.1)


def test_a_step_of_several_batches_weighs_the_entropy_as_a_step_of_one(tmp_path):
    def gradient(batch_size, accumulated):
        torch.manual_seed(0)
        model = RNNForSequenceClassification(RNNConfig(vocab_size=9, num_labels=3, initializer_range=1.0)).eval()
        options = {"gradient_accumulation_steps": accumulated, "report_to": "none", "use_cpu": True}
        trainer = ClassifierTrainer(
            model=model, args=TrainingArguments(str(tmp_path), **options), measure=lambda model: {}, entropy_weight=2.0
        )
        trainer.current_gradient_accumulation_steps = accumulated
        whole = batch([[1, 1, 1]] * 2)
        rows = [{name: part[i : i + batch_size] for name, part in whole.items()} for i in range(0, 2, batch_size)]
        losses = [trainer.compute_loss(model, part, num_items_in_batch=torch.tensor(2)) for part in rows]
        return torch.autograd.grad(sum(losses), model.rnn.embedding.weight)[0]

    torch.testing.assert_close(gradient(1, 2), gradient(2, 1))
