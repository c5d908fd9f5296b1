"""Identities: the same text for the same value on any machine, and pinned, as stored runs are found by them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vbench_py.keys import canonical, key
from vbench_py.method import method
from vbench_py.types import UsageError


def test_a_key_is_the_hash_of_its_kind_version_and_canonical_text() -> None:
    text = 'media/1:{"prompt":"é","steps":[["trim",{"frames":8}]],"x":0.1}'
    value = {"x": 0.1, "steps": [("trim", {"frames": 8})], "prompt": "é"}
    assert key("media", value) == hashlib.sha256(text.encode()).hexdigest()[:32]


def test_the_order_of_a_table_does_not_matter() -> None:
    assert canonical({"a": 1, "b": {"c": 2, "d": 3}}) == canonical({"b": {"d": 3, "c": 2}, "a": 1})


@pytest.mark.parametrize(("value", "plain"), [(np.float64(0.1), 0.1), (np.int32(7), 7), (Path("a"), "a"), ((1,), [1])])
def test_numbers_paths_and_tuples_stand_for_themselves(value: Any, plain: Any) -> None:
    assert canonical({"v": value}) == canonical({"v": plain})


@pytest.mark.parametrize("value", [np.zeros(1), np.zeros(3), object()], ids=["one", "three", "object"])
def test_an_option_that_no_key_can_hold_is_refused_by_name(value: object) -> None:
    with pytest.raises(UsageError, match=r"--set latents: .* has no canonical form"):
        method("nearest", overrides={"latents": value})
