"""A chain of operators: checked as a whole before work starts, then one stream from end to end."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from vbench_py.derive.operator import Frames, Operator
from vbench_py.derive.registry import build
from vbench_py.types import Step


def check(steps: Sequence[Step]) -> tuple[Operator, ...]:
    """The operators of `steps`, in order. Raises `UsageError` for an unknown operator or a wrong parameter."""
    return tuple(build(step) for step in steps)


def stream(chain: Sequence[Operator], chunks: Frames, seed: int) -> Frames:
    """`chunks` through every operator; the n-th random operator draws from seed + n, so that two of them differ."""
    return reduce(lambda frames, step: step[1].apply(frames, seed + step[0]), enumerate(chain), chunks)


def rate(chain: Sequence[Operator], fps: float) -> float:
    """Frames a second at the end of the chain."""
    return reduce(lambda value, operator: operator.rate(value), chain, fps)


def is_still(chain: Sequence[Operator]) -> bool:
    """Whether the chain ends in a single image."""
    return any(operator.still for operator in chain)
