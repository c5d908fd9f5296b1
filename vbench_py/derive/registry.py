"""Operators by name, and steps made into operators with errors that name the near miss."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from pydantic import ValidationError

from vbench_py.derive.damage import GaussianBlur, Jpeg, Noise
from vbench_py.derive.depth_maps import DepthMaps
from vbench_py.derive.downscale import BicubicDown, GaussianDown
from vbench_py.derive.operator import Operator
from vbench_py.derive.spatial import CenterCrop, Crop, Modcrop, Resize
from vbench_py.derive.temporal import CentreFrames, DropFrames, FirstFrame, MotionBlur, Trim
from vbench_py.derive.world import World
from vbench_py.types import Step, UsageError

_OPERATORS: Mapping[str, type[Operator]] = {
    kind.id: kind
    for kind in (
        Trim,
        FirstFrame,
        DropFrames,
        MotionBlur,
        CentreFrames,
        Resize,
        Crop,
        CenterCrop,
        Modcrop,
        BicubicDown,
        GaussianDown,
        GaussianBlur,
        Noise,
        Jpeg,
        DepthMaps,
        World,
    )
}


def operators() -> Mapping[str, type[Operator]]:
    """Every operator by id; the class's fields are its parameters, its docstring says what it does."""
    return _OPERATORS


def build(step: Step) -> Operator:
    """The operator of `step`. Raises `UsageError` naming an unknown operator or parameter, a missing or a bad one."""
    kind = _OPERATORS.get(step.operator)
    if kind is None:
        near = difflib.get_close_matches(step.operator, _OPERATORS, n=1)
        mend = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(_OPERATORS))}"
        raise UsageError(f"unknown operator {step.operator!r}", mend=mend)
    try:
        return kind.model_validate(dict(step.parameters))
    except ValidationError as error:
        known = list(kind.model_fields)
        raise UsageError(
            f"operator {step.operator!r}: " + "; ".join(_reason(problem, known) for problem in error.errors()),
            mend=f"its parameters: {', '.join(known) or 'none'}",
        ) from error


def _reason(problem: object, known: list[str]) -> str:
    assert isinstance(problem, dict)
    name = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, known, n=1)
        return f"unknown parameter {name!r}" + (f", did you mean {near[0]!r}?" if near else "")
    if problem["type"] == "missing":
        return f"parameter {name!r} is missing"
    text = str(problem["msg"]).removeprefix("Value error, ")
    return f"{name} = {problem['input']!r}: {text}" if name else text
