"""A chain of operators: checked as a whole before work starts, then one stream from end to end."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from vbench_py.derive.operator import Frames, Maker, Operator
from vbench_py.derive.registry import build
from vbench_py.types import Step, UsageError


def check(steps: Sequence[Step]) -> tuple[Operator, ...]:
    """The operators of `steps`, in order.

    Raises `UsageError` for an unknown operator, a wrong parameter, and one that cannot stand where it stands.
    """
    chain = tuple(build(step) for step in steps)
    for place, operator in enumerate(chain):
        if isinstance(operator, Maker) and place:
            raise UsageError(f"operator {operator.id!r} makes a medium", mend="put it first, and take out those before")
        if isinstance(operator, Maker) and not operator.pictures and len(chain) > 1:
            raise UsageError(f"operator {chain[1].id!r} changes pictures, and {operator.id!r} makes none here")
    return chain


def stream(chain: Sequence[Operator], chunks: Frames, seed: int) -> Frames:
    """`chunks` through every operator; the n-th random operator draws from seed + n, so that two of them differ."""
    return reduce(lambda frames, step: step[1].apply(frames, seed + step[0]), enumerate(chain), chunks)


def rate(chain: Sequence[Operator], fps: float) -> float:
    """Frames a second at the end of the chain."""
    return reduce(lambda value, operator: operator.rate(value), chain, fps)


def is_still(chain: Sequence[Operator]) -> bool:
    """Whether the chain ends in a single image."""
    return any(operator.single for operator in chain)
