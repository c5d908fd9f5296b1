"""The rendered world end to end: the truth is perfect, and every metric of every suite puts the ladder of known damage
in order, on a real run of one sample. Metrics whose weights are not here are left out, as a run leaves them out.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from vbench_py import catalogue
from vbench_py.method import method
from vbench_py.plan import Selection
from vbench_py.samples import load_suite
from vbench_py.session import Settings, open_session
from vbench_py.suites import worlds
from vbench_py.types import CONTROLS, LADDER

IDEAL = {
    "psnr-rgb": 100, "psnr-y": 100, "psnr-4d": 100, "edit-psnr": 100, "background-psnr": 100, "revisit-psnr": 100,
    "first-frame-psnr": 100, "ssim-rgb": 1, "ssim-y": 1, "ssim-4d": 1, "background-ssim": 1, "first-frame-ssim": 1,
    "delta1": 1, "delta2": 1, "delta3": 1, "depth-boundary-f1": 1, "motion-fidelity-lk:target": 1,
}  # fmt: skip
"""What the truth must get where that is not 0."""
NEAR = {
    "ff-alpha", "ff-beta", "warping-error-source-dis", "motion-epe-dis", "opw", "tae-zbuffer", "cross-view-consistency",
    "trajectory-error-lk", "rot-err-pnp", "trans-err-pnp",
}  # fmt: skip
"""Metrics that measure with a tool of their own (optical flow, a tracker, matched features, bilinear splats), or across
an edit: the truth is best, and within the tool's error of the ideal.
"""
COST = {"seconds-per-frame", "compression-ratio", "bits-per-pixel", "encode-throughput", "decode-throughput"}


SUITES = sorted(worlds.SUITES)


@pytest.fixture(scope="module", autouse=True)
def offline() -> Iterator[None]:
    """Weights that are not here stay away: the metrics that need them are held elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VBENCH_PY_OFFLINE", "1")
        yield


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("world")


@functools.cache
def numbers(name: str, results: Path) -> dict[str, dict[str, float]]:
    """The numbers of a suite's first sample by metric, then by rung of the ladder."""
    suite, found = load_suite(name), {}
    for rung, control in zip(LADDER, ("ground-truth", *LADDER[1:]), strict=True):
        session = open_session(suite, method(control), Settings(results=results, selection=Selection(limit=1)))
        with session.working():
            session.generate()
            session.score()
        for row in session.run.rows("scores"):
            if row["status"] == "ok" and row["value"] is not None:
                found.setdefault(row["metric"], {})[rung] = row["value"]
    return {metric: values for metric, values in found.items() if catalogue.bare(metric) not in COST}


def sign(metric: str) -> int:
    return {"higher": 1, "lower": -1}[catalogue.card("metric", catalogue.bare(metric)).direction]


@pytest.mark.parametrize("suite", SUITES)
def test_the_truth_is_perfect(suite: str, results: Path) -> None:
    found = {metric: values["ceiling"] for metric, values in numbers(suite, results).items() if metric not in NEAR}
    assert found == {metric: pytest.approx(IDEAL.get(metric, 0), abs=1e-5) for metric in found}
    assert found


@pytest.mark.parametrize("suite", SUITES)
def test_every_metric_orders_the_ladder(suite: str, results: Path) -> None:
    for metric, values in numbers(suite, results).items():
        assert len(values) > 1 and list(values) == list(LADDER[: len(values)]), (metric, "a better rung has no number")
        rungs = [sign(metric) * value for value in values.values()]
        assert all(better > worse for better, worse in pairwise(rungs)), (metric, values)


@pytest.mark.parametrize("suite", SUITES)
def test_samples_are_those_that_the_script_writes(suite: str, tmp_path: Path) -> None:
    worlds.main(tmp_path)
    kept = catalogue.find("suite", suite).file.parent / "samples.jsonl"
    assert (tmp_path / suite / "samples.jsonl").read_bytes() == kept.read_bytes()


@pytest.mark.parametrize("suite", SUITES)
def test_every_task_has_methods_of_its_own(suite: str) -> None:
    card = catalogue.card("suite", suite)
    own = [name for name in card.methods if not catalogue.card("method", name).control]
    assert len(own) >= (1 if card.task in ("customization", "storytelling") else 2)
    assert set(CONTROLS[:4]) <= {catalogue.card("method", name).control for name in card.methods}
