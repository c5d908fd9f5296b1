"""A metric held to its laws on a small made-up scene, through the same path that scores a run."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np

from vbench_py.cards import MetricCard
from vbench_py.features.asks import roles_of, sources_of
from vbench_py.metricset import MetricSpec, metric_specs
from vbench_py.pool import ExtractorPool
from vbench_py.promises.bench import FACTS, SIZE, Bench, Roles
from vbench_py.promises.clips import MASK_ROLES
from vbench_py.promises.finding import Finding, Skipped, demand, tried
from vbench_py.types import BadMedia, Score, Unsupported, VbenchError

AMPLITUDES = (0, 4, 16, 48)


def metric_promises(name: str, device: str = "cpu") -> Iterator[Finding]:
    """The laws of one metric. Promises that need weights are skipped, with the reason, where these cannot be had."""
    subject = f"metric {name}"
    (spec,) = metric_specs([name])
    if not spec.asks:
        yield tried(subject, "it gives the same number of facts twice, within its range", lambda: _facts_alone(spec))
        yield tried(subject, "facts that are not there are unsupported", lambda: _no_facts(spec))
        return
    if spec.of_sets:
        yield tried(subject, "its laws on a video", _over_sets)
        return
    pool = ExtractorPool(device)
    with tempfile.TemporaryDirectory(prefix="vbench-py-check-") as folder:
        bench = Bench(spec, Path(folder), pool)
        loaded = tried(subject, "its extractors load", lambda: _load(spec, pool))
        yield loaded
        if loaded.ok and not loaded.skipped:
            for promise, law in _LAWS:
                yield tried(subject, promise, partial(law, bench))
        pool.close()


def _over_sets() -> None:
    raise Skipped("it is a number over many outputs, which this check does not make up")


def _facts_alone(spec: MetricSpec) -> str:
    known = {**FACTS, "frames": 7, "height": SIZE[0], "width": SIZE[1]}
    first, second = (spec.reduce({}, known) for _ in range(2))
    demand(first.value == second.value, f"{first.value!r}, then {second.value!r}")
    _in_range(spec.card, first.value)
    return f"{first.value:.6g}"


def _no_facts(spec: MetricSpec) -> None:
    try:
        value = spec.reduce({}, {}).value
    except Unsupported:
        return
    demand(False, f"it gave {value!r}; raise Unsupported naming the fact")


def _load(spec: MetricSpec, pool: ExtractorPool) -> None:
    for ask in spec.asks.values():
        for item in (ask, *sources_of(ask)):
            pool.get(item)


def _more_noise_is_worse(bench: Bench) -> str:
    card = bench.spec.card
    roles = set(bench.spec.roles)
    compared = "target" in roles or bench.output == "poses" or ("source" in roles and card.family == "fidelity")
    if card.direction == "descriptive" or not compared:
        raise Skipped("it describes, or is held against no ground truth: what damage does to it is its own affair")
    values = [bench.score(bench.noised(amplitude)).value for amplitude in AMPLITUDES]
    text = ", ".join(f"{value:.5g}" for value in values)
    falling = [-value if card.direction == "lower" else value for value in values]
    worse = all(b <= a for a, b in pairwise(falling)) and falling[-1] < falling[0]
    demand(worse, f"noise of {AMPLITUDES} levels gives {text}, and {card.direction} is better")
    return text


def _twice(bench: Bench) -> str:
    first, second = (bench.score(bench.noised(9)).value for _ in range(2))
    return _equal(bench.spec.card, first, second)


def _one_by_one(bench: Bench) -> str:
    if all(ask.view.unit in ("file", "text") for ask in bench.spec.asks.values()):
        raise Skipped("it reads whole files")
    many, single = (bench.score(bench.noised(9), single=single).value for single in (False, True))
    return _equal(bench.spec.card, many, single)


def _equal(card: MetricCard, first: float, second: float) -> str:
    tolerance = 0.0 if card.deterministic else card.reference.tolerance
    if tolerance is None:
        raise Skipped("it is not deterministic and its card gives no tolerance")
    demand(abs(first - second) <= tolerance, f"{first!r}, then {second!r}, further apart than {tolerance:g}")
    return f"{first:.6g}"


def _a_number(bench: Bench) -> None:
    for what, roles in _extremes(bench):
        result = bench.outcome(roles)
        if isinstance(result, Score):
            demand(math.isfinite(result.value), f"{result.value} where {what}")
        else:
            demand(isinstance(result, VbenchError), f"{type(result).__name__} where {what}: {result}")
            numberless = any(text in str(result) for text in ("gave no number", "is not finite"))
            demand(not numberless, f"{result} where {what}")


def _extremes(bench: Bench) -> Iterator[tuple[str, Roles]]:
    """What there is to trip over, told, and the roles."""
    truth = bench.truth()
    pixels = [role for role, it in truth.items() if it.dtype == np.uint8 and role not in MASK_ROLES]
    black = truth | {role: np.zeros_like(truth[role]) for role in pixels}
    made = truth[bench.output]
    moving = {role: it for role, it in truth.items() if _frames(it) > 1}
    yield "nothing moves", truth | {role: _still(it) for role, it in moving.items()}
    if pixels:
        yield "all is black", black
    if bench.output in pixels:
        yield "the output is white and all else black", black | {bench.output: np.full_like(made, 255)}
    if bench.output == "depth":
        yield "the output is flat", truth | {"depth": np.full_like(made, 3)}
        yield "all depth is unknown", truth | {"depth": np.full_like(made, np.nan)}
    for role in MASK_ROLES:
        if role in truth:
            yield f"the {role} is empty", truth | {role: np.zeros_like(truth[role])}


def _frames(array: np.ndarray) -> int:
    return array.shape[array.ndim - 4]


def _still(array: np.ndarray) -> np.ndarray:
    """All frames the first."""
    axis = array.ndim - 4
    return np.repeat(array.take([0], axis), array.shape[axis], axis)


def _shortest(bench: Bench) -> None:
    least = bench.spec.card.minimum_frames
    result = bench.outcome(bench.truth(least))
    other_reason = isinstance(result, Unsupported) and result.field != "frames"
    if isinstance(result, BaseException) and not other_reason:
        raise result
    if least > 1:
        shorter = bench.outcome(bench.truth(least - 1))
        demand(isinstance(shorter, Unsupported), f"{least - 1} frames gave {shorter!r}, not Unsupported")


def _unequal(bench: Bench) -> None:
    truth, asked = bench.truth(), [roles_of(ask) for ask in bench.spec.asks.values()]
    in_step = {role for roles in asked if bench.output in roles for role in roles} | set(bench.spec.card.kinds)
    others = {role: it for role, it in truth.items() if role in in_step - {bench.output} and _frames(it) > 1}
    if not others:
        raise Skipped("it compares no frame of the output with that of another role")
    sized = {role: it[..., :-4, :-4, :].copy() for role, it in others.items() if it.shape[-3:-1] == SIZE}
    if any(getattr(bench.pool.get(ask), "unequal", False) for ask in bench.spec.asks.values()):
        sized = {}
    longer = bench.truth(bench.frames + 1)[bench.output]
    cases = {"frame count": truth | {bench.output: longer}}
    if sized:
        cases["size"] = truth | sized
    for what, roles in cases.items():
        result = bench.outcome(roles)
        demand(isinstance(result, BadMedia), f"another {what} gave {result!r}, not BadMedia")


def _range_held(bench: Bench) -> str:
    for value in bench.seen:
        _in_range(bench.spec.card, value)
    return f"{min(bench.seen):.5g} to {max(bench.seen):.5g}" if bench.seen else ""


def _in_range(card: MetricCard, value: float) -> None:
    """Rounding may pass a bound by as much as the number may be wrong at all."""
    slack = card.reference.tolerance or 0.0
    inside = card.range[0] - slack <= value <= card.range[1] + slack
    demand(inside, f"{value!r} lies outside the card's range {card.range}")


_LAWS = (
    ("the identical video is best and more noise is worse", _more_noise_is_worse),
    ("it gives the same number twice", _twice),
    ("a batch of one equals a batch of many", _one_by_one),
    ("it never gives NaN or infinity", _a_number),
    ("its shortest video has a number, a shorter one is unsupported", _shortest),
    ("unequal sizes and frame counts are refused", _unequal),
    ("its values lie in its range", _range_held),
)
