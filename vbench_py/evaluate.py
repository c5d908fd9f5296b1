"""The Python interface: run a suite on a method or a function, score videos, and evaluate from inside a training loop."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vbench_py import catalogue
from vbench_py.failures import Failures
from vbench_py.method import Method, method
from vbench_py.metricset import metric_specs
from vbench_py.plan import Selection
from vbench_py.progress import Progress, Silent
from vbench_py.reading import read_run
from vbench_py.records import RunRecords
from vbench_py.samples import load_suite
from vbench_py.session import Session, Settings, open_session
from vbench_py.store import RunFolder
from vbench_py.types import UsageError

if TYPE_CHECKING:
    import numpy as np
    import pandas

    from vbench_py.leaderboard import Board

log = logging.getLogger(__name__)
Videos = Mapping[str, Any] | Sequence[Any] | str | Path


@dataclass(frozen=True)
class Result:
    """Records of one or more runs, with the views that people ask for."""

    records: tuple[RunRecords, ...]

    @property
    def folders(self) -> list[Path]:
        return list(dict.fromkeys(record.folder for record in self.records))

    @property
    def folder(self) -> Path:
        """The one run folder. Raises `ValueError` where there are several."""
        (folder,) = self.folders
        return folder

    @property
    def frame(self) -> pandas.DataFrame:
        """One row a number: suite, method, sample, seed, group, metric, value, status, reason."""
        import pandas

        names = ["sample", "seed", "group", "metric", "value", "status", "reason"]
        rows = [
            [record.suite, record.name, *(getattr(score, name) for name in names)]
            for record in self.records
            for score in record.scores
        ]
        frame = pandas.DataFrame(rows, columns=["suite", "method", *names])
        return frame.sort_values(["suite", "method", "sample", "seed", "metric"], ignore_index=True)

    @property
    def missing(self) -> pandas.DataFrame:
        """Outputs that are not there: suite, method, sample, seed, status, reason."""
        import pandas

        rows = [
            [record.suite, record.name, output.sample, output.seed, output.status, output.reason]
            for record in self.records
            for output in record.outputs
            if output.status != "ok"
        ]
        return pandas.DataFrame(rows, columns=["suite", "method", "sample", "seed", "status", "reason"])

    @property
    def means(self) -> dict[str, float]:
        """The mean of each metric by the protocol of the leaderboard; for a single run."""
        (table,) = self.board.tables
        (row,) = table.rows
        return {name: cell.estimate.mean for name, cell in row.cells.items()}

    @property
    def board(self) -> Board:
        from vbench_py.leaderboard import leaderboard

        return leaderboard(self.records)

    def report(self, out: str | Path) -> Path:
        """Writes the HTML, Markdown, CSV and JSON report; returns its page."""
        from vbench_py.report import write_report

        return write_report(self.records, Path(out))


def run(
    suite: str,
    method: str | Method | None = None,
    *,
    generate: Callable[..., Any] | None = None,
    name: str = "",
    options: Mapping[str, Any] | None = None,
    axes: Mapping[str, Any] | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Result:
    """Generates and scores a suite (or bundle) with a method's name, or with a function.

    `generate(call)` gets one sample (`call.prompt`, `call.seed`, `call.read("source")`, ...) and gives frames: (T, H, W, 3)
    uint8 or float in [0, 1], a tensor, a list of images, or a path. Interrupted runs go on where they stopped.
    """
    made = _method(method, generate, name, options, axes)
    records: list[RunRecords] = []
    for suite_name in catalogue.expand("suite", [suite]):
        session = open_session(load_suite(suite_name), made, settings or Settings(), progress=progress)
        records += work(session)
    return Result(tuple(records))


def work(session: Session) -> list[RunRecords]:
    """Prepares, generates, scores, and writes the flat files whatever happens on the way."""
    session.prepare()
    status = "stopped"
    try:
        session.generate()
        session.score()
        status = "done"
    finally:
        records = session.finish(status)
    return records


def _method(
    chosen: str | Method | None,
    function: Callable[..., Any] | None,
    name: str,
    options: Mapping[str, Any] | None,
    axes: Mapping[str, Any] | None,
) -> Method:
    if (chosen is None) == (function is None):
        raise UsageError("give either a method or generate=, a function")
    if isinstance(chosen, Method):
        return chosen
    if chosen is not None:
        return method(chosen, label=name, overrides=options, axes=axes)
    label = name or getattr(function, "__name__", "function")
    return method("callable", label=label, overrides={"function": function, **(options or {})}, axes=axes)


class Evaluator:
    """Evaluates a generation function on a suite, again and again, from inside somebody's training loop.

    Under torchrun every rank calls it and takes its shard of the samples; all share one run folder, and where
    `torch.distributed` is initialised every rank returns the whole result.

        evaluate = Evaluator("demo-vsr-x4", ["psnr-y"])
        result = evaluate(model_fn, name="exp17", axes={"step": step})
        print(result.means["psnr-y"])
    """

    def __init__(self, suite: str, metrics: Sequence[str] = (), *, settings: Settings | None = None) -> None:
        self.suite = load_suite(suite)
        self.settings = replace(settings or Settings(), metrics=tuple(metrics) or (settings or Settings()).metrics)
        metric_specs(self.settings.metrics or self.suite.card.metrics, self.settings.score)

    def __call__(
        self, generate: Callable[..., Any], *, name: str, axes: Mapping[str, Any] | None = None, progress: Progress | None = None
    ) -> Result:
        """The result of `generate` under this name and these axes. Work that a run of equal name, axes and code did is kept."""
        rank, world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
        settings = replace(self.settings, selection=replace(self.settings.selection, shard=(rank + 1, world)))
        session = open_session(self.suite, _method(None, generate, name, None, axes), settings, progress=progress)
        if all(item.state == "done" for item in session.plan_outputs()) and session.mine:
            log.warning("%s: every output of this name, axes and code exists already; new weights need new axes", name)
        work(session)
        _wait_for_all()
        return Result(tuple(read_run(session.run)))


def _wait_for_all() -> None:
    import sys

    torch = sys.modules.get("torch")
    if torch is not None and torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.barrier()


def score(
    videos: Videos,
    metrics: Sequence[str] = (),
    *,
    targets: Videos | None = None,
    name: str = "",
    fps: float = 24.0,
    settings: Settings | None = None,
) -> Result:
    """Scores videos that exist: a folder, a file, a sequence or a mapping of paths or arrays (T, H, W, 3).

    `targets` gives the ground truth in the same form, for metrics that compare. Default metrics: the bundle `quick`.
    """
    settings = replace(settings or Settings(), metrics=tuple(metrics) or (settings or Settings()).metrics)
    with tempfile.TemporaryDirectory(prefix="vbench-py-") as scratch:
        found, label = _paths(videos, Path(scratch) / "videos", fps)
        aims = _paths(targets, Path(scratch) / "targets", fps)[0] if targets is not None else None
        if aims is not None and len(aims) == len(found) and set(aims) != set(found):
            aims = dict(zip(sorted(found), (aims[key] for key in sorted(aims)), strict=True))
        session = score_videos(found, settings, name=name or label, targets=aims)
        return Result(tuple(read_run(session.run)))


def score_videos(
    videos: Mapping[str, Path],
    settings: Settings,
    *,
    name: str,
    targets: Mapping[str, Path] | None = None,
    progress: Progress | None = None,
    dry_run: bool = False,
) -> Session:
    """Registers videos where they lie and scores them; with `dry_run` only checks."""
    from vbench_py.adhoc import DEFAULT_METRICS, folder_suite, register

    suite = folder_suite(videos, name, settings.metrics or DEFAULT_METRICS, targets)
    specs = metric_specs(suite.card.metrics, settings.score)
    about = {"id": "videos", "title": "Videos", "name": name, "control": "", "axes": {}, "prompt_policy": "unknown", "identity": {}}
    run = RunFolder.place(settings.results, suite.card.id, suite.card.version, name, suite.card.version)
    failures = Failures(settings.fail_on_error, expected=len(videos))
    session = Session(suite, settings, run, specs, about, progress=progress or Silent(), failures=failures)
    if not dry_run:
        session.prepare()
        status = "stopped"
        try:
            register(session, videos)
            session.score()
            status = "done"
        finally:
            session.finish(status)
    return session


def _paths(videos: Videos, scratch: Path, fps: float) -> tuple[dict[str, Path], str]:
    """Paths by sample id, and a name for the lot; arrays are written as lossless files first."""
    from vbench_py.adhoc import videos_in

    if isinstance(videos, str | Path):
        return videos_in(Path(videos))[0], Path(videos).stem
    named = dict(videos) if isinstance(videos, Mapping) else None
    items = list(named.items()) if named is not None else [(_sample_id(v, i), v) for i, v in enumerate(videos)]
    if not items:
        raise UsageError("no videos to score")
    if len({key for key, _ in items}) < len(items):
        items = [(f"{key}-{i}", value) for i, (key, value) in enumerate(items)]
    return {key: _path(value, scratch / f"{i}.mkv", fps) for i, (key, value) in enumerate(items)}, "videos"


def _sample_id(video: Any, position: int) -> str:
    return Path(video).stem if isinstance(video, str | Path) else f"video-{position}"


def _path(video: str | Path | np.ndarray, scratch: Path, fps: float) -> Path:
    if isinstance(video, str | Path):
        return Path(video)
    from vbench_py.frames import as_frames
    from vbench_py.video import write_video

    scratch.parent.mkdir(parents=True, exist_ok=True)
    write_video(scratch, as_frames(video), fps=fps)
    return scratch
