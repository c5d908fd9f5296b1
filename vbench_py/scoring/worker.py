"""Outputs to arrays to numbers: each video is decoded once, its windows join batches that may span videos."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from vbench_py.align import Aligned, Pass, open_aligned
from vbench_py.features.asks import chained, roles_of, sources_of
from vbench_py.features.bank import FeatureBank
from vbench_py.features.batches import Gathered
from vbench_py.features.extraction import Extraction, of_texts
from vbench_py.features.sampling import sampled_frames
from vbench_py.metricset import MetricSpec, ScoreOptions
from vbench_py.plan import PlannedScore
from vbench_py.pool import ExtractorPool
from vbench_py.role_files import role_files
from vbench_py.store import raise_if_full
from vbench_py.types import Ask, BadMedia, Extractor, Outcome, Score, Series, Task, Unsupported

log = logging.getLogger(__name__)
Result = Score | BaseException | None
"""A score, what stood in its way, or None: arrays were kept for a metric over sets."""
TOGETHER = 16
"""Outputs whose windows may wait for a fuller batch at one time."""


@dataclass
class Job:
    """One output being worked on."""

    task: Task
    results: dict[str, Result] = field(default_factory=dict)
    wanted: list[MetricSpec] = field(default_factory=list)
    series: dict[Ask, Series | Exception] = field(default_factory=dict)
    gathered: dict[Ask, Gathered] = field(default_factory=dict)
    keys: dict[Ask, str] = field(default_factory=dict)
    same: dict[Ask, Ask] = field(default_factory=dict)
    """Asks that see what a simpler one sees, by the simpler one that is answered for them."""

    @property
    def planned(self) -> PlannedScore:
        planned: PlannedScore = self.task.payload
        return planned

    @property
    def waiting(self) -> bool:
        return any(item.waiting for item in self.gathered.values())


class ScoreWorker:
    """Scores outputs as they come. What was asked of a piece of media before is read from the bank."""

    def __init__(self, options: ScoreOptions, pool: ExtractorPool, bank: FeatureBank) -> None:
        self.options = options
        self.pool = pool
        self.bank = bank
        self._work = Extraction()

    def __call__(self, tasks: Iterator[Task]) -> Iterator[Outcome]:
        open_jobs: list[Job] = []
        for task in tasks:
            job = Job(task)
            try:
                self._begin(job)
            except Exception as error:
                raise_if_full(error)
                yield Outcome(task, error=error)
                continue
            open_jobs.append(job)
            if len(open_jobs) >= TOGETHER:
                self._work.flush()
            for ready in [job for job in open_jobs if not job.waiting]:
                open_jobs.remove(ready)
                yield self._finish(ready)
        self._work.flush()
        for job in open_jobs:
            yield self._finish(job)

    def close(self) -> None:
        """The pool and the bank belong to the caller, whose next run may ask for the same."""

    def _begin(self, job: Job) -> None:
        planned = job.planned
        for number in planned.todo:
            if number.known is None:
                problem = _precheck(number.spec, planned)
                if problem is None:
                    job.wanted.append(number.spec)
                else:
                    job.results[number.spec.column] = problem
        for spec in job.wanted:
            for wanted in asks_of(spec, planned):
                ask = simplest(wanted, planned)
                if ask != wanted:
                    job.same[wanted] = ask
                job.keys[ask] = spec.array_key(ask, planned.identities)
        missing = []
        for ask, key in job.keys.items():
            kept = self.bank.get(ask.extractor, key)
            if kept is None:
                missing.append(ask)
            else:
                job.series[ask] = kept
        if missing:
            self._extract(job, missing)

    def _extract(self, job: Job, asks: Sequence[Ask]) -> None:
        for ask in (ask for ask in asks if ask.view.unit == "text"):
            job.series[ask] = self._caught(lambda ask=ask: of_texts(self.pool.get(ask), _texts(ask, job.planned)))
        streamed = [ask for ask in asks if ask.view.unit != "text" and not self._from_kept(job, ask)]
        if not streamed:
            return
        roles = sorted({role for ask in streamed for role in roles_of(ask)})
        paths, problems = role_files(job.planned, roles, self.options.encode_as)
        aligned = open_aligned(paths, self.options.align, problems)
        windows: dict[Ask, Extractor] = {}
        sources: dict[Ask, Extractor] = {}
        kinds = {ask: spec.card.kinds for spec in job.wanted for ask in spec.asks.values()}
        for ask in streamed:
            try:
                extractor = self.pool.get(ask)
                aligned.check(ask, kinds.get(ask), unequal=getattr(extractor, "unequal", False))
                if ask.view.unit == "file":
                    arrays = dict(extractor(*(paths[role] for role in ask.on)))
                    job.series[ask] = Series(np.asarray(arrays.pop("index")), arrays)
                else:
                    sources |= {source: self.pool.get(source) for source in sources_of(ask)}
                    windows[ask] = extractor
            except Exception as error:
                raise_if_full(error)
                job.series[ask] = error
        for step in aligned.passes(windows):
            self._decode(job, step, windows, sources)

    def _from_kept(self, job: Job, ask: Ask) -> bool:
        """Whether an ask that reads only other extractors' outputs was answered from the bank, without a frame."""
        links = [chained(ask, entry) for entry in ask.on]
        spec = job.wanted[0]
        found = []
        for link in links:
            if link is None or link.backwards:
                return False
            key = spec.array_key(link.source, job.planned.identities)
            kept = job.series.get(link.source) or self.bank.get(link.source.extractor, key)
            if not isinstance(kept, Series) or link.output not in kept.values:
                return False
            found.append((kept.index, kept.values[link.output]))

        def answer() -> Series:
            return Series(found[0][0], dict(self.pool.get(ask)(*(array for _, array in found))))

        job.series[ask] = self._caught(answer)
        return True

    @staticmethod
    def _caught(work: Any) -> Series | Exception:
        try:
            made: Series = work()
        except Exception as error:
            raise_if_full(error)
            return error
        return made

    def _decode(self, job: Job, step: Pass, windows: Mapping[Ask, Extractor], sources: Mapping[Ask, Extractor]) -> None:
        """One pass over the frames. A file that breaks on the way takes along only the asks that need it."""
        info = _leader(step.aligned)
        try:
            job.gathered |= self._work.feed(
                {ask: windows[ask] for ask in step.asks}, step.chunks, step.aligned.stills, sources=sources,
                frames=step.stop, fps=info.fps if info else None, run=step.run, units=step.units,
            )  # fmt: skip
        except Exception as error:
            raise_if_full(error)
            apart = {ask.on: [other for other in step.asks if other.on == ask.on] for ask in step.asks}
            if len(apart) == 1:
                job.series |= dict.fromkeys(step.asks, error)
                return
            for asks in apart.values():
                self._decode(job, replace(step, asks=tuple(asks)), windows, sources)

    def _finish(self, job: Job) -> Outcome:
        try:
            for ask, item in job.gathered.items():
                job.series[ask] = item.error or item.series()
            for ask, key in job.keys.items():
                found = job.series[ask]
                if isinstance(found, Series):
                    self.bank.put(ask.extractor, key, found)
            job.series |= {ask: job.series[simpler] for ask, simpler in job.same.items()}
            for spec in job.wanted:
                job.results[spec.column] = _result(spec, job)
        except Exception as error:
            raise_if_full(error)
            return Outcome(job.task, error=error)
        return Outcome(job.task, value=job.results)


def asks_of(spec: MetricSpec, planned: PlannedScore) -> list[Ask]:
    """What one output has to be asked for a metric; of a metric over sets its ground truth too."""
    targets = spec.target_asks.values() if "target" in planned.paths else ()
    return list(dict.fromkeys([*spec.asks.values(), *targets]))


def simplest(ask: Ask, planned: PlannedScore) -> Ask:
    """The same ask of every frame, where its sampling by frame rate picks every frame: both then share one answer."""
    frames, fps = planned.facts.get("frames"), planned.facts.get("fps")
    if not ask.view.sampling.startswith("fps:") or roles_of(ask) != ("video",) or not frames:
        return ask
    whole = len(sampled_frames(ask.view.sampling, frames, fps)) == frames
    return replace(ask, view=replace(ask.view, sampling="all")) if whole else ask


def _leader(aligned: Aligned) -> Any:
    return next((info for role, info in aligned.infos.items() if role not in aligned.stills), None)


def _texts(ask: Ask, planned: PlannedScore) -> list[str]:
    return [planned.texts[name] for name in ask.on]


def _precheck(spec: MetricSpec, planned: PlannedScore) -> Exception | None:
    """What can be refused from facts alone."""
    frames = planned.facts.get("frames")
    if frames is not None and frames < spec.card.minimum_frames:
        return Unsupported("frames", f"{spec.card.id} needs {spec.card.minimum_frames} frames, the video has {frames}")
    texts = {name for ask in spec.asks.values() if ask.view.unit == "text" for name in ask.on}
    for role in spec.roles:
        if role in texts and role not in planned.texts:
            return Unsupported(role, f"{spec.card.id} reads the {role.replace('_', ' ')}, and this sample has none")
        if role not in texts and role not in planned.paths:
            mends = {"baseline": "give a --reference-run that has it", "sibling": "generate two seeds or more"}
            mend = mends.get(role, "choose metrics without it")
            return Unsupported(role, f"{spec.card.id} compares with the {role}, and this sample has none ({mend})")
    return None


def _result(spec: MetricSpec, job: Job) -> Result:
    try:
        if spec.of_sets:
            for ask in asks_of(spec, job.planned):
                found = job.series[ask]
                if isinstance(found, Exception):
                    return found
            return None
        score = spec.reduce(job.series, job.planned.facts)
        if not math.isfinite(score.value):
            raise BadMedia(f"{spec.card.id} gave no number ({score.value})")
    except Exception as error:
        return error
    return score
