"""Which values of a recipe's options suit it: a sweep with Optuna, `train.py RECIPE --sweep VALUES.yaml`.

Each trial is a run in a folder of its own, which goes on as any run does. Optuna proposes its values, and stops it if
others were better at the same evaluation. `Trainer.hyperparameter_search` does less: it changes fields of
`TrainingArguments` alone and no size of the network or the vocabulary, it wants a trainer that makes its model, to
which the average and the optimizer of ours belong, and it begins an interrupted trial again.
"""

from __future__ import annotations

import importlib.util
import shlex
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from transformers import TrainerCallback

from ..data import InputError
from ..data.recipes import WORDS
from . import folder as folders
from .arguments import join_words, pair_words, parse_arguments, split_words
from .divergence import Failed
from .identity import check_data, check_options, options_of
from .lock import only_run_in
from .options import Arguments
from .progress import digits, say
from .ranks import ALONE, Ranks
from .settings import training_arguments
from .stopping import Stopped, Stopping
from .sweep_values import Values, check_comparable, read_values, spelled
from .tasks import TASKS

TRIALS, STUDY = "trials.sqlite", "sweep"
# The words that a trial and the command for its values do without.
OWN = ("sweep", "trials", "overwrite_output_dir")
# Trials in a row that are refused until the sweep ends.
REFUSED = 3
# Digits of a value: `--learning_rate 0.00316228` is as good as 17 of them.
DIGITS = 6

# Trains: words, their options, the folder, and `watch`, which gets the trainer before it begins.
Run = Callable[..., int]


class Pruned(Exception):
    """A trial is stopped because others were better at the same evaluation."""


class OtherData(InputError):
    """The data are not those of the trials before."""


class Report(TrainerCallback):
    """Tells Optuna the metric of each evaluation, and raises `Pruned` if the trial is to stop."""

    def __init__(self, trainer: Any, trial: Any, metric: str, known: Collection[int]) -> None:
        self.trainer, self.trial, self.metric, self.known = trainer, trial, f"eval_{metric}", known

    def on_evaluate(
        self, args: Any, state: Any, control: Any, metrics: dict[str, float] | None = None, **kwargs: Any
    ) -> None:
        # not by steps, of which trials with other batches have other numbers
        number = sum(self.metric in entry for entry in state.log_history)
        if number not in self.known:  # from before an interruption
            self.trial.report((metrics or {})[self.metric], number)
        if self.trial.should_prune():
            # closes what shows the progress
            self.trainer.callback_handler.on_train_end(args, state, control)
            raise Pruned("stopped, others were better by then")


@dataclass
class Sweep:
    """What a sweep tries, and where.

    Attributes:
        words: the command line without `OWN`.
        metric: what decides, of the validation data.
        maximize: whether more of it is better.
    """

    arguments: Arguments
    words: Sequence[str]
    values: Values
    folder: Path
    metric: str
    maximize: bool

    def words_of(self, values: dict[str, Any]) -> list[str]:
        """The command line with these values."""
        kept = [pair for pair in pair_words(self.words) if pair[0] not in values]
        return join_words([*kept, *((name, spelled(value)) for name, value in values.items())])

    def place_of(self, number: int) -> Path:
        """The folder of a trial."""
        return self.folder / f"trial-{number:03}"

    def trial(self, values: dict[str, Any], number: int) -> tuple[list[str], Any]:
        """The command line of a trial, and its options. Raises `InputError`."""
        place = self.place_of(number)
        set_here = {"output_dir": place, "evaluate_test": False, "push_to_hub": False, "overwrite_output_dir": False}
        words = self.words_of({**values, **set_here})
        arguments = parse_arguments(words)
        arguments.sweep = None
        return words, arguments


def sweep(arguments: Arguments, argv: Sequence[str], folder: Path, stopping: Stopping, ranks: Ranks, run: Run) -> int:
    """Run the trials that are left, and say which values are best. Returns the exit status.

    Raises:
        InputError: this cannot be swept, or no trial can be trained.
        Failed: the files of a trial cannot be written.
        Stopped: a signal came.
    """
    found = prepare_sweep(arguments, argv, folder, ranks)
    if arguments.overwrite_output_dir:
        remove(found)
    with writing(found.folder):
        storage = open_storage(found.folder)
        study = open_study(found, storage)
        refused = 0
        while (trial := next_trial(found, study, storage)) is not None:
            if stopping.received is not None:
                raise Stopped(stopping.received)
            refused = 0 if run_trial(found, study, trial, stopping, run) else refused + 1
            if refused == REFUSED:
                raise InputError(f"option sweep: {REFUSED} trials in a row were refused, see above")
        return conclude(found, study, argv)


def prepare_sweep(arguments: Arguments, argv: Sequence[str], folder: Path, ranks: Ranks = ALONE) -> Sweep:
    """The sweep that is asked for. Raises `InputError` for whatever is known to be wrong before the first trial."""
    if ranks.size > 1:
        raise InputError("option sweep: trials run in one process; start it with `python train.py`")
    if importlib.util.find_spec("optuna") is None:
        raise InputError('option sweep needs Optuna: pip install "rnn-models[sweep]"')
    if arguments.eval_strategy == "no":
        raise InputError("option sweep needs evaluations: set eval_strategy to epoch or steps")
    if arguments.resume_from_checkpoint is not None:
        raise InputError("option resume_from_checkpoint: the same command goes on with a sweep; leave the option out")
    if WORDS.get(str(split_words(argv)[1].get("evaluate_test")).lower()):
        raise InputError("option evaluate_test: a sweep chooses by validation alone; test the model that it chose")
    best = TASKS[type(arguments)].best
    settings = training_arguments(arguments, best)
    metric = str(settings.metric_for_best_model).removeprefix("eval_")
    values = read_values(arguments)
    check_comparable(arguments, values, metric)
    words = join_words([pair for pair in pair_words(argv) if pair[0] not in OWN])
    found = Sweep(arguments, words, values, folders.beside(folder, STUDY), metric, bool(settings.greater_is_better))
    for name, about in values.items():
        for value in about if isinstance(about, list) else (about["low"], about["high"]):
            training_arguments(found.trial({name: value}, 0)[1], best)
    return found


def remove(found: Sweep) -> None:
    """Remove the trials of an earlier sweep. Raises `InputError` if their folders hold what no run wrote."""
    places = sorted(found.folder.glob("trial-*"))
    for place in places:
        if (path := folders.first_foreign(place)) is not None:
            raise InputError(f"{place} holds {path}, which no run wrote; move it or take another output_dir")
    for place in places:
        folders.remove_result(place)
        folders.remove_checkpoints(place)
    (found.folder / TRIALS).unlink(missing_ok=True)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn the error of a database into an `InputError`."""
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, StorageInternalError) as error:
        reason = " ".join(str(error.__cause__ or error).split())
        raise InputError(
            f"the trials, {folder / TRIALS}, cannot be read or written: {reason:.200}; if the file is damaged, begin"
            " again with --overwrite_output_dir"
        ) from error


def open_storage(folder: Path) -> Any:
    """The file of the trials, which is made if it is not there."""
    import optuna
    from sqlalchemy.engine import URL

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    folder.mkdir(parents=True, exist_ok=True)
    file = URL.create("sqlite", database=str(folder.resolve() / TRIALS))
    return optuna.storages.RDBStorage(file.render_as_string())


def open_study(found: Sweep, storage: Any) -> Any:
    """The trials until now, an `optuna.Study`. Raises `InputError` if they are those of another sweep."""
    import optuna

    study = optuna.create_study(
        storage=storage,
        study_name=STUDY,
        direction="maximize" if found.maximize else "minimize",
        pruner=optuna.pruners.MedianPruner(),
        load_if_exists=True,
    )
    now = {"options": options_of(found.arguments), "sweep": {"sweep": found.values}}
    before = study.user_attrs.get("made_of")
    if before is None:
        study.set_user_attr("made_of", now)
        return study
    for part in before:
        check_options(before[part], now[part], f"{found.folder} holds another sweep", may_change=())
    return study


def next_trial(found: Sweep, study: Any, storage: Any) -> Any:
    """The trial that was interrupted, or a new one; None if there were enough."""
    import optuna

    trials = study.get_trials(deepcopy=False)
    interrupted = next((trial for trial in trials if not trial.state.is_finished()), None)
    number = len(trials) if interrupted is None else interrupted.number
    if number >= found.arguments.trials:
        return None
    if interrupted is None:
        return study.ask()
    # https://optuna.readthedocs.io/en/stable/reference/generated/optuna.trial.Trial.html: it is made of these two
    study_id = storage.get_study_id_from_name(STUDY)
    return optuna.trial.Trial(study, storage.get_trial_id_from_study_id_trial_number(study_id, number))


def proposed(found: Sweep, study: Any, trial: Any) -> dict[str, Any]:
    """The values that Optuna proposes for a trial, in a few digits."""
    from optuna.samplers import TPESampler

    values: dict[str, Any] = {}
    for place, (name, about) in enumerate(found.values.items()):
        # Each from a seed of its own: a sweep that was interrupted, even between two values, proposes the same ones.
        seeds = np.random.SeedSequence((found.arguments.seed, trial.number, place))
        study.sampler = TPESampler(seed=int(seeds.generate_state(1)[0]))
        if isinstance(about, list):
            values[name] = trial.suggest_categorical(name, about)
        elif isinstance(about["low"], int):
            values[name] = trial.suggest_int(name, **about)
        else:
            value = float(f"{trial.suggest_float(name, **about):.{DIGITS}g}")
            values[name] = min(max(value, about["low"]), about["high"])
    return values


def run_trial(found: Sweep, study: Any, trial: Any, stopping: Stopping, run: Run) -> bool:
    """Run one trial to its end and tell Optuna. Returns whether its values were accepted.

    Raises `InputError` for a refusal before any trial was trained, which is hardly about its values.
    """
    from optuna.trial import TrialState

    values = proposed(found, study, trial)
    name = f"trial {trial.number + 1} of {found.arguments.trials}"
    say(f"{name}: {listed(values)}")
    done = [other for other in study.get_trials(deepcopy=False) if other.state.is_finished()]
    same = next((other for other in done if other.params == trial.params), None)
    if same is not None:
        study.tell(trial, same.value if same.state == TrialState.COMPLETE else None, same.state)
        say(f"{name}: the same values as trial {same.number + 1}")
        return True
    place = found.place_of(trial.number)
    try:
        words, arguments = found.trial(values, trial.number)
        folders.output_folder(arguments)
        with only_run_in(place):
            run(words, arguments, place, watch=lambda trainer: watch(found, study, trial, trainer))
    except (Pruned, Failed) as error:
        if isinstance(error, Failed) and error.unsaved:
            raise
        folders.remove_checkpoints(place)
        study.tell(trial, state=TrialState.PRUNED)
        say(f"{name}: {error}")
        return True
    except OtherData:
        raise
    except InputError as error:
        if all(other.state == TrialState.FAIL for other in done):
            forget(found)
            raise
        study.tell(trial, state=TrialState.FAIL)
        print(f"{name} was refused: {error}", file=sys.stderr)
        return False
    finally:
        # an error leaves it as it was within the steps
        stopping.in_steps = False
    reported = study.get_trials(deepcopy=False)[trial.number].intermediate_values.values()
    if not reported:
        raise InputError(
            f"{place} holds a run that does not belong to the trials; begin again with --overwrite_output_dir"
        )
    value = max(reported) if found.maximize else min(reported)
    study.tell(trial, value)
    say(f"{name}: {found.metric} {digits(value)}; the best so far is trial {study.best_trial.number + 1}")
    return True


def watch(found: Sweep, study: Any, trial: Any, trainer: Any) -> None:
    """Make a trainer report to a trial. Raises `OtherData`."""
    now = {name: value for name, value in trainer.run["data"].items() if name != "tokenizer"}
    before = study.user_attrs.get("data")
    if before is None:
        study.set_user_attr("data", now)
    try:
        check_data({"data": before or now}, now, str(found.folder))
    except InputError as error:
        raise OtherData(str(error)) from None
    known = study.get_trials(deepcopy=False)[trial.number].intermediate_values
    trainer.add_callback(Report(trainer, trial, found.metric, known.keys()))


def forget(found: Sweep) -> None:
    """Leave nothing of a sweep that has not begun."""
    (found.folder / TRIALS).unlink(missing_ok=True)
    with suppress(OSError):
        found.folder.rmdir()


def conclude(found: Sweep, study: Any, argv: Sequence[str]) -> int:
    """Say which values are best, and the command that trains and tests with them. Returns the exit status."""
    from optuna.trial import TrialState

    if not any(trial.state == TrialState.COMPLETE for trial in study.get_trials(deepcopy=False)):
        print("train.py: error: no trial was trained to its end; other values may do better", file=sys.stderr)
        return 1
    best = study.best_trial
    values = proposed(found, study, best)
    say(f"best: trial {best.number + 1}, {found.metric} {digits(best.value)}: {listed(values)}")
    # a recipe may say so too
    once = [] if any(name == "sweep" for name, _ in pair_words(argv)) else ["--sweep", "false"]
    say(f"to train and test with them: {shlex.join(['python', 'train.py', *found.words_of(values), *once])}")
    return 0


def listed(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {spelled(value)}" for name, value in values.items())
