"""Poems in a form: the checks of what was asked for, and what is said of the rules of a poem."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from ..inference import Reader
from ..inference.text import Continuation
from ..inference.verse import FORMS
from ..inference.verse_rule import NotInFormError, Verse, VerseRule, VerseTokens, begin_verse, kept_rules
from .i18n import Asking, refuse, say
from .inputs import check_string, field_name
from .models import LoadedModel

if TYPE_CHECKING:
    from .generation import WritingTask

MAX_ACROSTIC = 100


class Poets:
    """The models of an app that can write regular poems.

    Attributes:
        tokens: for each of them, by its name, the tokens that poems are written with.
    """

    def __init__(self, readers: Mapping[str, Reader]) -> None:
        self.readers = readers
        self.tokens: dict[str, VerseTokens] = {}

    def add(self, model: LoadedModel, never: Collection[int], ends: Collection[int]) -> None:
        """Add a model if its vocabulary has all that a poem needs."""
        if model.language != "zh":
            return
        tokens = VerseTokens(self.readers[model.name].pieces, never, ends)
        if tokens.complete:
            self.tokens[model.name] = tokens

    def check(self, model: LoadedModel, asked: Mapping[str, object], request: Asking | None) -> Verse:
        """The rules that are asked for.

        Raises:
            gr.Error: there is no such form, or the acrostic does not fit it.
        """
        if model.name not in self.tokens:
            names = ", ".join(self.tokens) or "—"
            raise refuse("verse_no_poet", request, model=model.name, names=names)
        form = asked.get("form")
        if not isinstance(form, str) or form not in FORMS:
            raise refuse("verse_no_form", request, names=", ".join(FORMS))
        sent = check_string(asked.get("acrostic", ""), "acrostic", MAX_ACROSTIC, request)
        acrostic = "".join(self.readers[model.name].script(sent).split())
        lines = FORMS[form].lines
        if acrostic and len(acrostic) != lines:
            raise refuse("verse_acrostic_length", request, form=form, count=lines, found=len(acrostic))
        unknown = [one for one in acrostic if not self.tokens[model.name].writing(one).any()]
        if unknown:
            raise refuse("verse_acrostic_unknown", request, model=model.name, characters=" ".join(unknown))
        rhyming = asked.get("rhyming", True)
        if not isinstance(rhyming, bool):
            raise refuse("not_a_boolean", request, field=field_name("rhyming", request))
        return Verse(form, acrostic, rhyming)

    def begin(self, verse: Verse, text: str, request: Asking | None) -> str:
        """The beginning of a poem as its form has it. Raises `gr.Error` if it does not fit, or is a complete poem."""
        try:
            begun = begin_verse(verse, text)
        except NotInFormError as error:
            form = FORMS[verse.form]
            raise refuse(
                "verse_begin",
                request,
                position=error.position,
                character=error.character,
                form=verse.form,
                lines=form.lines,
                length=form.length,
            ) from None
        if len(begun) == len(verse.places):
            raise refuse("verse_complete", request)
        return begun

    async def rule(self, task: WritingTask, request: Asking | None) -> VerseRule:
        """The rule of one poem, from where it stands."""
        assert task.verse is not None
        tokens = self.tokens[task.model.name]
        if task.verse.rhyming:
            await asyncio.to_thread(lambda: tokens.rhyming)  # takes a second, once
        after = Continuation(task.model.tokenizer, task.prompt_ids).text(task.after)
        begun = self.begin(task.verse, task.reading.text + after, request)
        return VerseRule(tokens, task.verse, begun)


def say_rules(verse: Verse, text: str, request: Asking | None) -> list[str]:
    """A line that says which rules a poem keeps, and one for those that it does not keep."""
    found: dict[str, list[str]] = {"verse_keeps": [], "verse_breaks": []}
    for name, kept, shown in kept_rules(verse, text):
        found["verse_keeps" if kept else "verse_breaks"].append(say(f"verse_{name}", request, shown=shown))
    return [say(key, request, rules=" · ".join(rules)) for key, rules in found.items() if rules]
