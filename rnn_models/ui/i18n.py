"""Every sentence of the app in English and Chinese.

Texts on the page are translated in the browser by `gr.I18n`. Texts from the server (errors, notes) follow the
request's Accept-Language header. `pages/first.js` makes both the same language: the one chosen on the page, or else
the first of English and Chinese among the browser's languages, or else English.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

import gradio as gr
from starlette.requests import Request

from .forecast_texts import FORECAST
from .texts_files import FILES
from .texts_pages import PAGES
from .texts_writing import WRITING
from .views.texts import INSIDE
from .views.texts_tags import TAGS

PREFIX = "rnn_"  # Gradio has texts of its own under names such as "file"
TEXTS: dict[str, tuple[str, str]] = {
    # the page
    # notes below the results
    "not_learnt_signs": (
        "There are no words in this text: the model read only its symbols.",
        "这段文本里没有文字，模型只读到了其中的符号。",
    ),
    "not_learnt_script": (
        "The model was not trained on this script: its answer is a guess.",
        "模型没有学过这种文字，结果只是猜测。",
    ),
    "not_learnt_language": (
        "This text seems to be in a language that the model was not trained on: its answer is a guess.",
        "模型似乎没有学过这段文本的语言，结果只是猜测。",
    ),
    "negative": ("negative", "负面"),
    "neutral": ("neutral", "中性"),
    "positive": ("positive", "正面"),
    # a model's line
    "no_model": (
        "No model is loaded for this tab. Train one with `python train.py recipes/NAME.yaml`, or name one: "
        "`python app.py --models FOLDER_OR_HUB_NAME`.",
        "此页没有可用的模型。请用 `python train.py recipes/NAME.yaml` 训练一个，或用 "
        "`python app.py --models 文件夹或 Hub 名称` 指定一个。",
    ),
    # what is wrong with the input, and what to do about it
    "error": ("Please check", "请检查"),
    "empty": ("There is no text: enter a sentence first.", "还没有文本：请先输入一句话。"),
    "too_long": (
        "The text has {length:,} characters; at most {limit:,} are allowed: shorten it.",
        "文本有 {length:,} 个字符，最多允许 {limit:,} 个：请缩短。",
    ),
    "not_text": (
        "Character {position} is {character}, which is not text: remove it.",
        "第 {position} 个字符是 {character}，不是有效的文字：请删除。",
    ),
    "whole": ("a whole number", "整数"),
    "any_number": ("a number", "数字"),
    "no_such_model": ("There is no such model here: choose one of {names}.", "没有这个模型：请从 {names} 中选择。"),
    "prompt_needed": (
        "This model cannot start from an empty prompt: enter a few words.",
        "此模型的开头不能留空：请先输入几个字。",
    ),
    "prompt_too_long": (
        "The prompt is longer than {model} can read: shorten it.",
        "开头超出了 {model} 能读取的长度：请缩短。",
    ),
    "file_gone": (
        "This file is not here, or no longer here: choose it again.",
        "文件不存在，或已被清理：请重新选择。",
    ),
    "no_such_endpoint": (
        "There is no such endpoint here: choose one of {names}.",
        "没有这个接口：请从 {names} 中选择。",
    ),
    "no_such_function": ("This page has no such function: reload it.", "此页面没有这个功能：请刷新页面。"),
    "other_names": (
        "{endpoint} takes {names}: check the names of the parameters.",
        "{endpoint} 的参数为 {names}：请检查参数名。",
    ),
    "other_number": (
        "{count} values were sent, but {wanted} are needed: check them against the API page.",
        "收到 {count} 个值，需要 {wanted} 个：请对照 API 页面检查。",
    ),
    "unreadable": (
        "The request cannot be read; missing or of the wrong type: {places}.",
        "无法读取请求，以下内容缺失或类型不符：{places}。",
    ),
    "nothing_here": ("There is nothing here: check the address.", "这里没有内容：请检查网址。"),
    "body_too_big": (
        "The request is larger than {limit} MB: send a shorter text.",
        "请求超过 {limit} MB：请缩短文本。",
    ),
    "files_elsewhere": (
        "Only /gradio_api/upload takes files: send them there.",
        "只有 /gradio_api/upload 接收文件：请改用该接口。",
    ),
    "upload_too_big": (
        "At most {limit} MB can be uploaded at a time: split the file.",
        "一次最多上传 {limit} MB：请拆分文件。",
    ),
    "upload_too_slow": (
        "The upload took longer than {limit} seconds: try again.",
        "上传用时超过 {limit} 秒：请重试。",
    ),
    "too_many_files": (
        "At most {limit} files can be uploaded at a time: send fewer.",
        "一次最多上传 {limit} 个文件：请减少数量。",
    ),
    "no_room": (
        "Recent uploads fill the {limit} MB that this app keeps: try again in a few minutes.",
        "最近上传的文件已占满 {limit} MB 空间：请过几分钟再试。",
    ),
    "unexpected": (
        "This could not be answered: check what was sent against the API page, or try another text.",
        "无法处理这个请求：请对照 API 页面检查所发内容，或换一段文本。",
    ),
    **FORECAST,
    **FILES,
    **PAGES,
    **WRITING,
    **INSIDE,
    **TAGS,
}

# The only two Chinese languages that Gradio's page can choose; it falls back to English for others:
# https://github.com/gradio-app/gradio/blob/main/js/core/src/i18n.ts
CHINESE_CODES = ("zh-CN", "zh-TW")


def page_texts(**fields: object) -> gr.I18n:
    """All texts in the form that `launch(i18n=...)` takes, with `fields` filled in."""
    english = {PREFIX + key: _fill(texts[0], fields) for key, texts in TEXTS.items()}
    chinese = {PREFIX + key: _fill(texts[1], fields) for key, texts in TEXTS.items()}
    return gr.I18n(en=english, **dict.fromkeys(CHINESE_CODES, chinese))


def on_page(key: str) -> Any:
    """A text that the browser shows in its own language."""
    return gr.I18n()(PREFIX + key)


class FromApi:
    """A request of an endpoint that was called by its name: its errors give parameters the names that the API has."""

    def __init__(self, request: gr.Request | None) -> None:
        self.headers = getattr(request, "headers", None) or {}


Asking: TypeAlias = gr.Request | Request | FromApi


def language_of(request: Asking | None) -> str:
    """`zh` or `en`, whichever the request's Accept-Language names first. Each kind of Chinese counts as `zh`."""
    header = request.headers.get("accept-language", "") if request is not None and request.headers else ""
    for code in re.findall(r"[A-Za-z]+(?=[-,;]|$)", header):
        if code.lower() in ("en", "zh"):
            return code.lower()
    return "en"


class Count(int):
    """A number that a text gives with its noun: `{count:text|texts}` is "1 text" or "2,000 texts"."""

    def __format__(self, spec: str) -> str:
        if "|" not in spec:
            return super().__format__(spec)
        one, many = spec.split("|")
        return f"{int(self):,} {one if self == 1 else many}"


def say(key: str, request: Asking | None, **fields: object) -> str:
    """One sentence in the language of the request."""
    counted = {name: Count(value) if type(value) is int else value for name, value in fields.items()}
    return TEXTS[key][language_of(request) == "zh"].format(**counted)


def refuse(key: str, request: Asking | None, **fields: object) -> gr.Error:
    """An error that says what to do; raise it."""
    return gr.Error(say(key, request, **fields), title=say("error", request), print_exception=False)


def _fill(text: str, fields: dict[str, object]) -> str:
    return text.format(**fields) if any(f"{{{name}}}" in text for name in fields) else text
