"""The call signatures of diffusers' video pipelines as facts, so that a plan needs no diffusers."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from vbench_py.types import UsageError

FACTS = Path(__file__).with_name("signatures.json")
"""Taken from the syntax trees of one wheel of diffusers; `tests/adapters/test_diffusers_signatures.py` compares."""


@cache
def _facts() -> Mapping[str, Any]:
    facts: Mapping[str, Any] = json.loads(FACTS.read_text(encoding="utf-8"))
    return facts


def version() -> str:
    """The version of diffusers that the signatures are from."""
    return str(_facts()["version"])


def pipelines() -> tuple[str, ...]:
    """Class names, sorted."""
    return tuple(_facts()["pipelines"])


def parameters(pipeline: str) -> Mapping[str, str]:
    """Parameter names of the class's call, each with its default as source text. Raises `UsageError` if unknown."""
    known: Mapping[str, Mapping[str, str]] = _facts()["pipelines"]
    if pipeline not in known:
        near = difflib.get_close_matches(pipeline, known, n=1)
        mend = f"did you mean {near[0]}?" if near else "name a video pipeline class of diffusers"
        raise UsageError(f"unknown pipeline {pipeline!r} (signatures of diffusers {version()})", mend=mend)
    return known[pipeline]


def has_free_noise(pipeline: str) -> bool:
    return pipeline in _facts()["free_noise"]
