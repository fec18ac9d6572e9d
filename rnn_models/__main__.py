"""python -m rnn_models COMMAND: what is done with models beside training and the app."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import Any

from .console import escape_unencodable, spell_options


def main(argv: list[str] | None = None) -> int:
    """Run one command. Exit status 2 where the input is wrong, 1 where the Hub or an export did not do its part."""
    escape_unencodable()
    words = spell_options(argv)
    arguments = _parser().parse_args(words)
    arguments.argv = words
    commands = {"push": _push, "stage": _stage, "space": _space, "card": _card, "sums": _sums}
    commands |= {"evaluate": _evaluate, "classify": _classify, "export": _export}
    return commands[arguments.command](arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rnn_models", description="Evaluate, use, export and push models, write Spaces and cards."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    push = commands.add_parser("push", help="push a trained model to the Hub")
    push.add_argument("folder", help="what train.py wrote")
    push.add_argument("repo_id", help="owner/name; it is created where it is not there")
    push.add_argument("--private", action="store_true", help="create it so that only you see it")
    push.add_argument("--create_pr", action="store_true", help="open a pull request in place of a commit")

    stage = commands.add_parser("stage", help="write what push would upload into a new folder, to look at")
    stage.add_argument("folder", help="what train.py wrote, or one of the project's checkpoints")
    stage.add_argument("output", help="a new folder")

    space = commands.add_parser("space", help="write a Space that shows models, and upload it")
    space.add_argument("models", nargs="+", metavar="FOLDER_OR_REPO", help="a folder, or a name on the Hub")
    space.add_argument("--output", default="space", help="where to write it; a new folder [space]")
    space.add_argument("--push", metavar="REPO_ID", help="upload it there")
    space.add_argument("--private", action="store_true", help="create it so that only you see it")

    card = commands.add_parser("card", help="write the card of a model again")
    card.add_argument("folder", help="what train.py wrote")
    card.add_argument("--language", choices=["en", "zh"], help="of the model's texts [that of its training]")
    card.add_argument("--prompt", help="what a language model's example goes on from [its training's sample_prompt]")
    card.add_argument("--repo_id", help="the Hub name that the card's example loads")
    card.add_argument("--kinds", metavar="FILE", help="what evaluate --by COLUMN --output wrote, to be shown in it")

    sums = commands.add_parser("sums", help="write SHA256SUMS of a folder whose files you changed yourself")
    sums.add_argument("folder", help="what train.py wrote")
    _add_evaluate(commands)
    _add_classify(commands)
    _add_export(commands)
    return parser


def _add_evaluate(commands: Any) -> None:
    help = "print a model's figures beside a baseline's: linear for classifiers, n-grams for language models"
    evaluate = commands.add_parser("evaluate", help=help, description=help)
    add = evaluate.add_argument
    add("checkpoint", nargs="+", help="a folder, or a name on the Hub; of several classifiers the mean is shown too")
    add("--data", required=True, help="a recipe (.yaml), or a Hub name, folder or file as train.py --datasets takes")
    add("--data_root", metavar="FOLDER", help="take its folders in place of Hub names [RNN_MODELS_DATA]")
    add("--split", choices=["validation", "test"], help="[test where there is one]")
    add("--by", metavar="COLUMN", help="accuracy by the values of a column, and what a classifier gets wrong")
    add("--rows", type=int, metavar="N", help="only the first N rows of each split, for a quick look")
    add("--output", metavar="FILE", help="write the table as JSON too")
    add("--no_baseline", action="store_true", help="train no baseline")
    add("--order", type=int, default=5, help="of the n-gram baseline [5]")
    add("--samples", type=int, default=20, help="texts that a language model writes, 0 for none [20]")
    add("--sample_length", type=int, default=200, help="tokens of each [200]")
    add("--seed", type=int, default=0, help="decides what is written [0]")
    adapted = "dynamic evaluation in columns of its own: learn from what was scored, at this rate [0.1]"
    add("--dynamic", type=float, nargs="?", const=0.1, metavar="RATE", help=adapted)
    cached = "a neural cache in columns of its own: how sharply it looks, its weight, and how far back"
    add("--cache", metavar="THETA,LAMBDA,SIZE", help=cached)


def _add_export(commands: Any) -> None:
    help = "write a model as an ONNX graph, compared with the model before it is written"
    export = commands.add_parser("export", help=help, description=help)
    add = export.add_argument
    add("checkpoint", help="a folder, or a name on the Hub")
    add("--quantize", choices=["int8"], help="the precision of the weights and products [float32]")
    add("--output", metavar="FOLDER", help="where to write it [the checkpoint's name with -onnx behind it]")
    add("--data", help="a recipe (.yaml) or data set: graph and model are compared on its validation split too")
    add("--data_root", metavar="FOLDER", help="take its folders in place of Hub names [RNN_MODELS_DATA]")


def _add_classify(commands: Any) -> None:
    help = "classify the texts of a file: its rows come out with a label and the probability of each label"
    about = f"{help}. Blank texts get no label. Files of any length need the same memory."
    classify = commands.add_parser("classify", help=help, description=about)
    add = classify.add_argument
    add("file", help=".txt with a text a line, .csv or .tsv with a header, .jsonl, or .parquet")
    which = "a classifier: a folder, or a name on the Hub; given several times, the mean of their answers"
    add("--model", required=True, action="append", metavar="FOLDER_OR_REPO", help=which)
    add("--output", metavar="FILE", help="of the same kind as the file [NAME.classified.ENDING beside it]")
    add("--text_column", metavar="NAME", help="[text, or what else such columns are called]")
    add("--batch_size", type=int, default=32, help="texts that the model reads at once [32]")
    about = "what it computes in: int8 takes about half of the time, bfloat16 too where there is AMX [float32]"
    add("--dtype", choices=["float32", "bfloat16", "int8"], default="float32", help=about)
    add("--overwrite", action="store_true", help="replace the output where it is there already")


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

    options = {name: getattr(arguments, name) for name in ("language", "prompt", "repo_id", "kinds")}
    try:
        load_checkpoint(Path(arguments.folder))
        print(write_card(arguments.folder, **options))
    except (FileExistsError, LoadError) as error:
        return _fail(error, 2)
    except (OSError, KeyError, ValueError) as error:
        return _fail(f"{arguments.folder} is not what train.py writes: {error}", 2)
    return 0


def _sums(arguments: argparse.Namespace) -> int:
    from .checkpoint import SUMS, write_sums

    folder = Path(arguments.folder)
    if not (folder / "config.json").is_file():
        return _fail(f"{folder / 'config.json'} is missing: that is no model's folder", 2)
    write_sums(folder)
    print(folder / SUMS)
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
        # each is done whatever becomes of the other: the figures may have taken hours
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
        path, figures = export(arguments.checkpoint, wanted, say=lambda line: print(line, file=sys.stderr))
    except (ExportError, UnwritableError) as error:
        return _fail(error, 1)
    except (InputError, LoadError, OSError) as error:
        return _fail(error, 2)
    print(f"{path}\n{summary(figures)}")
    return 0


def _classify(arguments: argparse.Namespace) -> int:
    from .bulk.run import classify_rows
    from .bulk.tables import TableError
    from .checkpoint import LoadError

    same = ("model", "output", "text_column", "batch_size", "dtype", "overwrite")
    try:
        print(classify_rows(arguments.file, **{name: getattr(arguments, name) for name in same}))
    except (TableError, LoadError, OSError) as error:
        return _fail(error, 2)
    except KeyboardInterrupt:
        return _fail("stopped: nothing was written", 130)
    return 0


def _fail(error: object, status: int) -> int:
    print(f"rnn_models: error: {error}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
