"""Train a recurrent network: arguments -> data -> trainer -> save.

python train.py recipes/NAME.yaml [--any_option value]
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from rnn_models.console import escape_unencodable
from rnn_models.data import InputError
from rnn_models.files import write_json
from rnn_models.training import folder as folders
from rnn_models.training.arguments import parse_arguments
from rnn_models.training.checkpoints import last_good, remove_newer, to_resume
from rnn_models.training.identity import check_options, options_of
from rnn_models.training.lock import only_run_in
from rnn_models.training.options import Arguments
from rnn_models.training.processes import refuse_several_processes
from rnn_models.training.stopping import Stopped, Stopping, same_command


def main(argv: list[str] | None = None) -> int:
    """Run one training, or go on with one that was interrupted.

    Returns:
        The exit status, with one line that says why: 2 for input that cannot be trained on; 1 for a loss or weights
        that are no numbers any more, files that cannot be written, or too little memory, and nothing is saved; 143 or
        130 if SIGTERM or Ctrl-C stopped it, and 0 for a result.
    """
    escape_unencodable()
    argv = sys.argv[1:] if argv is None else argv
    try:
        refuse_several_processes()
        arguments = parse_arguments(argv)
        folder = folders.output_folder(arguments)
        with Stopping() as stopping, only_run_in(folder):
            return run(argv, arguments, folder, stopping)
    except InputError as error:
        print(f"train.py: error: {error}", file=sys.stderr)
        return 2
    except Stopped as stopped:
        saved = "" if stopped.step is None else f" after step {stopped.step}, which is saved"
        command = same_command(argv, arguments.overwrite_output_dir)
        print(f"train.py: {stopped} stopped the run{saved}; to go on: {command}", file=sys.stderr)
        return stopped.status


def run(argv: list[str], arguments: Arguments, folder: Path, stopping: Stopping) -> int:
    """Do in a folder what is left to do. Returns the exit status. Raises `InputError` and `Stopped`."""
    if arguments.lr_find:
        run_stages_before(arguments)
        from rnn_models.training.rate_finder import find_rate

        return find_rate(arguments, argv, folder)
    if (before := folders.finished(arguments, folder)) is not None:
        check_options(before, arguments, f"output_dir {folder} holds another run", may_change=())
        print(f"{folder} holds the finished model of this command; --overwrite_output_dir trains it again")
        tidy_up(arguments, folder)
        return push(arguments, folder) if arguments.push_to_hub else 0
    resume, damaged = to_resume(arguments, folder)
    for sentence in damaged:
        print(sentence, file=sys.stderr)
    before = folders.read_json(resume / folders.RUN) if resume else None
    for sentence in check_options(before, arguments, f"output_dir {folder}") if before else []:
        print(f"since this run began: {sentence}", file=sys.stderr)
    options = options_of(arguments)
    run_stages_before(arguments)
    # importing torch and transformers takes seconds, which a wrong option need not wait for
    from rnn_models.training.divergence import Diverged, Unsaved
    from rnn_models.training.memory import out_of_memory
    from rnn_models.training.preparation import prepare
    from rnn_models.training.progress import StopWhenTold, say

    task, trainer = prepare(arguments, argv, options, before)
    if arguments.push_to_hub:
        create_repository(arguments, folder)
    trainer.add_callback(StopWhenTold(trainer, stopping))
    if resume is not None:
        say(f"going on from {resume}")
    try:
        train_and_save(argv, folder, resume, task, trainer)
    except (Diverged, Unsaved, MemoryError, RuntimeError) as error:
        reason = error if isinstance(error, (Diverged, Unsaved)) else out_of_memory(error, arguments)
        if reason is None:
            raise
        last = last_good(folder)
        kept = "there is no checkpoint before that" if last is None else f"the last good checkpoint is {last}"
        print(f"train.py: error: {reason}; no model was saved, and {kept}", file=sys.stderr)
        return 1
    return push(arguments, folder) if arguments.push_to_hub else 0


def tidy_up(arguments: Arguments, folder: Path) -> None:
    """What comes after the results: the card, and no more checkpoints."""
    from rnn_models.publish.card import CARD, write_card_or_say_how
    from rnn_models.training.tasks import TASKS

    if not TASKS[type(arguments)].intermediate and not (folder / CARD).exists():
        write_card_or_say_how(folder)
    if not arguments.keep_checkpoints:
        folders.remove_checkpoints(folder)


def push(arguments: Arguments, folder: Path) -> int:
    """Push the finished model. Returns the exit status."""
    from rnn_models.__main__ import main as command

    private = ["--private"] if arguments.hub_private_repo else []
    return command(["push", str(folder), arguments.hub_model_id or folder.resolve().name, *private])


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
        status = main([name, *options])
        if status > 128:
            raise Stopped(status - 128)
        if status != 0:
            raise InputError(f"option {option}: {name} made no model")
    return str(folder)


def create_repository(arguments: Arguments, folder: Path) -> None:
    """Make the repository to push to before hours are spent. Raises `InputError` if the Hub refuses it."""
    from rnn_models.publish.hub import HubError, create_repository, limit_waiting

    limit_waiting()
    name = arguments.hub_model_id or folder.resolve().name
    try:
        create_repository(name, private=arguments.hub_private_repo)
    except HubError as error:
        if error.refused:
            raise InputError(f"option push_to_hub: {error}") from error
        print(f"{error}; training goes on, and the push is tried again after it", file=sys.stderr)


def train_and_save(argv: list[str], folder: Path, resume: Path | None, task: Any, trainer: Any) -> None:
    """Train, save the best weights, load them as anybody will, and write their metrics and a card."""
    from rnn_models.checkpoint import write_sums
    from rnn_models.training import output
    from rnn_models.training.progress import say

    remove_newer(folder, resume)
    trainer.train(resume_from_checkpoint=None if resume is None else str(resume))
    facts = output.facts(task.arguments, argv, trainer)
    model = trainer.best_model()
    task.calibrate(model)
    output.save(model, task.tokenizer, task.arguments, facts, folder)
    saved = task.model_class.from_pretrained(folder).to(trainer.args.device)
    found = {**output.results(task, saved), **facts}
    trainer.training_log.write(folder)
    write_json(trainer.run, folder / folders.RUN)
    write_sums(folder)
    output.write_results(found, folder)
    tidy_up(task.arguments, folder)
    for split in ("validation", "test"):
        if split in found:
            metrics = (f"{name} {value:.4f}" for name, value in found[split].items() if isinstance(value, float))
            say(f"{split}: " + "  ".join(metrics))
    say(f"saved to {folder}")


if __name__ == "__main__":
    sys.exit(main())
