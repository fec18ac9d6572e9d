"""The Python examples of the cards, one for each task, and what they print."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

from ..modeling import RNNTimeSeriesConfig
from ..modeling.heads import CLASSIFICATION, FORECASTING, TAGGING

GENERATE = """\
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained({name}, trust_remote_code=True)
model = AutoModelForCausalLM.from_pretrained({name}, trust_remote_code=True)
torch.manual_seed(0)
inputs = tokenizer({prompt}, return_tensors="pt")
print(tokenizer.decode(model.generate(**inputs, max_new_tokens=200)[0], skip_special_tokens=True))
"""
CLASSIFY = """\
from transformers import AutoModelForSequenceClassification, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained({name}, trust_remote_code=True)
model = AutoModelForSequenceClassification.from_pretrained({name}, trust_remote_code=True)
inputs = tokenizer({texts}, return_tensors="pt", padding=True)
for row in model(**inputs).logits.softmax(-1):
    print({{label: round(row[index].item(), 2) for index, label in model.config.id2label.items()}})
"""
TAG = """\
from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline

tokenizer = AutoTokenizer.from_pretrained({name}, trust_remote_code=True)
model = AutoModelForTokenClassification.from_pretrained({name}, trust_remote_code=True)
tagger = pipeline("token-classification", model=model, tokenizer=tokenizer, aggregation_strategy="first")
for found in tagger({text}):
    print(found["entity_group"], found["start"], found["end"], found["word"], round(float(found["score"]), 2))
"""
# Steps of the wave in the example of a forecaster: the hours of a day.
SEASON = 24
FORECAST = """\
import torch
from transformers import AutoModelForTimeSeriesPrediction

model = AutoModelForTimeSeriesPrediction.from_pretrained({name}, trust_remote_code=True)
config = model.config
# a wave around the mean of the training data, in place of the last rows of a table with the columns {columns}
wave = torch.sin(torch.arange(config.context_length) * 2 * torch.pi / {season})
values = torch.tensor(config.value_mean) + torch.tensor(config.value_scale) * wave[:, None]
past_values = {into}(values)[None]  # (1, T, C)
outputs = model.eval()(past_values=past_values)
print([round(value, 2) for value in outputs.prediction_outputs[0, :{season}, -1].tolist()])
"""


def example(task: str, folder: Path, name: str, language: str, prompt: str) -> str:
    """The Python example of a model for a task, which loads it as `name`."""
    if task == TAGGING:
        text = {"zh": "这家酒店在上海。", "en": "Mary can't wait to see the new museum in Lisbon."}[language]
        return TAG.format(name=literal(name), text=literal(text))
    if task == CLASSIFICATION:
        texts = {
            "zh": ["这家酒店的服务太差了", "物流很快，书的质量也很好"],
            "en": ["I really enjoyed that concert.", "The meeting is on Tuesday at ten."],
        }[language]
        return CLASSIFY.format(name=literal(name), texts=f"[{', '.join(map(literal, texts))}]")
    if task == FORECASTING:
        config = RNNTimeSeriesConfig.from_pretrained(folder)
        columns = " ".join(", ".join(map(str, config.channel_names or ["values"])).split())
        into = "torch.exp" if config.value_log else "torch.clone"
        return FORECAST.format(name=literal(name), columns=columns, into=into, season=SEASON)
    return GENERATE.format(name=literal(name), prompt=literal(prompt))


def literal(text: str) -> str:
    """A text as a Python literal in double quotes, with escapes for unprintable characters."""
    text = text.replace("\\", r"\\").replace('"', r"\"")
    shown = (mark if mark.isprintable() else mark.encode("unicode_escape").decode() for mark in text)
    return f'"{"".join(shown)}"'


def output_of(code: str) -> str:
    """The printed output of an example."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "<example>", "exec"), {})
    return printed.getvalue()
