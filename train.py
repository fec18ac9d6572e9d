"""Train a recurrent network: arguments -> data -> trainer -> save.

python train.py recipes/NAME.yaml [--any_option value]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rnn_models.console import escape_unencodable
from rnn_models.data import InputError
from rnn_models.files import write_json
from rnn_models.training import folder as folders
from rnn_models.training.arguments import parse_arguments
from rnn_models.training.checkpoints import last_good, remove_newer
from rnn_models.training.divergence import Diverged, Failed, Unsaved
from rnn_models.training.going_on import check_seen, what_is_left
from rnn_models.training.identity import options_of
from rnn_models.training.lock import only_run_in
from rnn_models.training.options import Arguments
from rnn_models.training.processes import join, leave
from rnn_models.training.ranks import ALONE, EndedElsewhere, Ranks
from rnn_models.training.stages import run_stages_before
from rnn_models.training.stopping import Stopped, Stopping, same_command


def main(argv: list[str] | None = None) -> int:
    """Run one training, or go on with one that was interrupted.

    Returns:
        The exit status, with one line that says why: 2 for input that cannot be trained on; 1 for a loss or weights
        that are no numbers any more, files that cannot be written, or too little memory, and nothing is saved; 143 or
        130 if SIGTERM or Ctrl-C stopped it, and 0 for a result. Of several processes, one says why.
    """
    escape_unencodable()
    argv = sys.argv[1:] if argv is None else argv
    ranks = ALONE
    try:
        ranks = join()
        arguments = ranks.each(lambda: parse_arguments(argv))
        folder = ranks.first(lambda: folders.output_folder(arguments))
        with Stopping() as stopping, only_run_in(folder, ranks), ranks.quiet() as aside:
            return run(argv, arguments, folder, stopping, ranks, aside)
    except InputError as error:
        if ranks.is_first:
            print(f"train.py: error: {error}", file=sys.stderr)
        return leave(ranks, 2)
    except Stopped as stopped:
        saved = "" if stopped.step is None else f" after step {stopped.step}, which is saved"
        command = same_command(argv, arguments.overwrite_output_dir)
        if ranks.is_first:
            print(f"train.py: {stopped} stopped the run{saved}; to go on: {command}", file=sys.stderr)
        return leave(ranks, stopped.status)
    except (EndedElsewhere, Failed) as error:
        # what a process comes to in step with the others is said once
        if ranks.is_first or (isinstance(error, Failed) and error.alone):
            print(f"train.py: error: {error}", file=sys.stderr)
        return leave(ranks, 1)


def run(
    argv: list[str],
    arguments: Arguments,
    folder: Path,
    stopping: Stopping,
    ranks: Ranks,
    aside: str | None,
    watch: Callable[[Any], None] = lambda trainer: None,
) -> int:
    """Do in a folder what is left to do. Returns the exit status. `watch` gets the trainer before it begins.

    Raises `InputError`, `Stopped` and `Failed`.
    """
    if arguments.sweep not in (None, "false"):
        from rnn_models.training.sweep import sweep

        return sweep(
            arguments, argv, folder, stopping, ranks, lambda *one, watch: run(*one, stopping, ranks, aside, watch)
        )
    if arguments.lr_find:
        run_stages_before(arguments, main, ranks)
        from rnn_models.training.rate_finder import find_rate

        return find_rate(arguments, argv, folder, ranks)
    left = ranks.first(lambda: what_is_left(arguments, folder))
    if left.finished:
        return ranks.first(lambda: finish(arguments, folder))
    ranks.each(lambda: check_seen(left))
    options = options_of(arguments)
    run_stages_before(arguments, main, ranks)
    # importing torch and transformers takes seconds, which a wrong option need not wait for
    from rnn_models.training.memory import out_of_memory
    from rnn_models.training.preparation import prepare
    from rnn_models.training.progress import StopWhenTold, say

    task, trainer = ranks.each(lambda: prepare(arguments, argv, options, left.before, ranks, aside))
    ranks.check_devices(trainer.args.device.type)
    if arguments.push_to_hub:
        ranks.first(lambda: create_repository(arguments, folder))
    trainer.add_callback(StopWhenTold(trainer, stopping))
    watch(trainer)
    if left.checkpoint is not None:
        say(f"going on from {left.checkpoint}")
    try:
        ranks.first(lambda: remove_newer(folder, left.checkpoint))
        trainer.train(resume_from_checkpoint=None if left.checkpoint is None else str(left.checkpoint))
        return ranks.first(lambda: save(argv, folder, task, trainer))
    except (Diverged, Unsaved, MemoryError, RuntimeError) as error:
        reason = error if isinstance(error, (Diverged, Unsaved)) else out_of_memory(error, arguments)
        if reason is None:
            raise
        last = last_good(folder)
        kept = "there is no checkpoint before that" if last is None else f"the last good checkpoint is {last}"
        message = f"{reason}; no model was saved, and {kept}"
        raise Failed(message, unsaved=isinstance(error, Unsaved), alone=reason is not error) from error


def finish(arguments: Arguments, folder: Path) -> int:
    """What comes after the results: the card, no more checkpoints, and the push. Returns the exit status."""
    from rnn_models.publish.card import CARD, write_card_or_say_how
    from rnn_models.training.tasks import TASKS

    if not TASKS[type(arguments)].intermediate and not (folder / CARD).exists():
        write_card_or_say_how(folder)
    if not arguments.keep_checkpoints:
        folders.remove_checkpoints(folder)
    if not arguments.push_to_hub:
        return 0
    from rnn_models.__main__ import main as command

    private = ["--private"] if arguments.hub_private_repo else []
    return command(["push", str(folder), arguments.hub_model_id or folder.resolve().name, *private])


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


def save(argv: list[str], folder: Path, task: Any, trainer: Any) -> int:
    """Save the best weights, load them as anybody will, write their metrics, and finish. Returns the exit status."""
    from rnn_models.checkpoint import write_sums
    from rnn_models.training import output
    from rnn_models.training.progress import digits, say

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
    for split in ("validation", "test"):
        if split in found:
            metrics = (f"{name} {digits(value)}" for name, value in found[split].items() if isinstance(value, float))
            say(f"{split}: " + "  ".join(metrics))
    say(f"saved to {folder}")
    return finish(task.arguments, folder)


if __name__ == "__main__":
    sys.exit(main())
