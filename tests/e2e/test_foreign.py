"""Whole runs through a research repository: what its code does wrong is a row, and a kill costs one batch at most."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.foreign import BATCH_RUN, SAMPLE_RUN, WORKER_RUN, Foreign, alive
from tests.e2e.world import PATIENCE, World, lossless, sample
from vbench_py.recipe_card import merge

SMALL = {"frames": "6", "height": "32", "width": "48"}
HELD = '''
import os, pathlib, sys, time

def hold(prompt):
    """Waits at the sample "wait" until it may go on, the first time that it comes by."""
    if prompt == "bad":
        os.kill(os.getpid(), 11)
    place = pathlib.Path(os.environ["PLACE"])
    with open(place / "log", "a") as log:
        log.write(prompt + "\\n")
    if prompt == "wait" and not (place / "go").exists():
        (place / "pid").write_text(str(os.getpid()))
        os.replace(place / "pid", place / "reached")
        while not (place / "go").exists():
            time.sleep(0.01)
'''


@pytest.fixture
def foreign(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Foreign:
    """The made-up repository, writing clips of the suite's size."""
    size = "write_npy(out / ('%04d.npy' % number), 6, 32, 48, value=args.seed % 256)"
    run = Foreign.__dataclass_fields__["files"].default_factory()  # type: ignore[misc]
    run["run.py"] = run["run.py"].replace(
        'write_npy(out / ("%04d.npy" % number), args.frames, value=args.seed % 256)', size
    ).replace("        told = {", "        import held; held.hold(prompt)\n        told = {")  # fmt: skip
    run["predict.py"] = run["predict.py"].replace(
        'write_npy(pathlib.Path(out) / "0000.npy", value=self.calls)',
        'write_npy(pathlib.Path(out) / "0000.npy", 6, 32, 48, value=100)',
    )
    count = "        self.calls += 1\n"
    run["predict.py"] = run["predict.py"].replace(count, count + "        import held; held.hold(prompt)\n")
    run["held.py"] = HELD
    made = Foreign(tmp_path, run)
    for name, value in made.variables().items():
        monkeypatch.setenv(name, value)
    return made


def cards(foreign: Foreign, run: dict[str, Any], folder: Path) -> None:
    run = merge(run, {"variables": {"PLACE": str(folder), "PYTHONPATH": "{checkout}"}})
    foreign.write_cards(run, task="vsr", mode={"required": ["source"]})


def suite(world: World, *prompts: str) -> None:
    rows = []
    for index, prompt in enumerate(prompts):
        lossless(world.suite / f"c{index}.mkv", seed=index)
        rows.append({**sample(f"c{index}", f"c{index}.mkv"), "prompt": prompt})
    world.make_suite(rows)


RUN = ("-m", "foreign", "--no-controls", "--no-report", "--quiet")


@pytest.mark.parametrize("run", [SAMPLE_RUN, BATCH_RUN, WORKER_RUN], ids=["sample", "batch", "worker"])
def test_a_crash_is_a_row_and_the_rest_is_scored(
    run: dict[str, Any], world: World, foreign: Foreign, tmp_path: Path
) -> None:
    cards(foreign, run, tmp_path)
    suite(world, "good", "bad", "fine")
    told = world.vb("run", world.suite, *RUN)
    assert told.code == 1
    assert {name for name, _ in world.numbers("foreign")} == {"c0", "c2"}
    (missing,) = {row["reason"] for row in world.missing("foreign")}
    assert "SIGSEGV" in missing


def _reached(folder: Path) -> int:
    until = time.monotonic() + PATIENCE
    while not (folder / "reached").exists() and time.monotonic() < until:
        time.sleep(0.01)
    return int((folder / "reached").read_text())


def test_a_killed_worker_costs_the_sample_in_hand_alone(world: World, foreign: Foreign, tmp_path: Path) -> None:
    cards(foreign, WORKER_RUN, tmp_path)
    suite(world, "good", "wait", "fine")
    process = world.start("run", world.suite, *RUN)
    pid = _reached(tmp_path)
    (tmp_path / "go").touch()
    os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE)
    assert process.returncode in (0, 1)
    states = {row["sample"]: row["status"] for row in world.rows("foreign", "generated")}
    assert states["c0"] == states["c2"] == "ok"
    assert world.vb("run", world.suite, *RUN).code == 0
    assert {name for name, _ in world.numbers("foreign")} == {"c0", "c1", "c2"}
    assert (tmp_path / "log").read_text().split().count("good") == 1


def test_a_killed_harness_takes_its_worker_along_and_goes_on_where_it_stood(
    world: World, foreign: Foreign, tmp_path: Path
) -> None:
    cards(foreign, WORKER_RUN, tmp_path)
    suite(world, "good", "wait", "fine")
    process = world.start("run", world.suite, *RUN)
    pid = _reached(tmp_path)
    process.kill()
    process.communicate()
    until = time.monotonic() + PATIENCE
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.01)
    assert not alive(pid)
    (tmp_path / "go").touch()
    assert world.vb("run", world.suite, *RUN).code == 0
    assert (tmp_path / "log").read_text().split() == ["good", "wait", "wait", "fine"]
    assert not list((tmp_path / "cache" / "work").glob("*")), "scratch folders of the dead are removed"


def test_the_second_run_does_nothing(world: World, foreign: Foreign, tmp_path: Path) -> None:
    cards(foreign, WORKER_RUN, tmp_path)
    suite(world, "good", "fine")
    assert world.vb("run", world.suite, *RUN).code == 0
    before = (tmp_path / "log").read_text()
    assert world.vb("run", world.suite, *RUN).code == 0
    assert (tmp_path / "log").read_text() == before


def test_an_environment_that_cannot_be_built_is_every_sample_s_reason(
    world: World, foreign: Foreign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    foreign.write_cards(
        SAMPLE_RUN, task="vsr", mode={"required": ["source"]},
        environment={"requirements": ["there-is-no-such-package-anywhere==1"]},
    )  # fmt: skip
    suite(world, "good", "fine")
    assert world.vb("run", world.suite, *RUN).code == 1
    reasons = {row["error"]["message"] for row in world.rows("foreign", "generated")}
    assert len(reasons) == 1 and "there-is-no-such-package-anywhere" in reasons.pop()


def test_an_absent_commit_is_every_sample_s_reason(
    world: World, foreign: Foreign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign.commit = "f" * 40
    cards(foreign, SAMPLE_RUN, tmp_path)
    suite(world, "good")
    assert world.vb("run", world.suite, *RUN).code == 1
    (row,) = world.rows("foreign", "generated")
    assert "lab/model cannot be had at ffffffffffff" in row["error"]["message"]
