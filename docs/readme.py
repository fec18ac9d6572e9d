"""Fill the marked blocks of README.md and README.zh.md: what the examples print, and the figures of the checkpoints.

    python docs/readme.py          run from the top of the project; `make readme` does

A block stands between `<!-- output:NAME -->` or `<!-- table:checkpoints -->` and `<!-- end -->`. An output block holds
what the Python block before it prints; the table is read from each checkpoint's `eval_results.json`.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path

READMES = ("README.md", "README.zh.md")
BLOCK = re.compile(r"(<!-- (output|table):\w+ -->\n).*?(<!-- end -->)", re.DOTALL)
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)
HEADS = {
    "README.md": ("model", "cell", "parameters", "size", "trained in", "figures"),
    "README.zh.md": ("模型", "单元", "参数", "大小", "训练用时", "成绩"),
}
NATS = {"README.md": "nats a character on validation", "README.zh.md": "验证集每字符奈特"}
PERPLEXITY = {"README.md": "perplexity on {split}", "README.zh.md": "{split} 困惑度"}
HOURS = {"README.md": "{minutes} min, {machine}", "README.zh.md": "{minutes} 分钟，{machine}"}
# What each data set is measured by: (name in the results, figure, label).
FIGURES = [
    ("stanfordnlp/imdb", "accuracy_own_labels", "IMDb"),
    ("SetFit/sst5", "accuracy", "SST-3"),
    ("SetFit/sst5", "macro_f1", "SST-3 macro F1"),
    ("stanfordnlp/sst2", "accuracy_own_labels", "SST-2"),
    ("cardiffnlp/tweet_eval", "macro_recall", "tweets, macro recall"),
    ("lansinuote/ChnSentiCorp", "accuracy_own_labels", "ChnSentiCorp"),
    ("weibo_emotion3:test", "macro_f1", "Weibo macro F1"),
    ("weibo_emotion3:test_usual", "macro_f1", "Weibo (usual) macro F1"),
]


def printed_by(code: str) -> str:
    """What a block of Python prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "<readme>", "exec"), {})
    return out.getvalue().rstrip()


def table(readme: str) -> str:
    """One row a checkpoint, from the files beside its weights."""
    lines = ["| " + " | ".join(HEADS[readme]) + " |", "|---" * len(HEADS[readme]) + "|"]
    for path in sorted(Path("checkpoints").glob("*/eval_results.json")):
        results = json.loads(path.read_text(encoding="utf-8"))
        config = json.loads((path.parent / "config.json").read_text(encoding="utf-8"))
        size = (path.parent / "model.safetensors").stat().st_size / 1e6
        spent = results["train_hours"] + results.get("stage_before", {}).get("train_hours", 0)
        hours = HOURS[readme].format(minutes=round(60 * spent), machine=results["machine"])
        lines.append(
            f"| [{path.parent.name}]({path.parent.as_posix()}) | {config['cell_type'].upper()} "
            f"| {results['parameters'] / 1e6:.2f} M | {size:.1f} MB | {hours} | {figures(readme, results)} |"
        )
    return "\n".join(lines)


def figures(readme: str, results: dict) -> str:
    """The figures of one model that the table shows: of the test splits where there are any."""
    if results["task"] == "language-model":
        nats = f"{NATS[readme]} **{results['validation']['nats_per_character']:.4f}**"
        perplexities = [
            PERPLEXITY[readme].format(split=split) + f" {results[split]['perplexity']:.2f}"
            for split in ("validation", "test")
            if split in results
        ]
        return ", ".join([nats, *perplexities])
    shown = []
    for name, figure, label in FIGURES:
        found = results["test"]["data_sets"].get(name)
        if found is not None and figure in found:
            text = f"{label} **{100 * found[figure]:.1f}**"
            fresh = found.get("rows_not_in_train")
            shown.append(text + (f" ({100 * fresh[figure]:.1f} on rows not in train)" if fresh else ""))
    return ", ".join(shown)


def filled(readme: str, text: str) -> str:
    """The text of a README with its blocks made anew."""

    def block(match: re.Match) -> str:
        if match[2] == "table":
            return f"{match[1]}{table(readme)}\n{match[3]}"
        code = PYTHON.findall(text[: match.start()])[-1]
        return f"{match[1]}```text\n{printed_by(code)}\n```\n{match[3]}"

    return BLOCK.sub(block, text)


if __name__ == "__main__":
    for name in READMES:
        path = Path(name)
        path.write_text(filled(name, path.read_text(encoding="utf-8")), encoding="utf-8")
