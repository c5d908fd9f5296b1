"""One method on one suite, from check to flat files: what the verbs and the Python interface share."""

from __future__ import annotations

import functools
import logging
import platform
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vbench_py import reading
from vbench_py.checkpoints import fetch
from vbench_py.failures import Failures
from vbench_py.features.bank import FeatureBank
from vbench_py.generate import generate
from vbench_py.inputs import check_inputs
from vbench_py.method import Method
from vbench_py.metricset import MetricSpec, ScoreOptions, check_settings, metric_specs
from vbench_py.needs import missing_of
from vbench_py.plan import (
    PlannedOutput,
    PlannedScore,
    Selection,
    current_outputs,
    output_path,
    place_of,
    plan_outputs,
    plan_scores,
)
from vbench_py.pool import ExtractorPool, resolve_device
from vbench_py.progress import Progress, Silent
from vbench_py.samples import Suite
from vbench_py.store import Row, RunFolder, default_results, write_atomic
from vbench_py.types import Adapter, UsageError

log = logging.getLogger(__name__)
BASELINE_METRICS = ("psnr-rgb:baseline", "ssim-rgb:baseline", "lpips-alex:baseline")
"""Scored beside a suite's own when a reference run is named and no metrics are."""


@dataclass(frozen=True)
class Settings:
    """What every verb understands; see `vbench-py run --help` for each."""

    results: Path = field(default_factory=default_results)
    metrics: tuple[str, ...] = ()
    selection: Selection = field(default_factory=Selection)
    score: ScoreOptions = field(default_factory=ScoreOptions)
    reference_run: Path | None = None
    fail_on_error: float | None = None
    device: str = "auto"
    batch_size: int = 1
    accept_licence: bool = False

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise UsageError(f"--batch-size {self.batch_size}: must be 1 or more")
        if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", self.device):
            raise UsageError(f"--device {self.device}: expected auto, cpu, mps, cuda or cuda:N")
        if self.device.startswith("cuda"):
            resolve_device(self.device, ("cuda",))


@dataclass
class Session:
    """A run being worked on."""

    suite: Suite
    settings: Settings
    run: RunFolder
    specs: list[MetricSpec]
    about: Mapping[str, Any]
    """The method's block of run.json."""
    method: Method | None = None
    adapter: Adapter | None = None
    """None where outputs exist already and are only scored."""
    progress: Progress = field(default_factory=Silent)
    failures: Failures = field(default_factory=Failures)
    unmatched: tuple[Path, ...] = ()
    pool: ExtractorPool | None = None
    """Loaded extractors shared with other sessions; None: loaded for this session alone."""
    reopened: bool = False
    """Only scored: what the run should have was settled when its outputs were made."""
    unavailable: dict[str, str] = field(default_factory=dict)
    """Metrics that cannot be computed here, by column, with what is missing; filled by `prepare`."""

    @property
    def computable(self) -> list[MetricSpec]:
        return [spec for spec in self.specs if spec.column not in self.unavailable]

    @functools.cached_property
    def bank(self) -> FeatureBank:
        return FeatureBank()

    @property
    def mine(self) -> list[tuple[Any, int]]:
        return self.settings.selection.mine(self.suite)

    @property
    def name(self) -> str:
        return str(self.about["name"])

    def plan_outputs(self, rows: Sequence[Row] | None = None) -> list[PlannedOutput]:
        """The state of every output; `rows` are the generated rows where the caller has read them already."""
        if self.method is None or self.adapter is None:
            return []
        rows = self.generated() if rows is None else rows
        return plan_outputs(self.suite, self.mine, self.method, self.adapter, rows, self.run)

    def plan_scores(self, rows: Sequence[Row] | None = None) -> list[PlannedScore]:
        """The numbers that are missing for the outputs that exist."""
        outputs = current_outputs(self.generated() if rows is None else rows)
        scores = self.run.rows("scores")
        return plan_scores(self.run, self.mine, self.computable, outputs, scores, self._baseline(), self.bank)

    def generated(self) -> list[Row]:
        return list(self.run.rows("generated"))

    def _baseline(self) -> dict[tuple[str, int], tuple[str, Path]]:
        if self.settings.reference_run is None:
            return {}
        other = RunFolder(self.settings.reference_run)
        rows = current_outputs(other.rows("generated"))
        return {
            pair: (row["outputs"]["video"]["sha256"], output_path(other, row))
            for pair, row in rows.items()
            if row["status"] == "ok" and "video" in row["outputs"]
        }

    def prepare(self) -> None:
        """Everything that can fail early does so here: folder, data, weights."""
        self.run.create()
        self.run.sweep()
        for card in self.suite.card.data:
            fetch(card)
        self.unavailable = missing_of(self.specs, self.suite)
        for column, reason in self.unavailable.items():
            log.log(self.failures.level, "not computed: %s: %s", column, reason)
        if self.specs and not self.computable:
            column, reason = next(iter(self.unavailable.items()))
            raise UsageError(f"no metric can be computed here: {column}: {reason}")
        self.write_info("running")

    @contextmanager
    def working(self) -> Iterator[None]:
        """Prepares, and writes the flat files at the end whatever happens inside the `with` block."""
        self.prepare()
        status = "stopped"
        try:
            yield
            status = "done"
        finally:
            self.finish(status)

    def generate(self) -> None:
        if self.method is None or self.adapter is None:
            return
        planned = self.plan_outputs()
        device = resolve_device(self.settings.device, self.method.adapter.devices)
        generate(
            planned, self.adapter, self.run, control=self.method.card.control, progress=self.progress,
            failures=self.failures, device=device, batch_size=self.settings.batch_size,
            most=self.suite.card.output.batch,
        )  # fmt: skip

    def score(self) -> None:
        from vbench_py.scoring import score
        from vbench_py.scoring.sets import members_of, score_sets
        from vbench_py.scoring.worker import ScoreWorker

        pool = self.pool or ExtractorPool(self.settings.device)
        options = self.settings.score
        try:
            for _ in range(2):  # once more where kept arrays prove to be damaged
                score(
                    self.plan_scores(), self.run, options=options, progress=self.progress, failures=self.failures,
                    pool=pool, bank=self.bank, control=str(self.about["control"]),
                )  # fmt: skip
                if not any(spec.of_sets for spec in self.computable):
                    break
                self.bank.refresh()
                members = members_of(self.settings.selection.wanted(self.suite), current_outputs(self.generated()))
                worker = ScoreWorker(options, pool, self.bank)
                if score_sets(self.run, self.computable, members, worker=worker, failures=self.failures):
                    break
        finally:
            self.bank.close()
            if self.pool is None:
                pool.close()

    def finish(self, status: str = "done") -> list[Any]:
        """Rewrites run.json and the flat files from the rows; returns the run's records."""
        from vbench_py.report import write_flat

        # A shard may append, and write its own files, between our reading and our writing: then ours lack its rows.
        for _ in range(3):
            seen = self.run.sizes()
            self.write_info(status)
            records = reading.read_run(self.run)
            write_flat(*records)
            if self.run.sizes() == seen:
                break
        return records

    def write_info(self, status: str) -> None:
        suite = self.suite.card
        known = self.run.read_info()
        # A whole run stays whole when a part of it is run again.
        partial = self.settings.selection.partial and known.get("partial", True)
        wanted = (self.settings.selection if partial else Selection()).wanted(self.suite)
        self.run.write_info(
            {
                "suite": {
                    "id": suite.id, "version": suite.version, "task": suite.task, "title": suite.title,
                    "summary": suite.summary, "file": str(self.suite.file or ""),
                    "primary": self._primary(), "output": suite.output.model_dump(), "licence": suite.licence,
                },
                "method": dict(self.about),
                "partial": known["partial"] if self.reopened else partial,
                "expected": known["expected"] if self.reopened else len(wanted),
                "columns": reading.columns_of(self.computable, known.get("columns", {})),
                "unavailable": self._unavailable(known.get("unavailable", {})),
                "status": status,
                "created": known.get("created", time.time()),
                "updated": time.time(),
            }
        )  # fmt: skip
        if self.reopened:
            return
        media = {s.id: {role: str(place_of(m)) for role, m in s.media.items()} for s, _ in wanted}
        reading.write_samples(self.run, [(s.id, seed, s.group, s.prompt) for s, seed in wanted], media)
        write_atomic(self.run.path / "environment.txt", environment().encode())

    def _unavailable(self, known: Mapping[str, str]) -> dict[str, str]:
        """What this and earlier commands could not compute, without what is computable by now."""
        now = {spec.column for spec in self.computable}
        return {column: why for column, why in {**known, **self.unavailable}.items() if column not in now}

    def _primary(self) -> str:
        """The suite's primary metric, under the protocol it is scored with here."""
        primary = self.suite.card.primary
        chosen = [spec.column for spec in self.specs if spec.card.id == primary]
        if self.suite.card.task == "videos" and not {*chosen} & {spec.column for spec in self.computable}:
            chosen = [spec.column for spec in self.computable]  # a folder's is only the first that was asked for
        return chosen[0] if chosen else primary


def open_session(
    suite: Suite,
    method: Method,
    settings: Settings,
    *,
    progress: Progress | None = None,
    failures: Failures | None = None,
) -> Session:
    """Checks every name and option, and finds the run folder; changes nothing on disk."""
    if suite.card.task not in method.card.tasks:
        raise UsageError(
            f"method {method.card.id!r} does {', '.join(method.card.tasks)}; "
            f"suite {suite.card.id!r} asks for {suite.card.task}"
        )
    if method.card.needs_licence and not settings.accept_licence:
        raise UsageError(
            f"method {method.card.id!r}: its weights are under {method.card.licence_weights!r}",
            mend="pass --accept-licence",
        )
    check_reference(settings)
    if not suite.samples:
        raise UsageError(f"suite {suite.card.id!r} has no samples")
    adapter = method.build()
    specs = _specs(suite, settings)
    check_inputs(suite, specs)
    match = getattr(adapter, "match", None)
    unmatched = tuple(match(suite.samples).unmatched) if match else ()
    run = RunFolder.place(settings.results, suite.card.id, suite.card.version, method.name, method.key(adapter))
    failures = failures or Failures(settings.fail_on_error)
    failures.expected += len(settings.selection.mine(suite))
    about = {
        "id": method.card.id, "title": method.card.title, "name": method.name, "control": method.card.control,
        "axes": dict(method.axes), "prompt_policy": method.card.prompt_policy, "identity": method.identity(adapter),
    }  # fmt: skip
    return Session(suite, settings, run, specs, about, method, adapter, progress or Silent(), failures, unmatched)


def reopen(run: RunFolder, settings: Settings, failures: Failures | None = None) -> Session:
    """A session on a run that exists, to score its outputs again or with other metrics."""
    from vbench_py.samples import load_suite

    check_reference(settings)
    info = run.read_info()
    if info["suite"]["task"] == "videos":
        raise UsageError(
            f"{run.path}: holds scores of videos that lie elsewhere", mend="score their folder itself again"
        )
    file = Path(info["suite"].get("file") or "")
    suite = load_suite(str(file.parent) if file.is_file() else info["suite"]["id"])
    if suite.card.version != info["suite"]["version"]:
        raise UsageError(
            f"{run.path}: made with {suite.card.id}@{info['suite']['version']}, this is version {suite.card.version}"
        )
    specs = _specs(suite, settings)
    failures = failures or Failures(settings.fail_on_error)
    failures.expected += len(settings.selection.mine(suite))
    return Session(suite, settings, run, specs, info["method"], failures=failures, reopened=True)


def _specs(suite: Suite, settings: Settings) -> list[MetricSpec]:
    beside = BASELINE_METRICS if settings.reference_run else ()
    check_settings(suite.card.metrics, suite.card.protocol)
    return metric_specs(
        settings.metrics or (*suite.card.metrics, *beside), settings.score,
        scored=suite.card.output.scored, settings=suite.card.protocol,
    )  # fmt: skip


def check_reference(settings: Settings) -> None:
    """Raises `UsageError` where --reference-run names no run."""
    place = settings.reference_run
    if place is not None and not RunFolder(place).read_info():
        raise UsageError(f"--reference-run {place}: no run.json, so this is not a run folder")


@functools.cache
def environment() -> str:
    """What ran: Python, platform and the version of every installed distribution; read once a process."""
    from importlib.metadata import distributions

    versions: Mapping[str, str] = {d.metadata["Name"]: d.version for d in distributions() if d.metadata["Name"]}
    lines = [f"python=={platform.python_version()}", f"platform=={platform.platform()}"]
    return "\n".join([*lines, *(f"{name}=={versions[name]}" for name in sorted(versions, key=str.lower))]) + "\n"
