"""The Python interface: run a suite on a method or a function, score videos, evaluate from inside a training loop."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

from vbench_py import catalogue
from vbench_py.failures import Failures
from vbench_py.handed import Videos, files_of, paired
from vbench_py.inputs import check_inputs
from vbench_py.keywords import Keywords, settings_from
from vbench_py.method import Method, method
from vbench_py.metricset import metric_specs
from vbench_py.pool import ExtractorPool
from vbench_py.progress import Progress, Silent
from vbench_py.reading import read_run
from vbench_py.result import Result, asked
from vbench_py.samples import load_suite
from vbench_py.session import Session, Settings, check_reference, open_session
from vbench_py.store import RunFolder
from vbench_py.types import UsageError

log = logging.getLogger(__name__)


def run(
    suite: str,
    method: str | Method | None = None,
    *,
    generate: Callable[..., Any] | None = None,
    metrics: Sequence[str] = (),
    name: str = "",
    options: Mapping[str, Any] | None = None,
    axes: Mapping[str, Any] | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
    **keywords: Unpack[Keywords],
) -> Result:
    """Generates and scores a suite (or bundle) with a method's name, or with a function.

    `generate(call)` gets one sample (`call.prompt`, `call.seed`, `call.read("source")`, ...) and gives frames as
    (T, H, W, 3) uint8 or float in [0, 1], a tensor, a list of images, or a path. What it raises becomes a row of
    `result.missing`, and is logged as a warning.
    Interrupted runs go on where they stopped. `metrics`: the suite's unless given. `keywords`: see `Keywords`.
    Of a bundle, the suites whose task the method does not serve are left out; `UsageError` if it serves none.
    """
    chosen = settings_from(settings, metrics, keywords)
    made = _method(method, generate, name, options, axes)
    names = catalogue.expand("suite", [suite])
    suites = [load_suite(item) for item in names]
    if len(suites) > 1:
        suites = [item for item in suites if item.card.task in made.card.tasks]
        if not suites:
            raise UsageError(f"method {made.card.id!r} serves none of the suites {', '.join(names)}")
    pool = ExtractorPool(chosen.device)
    try:
        failures = Failures(chosen.fail_on_error, level=logging.WARNING)
        sessions = [open_session(item, made, chosen, progress=progress, failures=failures) for item in suites]
        for session in sessions:
            session.pool = pool
            work(session)
        return Result(
            tuple(record for session in sessions for record in asked(read_run(session.run), session.computable))
        )
    finally:
        pool.close()


def work(session: Session) -> None:
    """Generates and scores what is missing."""
    with session.working():
        session.generate()
        session.score()


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

        evaluate = Evaluator("demo-vsr-x4", ["psnr-y"], limit=4)
        result = evaluate(model_fn, name="exp17", axes={"step": step})
        print(result.means["psnr-y"])

    Under torchrun every rank calls it and takes its shard of the samples; all write into one run folder. With
    `torch.distributed` initialised the ranks wait for each other (at most the process group's timeout) and every rank
    returns the whole result. Without it nothing is waited for: a rank returns what is there when it is done, and the
    last one leaves the complete files. Metrics' networks stay loaded between calls; `close()` releases them.
    """

    def __init__(
        self,
        suite: str,
        metrics: Sequence[str] = (),
        *,
        settings: Settings | None = None,
        **keywords: Unpack[Keywords],
    ) -> None:
        self.suite = load_suite(suite)
        self.settings = settings_from(settings, metrics, keywords)
        metric_specs(self.settings.metrics or self.suite.card.metrics, self.settings.score)
        self._pool = ExtractorPool(self.settings.device)

    def __call__(
        self,
        generate: Callable[..., Any],
        *,
        name: str,
        axes: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> Result:
        """The result of `generate` under this name and these axes.

        Work that a run of equal name, axes and code did is kept: new weights under an old name are told apart by
        nothing, so give `axes={"step": step}` or the like.
        """
        rank, world = _rank_and_world()
        selection = self.settings.selection
        if world > 1:
            selection = replace(selection, shard=(rank + 1, world))
        settings = replace(self.settings, selection=selection)
        made = _method(None, generate, name, None, axes)
        failures = Failures(settings.fail_on_error, level=logging.WARNING)
        session = open_session(self.suite, made, settings, progress=progress, failures=failures)
        session.pool = self._pool
        if session.mine and all(item.state == "done" for item in session.plan_outputs()):
            log.warning("%s: every output of this name, axes and code exists already; new weights need new axes", name)
        try:
            work(session)
        finally:
            # A rank that failed still meets the others, who would wait for it in vain.
            if not isinstance(sys.exception(), KeyboardInterrupt):
                _wait_for_all()
        if world > 1 and rank == 0:
            if any(spec.of_sets for spec in session.computable):
                session.score()  # only now are the other ranks' outputs there
            session.finish()
        return Result(asked(read_run(session.run), session.computable))

    def close(self) -> None:
        """Releases the metrics' networks; the next call loads them again."""
        self._pool.close()


def _initialised() -> Any:
    """`torch.distributed` where a process group is up, else None. Does not import torch."""
    torch = sys.modules.get("torch")
    distributed = getattr(torch, "distributed", None)
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return None
    return distributed


def _rank_and_world() -> tuple[int, int]:
    distributed = _initialised()
    if distributed is not None:
        return distributed.get_rank(), distributed.get_world_size()
    return int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))


def _wait_for_all() -> None:
    distributed = _initialised()
    if distributed is not None:
        distributed.barrier()


def score(
    videos: Videos,
    metrics: Sequence[str] = (),
    *,
    targets: Videos | None = None,
    media: Mapping[str, Videos] | None = None,
    unit: str = "",
    prompts: Mapping[str, str] | None = None,
    name: str = "",
    fps: float = 24.0,
    settings: Settings | None = None,
    **keywords: Unpack[Keywords],
) -> Result:
    """Scores videos that exist: a folder, a file, or a sequence or mapping of paths or frames (see `vbench_py.frames`).

    `targets` gives the ground truth in the same form, for metrics that compare: one file for all, two sequences by
    position, else by name. `media` gives other roles so (source, mask, camera), for metrics that read them. `unit` is
    that of depth in .npy files and arrays (T, H, W) (metres, disparity or relative); a target is in metres. Masks may
    be bool arrays (T, H, W).
    `prompts` by sample id (a file's stem), for metrics that read them. Frames are kept
    losslessly under `results/videos`, named by their content, at `fps` frames a second, so that the same call does
    nothing twice and reports can show them. Default metrics: the bundle `quick`.
    """
    chosen = settings_from(settings, metrics, keywords)
    store = chosen.results / "videos"
    found, label = files_of(videos, store, fps, unit)
    told = "metres" if unit else ""  # what is compared with is true
    roles = {**({} if targets is None else {"target": targets}), **(media or {})}
    beside = {role: paired(videos, found, given, files_of(given, store, fps, told)[0]) for role, given in roles.items()}
    folder = Path(videos) if isinstance(videos, str | Path) and Path(videos).is_dir() else None
    failures = Failures(chosen.fail_on_error, expected=len(found), level=logging.WARNING)
    session = score_videos(found, chosen, name=name or label, media=beside, folder=folder,
                           unit=unit, prompts=prompts, failures=failures)  # fmt: skip
    return Result(asked(read_run(session.run), session.computable))


def score_videos(
    videos: Mapping[str, Path],
    settings: Settings,
    *,
    name: str,
    media: Mapping[str, Mapping[str, Path]] | None = None,
    folder: Path | None = None,
    unit: str = "",
    prompts: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    failures: Failures | None = None,
    dry_run: bool = False,
) -> Session:
    """Registers videos where they lie and scores them; with `dry_run` only checks. `folder`: where all of them lie."""
    from vbench_py.adhoc import DEFAULT_METRICS, folder_suite, register, with_unit

    check_reference(settings)
    if unit:
        videos = {sample: with_unit(path, unit) for sample, path in videos.items()}
        media = {
            role: {n: with_unit(path, "metres") for n, path in found.items()} for role, found in (media or {}).items()
        }
    suite = folder_suite(videos, name, settings.metrics or DEFAULT_METRICS, media, folder, prompts)
    specs = metric_specs(suite.card.metrics, settings.score)
    check_inputs(suite, specs)
    about = {
        "id": "videos", "title": "Videos", "name": name, "control": "", "axes": {}, "prompt_policy": "unknown",
        "identity": {},
    }  # fmt: skip
    run = RunFolder.place(settings.results, suite.card.id, suite.card.version, name, suite.card.version)
    failures = failures or Failures(settings.fail_on_error, expected=len(videos))
    session = Session(suite, settings, run, specs, about, progress=progress or Silent(), failures=failures)
    if not dry_run:
        with session.working():
            register(session, videos)
            session.score()
    return session
