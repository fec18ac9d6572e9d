"""The states that visitors keep: in their browsers and files, never here. The page and the API send them as Base64."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode

from ..inference.kept_state import MAX_BYTES, KeptState, NotAStateError
from .i18n import Asking, refuse
from .inputs import check_string
from .models import LoadedModel
from .views.mood import fingerprint

MAX_SENT = MAX_BYTES * 4 // 3 + 4


class States:
    """Reads and writes states of the models of an app."""

    def __init__(self) -> None:
        self.weights: dict[str, str] = {}

    def like(self, model: LoadedModel, request: Asking | None) -> KeptState:
        """The state of a model before any text.

        Raises:
            gr.Error: it runs without the decoder that has states.
        """
        if model.engine is None:
            raise refuse("no_states", request, model=model.name)
        if model.name not in self.weights:
            self.weights[model.name] = fingerprint(model.model)
        arrays = [part[0] for part in model.engine.initial_state(1)]
        named = dict(zip(model.engine.state_names, arrays, strict=True))
        return KeptState(model.name, self.weights[model.name], named)

    def read(self, sent: object, model: LoadedModel, request: Asking | None, field: str = "state") -> KeptState | None:
        """The state in a string, None for an empty string.

        Raises:
            gr.Error: it is not a state of this model; the sentence says why.
        """
        if sent is None or sent == "":
            return None
        text = check_string(sent, field, MAX_SENT, request)
        like = self.like(model, request)
        try:
            return KeptState.from_bytes(b64decode(text, validate=True), like, len(model.tokenizer))
        except binascii.Error:
            raise refuse("state_kind", request) from None
        except NotAStateError as error:
            raise refuse(f"state_{error.reason}", request, model=model.name, other=error.model[:100]) from None


def written(state: KeptState) -> str:
    """A state as it is sent."""
    return b64encode(state.to_bytes()).decode()
