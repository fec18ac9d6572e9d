"""Every sentence of the app in English and Chinese.

Texts on the page follow the browser's language: `gr.I18n` translates them in the browser. Texts from the server
(errors, notes) follow the request's Accept-Language header.
"""

from __future__ import annotations

import re
from typing import Any

import gradio as gr
from starlette.requests import Request

from .forecast_texts import FORECAST
from .texts_files import FILES
from .views.texts import INSIDE
from .views.texts_tags import TAGS

PREFIX = "rnn_"  # Gradio has texts of its own under names such as "file"
TEXTS: dict[str, tuple[str, str]] = {
    # the page
    "heading": ("# Recurrent networks at work", "# 循环神经网络在线演示"),
    "lead": (
        "Small RNN, GRU and LSTM models generate text and classify sentiment on this machine, in milliseconds.",
        "小型 RNN、GRU、LSTM 模型在本机上生成文本、分析情感，只需毫秒。",
    ),
    "tab_generate": ("Generate", "生成"),
    "tab_sentiment": ("Sentiment", "情感"),
    "tab_inside": ("Inside", "内部"),
    "model": ("Model", "模型"),
    "prompt": ("Prompt", "开头"),
    "prompt_hint": ("Text to continue; may be empty", "输入要续写的文字，可以留空"),
    "write": ("Generate", "开始生成"),
    "stop": ("Stop", "停止"),
    "output": ("Generated text", "生成结果"),
    "output_hint": ("The generated text appears here", "生成的文字会逐步显示在这里"),
    "examples": ("Examples", "示例"),
    "settings": ("Settings", "设置"),
    "length": ("Length (tokens)", "长度（词元）"),
    "temperature": ("Temperature", "温度"),
    "temperature_info": ("0 = always the most likely token", "0 表示总是选择概率最高的词元"),
    "top_k": ("Top-k", "Top-k"),
    "top_k_info": ("0 = no limit", "0 表示不限制"),
    "top_p": ("Top-p", "Top-p"),
    "top_p_info": ("1 = no limit", "1 表示不限制"),
    "repetition_penalty": ("Repetition penalty", "重复惩罚"),
    "repetition_penalty_info": ("1 = off", "1 表示不惩罚"),
    "seed": ("Seed", "随机种子"),
    "seed_info": (
        "The same prompt, settings and seed give the same text here; empty = a random seed",
        "开头、设置和种子都相同时，本页生成的文本也相同；留空则随机选取种子",
    ),
    "text": ("Text", "文本"),
    "text_hint": ("Type a sentence; the result updates as you type", "输入一句话，结果随输入实时更新"),
    "classify": ("Classify", "分析情感"),
    "sentiment": ("Sentiment", "情感"),
    "automatic": ("automatic, by language", "自动（按语言）"),
    # notes below the results
    "empty_prompt": ("(empty prompt)", "（开头留空）"),
    "written": (
        "{characters} characters in {seconds:.2f} s · seed {seed}",
        "{characters} 个字符，用时 {seconds:.2f} 秒 · 种子 {seed}",
    ),
    "answered": ("by {model}", "模型：{model}"),
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
    "size": ("{parameters} parameters, {megabytes}", "参数量 {parameters}，{megabytes}"),
    "validation_loss": ("validation loss {value:.3f}", "验证集损失 {value:.3f}"),
    "accuracy": ("validation accuracy {value:.1%}", "验证集准确率 {value:.1%}"),
    "no_model": (
        "No model is loaded for this tab. Train one with `python train.py recipes/NAME.yaml`, or name one: "
        "`python app.py --models FOLDER_OR_HUB_NAME`.",
        "此页没有可用的模型。请用 `python train.py recipes/NAME.yaml` 训练一个，或用 "
        "`python app.py --models 文件夹或 Hub 名称` 指定一个。",
    ),
    # what is wrong with the input, and what to do about it
    "error": ("Please check", "请检查"),
    "not_a_string": (
        "{field} must be a string, not {kind}: put it in quotation marks.",
        "“{field}”必须是字符串，而不是 {kind}：请加上引号。",
    ),
    "empty": ("There is no text: enter a sentence first.", "还没有文本：请先输入一句话。"),
    "too_long": (
        "The text has {length:,} characters; at most {limit:,} are allowed: shorten it.",
        "文本有 {length:,} 个字符，最多允许 {limit:,} 个：请缩短。",
    ),
    "not_text": (
        "Character {position} is {character}, which is not text: remove it.",
        "第 {position} 个字符是 {character}，不是有效的文字：请删除。",
    ),
    "unknown_script": (
        "{model} knows none of these characters: write in the language it was trained on, or try an example.",
        "{model} 不认识这些字符：请使用它训练时的语言，或试试示例。",
    ),
    "not_a_number": ("{field} must be a number, not {kind}.", "“{field}”必须是数字，而不是 {kind}。"),
    "out_of_range": (
        "{field} must be {whole} from {low} to {high}.",
        "“{field}”必须是 {low} 到 {high} 之间的{whole}。",
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


def language_of(request: gr.Request | Request | None) -> str:
    """`zh` or `en`, whichever the request's Accept-Language names first."""
    header = request.headers.get("accept-language", "") if request is not None and request.headers else ""
    for code in re.findall(r"[A-Za-z]+(?=[-,;]|$)", header):
        if code.lower() in ("en", "zh"):
            return code.lower()
    return "en"


def say(key: str, request: gr.Request | Request | None, **fields: object) -> str:
    """One sentence in the language of the request."""
    return TEXTS[key][language_of(request) == "zh"].format(**fields)


def refuse(key: str, request: gr.Request | None, **fields: object) -> gr.Error:
    """An error that says what to do; raise it."""
    return gr.Error(say(key, request, **fields), title=say("error", request), print_exception=False)


def _fill(text: str, fields: dict[str, object]) -> str:
    return text.format(**fields) if any(f"{{{name}}}" in text for name in fields) else text
