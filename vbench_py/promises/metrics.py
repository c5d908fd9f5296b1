"""A metric held to its laws on small made-up clips, through the same path that scores a run."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from vbench_py.cards import MetricCard
from vbench_py.features.bank import FeatureBank
from vbench_py.metricset import MetricSpec, ScoreOptions, metric_specs
from vbench_py.plan import plan_scores
from vbench_py.pool import ExtractorPool
from vbench_py.promises.clips import FPS, STILL_ROLES, noisy, texture, write, write_media
from vbench_py.promises.finding import Finding, Skipped, demand, tried
from vbench_py.scoring.worker import ScoreWorker
from vbench_py.store import RunFolder
from vbench_py.types import Ask, BadMedia, Extractor, Media, Sample, Score, Task, Unsupported, VbenchError
from vbench_py.video import file_sha256

AMPLITUDES = (0, 4, 16, 48)
SIZE = (164, 176)
"""Height and width in pixels: MS-SSIM's five scales need more than 160."""
FACTS: Mapping[str, Any] = {
    "fps": FPS, "prompt": "a red car on a road", "prompt_used": "a red car on a road", "encoding": "lossless",
    "seconds": {"generate": 2.0}, "peak_memory_bytes": 1 << 30,
    "timeline": [{"first": 0, "last": 3, "emitted_at": 0.5}, {"first": 4, "last": 6, "emitted_at": 1.5}],
}  # fmt: skip


class _OneByOne:
    """An extractor that gets one window at a time, however many are handed to it."""

    def __init__(self, extractor: Extractor) -> None:
        self._extractor = extractor
        self.finite = getattr(extractor, "finite", True)
        self.bytes_per_window = extractor.bytes_per_window

    def __call__(self, *windows: Any) -> Mapping[str, np.ndarray]:
        parts = [self._extractor(*(w[i : i + 1] for w in windows)) for i in range(len(windows[0]))]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


class _SinglePool(ExtractorPool):
    """Hands out the extractors of another pool, one window at a time."""

    def __init__(self, pool: ExtractorPool) -> None:
        super().__init__(pool.device)
        self._pool = pool

    def get(self, ask: Ask) -> Any:
        extractor = self._pool.get(ask)
        return _OneByOne(extractor) if ask.view.unit == "window" else extractor


@dataclass
class Bench:
    """Scores clips with one metric; remembers every value."""

    spec: MetricSpec
    folder: Path
    pool: ExtractorPool
    seen: list[float] = field(default_factory=list)
    _written: int = 0

    def outcome(self, video: np.ndarray, target: np.ndarray, *, single: bool = False) -> Score | BaseException:
        """The score of `video`, every other role taking `target`; or what the harness would record in its place."""
        self._written += 1
        place = self.folder / str(self._written)
        others = [role for role in self.spec.roles if role != "video"]
        media = write_media(place, [role for role in others if role not in _texts(self.spec)], target)
        path = write(place / "video.mkv", video)
        frames, height, width, _ = video.shape
        said = dict.fromkeys(_texts(self.spec), FACTS["prompt"])
        sample = Sample(
            "made-up", "videos", prompt=FACTS["prompt"], source_prompt="a blue car on a road", facts=said,
            media={r: Media(p) for r, p in media.items()},
        )  # fmt: skip
        made = {"path": str(path), "sha256": file_sha256(path)}
        row = {**FACTS, "status": "ok", "identity": "", "outputs": {"video": made}}
        row |= {"frames": frames, "height": height, "width": width}
        place_of = media.get("baseline")
        baseline = {("made-up", 0): (file_sha256(place_of), place_of)} if place_of else None
        (planned,) = plan_scores(RunFolder(place), [(sample, 0)], [self.spec], {("made-up", 0): row}, [], baseline)
        pool = _SinglePool(self.pool) if single else self.pool
        # A bank of its own: what was computed once would be read the second time, not computed again.
        worker = ScoreWorker(ScoreOptions(), pool, FeatureBank(place / "bank"))
        (outcome,) = worker(iter([Task("made-up", planned)]))
        if outcome.error is not None:
            raise outcome.error
        result: Score | BaseException = outcome.value[self.spec.column]
        if isinstance(result, Score):
            self.seen.append(result.value)
        return result

    def score(self, video: np.ndarray, target: np.ndarray, *, single: bool = False) -> Score:
        result = self.outcome(video, target, single=single)
        if isinstance(result, BaseException):
            raise result
        return result


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


def _texts(spec: MetricSpec) -> set[str]:
    return {name for ask in spec.asks.values() if ask.view.unit == "text" for name in ask.on}


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
        pool.get(ask)


def _frames(card: MetricCard) -> int:
    return max(7, card.minimum_frames)


def _clip(bench: Bench) -> np.ndarray:
    return texture(_frames(bench.spec.card), *SIZE)


def _damaged(bench: Bench) -> tuple[np.ndarray, np.ndarray]:
    clip = _clip(bench)
    return noisy(clip, 9), clip


def _more_noise_is_worse(bench: Bench) -> str:
    card, clip = bench.spec.card, _clip(bench)
    if card.direction == "descriptive" or "target" not in bench.spec.roles:
        raise Skipped("it describes, or sees no ground truth: what damage does to it is its own affair")
    values = [bench.score(noisy(clip, amplitude), clip).value for amplitude in AMPLITUDES]
    text = ", ".join(f"{value:.5g}" for value in values)
    better = [b > a if card.direction == "higher" else b < a for a, b in pairwise(reversed(values))]
    demand(all(better), f"noise of {AMPLITUDES} levels gives {text}, and {card.direction} is better")
    return text


def _twice(bench: Bench) -> str:
    first, second = (bench.score(*_damaged(bench)).value for _ in range(2))
    return _equal(bench.spec.card, first, second)


def _one_by_one(bench: Bench) -> str:
    if any(ask.view.unit == "file" for ask in bench.spec.asks.values()):
        raise Skipped("it reads whole files")
    many, single = (bench.score(*_damaged(bench), single=single).value for single in (False, True))
    return _equal(bench.spec.card, many, single)


def _equal(card: MetricCard, first: float, second: float) -> str:
    tolerance = 0.0 if card.deterministic else card.reference.tolerance
    if tolerance is None:
        raise Skipped("it is not deterministic and its card gives no tolerance")
    demand(abs(first - second) <= tolerance, f"{first!r}, then {second!r}, further apart than {tolerance:g}")
    return f"{first:.6g}"


def _a_number(bench: Bench) -> None:
    shape = (_frames(bench.spec.card), *SIZE, 3)
    black, white = np.zeros(shape, np.uint8), np.full(shape, 255, np.uint8)
    pairs = {"black": (black, black), "white beside black": (white, black), "still": (_still(shape),) * 2}
    for what, pair in pairs.items():
        result = bench.outcome(*pair)
        if isinstance(result, Score):
            demand(math.isfinite(result.value), f"{result.value} on a {what} video")
        else:
            demand(isinstance(result, VbenchError), f"{type(result).__name__} on a {what} video: {result}")
            numberless = any(text in str(result) for text in ("gave no number", "is not finite"))
            demand(not numberless, f"{result} on a {what} video")


def _still(shape: tuple[int, ...]) -> np.ndarray:
    return np.repeat(texture(1, *SIZE), shape[0], axis=0)


def _range_held(bench: Bench) -> str:
    for value in bench.seen:
        _in_range(bench.spec.card, value)
    return f"{min(bench.seen):.5g} to {max(bench.seen):.5g}" if bench.seen else ""


def _in_range(card: MetricCard, value: float) -> None:
    """Rounding may pass a bound by as much as the number may be wrong at all."""
    slack = card.reference.tolerance or 0.0
    inside = card.range[0] - slack <= value <= card.range[1] + slack
    demand(inside, f"{value!r} lies outside the card's range {card.range}")


def _shortest(bench: Bench) -> None:
    least = bench.spec.card.minimum_frames
    clip = texture(least, *SIZE)
    bench.score(clip, clip)
    if least > 1:
        result = bench.outcome(clip[:-1], clip[:-1])
        demand(isinstance(result, Unsupported), f"{least - 1} frames gave {result!r}, not Unsupported")


def _unequal(bench: Bench) -> None:
    others = [role for role in bench.spec.roles if role != "video" and role.partition("/")[0] not in STILL_ROLES]
    if not others:
        raise Skipped("it compares with no other video")
    clip = _clip(bench)
    for what, other in {"size": clip[:, :-4, :-4].copy(), "frame count": clip[:-1]}.items():
        result = bench.outcome(clip, other)
        demand(isinstance(result, BadMedia), f"another {what} gave {result!r}, not BadMedia")


_LAWS = (
    ("the identical video is best and more noise is worse", _more_noise_is_worse),
    ("it gives the same number twice", _twice),
    ("a batch of one equals a batch of many", _one_by_one),
    ("it never gives NaN or infinity", _a_number),
    ("its shortest video has a number, a shorter one is unsupported", _shortest),
    ("unequal sizes and frame counts are refused", _unequal),
    ("its values lie in its range", _range_held),
)
