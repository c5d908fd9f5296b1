"""The stored signatures are those of the diffusers that is installed: cards are checked against them without it."""

from __future__ import annotations

import inspect

import diffusers
import pytest

from vbench_py.adapters.diffusers.signatures import parameters, pipelines, version


@pytest.mark.parametrize("name", pipelines())
def test_a_stored_signature_is_the_classs_own(name: str) -> None:
    if diffusers.__version__ != version():
        pytest.skip(f"diffusers {diffusers.__version__} is here, the signatures are of {version()}")
    kind = getattr(diffusers, name, None)
    if kind is None:
        pytest.skip(f"diffusers does not export {name}")
    own = [part for part in inspect.signature(kind.__call__).parameters.values() if part.name != "self"]
    plain = [part.name for part in own if part.kind not in (part.VAR_POSITIONAL, part.VAR_KEYWORD)]
    assert list(parameters(name)) == plain
