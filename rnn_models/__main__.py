"""python -m rnn_models COMMAND: everything that is done with models apart from training and the app."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import Any

from .console import escape_unencodable, spell_options


def main(argv: list[str] | None = None) -> int:
    """Run one command. Exit status: 2 if the input is wrong, 1 if the Hub or an export fails."""
    escape_unencodable()
    words = spell_options(argv)
    arguments = _parser().parse_args(words)
    arguments.argv = words
    commands = {"push": _push, "stage": _stage, "space": _space, "card": _card, "sums": _sums, "spans": _spans}
    commands |= {"evaluate": _evaluate, "classify": _classify, "tag": _tag, "export": _export}
    commands |= {"forecast": _forecast, "anomalies": _anomalies, "info": _info, "plot": _plot}
    return commands[arguments.command](arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rnn_models", description="Evaluate, use, export and push models; write Spaces and cards."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    push = commands.add_parser("push", help="push a trained model to the Hub")
    push.add_argument("folder", help="a folder written by train.py")
    push.add_argument("repo_id", help="owner/name; created if it does not exist")
    push.add_argument("--private", action="store_true", help="create it as a private repository")
    push.add_argument("--create_pr", action="store_true", help="open a pull request instead of committing")

    stage = commands.add_parser("stage", help="write what push would upload into a new folder, for inspection")
    stage.add_argument("folder", help="a folder written by train.py, or one of the project's checkpoints")
    stage.add_argument("output", help="a new folder")

    space = commands.add_parser("space", help="write a Space that shows models, and optionally upload it")
    space.add_argument("models", nargs="+", metavar="FOLDER_OR_REPO", help="a folder, or a name on the Hub")
    space.add_argument("--output", default="space", help="a new folder to write it to [space]")
    space.add_argument("--push", metavar="REPO_ID", help="upload it to this Space")
    space.add_argument("--private", action="store_true", help="create it as a private Space")

    card = commands.add_parser("card", help="rewrite a model's card")
    card.add_argument("folder", help="a folder written by train.py")
    card.add_argument("--language", choices=["en", "zh"], help="language of the model's texts [that of its training]")
    card.add_argument("--prompt", help="prompt of a language model's example [sample_prompt of its training]")
    card.add_argument("--repo_id", help="the Hub name that the card's example loads")
    card.add_argument("--baselines", metavar="FILE", help="show a forecaster's table by evaluate --output FILE")
    card.add_argument("--kinds", metavar="FILE", help="show the table written by evaluate --by COLUMN --output FILE")

    sums = commands.add_parser("sums", help="write SHA256SUMS again after you changed files of a folder")
    sums.add_argument("folder", help="a folder written by train.py")

    spans = commands.add_parser(
        "spans", help="write which spans of characters a language model's training text has, for the app"
    )
    spans.add_argument("folder", help="a folder written by train.py")
    spans.add_argument("--data", required=True, metavar="RECIPE", help="the recipe that it was trained by")
    spans.add_argument("--data_root", help="as in train.py: folder with local copies of the corpora")

    info = commands.add_parser("info", help="print how a model was made: command, options, data, versions, processor")
    info.add_argument("folder", help="a folder written by train.py, of a run that may still be going on")

    plot = commands.add_parser("plot", help="draw the curves of trainings: losses, gradient norm, learning rate")
    plot.add_argument("run", nargs="+", help="a folder written by train.py, of a run that may still be going on")
    plot.add_argument("--output", default="curves", help="name of the pictures without .svg and .png [curves]")
    _add_evaluate(commands)
    _add_classify(commands)
    _add_tag(commands)
    _add_export(commands)
    _add_series(commands)
    return parser


def _add_evaluate(commands: Any) -> None:
    help = "print a model's metrics next to a baseline's: linear for classifiers, n-grams for language models"
    evaluate = commands.add_parser("evaluate", help=help, description=help)
    add = evaluate.add_argument
    add("checkpoint", nargs="+", help="a folder, or a name on the Hub; several classifiers are averaged as well")
    add("--data", required=True, help="a recipe (.yaml), or a Hub name, folder or file as for train.py --datasets")
    add("--data_root", metavar="FOLDER", help="use folders in FOLDER instead of Hub names [RNN_MODELS_DATA]")
    add("--split", choices=["validation", "test"], help="[test if there is one, else validation]")
    add("--by", metavar="COLUMN", help="accuracy per value of a column, and a classifier's errors")
    add("--rows", type=int, metavar="N", help="only the first N rows of each split, for a quick look")
    add("--output", metavar="FILE", help="also write the table as JSON")
    add("--no_baseline", action="store_true", help="train no baseline")
    add("--order", type=int, default=5, help="order of the n-gram baseline [5]")
    add("--samples", type=int, default=20, help="number of texts to sample from a language model, 0 = none [20]")
    add("--sample_length", type=int, default=200, help="tokens per sample [200]")
    add("--seed", type=int, default=0, help="seed of the samples [0]")
    adapted = "add columns for dynamic evaluation: learn from the text already scored, at this rate [0.1]"
    add("--dynamic", type=float, nargs="?", const=0.1, metavar="RATE", help=adapted)
    cached = "add columns for a neural cache: its sharpness theta, its weight lambda, its size in tokens"
    add("--cache", metavar="THETA,LAMBDA,SIZE", help=cached)


def _add_export(commands: Any) -> None:
    help = "write a model as an ONNX graph, after comparing the graph with the model"
    export = commands.add_parser("export", help=help, description=help)
    add = export.add_argument
    add("checkpoint", help="a folder, or a name on the Hub")
    add("--quantize", choices=["int8"], help="precision of weights and matrix products [float32]")
    add("--output", metavar="FOLDER", help="where to write it [the checkpoint's name followed by -onnx]")
    add("--data", help="a recipe (.yaml) or data set: also compare graph and model on its validation split")
    add("--data_root", metavar="FOLDER", help="use folders in FOLDER instead of Hub names [RNN_MODELS_DATA]")


def _add_classify(commands: Any) -> None:
    help = "classify the texts of a file: add a label and the probability of each label to its rows"
    about = f"{help}. Blank texts get no label. Memory use does not depend on the file's length."
    classify = commands.add_parser("classify", help=help, description=about)
    add = classify.add_argument
    add("file", help=".txt with one text per line, .csv, .tsv, .jsonl, .json (a list of objects), .xlsx or .parquet")
    which = "a classifier: a folder, or a name on the Hub; repeat it to average several classifiers"
    add("--model", required=True, action="append", metavar="FOLDER_OR_REPO", help=which)
    add("--output", metavar="FILE", help="output file, of the same format [NAME.classified.ENDING beside the input]")
    add("--text_column", metavar="NAME", help="column with the texts; B for the second if they have no names [found]")
    add("--encoding", metavar="NAME", help="of a text file, as gb18030 or big5 [found: UTF-8, UTF-16, GBK, Latin-1]")
    add("--header", type=_yes_or_no, metavar="yes|no", help="whether the first row has the columns' names [found]")
    add("--batch_size", type=int, default=32, help="texts per batch [32]")
    about = "precision: int8 takes about half the time, and so does bfloat16 on a CPU with AMX [float32]"
    add("--dtype", choices=["float32", "bfloat16", "int8"], default="float32", help=about)
    add("--overwrite", action="store_true", help="replace the output if it exists")


def _add_tag(commands: Any) -> None:
    help = "tag the words of a file's texts: a table with a row for each word"
    tag = commands.add_parser(
        "tag", help=help, description=f"{help}. Memory use does not depend on the file's length."
    )
    add = tag.add_argument
    add("file", help=".txt with one text per line, .csv or .tsv with a header, .jsonl, or .parquet")
    add("--model", required=True, metavar="FOLDER_OR_REPO", help="a tagger: a folder, or a name on the Hub")
    add("--output", metavar="FILE", help="output file, .csv or .tsv [NAME.tagged.csv beside the input]")
    add("--text_column", metavar="NAME", help="column with the texts [text, or another common name]")
    add("--batch_size", type=int, default=32, help="texts per batch [32]")
    add("--dtype", choices=["float32", "int8"], default="float32", help="precision; int8 is faster [float32]")
    add("--overwrite", action="store_true", help="replace the output if it exists")


def _add_series(commands: Any) -> None:
    help = "forecast the series of a file, with intervals"
    about = "A table of series: a column with times at equal steps, and columns of numbers."
    forecast = commands.add_parser("forecast", help=help, description=f"{help}. {about}")
    forecast.add_argument("--horizon", type=int, metavar="STEPS", help="steps to forecast [all that the model does]")
    help = "give each value of a file a score: how far it lies outside the interval of its forecast, or stands still"
    anomalies = commands.add_parser("anomalies", help=help, description=f"{help}; above 1 it is out of line. {about}")
    how = "steps that are forecast at once, and then compared [24]"
    anomalies.add_argument("--block", type=int, default=24, metavar="STEPS", help=how)
    for command, level in ((forecast, 0.8), (anomalies, 0.99)):
        add = command.add_argument
        add("file", help=".csv, .tsv, .jsonl or .parquet")
        add("--model", required=True, metavar="FOLDER_OR_REPO", help="a forecaster: a folder, or a name on the Hub")
        share = f"share of values that the interval should hold [{level}]"
        add("--level", type=float, default=level, metavar="SHARE", help=share)
        add("--output", metavar="FILE", help="a .csv or .parquet file [beside the input]")
        add("--columns", nargs="+", default=[], metavar="NAME", help="the columns to read [those of the training]")
        add("--time_column", metavar="NAME", help="the column with the times [date, time, ...]")
        add("--id_column", metavar="NAME", help="the column that tells series apart, if there are several")
        add("--overwrite", action="store_true", help="replace the output if it exists")


def _push(arguments: argparse.Namespace) -> int:
    from .checkpoint import LoadError
    from .publish.hub import HubError, limit_waiting, push

    limit_waiting()
    options = {"private": arguments.private, "create_pr": arguments.create_pr}
    try:
        print(push(Path(arguments.folder), arguments.repo_id, **options))
    except LoadError as error:
        return _fail(error, 2)
    except HubError as error:
        _fail(error, 1)
        flags = [f"--{name}" for name, given in options.items() if given]
        again = ["python", "-m", "rnn_models", "push", arguments.folder, arguments.repo_id, *flags]
        print(f"To try again: {shlex.join(again)}", file=sys.stderr)
        return 1
    return 0


def _stage(arguments: argparse.Namespace) -> int:
    from .checkpoint import LoadError
    from .publish.hub import stage

    try:
        stage(Path(arguments.folder), Path(arguments.output))
    except (LoadError, OSError) as error:
        return _fail(error, 2)
    print(f"wrote {arguments.output}")
    return 0


def _space(arguments: argparse.Namespace) -> int:
    from .checkpoint import LoadError
    from .publish.hub import HubError, limit_waiting, push_space, write_space

    limit_waiting()
    folder = Path(arguments.output)
    try:
        write_space(arguments.models, folder)
        print(f"wrote {folder}")
        if arguments.push:
            print(push_space(folder, arguments.push, private=arguments.private))
    except (LoadError, OSError) as error:
        return _fail(error, 2)
    except HubError as error:
        _fail(error, 1)
        again = ["hf", "upload", arguments.push, str(folder), "--repo-type", "space"]
        print(f"The Space is in {folder}. To try again: {shlex.join(again)}", file=sys.stderr)
        return 1
    return 0


def _card(arguments: argparse.Namespace) -> int:
    from .checkpoint import LoadError, load_checkpoint
    from .publish.card import write_card

    options = {name: getattr(arguments, name) for name in ("language", "prompt", "repo_id", "kinds", "baselines")}
    for name in filter(None, (arguments.kinds, arguments.baselines)):
        if not Path(name).is_file():
            return _fail(f"there is no file {name}; evaluate --output {name} writes it", 2)
    try:
        load_checkpoint(Path(arguments.folder))
        print(write_card(arguments.folder, **options))
    except (FileExistsError, LoadError) as error:
        return _fail(error, 2)
    except (OSError, KeyError, ValueError) as error:
        return _fail(f"{arguments.folder} is not a folder written by train.py: {error}", 2)
    return 0


def _sums(arguments: argparse.Namespace) -> int:
    from .checkpoint import SUMS, write_sums

    folder = Path(arguments.folder)
    if not (folder / "config.json").is_file():
        return _fail(f"{folder / 'config.json'} is missing: {folder} is not a model's folder", 2)
    write_sums(folder)
    print(folder / SUMS)
    return 0


def _spans(arguments: argparse.Namespace) -> int:
    from .checkpoint import LoadError, load_checkpoint
    from .data import InputError
    from .evaluation.spans import write_spans

    try:
        load_checkpoint(Path(arguments.folder))
        print(write_spans(Path(arguments.folder), arguments.data, arguments.data_root))
    except (LoadError, InputError) as error:
        return _fail(error, 2)
    return 0


def _info(arguments: argparse.Namespace) -> int:
    from .checkpoint import LoadError
    from .evaluation.origin import lines, origin

    try:
        print("\n".join(lines(origin(Path(arguments.folder)))))
    except LoadError as error:
        return _fail(error, 2)
    return 0


def _plot(arguments: argparse.Namespace) -> int:
    from .checkpoint import LoadError
    from .evaluation.curves import plot

    try:
        for file in plot([Path(run) for run in arguments.run], Path(arguments.output)):
            print(f"wrote {file}")
    except ImportError:
        return _fail('plot needs matplotlib: pip install "rnn-models[plot]"', 2)
    except (LoadError, OSError) as error:
        return _fail(error, 2)
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    from .checkpoint import LoadError
    from .data import InputError
    from .evaluation.report import check_output, command, evaluate, table, write
    from .evaluation.request import Request, parse_cache
    from .files import UnwritableError

    same = ("data", "data_root", "split", "by", "rows", "order", "samples", "sample_length", "seed", "dynamic")
    try:
        request = Request(
            **{name: getattr(arguments, name) for name in same},
            baseline=not arguments.no_baseline,
            cache=parse_cache(arguments.cache) if arguments.cache else None,
        )
        if arguments.output:
            check_output(Path(arguments.output))
        found = evaluate(arguments.checkpoint, request, say=lambda line: print(line, file=sys.stderr))
        # print the table even if writing fails: the metrics may have taken hours
        try:
            if arguments.output:
                write({"command": command(arguments.argv), **found}, Path(arguments.output))
        finally:
            print(table(found))
    except (InputError, LoadError, OSError) as error:
        return _fail(error, 2)
    except UnwritableError as error:
        return _fail(error, 1)
    return 0


def _export(arguments: argparse.Namespace) -> int:
    from .checkpoint import LoadError
    from .data import InputError
    from .evaluation.export import Export, ExportError, export, summary
    from .files import UnwritableError

    wanted = Export(**{name: getattr(arguments, name) for name in ("quantize", "output", "data", "data_root")})
    try:
        path, differences = export(arguments.checkpoint, wanted, say=lambda line: print(line, file=sys.stderr))
    except (ExportError, UnwritableError) as error:
        return _fail(error, 1)
    except (InputError, LoadError, OSError) as error:
        return _fail(error, 2)
    print(f"{path}\n{summary(differences)}")
    return 0


def _classify(arguments: argparse.Namespace) -> int:
    from .bulk.run import classify_rows
    from .checkpoint import LoadError
    from .data.tables import TableError

    same = ("model", "output", "text_column", "encoding", "header", "batch_size", "dtype", "overwrite")
    try:
        print(classify_rows(arguments.file, **{name: getattr(arguments, name) for name in same}))
    except (TableError, LoadError, OSError) as error:
        return _fail(error, 2)
    except KeyboardInterrupt:
        return _fail("stopped: nothing was written", 130)
    return 0


def _yes_or_no(word: str) -> bool:
    if word.lower() not in ("yes", "no"):
        raise argparse.ArgumentTypeError(f"{word} must be yes or no")
    return word.lower() == "yes"


def _tag(arguments: argparse.Namespace) -> int:
    from .bulk.tag_table import tag_rows
    from .checkpoint import LoadError
    from .data.tables import TableError

    same = ("model", "output", "text_column", "batch_size", "dtype", "overwrite")
    try:
        print(tag_rows(arguments.file, **{name: getattr(arguments, name) for name in same}))
    except (TableError, LoadError, OSError) as error:
        return _fail(error, 2)
    except KeyboardInterrupt:
        return _fail("stopped: nothing was written", 130)
    return 0


def _forecast(arguments: argparse.Namespace) -> int:
    from .bulk.series_files import forecast_file

    return _through_forecaster(arguments, forecast_file, ("horizon",))


def _anomalies(arguments: argparse.Namespace) -> int:
    from .bulk.series_files import anomalies_file

    return _through_forecaster(arguments, anomalies_file, ("block",))


def _through_forecaster(arguments: argparse.Namespace, run: Any, own: tuple[str, ...]) -> int:
    from .checkpoint import LoadError
    from .data import InputError

    same = ("model", "level", "output", "overwrite", "columns", "time_column", "id_column", *own)
    try:
        print(run(arguments.file, **{name: getattr(arguments, name) for name in same}))
    except (InputError, LoadError, OSError) as error:
        return _fail(error, 2)
    return 0


def _fail(error: object, status: int) -> int:
    print(f"rnn_models: error: {error}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
