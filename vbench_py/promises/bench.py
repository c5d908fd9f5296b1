"""Where a metric is tried: outputs are written, planned and scored as in a run, with all that the metric reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vbench_py.features.bank import FeatureBank
from vbench_py.metricset import MetricSpec, ScoreOptions
from vbench_py.plan import plan_scores
from vbench_py.pool import ExtractorPool
from vbench_py.promises.clips import FPS
from vbench_py.promises.truths import output_of, spoilt, truths, write_role
from vbench_py.scoring.worker import ScoreWorker
from vbench_py.store import RunFolder
from vbench_py.types import Ask, Extractor, Media, Sample, Score, Task
from vbench_py.video import file_sha256

SIZE = (164, 192)
"""Height and width in pixels: MS-SSIM's five scales need more than 160, NIQE two blocks of 96."""
FACTS: Mapping[str, Any] = {
    "fps": FPS, "prompt": "a red car on a road", "prompt_used": "a red car on a road", "encoding": "lossless",
    "seconds": {"generate": 2.0, "encode_code": 0.5, "decode_code": 0.25}, "peak_memory_bytes": 1 << 30,
    "code_bytes": 4000,
    "timeline": [{"first": 0, "last": 3, "emitted_at": 0.5}, {"first": 4, "last": 6, "emitted_at": 1.5}],
}  # fmt: skip
TOLD: Mapping[str, Any] = {"palindrome": True, "shots": 3}
"""Facts of the sample."""
SHOT_FINDERS = ("transnetv2", "content-change")
"""Extractors whose metrics are given a clip of several shots."""


class _OneByOne:
    """An extractor that gets one window at a time, however many are handed to it."""

    def __init__(self, extractor: Extractor) -> None:
        self._extractor = extractor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._extractor, name)

    def fit(self, *windows: Any) -> Mapping[str, np.ndarray]:
        """For extractors that are fitted first."""
        return self._singly(self._extractor.fit, windows)  # type: ignore[attr-defined]

    def __call__(self, *windows: Any) -> Mapping[str, np.ndarray]:
        return self._singly(self._extractor, windows)

    @staticmethod
    def _singly(call: Callable[..., Mapping[str, np.ndarray]], windows: tuple[Any, ...]) -> Mapping[str, np.ndarray]:
        parts = [call(*(w[i : i + 1] for w in windows)) for i in range(len(windows[0]))]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


class _SinglePool(ExtractorPool):
    """Hands out the extractors of another pool, one window at a time."""

    def __init__(self, pool: ExtractorPool) -> None:
        super().__init__(pool.device)
        self._pool = pool

    def get(self, ask: Ask) -> Any:
        extractor = self._pool.get(ask)
        return _OneByOne(extractor) if ask.view.unit in ("window", "run") else extractor


Roles = Mapping[str, np.ndarray]


@dataclass
class Bench:
    """Scores outputs with one metric; remembers every value."""

    spec: MetricSpec
    folder: Path
    pool: ExtractorPool
    seen: list[float] = field(default_factory=list)
    _written: int = 0

    @property
    def output(self) -> str:
        """The role that is judged."""
        return output_of(self.spec.roles)

    @property
    def frames(self) -> int:
        """Frames of a clip on which the metric has much to say: enough for each shot of several."""
        card = self.spec.card
        return max(48 if set(card.extractors) & set(SHOT_FINDERS) else 7, card.minimum_frames)

    def truth(self, frames: int = 0) -> dict[str, np.ndarray]:
        """What every role is of one scene, the output too."""
        card, shots = self.spec.card, 3 if set(self.spec.card.extractors) & set(SHOT_FINDERS) else 1
        count = frames or self.frames
        roles = [role for role in self.spec.roles if role not in texts_of(self.spec)]
        return truths(roles, card.kinds, count, *SIZE, shots=min(shots, count))

    def noised(self, amplitude: int) -> dict[str, np.ndarray]:
        """The truth, with noise in the output."""
        truth = self.truth()
        return truth | {self.output: spoilt(self.output, truth[self.output], amplitude)}

    def outcome(self, roles: Roles, *, single: bool = False) -> Score | BaseException:
        """The score of the output among the roles; or what the harness would record in its place."""
        self._written += 1
        place = self.folder / str(self._written)
        kinds = self.spec.card.kinds
        paths = {role: write_role(place, role, kinds.get(role, "video"), array) for role, array in roles.items()}
        made = paths.pop(self.output)
        outputs = {f"view/{view.stem}": view for view in made.iterdir()} if made.is_dir() else {self.output: made}
        said = dict.fromkeys(texts_of(self.spec), FACTS["prompt"])
        sample = Sample(
            "made-up", "videos", prompt=FACTS["prompt"], source_prompt="a blue car on a road", facts={**TOLD, **said},
            media={role: Media(path) for role, path in paths.items()},
        )  # fmt: skip
        shown = roles[self.output]
        row = {**FACTS, "status": "ok", "identity": "", "provenance": {"code_bytes": FACTS["code_bytes"]}}
        row |= {"outputs": {name: {"path": str(p), "sha256": file_sha256(p)} for name, p in outputs.items()}}
        row |= {"frames": shown.shape[shown.ndim - 4], "height": SIZE[0], "width": SIZE[1]}
        place_of = paths.get("baseline")
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

    def score(self, roles: Roles, *, single: bool = False) -> Score:
        result = self.outcome(roles, single=single)
        if isinstance(result, BaseException):
            raise result
        return result


def texts_of(spec: MetricSpec) -> set[str]:
    """The texts that a metric reads."""
    return {name for ask in spec.asks.values() if ask.view.unit == "text" for name in ask.on}
