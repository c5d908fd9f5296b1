"""Run folders: rows that survive, outputs that appear whole, leftovers that are swept."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
import pytest

from vbench_py import store
from vbench_py.store import RowWriter, RunFolder, read_rows, standing, to_json, writer_id
from vbench_py.types import StorageError, UsageError


def row(key: str, attempt: int = 1, status: str = "ok", writer: str = "a", sample: str = "s") -> dict[str, Any]:
    return {"key": key, "sample": sample, "seed": 0, "status": status, "attempt": attempt, "writer": writer}


def _stands(*rows: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = standing(rows, lambda r: r["sample"])["s"]
    return found


def test_ok_beats_a_later_failure_of_the_same_work() -> None:
    assert _stands(row("k", 1), row("k", 2, "failed"))["attempt"] == 1


def test_a_newer_key_beats_an_older_ok() -> None:
    assert _stands(row("old", 1), row("new", 2, "failed"))["key"] == "new"


def test_order_of_rows_does_not_matter() -> None:
    rows = [row("a", 1), row("b", 2, "failed"), row("b", 3), row("a", 4, "failed", "z")]
    assert _stands(*rows) == _stands(*reversed(rows))


def test_what_json_cannot_say_is_still_written() -> None:
    value = {1: "half \ud800", "big": 1 << 80, "path": Path("a"), "nested": [{"x": {2: "\udcff"}}], "n": None}
    read = orjson.loads(to_json(value))
    assert read["1"] == "half \\ud800"
    assert read["big"] == str(1 << 80)
    assert read["nested"] == [{"x": {"2": "\\udcff"}}]


def test_a_row_that_did_not_fit_leaves_no_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = RowWriter(tmp_path, "scores", "w")
    writer.append(row("first"))
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr("os.write", lambda file, data: write(file, data[:10]))
        with pytest.raises(StorageError, match="No space left on device"):
            writer.append(row("second"))
    writer.append(row("third"))
    writer.close()
    assert [found["key"] for found in read_rows(tmp_path, "scores")] == ["first", "third"]


def test_rows_of_a_later_schema_are_refused_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "scores.w.jsonl").write_bytes(orjson.dumps({**row("k"), "schema": 99}) + b"\n")
    with pytest.raises(UsageError, match="update vbench_py"):
        list(read_rows(tmp_path, "scores"))


def _ended_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


OWN = os.getpid()
LEFT: dict[str, tuple[Callable[[], str], bool]] = {
    "ended process": (lambda: writer_id().removesuffix(str(OWN)) + str(_ended_pid()), True),
    "living process": (lambda: writer_id().removesuffix(str(OWN)) + str(os.getppid()), False),
    "this process": (writer_id, False),
    "earlier process of this number": (lambda: "1_abcdef-" + writer_id().split("-", 1)[1], True),
    "another machine": (lambda: f"1_abcdef-elsewhere-{_ended_pid()}", False),
}


@pytest.mark.parametrize("whose", LEFT)
def test_only_what_ended_processes_of_this_machine_left_is_swept(whose: str, tmp_path: Path) -> None:
    name, swept = LEFT[whose]
    part = tmp_path / "videos" / f"c0__s0.{name()}.part"
    part.mkdir(parents=True)
    file = tmp_path / f".run.json.{name()}.part"
    file.touch()
    RunFolder(tmp_path).sweep()
    assert (part.exists(), file.exists()) == (not swept, not swept)


def test_a_machine_with_dots_in_its_name_sweeps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "node-3.cluster.local")
    part = tmp_path / "videos" / f"c0__s0.{writer_id().removesuffix(str(OWN))}{_ended_pid()}.part"
    part.mkdir(parents=True)
    RunFolder(tmp_path).sweep()
    assert not part.exists()


def test_processes_that_publish_the_same_output_leave_one_whole(tmp_path: Path) -> None:
    def publish(number: int) -> None:
        run = RunFolder(tmp_path)
        for _ in range(20):
            part = run.part_folder("c0", 0)
            (part / "video").write_text(str(number))
            run.publish(part, "c0", 0)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(publish, range(2)))
    assert [path.name for path in (tmp_path / "videos").iterdir()] == ["c0__s0"]
    assert (tmp_path / "videos" / "c0__s0" / "video").read_text() in "01"


def test_a_full_disk_deep_inside_an_error_is_found() -> None:
    try:
        try:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "clip.mkv")
        except OSError as error:
            raise RuntimeError("could not save") from error
    except RuntimeError as error:
        with pytest.raises(StorageError, match=r"clip\.mkv: No space left"):
            store.raise_if_full(error)


def test_another_error_is_no_full_disk() -> None:
    store.raise_if_full(FileNotFoundError(errno.ENOENT, "gone"))
