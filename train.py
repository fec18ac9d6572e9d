"""Train a recurrent network: arguments -> tokenizer -> data -> trainer -> save.

python train.py recipes/NAME.yaml [--any-option value]
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from rnn_models.console import escape_unencodable
from rnn_models.data import InputError
from rnn_models.training import folder as folders
from rnn_models.training.arguments import Arguments, parse_arguments
from rnn_models.training.divergence import Diverged
from rnn_models.training.processes import refuse_several_processes


def main(argv: list[str] | None = None) -> int:
    """Run one training.

    Returns:
        The exit status, with one line that says why: 2 for whatever cannot be trained on, 1 for a loss or weights that
        are no numbers any more, of which nothing is saved.
    """
    escape_unencodable()
    argv = sys.argv[1:] if argv is None else argv
    try:
        refuse_several_processes()
        arguments = parse_arguments(argv)
        folder = folders.output_folder(arguments)
        resume = folders.checkpoint(arguments, folder)
        run_stages_before(arguments)
        run = prepare(arguments, folder)
        repository = create_repository(arguments, folder) if arguments.push_to_hub else None
    except InputError as error:
        print(f"train.py: error: {error}", file=sys.stderr)
        return 2
    try:
        train_and_save(arguments, argv, folder, resume, **run)
    except Diverged as error:
        last = folders.last_checkpoint(folder)
        kept = "there is no checkpoint before that" if last is None else f"the last good checkpoint is {last}"
        print(f"train.py: error: {error}; no model was saved, and {kept}", file=sys.stderr)
        return 1
    if repository is None:
        return 0
    from rnn_models.__main__ import main as command

    private = ["--private"] if arguments.hub_private_repo else []
    return command(["push", str(folder), repository, *private])


def run_stages_before(arguments: Arguments) -> None:
    """Where `pretrained_model` or `teachers` name recipes, run those that made none yet, and take their models."""
    if arguments.pretrained_model:
        arguments.pretrained_model = stage_before(arguments.pretrained_model, "pretrained_model", arguments)
    arguments.teachers = [stage_before(name, "teachers", arguments) for name in arguments.teachers]


def stage_before(name: str, option: str, arguments: Arguments) -> str:
    """The folder of what a recipe makes, once it has made it; any other name as it is."""
    if not name.endswith((".yaml", ".yml")):
        return name
    folder = Path(str(parse_arguments([name]).output_dir))
    if folder.resolve() == Path(str(arguments.output_dir)).resolve():
        raise InputError(f"option {option}: {name} writes to {folder}, which is the output_dir of this run too")
    if not folders.is_finished(folder):
        options = ["--data_root", arguments.data_root] if arguments.data_root else []
        options += ["--resume_from_checkpoint", "true"] if folders.last_checkpoint(folder) else []
        if main([name, *options]) != 0:
            raise InputError(f"option {option}: {name} made no model")
    return str(folder)


def prepare(arguments: Arguments, folder: Path) -> dict[str, Any]:
    """Everything up to the first step; whatever is wrong with the input is found here."""
    # Importing torch and transformers takes seconds, which a wrong option need not wait for.
    from transformers import EarlyStoppingCallback, set_seed

    from rnn_models.data.corpora import load_corpora
    from rnn_models.data.sources import resolve_data_root
    from rnn_models.training.progress import say, show_progress
    from rnn_models.training.settings import check_best_metric, training_arguments
    from rnn_models.training.tasks import TASKS, build_model, build_tokenizer, check_generation
    from rnn_models.training.word_vectors import start_embedding

    best = TASKS[arguments.task].best
    settings = training_arguments(arguments, best)
    classify = arguments.task == "classification"
    corpora, labels = load_corpora(
        arguments.datasets,
        labels=arguments.labels if classify else None,
        data_root=resolve_data_root(arguments.data_root),
        validation_size=arguments.validation_size,
        seed=arguments.seed,
    )
    for corpus in corpora:
        tests = "".join(f", {split.name} {len(split)}" for split in corpus.tests)
        say(f"{corpus.name}: train {len(corpus.train)}, validation {len(corpus.validation)}{tests} rows")
    if arguments.teachers:
        from rnn_models.training.teachers import teach

        teach(arguments.teachers, corpora, labels)
    tokenizer = build_tokenizer(arguments, [text for corpus in corpora for text in corpus.train.texts])
    task = TASKS[arguments.task](arguments, corpora, labels, tokenizer)
    check_best_metric(settings, task.figure_names())
    set_seed(arguments.seed)
    model = build_model(arguments, task)
    data = task.training_data()
    if arguments.embedding_init == "counts":
        start_embedding(model.get_input_embeddings(), data.rows)
    say(f"{arguments.task}, {arguments.cell_type}: {model.num_parameters():,} parameters, {len(tokenizer):,} tokens")
    trainer = task.trainer_class(
        model=model,
        args=settings,
        train_dataset=data,
        eval_dataset=[],
        measure=task.measure,
        ema_decay=arguments.ema_decay,
        **task.trainer_options(),
    )

    if task.writes_text:
        check_generation(arguments, model, tokenizer)
    show_progress(trainer, task, arguments)
    if arguments.early_stopping_patience is not None:
        trainer.add_callback(EarlyStoppingCallback(arguments.early_stopping_patience))
    return {"corpora": corpora, "task": task, "trainer": trainer}


def create_repository(arguments: Arguments, folder: Path) -> str:
    """The repository to push to, there before hours are spent. Raises `InputError` where the Hub refuses it."""
    from rnn_models.publish.hub import HubError, create_repository, limit_waiting

    limit_waiting()
    name = arguments.hub_model_id or folder.resolve().name
    try:
        return create_repository(name, private=arguments.hub_private_repo)
    except HubError as error:
        if error.refused:
            raise InputError(f"option push_to_hub: {error}") from error
        print(f"{error}; training goes on, and the push is tried again after it", file=sys.stderr)
        return name


def train_and_save(
    arguments: Arguments, argv: list[str], folder: Path, resume: str | None, corpora: Any, task: Any, trainer: Any
) -> None:
    """Train, save the best weights, load them as anybody will, and write down what they are worth."""
    from rnn_models.checkpoint import write_sums
    from rnn_models.publish.card import write_card_or_say_how
    from rnn_models.training import output
    from rnn_models.training.progress import say

    if resume is None:
        folders.remove_checkpoints(folder)
    trainer.train(resume_from_checkpoint=resume)
    found = output.facts(arguments, argv, trainer.model, trainer)
    output.save(task.finished(trainer.best_model()), task.tokenizer, arguments, found, folder)
    model = task.model_class.from_pretrained(folder).to(trainer.args.device)
    found = {**output.results(task, model, corpora, arguments), **found}
    output.write_results(found, folder)
    write_sums(folder)
    if not task.is_a_stage:
        write_card_or_say_how(folder)
    if not arguments.keep_checkpoints:
        folders.remove_checkpoints(folder)
    for split in ("validation", "test"):
        if split in found:
            figures = (f"{name} {value:.4f}" for name, value in found[split].items() if isinstance(value, float))
            say(f"{split}: " + "  ".join(figures))
    say(f"saved to {folder}")


if __name__ == "__main__":
    sys.exit(main())
