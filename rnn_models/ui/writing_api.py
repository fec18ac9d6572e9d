"""The endpoints around writing: alternatives, going on, kept states, networks side by side, poems."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import gradio as gr

from ..inference.kept_state import blend
from .choices import alternatives as find_alternatives
from .generation import Writers, notes
from .i18n import Asking, FromApi, refuse, say
from .inputs import check_number, choose
from .side_by_side import side_by_side as write_all
from .side_by_side import told
from .states import written

logger = logging.getLogger(__name__)

MAX_ASKING = 200  # questions of pages that are answered at the same time
# of an endpoint that does not write, or not by these
UNUSED: dict[str, object] = {
    "max_new_tokens": 1,
    "temperature": 1.0,
    "top_k": 0,
    "top_p": 1.0,
    "repetition_penalty": 1.0,
    "seed": 0,
}


async def keep(writers: Writers, sent: dict[str, Any], request: Asking | None) -> str:
    """The state after a text, as it is sent."""
    task = await writers.check(
        sent.get("prompt"), sent.get("model"), sent.get("after", []), UNUSED, request, start=sent.get("state")
    )
    return written(await writers.keep(task, request))


def mix(writers: Writers, sent: dict[str, Any], request: Asking | None) -> str:
    """A blend of two states, as it is sent."""
    model = choose(sent.get("model"), writers.by_name, request)
    states = [writers.states.read(sent.get(field), model, request, field) for field in ("state", "other")]
    if states[0] is None or states[1] is None:
        raise refuse("state_kind", request)
    return written(blend(states[0], states[1], check_number(sent.get("share"), "share", 0, 1, request)))


def _drawing(temperature: float, top_k: int, top_p: float, repetition_penalty: float = 1.0) -> dict[str, object]:
    """How tokens are drawn, by the names of the parameters."""
    return {
        "temperature": temperature,
        "top_k": top_k,
        "top_p": top_p,
        "repetition_penalty": repetition_penalty,
    }


def asking(writers: Writers) -> Callable:
    """The function of the server that the page's scripts call, with the name of what they want and its values."""
    waiting = 0

    async def answer(sent: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        name = sent.get("name")
        if name == "alternatives":
            verse, settings = sent.get("verse"), sent.get("settings")
            task = await writers.check(
                sent.get("prompt"),
                sent.get("model"),
                sent.get("after", []),
                UNUSED | (settings if isinstance(settings, dict) else {}),
                request,
                start=sent.get("state"),
                verse=verse if isinstance(verse, dict) else None,
            )
            return {"alternatives": await find_alternatives(writers, task, request)}
        if name == "keep":
            return {"state": await keep(writers, sent, request)}
        if name == "blend":
            return {"state": mix(writers, sent, request)}
        if name == "read":
            model = choose(sent.get("model"), writers.by_name, request)
            state = writers.states.read(sent.get("state"), model, request)
            if state is None:
                raise refuse("state_kind", request)
            return {"text": state.text}
        raise refuse("no_such_function", request)

    async def ask(sent: Any, request: gr.Request) -> str:
        """The answer, or a sentence that says what is wrong, as JSON."""
        nonlocal waiting
        waiting += 1
        try:
            if waiting > MAX_ASKING:
                raise refuse("queue_full", request)
            return json.dumps(await answer(sent if isinstance(sent, dict) else {}, request), ensure_ascii=False)
        except gr.Error as error:
            return json.dumps({"error": str(error.message)}, ensure_ascii=False)
        except Exception:  # Gradio would answer with status 500, and the page could only say that
            logger.exception("a question of the page failed")
            return json.dumps({"error": say("unexpected", request)}, ensure_ascii=False)
        finally:
            waiting -= 1

    return ask


def writing_endpoints(writers: Writers, first: str, concurrency: dict[str, Any]) -> None:
    """Make the endpoints; `first` is the model that they take if none is named."""
    poet = next(iter(writers.poets.tokens), first)

    async def alternatives(
        prompt: str = "",
        model: str = first,
        after: list[int] | None = None,
        temperature: float = 0.8,
        top_k: int = 0,
        top_p: float = 1.0,
        repetition_penalty: float = 1.0,
        state: str = "",
        request: gr.Request = None,
    ) -> list[dict[str, Any]]:
        """What a model could write next: its ten most likely tokens, each with its number, what it writes, whether it
        ends the text, its probability by the model alone, and its chance to be drawn after all settings.

        Args:
            prompt: the text to continue, at most 10,000 characters; may be empty.
            model: name of a language model of this app.
            after: the numbers of the tokens that follow the prompt already; null for none.
            temperature: 0 to 5; 0 always takes the most likely token.
            top_k: sample only from the k most likely tokens; 0 = no limit.
            top_p: sample only from the most likely tokens of this total probability; 1 = no limit.
            repetition_penalty: 0.5 to 3; 1 = off.
            state: what keep_state gave for the same model, to start from it; empty = none.
        """
        asked = FromApi(request)
        settings = UNUSED | _drawing(temperature, top_k, top_p, repetition_penalty)
        task = await writers.check(prompt, model, after or [], settings, asked, start=state)
        return await find_alternatives(writers, task, asked)

    async def go_on(
        prompt: str = "",
        model: str = first,
        after: list[int] | None = None,
        state: str = "",
        max_new_tokens: int = 200,
        temperature: float = 0.8,
        top_k: int = 0,
        top_p: float = 1.0,
        repetition_penalty: float = 1.0,
        seed: int | None = None,
        request: gr.Request = None,
    ) -> AsyncIterator[dict[str, Any]]:
        """Go on with a text from any place of it, or from a kept state. Streams the text after the prompt; the last
        value has its tokens, what each adds to it, and -log2 of the probability that the model gave each (in bits).

        Args:
            prompt: the text to continue, at most 10,000 characters; may be empty.
            model: name of a language model of this app.
            after: the numbers of the tokens that follow the prompt already; null for none.
            state: what keep_state gave for the same model, to start from it; empty = none.
            max_new_tokens: 1 to 2000; the text may end earlier.
            temperature: 0 to 5; 0 always takes the most likely token.
            top_k: sample only from the k most likely tokens; 0 = no limit.
            top_p: sample only from the most likely tokens of this total probability; 1 = no limit.
            repetition_penalty: 0.5 to 3; 1 = off.
            seed: the same model, text, settings and seed go on in the same way on this app; null = a random seed.
        """
        asked = FromApi(request)
        settings = _drawing(temperature, top_k, top_p, repetition_penalty)
        settings |= {"max_new_tokens": max_new_tokens, "seed": seed}
        task = await writers.check(prompt, model, after or [], settings, asked, start=state)
        async with aclosing(writers.write(task, asked)) as parts:
            async for one in parts:
                found = {"text": one.text, "seed": one.seed, "tokens": one.tokens, "pieces": one.pieces}
                yield found | {"bits": one.bits}

    async def side_by_side(
        prompt: str = "",
        model: str = first,
        max_new_tokens: int = 200,
        temperature: float = 0.8,
        top_k: int = 0,
        top_p: float = 1.0,
        repetition_penalty: float = 1.0,
        seed: int | None = None,
        request: gr.Request = None,
    ) -> AsyncIterator[list[dict[str, Any]]]:
        """Continue one prompt with each model that reads the same tokens, with one seed. Streams for each its name,
        cell, text after the prompt, bits a character of that text (null until it is complete) and seconds.

        Args:
            prompt: the text to continue, at most 10,000 characters; may be empty.
            model: name of any of them, such as shakespeare-lstm.
            max_new_tokens: 1 to 2000; a text may end earlier.
            temperature: 0 to 5; 0 always takes the most likely token.
            top_k: sample only from the k most likely tokens; 0 = no limit.
            top_p: sample only from the most likely tokens of this total probability; 1 = no limit.
            repetition_penalty: 0.5 to 3; 1 = off.
            seed: the same for all; null = a random seed.
        """
        asked = FromApi(request)
        settings = _drawing(temperature, top_k, top_p, repetition_penalty)
        settings |= {"max_new_tokens": max_new_tokens, "seed": seed}
        task = await writers.check(prompt, model, [], settings, asked)
        async with aclosing(write_all(writers, task, asked)) as parts:
            async for writings in parts:
                yield [told(writers.by_name[one.model], one) for one in writings]

    async def keep_state(
        prompt: str = "",
        model: str = first,
        after: list[int] | None = None,
        state: str = "",
        request: gr.Request = None,
    ) -> str:
        """The state of a model after a text, as a safetensors file in Base64. Nothing of it stays on the server.

        Args:
            prompt: the text, at most 10,000 characters; may be empty.
            model: name of a language model of this app.
            after: the numbers of tokens that follow the prompt; null for none.
            state: what keep_state gave for the same model, to start from it; empty = none.
        """
        sent = {"prompt": prompt, "model": model, "after": after or [], "state": state}
        return await keep(writers, sent, FromApi(request))

    async def blend_states(
        state: str, other: str, share: float = 0.5, model: str = first, request: gr.Request = None
    ) -> str:
        """A blend of two states of one model, as keep_state gives one. It goes on with the token of the larger part.

        Args:
            state: what keep_state gave.
            other: what keep_state gave for another text.
            share: of the other state, 0 to 1.
            model: name of the model that both are of.
        """
        return mix(writers, {"model": model, "state": state, "other": other, "share": share}, FromApi(request))

    async def poem(
        form: str = "五绝",
        first_line: str = "",
        acrostic: str = "",
        rhyming: bool = True,
        model: str = poet,
        temperature: float = 0.8,
        top_k: int = 0,
        top_p: float = 1.0,
        seed: int | None = None,
        request: gr.Request = None,
    ) -> dict[str, Any]:
        """Write a Chinese poem that keeps to a form. Gives its text, its seed, and sentences that say which rules the
        poem keeps.

        Args:
            form: 五绝 or 七绝 (4 lines), 五律 or 七律 (8 lines), of 5 or 7 characters.
            first_line: how the poem begins: a line, a part of one or more; may be empty.
            acrostic: the first characters of the lines, one a line (藏头诗); may be empty.
            rhyming: whether the even lines rhyme, by the sounds of modern Mandarin.
            model: name of a model of this app that writes Chinese.
            temperature: 0 to 5; 0 always takes the most likely token.
            top_k: sample only from the k most likely tokens; 0 = no limit.
            top_p: sample only from the most likely tokens of this total probability; 1 = no limit.
            seed: the same rules, settings and seed give the same poem on this app; null = a random seed.
        """
        asked = FromApi(request)
        settings = UNUSED | _drawing(temperature, top_k, top_p) | {"seed": seed}
        verse = {"form": form, "acrostic": acrostic, "rhyming": rhyming}
        task = await writers.check(first_line, model, [], settings, asked, verse=verse)
        async with aclosing(writers.write(task, asked)) as parts:
            writing = [part async for part in parts][-1]
        text = writing.prompt + writing.text
        return {"text": text, "seed": writing.seed, "rules": notes(task, writing.text, True, asked)}

    returned: dict[Callable, Any] = {
        alternatives: list[dict[str, Any]],
        go_on: dict[str, Any],
        side_by_side: list[dict[str, Any]],
        keep_state: str,
        blend_states: str,
        poem: dict[str, Any],
    }
    for function, kind in returned.items():
        # Gradio does not resolve postponed annotations: the API's description would say "any"
        function.__annotations__["return"] = kind
        gr.api(function, api_name=function.__name__, **concurrency)
