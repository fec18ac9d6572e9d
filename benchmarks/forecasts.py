"""Forecasts of ETTh1: what each part of SegRNN adds to a plain GRU, and its network at two look-backs.

    python -m benchmarks.forecasts --data_root FOLDER --jobs 8

Every run is one of train.py in a folder of its own. What is there already is not trained again, so that a benchmark
that was stopped goes on. `features`: each row has one part more than the row before. `look-backs`: of several settings
the one that is best on validation, for one network per horizon and for one network for all; only that one reads test.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from rnn_models.console import escape_unencodable
from rnn_models.files import write_json

ROOT = Path(__file__).parents[1]
HORIZONS = (96, 192, 336, 720)
Options = dict[str, Any]

PLAIN: Options = {
    "task": "forecasting", "datasets": ["etth1"], "context_length": 96, "scaling": "none", "channels": "joint",
    "decoding": "recurrent", "autoregression": False, "cell_type": "gru", "hidden_size": 512, "loss": "mse",
    "segment_length": 1, "embedding_size": None, "head_dropout": 0.0, "ema_decay": None,
    "num_train_epochs": 30, "per_device_train_batch_size": 256, "per_device_eval_batch_size": 256,
    "learning_rate": 1e-3, "lr_scheduler_type": "polynomial", "lr_scheduler_kwargs": {"power": 4, "lr_end": 0},
    "early_stopping_patience": 5, "eval_stride": 4, "logging_steps": 20,
}  # fmt: skip
# Each row: its name, and what it adds to the rows before it.
FEATURES: list[tuple[str, Options]] = [
    ("a GRU that reads all columns hour by hour, and its own forecasts after them", {}),
    ("+ the last value subtracted from each window", {"scaling": "last"}),
    ("+ 24 hours a step", {"segment_length": 24, "embedding_size": 512}),
    ("+ every step of the forecast from the last state and its position", {"decoding": "parallel"}),
    ("+ each column alone, by the same weights", {"channels": "shared"}),
    ("+ dropout of 0.5 before the last layer", {"head_dropout": 0.5}),
    ("+ the absolute error in place of the squared one", {"loss": "mae"}),
    ("+ 720 hours in place of 96", {"context_length": 720}),
]
# Rows that stand beside the others: the number of rows of `FEATURES` that they have, and what they change.
BESIDE: list[tuple[str, int, Options]] = [
    ("the first row with 720 hours in place of 96", 1, {"context_length": 720}),
    ("the last row with a vanilla RNN", len(FEATURES), {"cell_type": "rnn"}),
    ("the last row with an LSTM", len(FEATURES), {"cell_type": "lstm"}),
]
FEATURE_HORIZONS = (96, 336)

SEGRNN: Options = {**PLAIN, **{name: value for _, part in FEATURES for name, value in part.items()}}
# The settings of lss-1138/SegRNN (scripts/SegRNN/etth1.sh and Lookback_96/etth1.sh) and those of the paper's table.
SETTINGS: dict[int, dict[str, Options]] = {
    720: {
        "24 hours a step, dropout 0.1": {
            "head_dropout": 0.1, "learning_rate": 3e-4, "per_device_train_batch_size": 64,
        },
        "48 hours a step, dropout 0.5": {"segment_length": 48},
    },
    96: {
        "24 hours a step, squared error": {"loss": "mse", "early_stopping_patience": 10},
        "24 hours a step, absolute error": {"early_stopping_patience": 10},
    },
}  # fmt: skip


def features() -> dict[str, Options]:
    """The rows of the first table, by name."""
    rows, options = {}, PLAIN
    so_far = [options := {**options, **part} for _, part in FEATURES]
    for (name, _), own in zip(FEATURES, so_far, strict=True):
        rows[name] = own
    return rows | {name: {**so_far[count - 1], **part} for name, count, part in BESIDE}


def for_horizons(options: Options, horizons: Iterable[int]) -> Options:
    """The options of a network that is measured at one or several horizons."""
    horizons = list(horizons)
    return {**options, "prediction_length": max(horizons), "horizons": horizons}


def runs() -> dict[tuple[Any, ...], Options]:
    """All runs by (look-back, setting, horizons) or (feature, horizon)."""
    found: dict[tuple[Any, ...], Options] = {}
    for context, settings in SETTINGS.items():
        for name, changes in settings.items():
            options = {**SEGRNN, "context_length": context, **changes, "evaluate_test": False}
            for horizons in (HORIZONS, *((horizon,) for horizon in reversed(HORIZONS))):
                found[context, name, horizons] = for_horizons(options, horizons)
    for name, options in reversed(features().items()):
        for horizon in FEATURE_HORIZONS:
            found[name, horizon] = for_horizons(options, [horizon])
    # a network that reads hour by hour takes longest, so it begins first
    return dict(sorted(found.items(), key=lambda job: job[1]["segment_length"] > 1))


def folder_of(key: tuple[Any, ...]) -> str:
    """A folder's name: the words of a key."""
    words = "-".join("all" if part == HORIZONS else part if isinstance(part, str) else f"{part}" for part in key)
    return "".join(letter if letter.isalnum() or letter == "." else "-" for letter in words).strip("-")


def results_of(folder: Path) -> dict[str, Any] | None:
    """The results of a run; None if it is not finished."""
    path = folder / "eval_results.json"
    found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found if "validation" in found else None


def train(job: tuple[tuple[Any, ...], Options], folder: Path, data_root: str | None, ends: float) -> None:
    """Train one network in its folder, if it is not there and there is time left."""
    key, options = job
    own = folder / folder_of(key)
    left = ends - time.monotonic()
    if results_of(own) is not None or left <= 0:
        return
    own.mkdir(parents=True, exist_ok=True)
    recipe = own / "recipe.yaml"
    recipe.write_text(yaml.safe_dump({**options, "output_dir": str(own / "model")}), encoding="utf-8")
    command = [sys.executable, str(ROOT / "train.py"), str(recipe)]
    command += ["--data_root", data_root] if data_root else []
    start = time.monotonic()
    with (own / "log.txt").open("w", encoding="utf-8") as log:
        try:
            status = subprocess.run(command, stdout=log, stderr=log, timeout=left, cwd=ROOT).returncode
        except subprocess.TimeoutExpired:
            status = None
    if status == 0:
        (own / "model" / "eval_results.json").replace(own / "eval_results.json")
    state = {0: "done", None: "stopped for want of time"}.get(status, f"failed: see {own / 'log.txt'}")
    print(f"{time.monotonic() - start:5.0f} s  {own.name}: {state}", flush=True)


def feature_rows(folder: Path) -> list[dict[str, Any]]:
    """The first table: for each feature, the errors on test at each horizon that is finished."""
    rows = []
    for name in features():
        row: dict[str, Any] = {"feature": name}
        for horizon in FEATURE_HORIZONS:
            if (found := results_of(folder / folder_of((name, horizon)))) is not None:
                row |= {f"{metric}_{horizon}": found["test"][metric] for metric in ("mse", "mae")}
                row |= {"parameters": found["parameters"], f"epochs_{horizon}": found["epochs"]}
        rows.append(row)
    return rows


def look_back_rows(folder: Path, data_root: str | None) -> list[dict[str, Any]]:
    """The second table: for each look-back, horizon and kind of network the setting that validation chose, and its
    errors on test; `validation` has the squared error of every setting."""
    rows = []
    for context, settings in SETTINGS.items():
        for several in (False, True):
            done = {
                (name, horizon): found
                for name in settings
                for horizon in HORIZONS
                if (found := results_of(folder / folder_of((context, name, HORIZONS if several else (horizon,)))))
            }
            for horizon in HORIZONS:
                metric = f"mse_{horizon}" if several else "mse"
                errors = {
                    name: done[name, horizon]["validation"][metric] for name in settings if (name, horizon) in done
                }
                if not errors:
                    continue
                # one network serves all horizons, so their mean chooses it
                means = {name: done[name, horizon]["validation"]["mse"] for name in errors}
                best = min(means, key=means.__getitem__)
                key = (context, best, HORIZONS if several else (horizon,))
                found = tested(folder / folder_of(key), key[2], data_root)
                test = {name: found[f"{name}_{horizon}" if several else name] for name in ("mse", "mae")}
                kind = "one network for all horizons" if several else "one network per horizon"
                rows.append(
                    {"look_back": context, "networks": kind, "horizon": horizon, "setting": best, **test}
                    | {"validation": errors}
                )
    return rows


def tested(own: Path, horizons: Iterable[int], data_root: str | None) -> dict[str, float]:
    """The errors on test of a network, read once."""
    path = own / "test.json"
    if path.is_file():
        return json.loads(path.read_text(encoding="utf-8"))
    import torch

    from rnn_models.bulk.series_files import load_forecaster
    from rnn_models.data.recipes import DatasetEntry
    from rnn_models.data.sources import resolve_data_root
    from rnn_models.data.time_series import load_series
    from rnn_models.inference.predicting import predict
    from rnn_models.metrics.forecasts import Scaling, measure

    data = load_series(DatasetEntry("etth1"), data_root=resolve_data_root(data_root))
    model = load_forecaster(own / "model").to("cuda" if torch.cuda.is_available() else "cpu")
    found = measure(
        partial(predict, model, levels=()),
        data,
        data.tests[0],
        context=model.config.context_length,
        horizons=list(horizons),
        scaled=Scaling.of(data),
    )
    write_json(found, path)
    return found


def feature_table(rows: list[dict[str, Any]]) -> str:
    """The first table in Markdown."""
    heads = ["network", "parameters", *(f"MSE, {horizon} hours" for horizon in FEATURE_HORIZONS)]
    lines = [
        [row["feature"], f"{row['parameters']:,}" if "parameters" in row else "–"]
        + [f"{row[f'mse_{horizon}']:.3f}" if f"mse_{horizon}" in row else "–" for horizon in FEATURE_HORIZONS]
        for row in rows
    ]
    return table(heads, lines)


def look_back_table(rows: list[dict[str, Any]]) -> str:
    """The second table in Markdown."""
    lines: dict[tuple[int, str], dict[int, str]] = {}
    for row in rows:
        cell = f"{row['mse']:.3f} / {row['mae']:.3f}"
        lines.setdefault((row["look_back"], row["networks"]), {})[row["horizon"]] = cell
    return table(
        ["look-back", "networks", *(f"{horizon} hours" for horizon in HORIZONS)],
        [[str(look_back), kind, *(cells.get(h, "–") for h in HORIZONS)] for (look_back, kind), cells in lines.items()],
    )


def table(heads: list[str], lines: list[list[str]]) -> str:
    """A table in Markdown."""
    return "\n".join(f"| {' | '.join(line)} |" for line in (heads, ["---"] * len(heads), *lines))


def main() -> int:
    escape_unencodable()
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.forecasts",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data_root", help="folder that holds the data set etth1 [RNN_MODELS_DATA]")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time [1]")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="start and finish no run later [no limit]")
    parser.add_argument("--folder", default="runs/forecasts", help="of the runs [%(default)s]")
    parser.add_argument("--quick", action="store_true", help="two steps of tiny networks, to check that all runs")
    parser.add_argument("--output", default="benchmarks/results/forecasts.json", help="[%(default)s]")
    parsed = parser.parse_args()
    jobs = runs()
    if parsed.quick:
        tiny = {"max_steps": 2, "window_stride": 100, "eval_stride": 500}
        small = {"hidden_size": 4, "embedding_size": 4}
        jobs = {key: own | tiny | {name: small[name] for name in small if own[name]} for key, own in jobs.items()}
    folder = Path(parsed.folder).resolve()
    ends = time.monotonic() + 60 * parsed.minutes
    with ThreadPoolExecutor(parsed.jobs) as pool:
        list(pool.map(partial(train, folder=folder, data_root=parsed.data_root, ends=ends), jobs.items()))
    missing = [folder_of(key) for key in jobs if results_of(folder / folder_of(key)) is None]
    found = {"features": feature_rows(folder), "look_backs": look_back_rows(folder, parsed.data_root)}
    write_json(found, Path(parsed.output))
    print(feature_table(found["features"]), look_back_table(found["look_backs"]), sep="\n\n")
    for name in missing:
        print(f"not finished: {name}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
