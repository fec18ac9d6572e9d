"""Fill the marked blocks of the READMEs and of docs/speed.md with the outputs of the examples and the measured
numbers.

    python docs/readme.py          run at the top of the project, as `make readme` does

A block is enclosed by `<!-- output:NAME -->` or `<!-- table:NAME -->` and `<!-- end -->`. An output block shows what
the Python block before it prints. The table `checkpoints` comes from each checkpoint's `eval_results.json`, `everyday`
from `everyday/en.json` and `zh.json`, `speed` and `limits` from `benchmarks/results`, `speed_avx2`, `limits_avx2`,
`memory`, `large_corpus` and `inside` from its folder `avx2`, `few_labels` from `benchmarks/results/few_labels.json`,
`features` and `look_backs` from `benchmarks/results/forecasts.json`, `gpu` from `benchmarks/results/gpu.json`. These
files were written by

    python -m rnn_models evaluate checkpoints/sentiment-en --data everyday/en.tsv --by kind --output everyday/en.json
    python -m benchmarks generate training_step classify users memory --output benchmarks/results/avx2
    python -m benchmarks inside large_corpus --output benchmarks/results/avx2
    python -m benchmarks.few_labels messages.csv
    python -m benchmarks.forecasts --data_root FOLDER --jobs 12
    python -m benchmarks.gpu
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import statistics
from functools import partial
from pathlib import Path

from rnn_models.publish.card import shown_size, stages

READMES = ("README.md", "README.zh.md")
PAGES = (*READMES, "docs/speed.md")
BLOCK = re.compile(r"(<!-- (output|table):(\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)
HEADS = {
    "README.md": ("model", "cell", "parameters", "size", "trained in", "metrics"),
    "README.zh.md": ("模型", "单元", "参数", "大小", "训练用时", "指标"),
}
NATS = {"README.md": "nats per character on validation", "README.zh.md": "验证集每字符奈特"}
PERPLEXITY = {
    "README.md": {"validation": "perplexity on validation", "test": "perplexity on test"},
    "README.zh.md": {"validation": "验证集困惑度", "test": "测试集困惑度"},
}
FRESH = {"README.md": " ({metric} on rows not in train)", "README.zh.md": "（不在训练集中的行 {metric}）"}
HOURS = {"README.md": "{minutes} min, {machine}", "README.zh.md": "{minutes} 分钟，{machine}"}
COMMA = {"README.md": ", ", "README.zh.md": "，"}
# The metrics of each data set: (name in the results, metric, its name in each of READMES).
METRICS = [
    ("stanfordnlp/imdb", "accuracy_own_labels", ("IMDb", "IMDb")),
    ("SetFit/sst5", "accuracy", ("SST-3", "SST-3")),
    ("SetFit/sst5", "macro_f1", ("SST-3 macro F1", "SST-3 宏平均 F1")),
    ("stanfordnlp/sst2", "accuracy_own_labels", ("SST-2", "SST-2")),
    ("cardiffnlp/tweet_eval", "macro_recall", ("tweets, macro recall", "推文宏平均召回率")),
    ("google-research-datasets/go_emotions", "macro_f1", ("GoEmotions macro F1", "GoEmotions 宏平均 F1")),
    ("osanseviero/twitter-airline-sentiment", "macro_f1", ("airline tweets macro F1", "航空推文宏平均 F1")),
    ("lansinuote/ChnSentiCorp", "accuracy_own_labels", ("ChnSentiCorp", "ChnSentiCorp")),
    ("universal_dependencies", "accuracy", ("UD English EWT", "UD English EWT 词性")),
    ("weibo_emotion3:test", "macro_f1", ("Weibo macro F1", "微博（疫情）宏平均 F1")),
    ("weibo_emotion3:test_usual", "macro_f1", ("Weibo (usual) macro F1", "微博（日常）宏平均 F1")),
]
# What was timed: (results, prefix of the group, our entry, the baseline if any, unit, its name in both languages).
GENERATE, STEP, INT8, PLAIN = (
    "generate(), {cell} ",
    "one step, {cell} ",
    "rnn_models, int8 engine",
    "plain PreTrainedModel",
)
CELLS = ("lstm", "gru", "rnn")
SPEED: list[tuple[str, str, str, str | None, str, str, str]] = [
    ("generate", GENERATE, "rnn_models", PLAIN, "ms", "`generate()`, {cell} 2x512", "`generate()`，{cell} 2x512"),
    ("generate", GENERATE, INT8, PLAIN, "ms", "int8 engine, {cell} 2x512", "int8 引擎，{cell} 2x512"),
    (
        "generate", STEP, INT8, "the weights' products alone, int8", "ms",
        "its step, against the bare int8 products, {cell}", "它的一步，对比纯 int8 矩阵乘法，{cell}",
    ),
    ("length", "a token after 4096", "rnn_models, lstm 2x512", "distilgpt2 shape", "ms",
     "a token after 4,096 others, against distilgpt2's shape", "4,096 个词元之后再生成一个，对比 distilgpt2 结构"),
    ("users", "50 users", "rnn_models", "a thread a user, plain PreTrainedModel", "tokens/s",
     "50 users of the app at once, against one thread per user", "50 个用户同时用应用生成文本，对比每个用户一个线程"),
    ("users", "100 at once", "95th percentile until a sentiment", None, "s",
     "100 users at once, half classify, half generate: until the sentiment, 95th percentile",
     "100 个用户同时使用，分类和生成各半：得到情感结果，第 95 百分位"),
    ("users", "100 at once", "95th percentile until a first character", None, "s",
     "the same: until the first character, 95th percentile", "同上：出现第一个字符，第 95 百分位"),
    ("users", "100 at once", "95th percentile until a complete text", None, "s",
     "the same: until a complete text of 200 tokens, 95th percentile", "同上：完成 200 个词元，第 95 百分位"),
    ("users", "an app whose functions do nothing", "95th percentile until a sentiment", None, "s",
     "100 users at once of an app of Gradio whose functions do nothing, 95th percentile",
     "100 个用户同时使用一个什么也不计算的 Gradio 应用，第 95 百分位"),
    ("keystrokes", "typing", "keystroke to verdict", None, "ms",
     "from a keystroke to its verdict on the page, median", "从按键到页面上的判断结果，中位数"),
    ("startup", "a new process", "app.py, first answer", None, "s",
     "from the start of the app to its first answer", "从应用启动到第一次响应"),
    ("training_step", "{cell} 2x512", "rnn_models, autocast to bfloat16", PLAIN, "GFLOP/s",
     "a training step in bfloat16, {cell} 2x512, against the plain one in float32",
     "bfloat16 下的一个训练步，{cell} 2x512，对比 float32 的普通实现"),
    ("classify", "256 reviews", "rnn_models, sentiment-en (lstm), bfloat16", "DistilBERT shape", "documents/s",
     "film reviews classified in bfloat16, against DistilBERT's shape in float32",
     "影评分类（bfloat16），对比 DistilBERT 结构（float32）"),
    ("classify", "256 reviews", "rnn_models, sentiment-en (lstm), bfloat16", "DistilBERT shape, bfloat16",
     "documents/s", "film reviews classified, both in bfloat16", "影评分类，双方都用 bfloat16"),
    ("classify", "256 reviews", "rnn_models, sentiment-en (lstm), int8", "DistilBERT shape", "documents/s",
     "film reviews classified in int8, as the app does, against DistilBERT's shape in float32",
     "影评分类（int8，与应用相同），对比 DistilBERT 结构（float32）"),
    ("classify", "256 reviews", "rnn_models, gru of that shape, int8", "DistilBERT shape", "documents/s",
     "the same with a GRU", "同上，GRU"),
    ("classify", "256 reviews", "rnn_models, rnn of that shape, int8", "DistilBERT shape", "documents/s",
     "the same with a vanilla RNN", "同上，普通 RNN"),
    ("train_run", "{cell} 2x512", "train.py", "bare loop", "ms",
     "a step of train.py, {cell}, including start, evaluation and saving, against a bare loop",
     "train.py 的一个训练步（含启动、评估、保存），{cell}，对比裸循环"),
]  # fmt: skip
SPEED_HEADS = ("benchmark", "ours", "baseline", "unit", "speed-up")
SPEED_HEADS_ZH = ("测试项", "本项目", "基线", "单位", "加速比")
FEW_LABELS_ZH = {"from scratch": "同一网络从零训练", "TF-IDF + logistic regression": "TF-IDF + 逻辑回归"}
FEATURES_ZH = {
    "a GRU that reads all columns hour by hour, and its own forecasts after them": (
        "GRU：逐小时读入所有列，预测时再读入自己的预测"
    ),
    "+ the last value subtracted from each window": "+ 每个窗口减去最后一个值",
    "+ 24 hours a step": "+ 每步读 24 小时",
    "+ every step of the forecast from the last state and its position": "+ 每一步预测都由最后状态和位置得到",
    "+ each column alone, by the same weights": "+ 各列单独读入，权重相同",
    "+ dropout of 0.5 before the last layer": "+ 末层前 dropout 0.5",
    "+ the absolute error in place of the squared one": "+ 用绝对误差代替平方误差",
    "+ 720 hours in place of 96": "+ 用 720 小时代替 96 小时",
    "the first row with 720 hours in place of 96": "第一行，用 720 小时代替 96 小时",
    "the last row with a vanilla RNN": "上面最后一行，改用普通 RNN",
    "the last row with an LSTM": "上面最后一行，改用 LSTM",
}
NETWORKS_ZH = {"one network per horizon": "每个步长一个网络", "one network for all horizons": "所有步长共用一个网络"}
# The test errors of others, from the same look-back: lss-1138/SegRNN, corrected, and the papers that it cites.
PUBLISHED = {
    720: {"SegRNN": (0.351, 0.392, 0.423, 0.466), "PatchTST": (0.375, 0.418, 0.462, 0.495),
          "DLinear": (0.381, 0.419, 0.454, 0.499)},
    96: {"SegRNN": (0.368, 0.408, 0.444, 0.446), "DLinear": (0.386, 0.437, 0.481, 0.519)},
}  # fmt: skip
RESULTS = Path("benchmarks/results")
# Measured on a processor with AVX2 but without AVX-512 and AMX.
AVX2 = RESULTS / "avx2"


def printed_by(code: str) -> str:
    """The output of a block of Python code."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "<readme>", "exec"), {})
    return out.getvalue().rstrip()


def table(readme: str) -> str:
    """One row per checkpoint, from the files beside its weights."""
    lines = ["| " + " | ".join(HEADS[readme]) + " |", "|---" * len(HEADS[readme]) + "|"]
    for path in sorted(Path("checkpoints").glob("*/eval_results.json")):
        results = json.loads(path.read_text(encoding="utf-8"))
        config = json.loads((path.parent / "config.json").read_text(encoding="utf-8"))
        size = (path.parent / "model.safetensors").stat().st_size / 1e6
        spent: dict[str, float] = {}  # hours by machine
        for stage in stages(results):
            spent[stage["machine"]] = spent.get(stage["machine"], 0.0) + stage["train_hours"]
        hours = " + ".join(
            HOURS[readme].format(minutes=round(60 * each), machine=machine) for machine, each in spent.items()
        )
        if readme == "README.zh.md":
            hours = re.sub(r"(\d+) CPU cores?", r"\1 个 CPU 核", hours)
        lines.append(
            f"| [{path.parent.name}]({path.parent.as_posix()}) | {config['cell_type'].upper()} "
            f"| {results['parameters'] / 1e6:.2f} M | {shown_size(size)} | {hours} | {metrics(readme, results)} |"
        )
    return "\n".join(lines)


def measured(folder: Path, name: str) -> list[dict]:
    """The rows that a benchmark wrote; none if it was not run."""
    path = folder / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))["rows"] if path.is_file() else []


def speed(page: str, folder: Path = RESULTS) -> str:
    """One row per comparison and cell, from the files that `make bench` writes."""
    chinese = page == "README.zh.md"
    heads = SPEED_HEADS_ZH if chinese else SPEED_HEADS
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for file, group, ours, baseline, unit, english, zh in SPEED:
        rows = measured(folder, file)
        for cell in CELLS if "{cell}" in group else CELLS[:1]:
            found = {row["name"]: row for row in rows if row["group"].startswith(group.format(cell=cell))}
            if ours not in found:  # it was not run, or the processor has no bfloat16
                continue
            here = found[ours]["median"]
            name = (zh if chinese else english).format(cell=cell.upper())
            if baseline is None:
                lines.append(f"| {name} | {shown(here)} | | {unit} | |")
                continue
            there = found[baseline]["median"]
            times = there / here if unit == "ms" else here / there
            fast = shown(times) if times >= 100 else f"{times:.2g}"
            lines.append(f"| {name} | {shown(here)} | {shown(there)} | {unit} | **{fast}** |")
    return "\n".join(lines)


def limits(page: str, folder: Path = RESULTS) -> str:
    """What was reached, and the limit set by the bare products of the same run; one column per cell."""
    results = {name: measured(folder, name) for name in ("generate", "training_step")}

    def found(file: str, group: str, name: str) -> list[float]:
        return [row["median"] for row in results[file] if row["group"].startswith(group) and row["name"] == name]

    def median(file: str, group: str, name: str) -> float:
        (value,) = found(file, group, name)
        return value

    def column(cell: str) -> dict[str, str]:
        whole, step, training = GENERATE.format(cell=cell), STEP.format(cell=cell), f"{cell} 2x512"
        plain = median("generate", whole, PLAIN)
        made: dict[str, str] = {"one token of the plain wrapper with `generate()`, ms": shown(plain)}
        for precision, ours in (("float32", "rnn_models"), ("int8", INT8)):
            products = median("generate", step, f"the weights' products alone, {precision}")
            name = "`generate()`" if precision == "float32" else "the int8 engine"
            made[f"only the {precision} products of one token, ms"] = shown(products)
            made[f"{name}: largest possible speed-up over the plain wrapper"] = f"{plain / products:.2g}"
            made[f"{name}: speed-up reached"] = f"**{plain / median('generate', whole, ours):.2g}**"
        peak = median("training_step", training, "square matrix product")
        for name, row in (
            ("a training step: only its products, share of the peak", "the step's products alone"),
            ("a training step: reached, share of the peak", "rnn_models"),
            ("a training step: reached in bfloat16, share of the float32 peak", "rnn_models, autocast to bfloat16"),
        ):
            for value in found("training_step", training, row):
                made[name] = f"{value / peak:.2f}"
        return made

    columns = [column(cell) for cell in CELLS]
    lines = ["| 2x512, batch 1; training: batch 64 | LSTM | GRU | vanilla RNN |", "|---|---|---|---|"]
    lines += [f"| {name} | " + " | ".join(made[name] for made in columns) + " |" for name in columns[0]]
    return "\n".join(lines)


def memory(page: str) -> str:
    """The resident memory of the app beside that of its libraries."""
    lines = ["| resident memory | MB |", "|---|---:|"]
    return "\n".join([*lines, *(f"| {row['name']} | {row['median']:,.0f} |" for row in measured(AVX2, "memory"))])


def large_corpus(page: str) -> str:
    """What a run takes of a corpus that is larger than memory, and of one that is not."""
    lines = ["| corpus | | least | greatest | unit |", "|---|---|---:|---:|---|"]
    for row in measured(AVX2, "large_corpus"):
        least, greatest = (f"{row[end]:,.0f}" for end in ("least", "greatest"))
        lines.append(
            f"| {row['group'].removeprefix('a corpus of ')} | {row['name']} | {least} | {greatest} | {row['unit']} |"
        )
    return "\n".join(lines)


def everyday(readme: str) -> str:
    """One row per kind of everyday sentences, from the output of `evaluate --by kind` for each language."""
    heads = ("类别", "句数", "正确率") if readme == "README.zh.md" else ("kind", "sentences", "correct")
    lines = ["| " + " | ".join(heads) + " |", "|---|---:|---:|"]
    for language in ("en", "zh"):
        found = json.loads(Path("everyday", f"{language}.json").read_text(encoding="utf-8"))
        for row in found["rows"]:
            name = row["split"] if row["split"] != "all" else f"**sentiment-{language}**"
            lines.append(f"| {name} | {row['rows']} | {100 * row['accuracy']:.0f} % |")
    return "\n".join(lines)


def few_labels(readme: str) -> str:
    """Accuracy and macro F1 by the number of labelled rows, mean and standard deviation over the draws."""
    found = json.loads((RESULTS / "few_labels.json").read_text(encoding="utf-8"))["rows"]
    models = list(dict.fromkeys(row["model"] for row in found))
    names = FEW_LABELS_ZH if readme == "README.zh.md" else {}
    heads = ["标注行数" if readme == "README.zh.md" else "labelled rows", *(names.get(name, name) for name in models)]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for size in dict.fromkeys(row["labelled"] for row in found):
        cells = []
        for name in models:
            draws = [row for row in found if (row["labelled"], row["model"]) == (size, name)]
            values = [[100 * row[metric] for row in draws] for metric in ("accuracy", "macro_f1")]
            cells.append(" / ".join(f"{statistics.mean(part):.1f} ± {statistics.stdev(part):.1f}" for part in values))
        lines.append(f"| {size:,} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def gpu(readme: str) -> str:
    """One row per cell and number of texts at once, from the output of `python -m benchmarks.gpu`."""
    lines = ["| | `generate()`, tokens/s | plain wrapper | compiled | speed-up |", "|---|---:|---:|---:|---:|"]
    rows = measured(RESULTS, "gpu")
    for group in dict.fromkeys(row["group"] for row in rows):
        ours, plain, compiled = (row["median"] for row in rows if row["group"] == group)
        times = ours / max(plain, compiled)
        lines.append(f"| {group} | {shown(ours)} | {shown(plain)} | {shown(compiled)} | **{times:.1f}** |")
    return "\n".join(lines)


def inside(page: str) -> str:
    """One row per view of the tab Inside, from the output of `python -m benchmarks.inside`."""
    lines = ["| view, for 500 characters | seconds until it is drawn | CPU seconds of the app |", "|---|---:|---:|"]
    lines += [
        f"| {row['name']} | {row['median']:.2f} | {row['cpu_seconds']:.2f} |" for row in measured(AVX2, "inside")
    ]
    return "\n".join(lines)


def features(readme: str) -> str:
    """The squared error on test of each row of the first table of `benchmarks.forecasts`."""
    rows = json.loads((RESULTS / "forecasts.json").read_text(encoding="utf-8"))["features"]
    chinese = readme == "README.zh.md"
    heads = ("网络", "参数", "96 小时", "336 小时") if chinese else ("network", "parameters", "96 hours", "336 hours")
    lines = ["| " + " | ".join(heads) + " |", "|---|---:|---:|---:|"]
    for row in rows:
        name = FEATURES_ZH[row["feature"]] if chinese else row["feature"]
        lines.append(f"| {name} | {row['parameters']:,} | {row['mse_96']:.3f} | {row['mse_336']:.3f} |")
    return "\n".join(lines)


def look_backs(readme: str) -> str:
    """The squared errors of the second table of `benchmarks.forecasts`, and published ones."""
    rows = json.loads((RESULTS / "forecasts.json").read_text(encoding="utf-8"))["look_backs"]
    chinese = readme == "README.zh.md"
    horizons = sorted({row["horizon"] for row in rows})
    heads = ["回看" if chinese else "look-back", "网络" if chinese else "network", *map(str, horizons)]
    lines = ["| " + " | ".join(heads) + " |", "|---|---|" + "---:|" * len(horizons)]
    for look_back, others in PUBLISHED.items():
        for kind, chinese_kind in NETWORKS_ZH.items():
            of = {
                row["horizon"]: row["mse"] for row in rows if (row["look_back"], row["networks"]) == (look_back, kind)
            }
            values = " | ".join(f"{of[horizon]:.3f}" for horizon in horizons)
            lines.append(f"| {look_back} | {chinese_kind if chinese else kind} | {values} |")
        for name, errors in others.items():
            published = f"{name}（已发表）" if chinese else f"{name}, published"
            lines.append(f"| {look_back} | {published} | " + " | ".join(f"{error:.3f}" for error in errors) + " |")
    return "\n".join(lines)


def shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"


TABLES = {
    "checkpoints": table,
    "speed": speed,
    "limits": limits,
    "everyday": everyday,
    "few_labels": few_labels,
    "gpu": gpu,
    "features": features,
    "look_backs": look_backs,
    "speed_avx2": partial(speed, folder=AVX2),
    "limits_avx2": partial(limits, folder=AVX2),
    "memory": memory,
    "large_corpus": large_corpus,
    "inside": inside,
}


def metrics(readme: str, results: dict) -> str:
    """The metrics of one model in the table: on the test splits if there are any."""
    if results["task"] == "language-model":
        nats = f"{NATS[readme]} **{results['validation']['nats_per_character']:.4f}**"
        perplexities = [
            f"{name} {results[split]['perplexity']:.2f}"
            for split, name in PERPLEXITY[readme].items()
            if split in results
        ]
        return COMMA[readme].join([nats, *perplexities])
    if results["task"] == "forecasting":
        found = results["test"]
        horizons = sorted(int(key.removeprefix("mse_")) for key in found if key.startswith("mse_"))
        of = {f"MSE {horizon}": found[f"mse_{horizon}"] for horizon in horizons} or {"MASE": found["mase"]}
        return COMMA[readme].join(f"{name} **{value:.3f}**" for name, value in of.items())
    shown = []
    for name, metric, labels in METRICS:
        found = results["test"]["data_sets"].get(name)
        if found is not None and metric in found:
            text = f"{labels[READMES.index(readme)]} **{100 * found[metric]:.1f}**"
            fresh = found.get("rows_not_in_train")
            shown.append(text + (FRESH[readme].format(metric=f"{100 * fresh[metric]:.1f}") if fresh else ""))
    return COMMA[readme].join(shown)


def filled(readme: str, text: str) -> str:
    """The text of a README with its blocks updated."""

    def block(match: re.Match) -> str:
        if match[2] == "table":
            return f"{match[1]}{TABLES[match[3]](readme)}\n{match[4]}"
        code = PYTHON.findall(text[: match.start()])[-1]
        return f"{match[1]}```text\n{printed_by(code)}\n```\n{match[4]}"

    return BLOCK.sub(block, text)


if __name__ == "__main__":
    for name in PAGES:
        path = Path(name)
        path.write_text(filled(name, path.read_text(encoding="utf-8")), encoding="utf-8")
