"""Train a recurrent network: arguments -> data -> trainer -> save.

python train.py recipes/NAME.yaml [--any_option value]
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from rnn_models.console import escape_unencodable
from rnn_models.data import InputError
from rnn_models.training import folder as folders
from rnn_models.training.arguments import parse_arguments
from rnn_models.training.divergence import Diverged
from rnn_models.training.options import Arguments
from rnn_models.training.processes import refuse_several_processes


def main(argv: list[str] | None = None) -> int:
    """Run one training.

    Returns:
        The exit status, with one line that says why: 2 for input that cannot be trained on, 1 for a loss or weights
        that are no numbers any more, of which nothing is saved.
    """
    escape_unencodable()
    argv = sys.argv[1:] if argv is None else argv
    try:
        refuse_several_processes()
        arguments = parse_arguments(argv)
        folder = folders.output_folder(arguments)
        resume = folders.checkpoint(arguments, folder)
        run_stages_before(arguments)
        # importing torch and transformers takes seconds, which a wrong option need not wait for
        from rnn_models.training.preparation import prepare

        task, trainer = prepare(arguments)
        repository = create_repository(arguments, folder) if arguments.push_to_hub else None
    except InputError as error:
        print(f"train.py: error: {error}", file=sys.stderr)
        return 2
    try:
        train_and_save(argv, folder, resume, task, trainer)
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
    """Replace the recipes among the models to start or learn from by what they make; run those that made none yet."""
    if arguments.pretrained_model:
        arguments.pretrained_model = stage_before(arguments.pretrained_model, "pretrained_model", arguments)
    for entry in arguments.datasets:
        entry.teachers = [
            stage_before(name, f"datasets, {entry.name}, teachers", arguments) for name in entry.teachers
        ]


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


def create_repository(arguments: Arguments, folder: Path) -> str:
    """The repository to push to, made before hours are spent. Raises `InputError` if the Hub refuses it."""
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


def train_and_save(argv: list[str], folder: Path, resume: str | None, task: Any, trainer: Any) -> None:
    """Train, save the best weights, load them as anybody will, and write their metrics and a card."""
    from rnn_models.checkpoint import write_sums
    from rnn_models.publish.card import write_card_or_say_how
    from rnn_models.training import output
    from rnn_models.training.progress import say

    if resume is None:
        folders.remove_checkpoints(folder)
    trainer.train(resume_from_checkpoint=resume)
    facts = output.facts(task.arguments, argv, trainer)
    model = trainer.best_model()
    task.calibrate(model)
    output.save(model, task.tokenizer, task.arguments, facts, folder)
    saved = task.model_class.from_pretrained(folder).to(trainer.args.device)
    found = {**output.results(task, saved), **facts}
    output.write_results(found, folder)
    trainer.training_log.write(folder)
    write_sums(folder)
    if not task.intermediate:
        write_card_or_say_how(folder)
    if not task.arguments.keep_checkpoints:
        folders.remove_checkpoints(folder)
    for split in ("validation", "test"):
        if split in found:
            metrics = (f"{name} {value:.4f}" for name, value in found[split].items() if isinstance(value, float))
            say(f"{split}: " + "  ".join(metrics))
    say(f"saved to {folder}")


if __name__ == "__main__":
    sys.exit(main())
