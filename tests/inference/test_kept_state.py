"""States as files: what goes in comes out, and nothing else is taken for one."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from rnn_models.inference.kept_state import MAX_VALUE, KeptState, NotAStateError, blend

VOCABULARY = 9


def state(seed: int = 0, unread: int | None = 3) -> KeptState:
    random = np.random.default_rng(seed)
    arrays = {name: random.normal(size=4).astype(np.float32) for name in ("hidden_0", "cell_0")}
    return KeptState("tiny", "weights", arrays, unread, "the end 床")


LIKE = replace(state(), text="", unread=None)


def same(one: KeptState, other: KeptState) -> bool:
    arrays = list(one.arrays) == list(other.arrays)
    return arrays and all((one.arrays[name] == other.arrays[name]).all() for name in one.arrays)


@pytest.mark.parametrize("unread", [None, 0, 8])
def test_a_state_survives_its_file(unread):
    kept = state(5, unread)
    read = KeptState.from_bytes(kept.to_bytes(), LIKE, VOCABULARY)
    assert same(kept, read) and (read.unread, read.text, read.model) == (unread, kept.text, "tiny")


def foreign(**changes: object) -> bytes:
    return replace(state(), **changes).to_bytes()


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"", "kind"),
        (b"PK\x03\x04 a model", "kind"),
        (b"\x80\x04 a pickle.", "kind"),
        (save({"hidden_0": np.zeros(4, np.float32)}), "kind"),
        (save({"hidden_0": np.zeros(4, np.float32)}, metadata={"kind": "another"}), "kind"),
        (state().to_bytes()[:-1], "kind"),
        (foreign(model="another"), "model"),
        (foreign(weights="of another training"), "weights"),
        (foreign(arrays={"hidden_0": np.zeros(4, np.float32)}), "shapes"),
        (foreign(arrays={name: np.zeros(5, np.float32) for name in LIKE.arrays}), "shapes"),
        (foreign(arrays={name: np.zeros(4, np.float64) for name in LIKE.arrays}), "shapes"),
        (foreign(arrays={name: np.full(4, np.nan, np.float32) for name in LIKE.arrays}), "values"),
        (foreign(arrays={name: np.full(4, 2 * MAX_VALUE, np.float32) for name in LIKE.arrays}), "values"),
        (foreign(unread=VOCABULARY), "values"),
        (foreign(unread=-1), "values"),
    ],
    # the bytes of a file are in another order in each process, and pytest would make names of them
    ids=[
        "nothing",
        "zip",
        "pickle",
        "no-kind",
        "another-kind",
        "cut-off",
        "model",
        "weights",
        "fewer",
        "wider",
        "float64",
        "nan",
        "too-large",
        "no-such-token",
        "token-below-0",
    ],
)
def test_what_is_not_a_state_of_this_model_is_refused_with_a_reason(file, reason):
    with pytest.raises(NotAStateError) as refused:
        KeptState.from_bytes(file, LIKE, VOCABULARY)
    assert refused.value.reason == reason
    if reason == "model":
        assert refused.value.model == "another"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 300), st.integers(1, 255))
def test_no_other_bytes_are_a_traceback(noise, place, flip):
    whole = bytearray(state().to_bytes())
    whole[place % len(whole)] ^= flip
    header = json.dumps({"__metadata__": [1], "x": noise.hex()}).encode()
    for file in (noise, bytes(whole), len(header).to_bytes(8, "little") + header):
        try:
            read = KeptState.from_bytes(file, LIKE, VOCABULARY)
        except NotAStateError:
            continue
        assert all(np.isfinite(array).all() for array in read.arrays.values())


def test_a_blend_is_one_of_the_two_at_its_ends_and_between_them_elsewhere():
    one, other = state(1, unread=1), state(2, unread=2)
    assert blend(one, other, 0) is one and blend(one, other, 1) is other
    for share, unread in ((0.25, 1), (0.75, 2)):
        mixed = blend(one, other, share)
        assert mixed.unread == unread
        for name, array in mixed.arrays.items():
            assert array.dtype == np.float32
            np.testing.assert_allclose(array, (1 - share) * one.arrays[name] + share * other.arrays[name], rtol=1e-6)
