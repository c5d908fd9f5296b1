"""Killed in the middle, the same command goes on where it stood: same table, nothing lost, nothing done again."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.e2e.world import Gate, World, put_up_gate

METRICS = ("gated-level", "psnr-rgb")
STOPS = {"generate": "generate-c2", "score": "score-2"}


def _command(world: World) -> list[str]:
    return ["run", str(world.suite), "-m", "gated-repeat", "--no-controls", "--no-report", "--quiet"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], str]:
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as patch:
        put_up_gate(folder, patch)
        world = World(folder)
        world.make_suite(metrics=METRICS)
        assert world.vb(*_command(world)).code == 0
        return world.scores("gated-repeat")


STOPPED = [
    (signal.SIGKILL, "generate"),
    (signal.SIGKILL, "score"),
    (signal.SIGTERM, "score"),
    (signal.SIGINT, "generate"),
]


@pytest.fixture(params=STOPPED, ids=lambda stop: f"{stop[0].name}-{stop[1]}")
def stopped(request: pytest.FixtureRequest, world: World, gate: Gate) -> tuple[World, Gate, signal.Signals, int, str]:
    """A run that was stopped by a signal while it generated or scored the third of four samples."""
    number, stage = request.param
    world.make_suite(metrics=METRICS)
    gate.stop_at(STOPS[stage])
    process = world.start(*_command(world))
    gate.wait_until_reached(process)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    gate.open()
    return world, gate, number, process.returncode, err


def test_the_same_command_ends_with_the_same_table_and_does_nothing_twice(
    stopped: tuple[World, Gate, signal.Signals, int, str], undisturbed: dict[tuple[str, str], str]
) -> None:
    world, gate, number, code, err = stopped
    assert code == {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: 130}[number], err
    folder = world.run_folder("gated-repeat")
    if number != signal.SIGKILL:
        assert "run the same command again" in err
        assert not list(folder.glob("videos/*.part"))
        assert (folder / "scores.csv").is_file(), "flat files are written on the way out"
    before = gate.log()
    finished = [name for name in before if name.startswith("generate") and name != before[-1]]
    assert world.vb(*_command(world)).code == 0
    assert world.scores("gated-repeat") == undisturbed
    again = gate.log()[len(before) :]
    assert not set(finished) & set(again)
    assert len([name for name in again if name.startswith("score")]) == (4 if before[-1].startswith("generate") else 2)
    assert sorted(path.name for path in folder.glob("videos/*")) == [f"c{i}__s0" for i in range(4)]
    assert not list(folder.glob("**/.*")) and not list(folder.glob("**/*.part"))


def test_a_half_written_folder_is_never_taken_for_an_output(world: World, gate: Gate) -> None:
    world.make_suite(count=2)
    gate.stop_at("generate-c1")
    process = world.start(*_command(world))
    gate.wait_until_reached(process)
    folder = world.run_folder("gated-repeat")
    assert [row["sample"] for row in world.rows("gated-repeat", "generated")] == ["c0"]
    (part,) = folder.glob("videos/*.part")
    assert (part / "video.mkv").is_file()
    process.kill()
    process.communicate()
    gate.open()
    told = world.vb("score", folder, "--json")
    assert told.code == 0
    assert {key[0] for key in world.scores("gated-repeat")} == {"c0"}
    assert [row["sample"] for row in world.missing("gated-repeat")] == ["c1"]
    assert not part.exists(), "what a dead process left is swept"


def test_what_a_living_process_writes_is_not_swept(world: World, gate: Gate) -> None:
    world.make_suite(count=2)
    gate.stop_at("generate-c1")
    process = world.start(*_command(world))
    gate.wait_until_reached(process)
    folder = world.run_folder("gated-repeat")
    assert world.vb("score", folder, "--quiet").code == 0
    assert len(list(folder.glob("videos/*.part"))) == 1
    gate.open()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert len(world.scores("gated-repeat")) == 4


def test_two_shards_at_once_give_the_table_of_one_process(
    world: World, gate: Gate, undisturbed: dict[tuple[str, str], str]
) -> None:
    world.make_suite(metrics=METRICS)
    shards = [world.start(*_command(world), "--shard", f"{index}/2") for index in (1, 2)]
    for process in shards:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    assert world.scores("gated-repeat") == undisturbed
    assert world.missing("gated-repeat") == []
    assert sorted(name for name in gate.log() if name.startswith("generate")) == [f"generate-c{i}" for i in range(4)]


def _fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while file.write(b"\0" * size):
                    pass
            except OSError:
                continue
    return filler


@pytest.mark.parametrize("stage", STOPS)
def test_a_full_disk_stops_the_command_and_loses_nothing(
    stage: str, world: World, gate: Gate, disk: Path, undisturbed: dict[tuple[str, str], str]
) -> None:
    world.make_suite(metrics=METRICS)
    gate.stop_at(STOPS[stage])
    process = world.start(*_command(world))
    gate.wait_until_reached(process)
    filler = _fill(disk)
    gate.open()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "No space left on device" in err or "no space left on the disk" in err
    assert "Traceback" not in err
    before = gate.log()
    filler.unlink()
    assert world.vb(*_command(world)).code == 0
    assert world.scores("gated-repeat") == undisturbed
    done = {"generate-c0", "generate-c1"}
    assert not done & set(gate.log()[len(before) :])
    assert {row["status"] for row in world.rows("gated-repeat", "generated")} == {"ok"}


def test_a_full_disk_says_so_before_any_work(world: World, gate: Gate, disk: Path) -> None:
    world.make_suite(count=1)
    _fill(disk)
    told = world.vb(*_command(world))
    assert told.code == 1
    assert "No space left" in told.err
    assert gate.log() == []
