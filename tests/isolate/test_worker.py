"""The worker process: calls, prints, errors, limits, and what is left when it ends."""

from __future__ import annotations

import ast
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.adapters.foreign import alive
from vbench_py.isolate.builders import WORKER, find_python
from vbench_py.isolate.client import Worker
from vbench_py.isolate.errors import ForeignAnswer, ForeignDied, ForeignException, ForeignLimit, ForeignTimeout
from vbench_py.isolate.process import Limits

PROGRAM = """
import ctypes, json, os, pathlib, sys, time

class Input:
    def __init__(self, default): self.default = default

class Program:
    def __init__(self, factor=2):
        self.factor = factor
        print("loading")
    def __call__(self, number): return {"made": self.factor * number, "path": pathlib.Path("a") / "b"}
    def version(self): return list(sys.version_info[:2])
    def prints(self):
        print("a line on standard output"); os.write(1, b"and on its file"); sys.stderr.write("and an error")
        return "quiet"
    def reads(self): return sys.stdin.read()
    def raises(self): raise KeyError("no such key")
    def exits(self): sys.exit(0)
    def hangs(self): time.sleep(600)
    def segfault(self): ctypes.string_at(0)
    def killed(self): os.kill(os.getpid(), 9)
    def garbage(self):
        for number in range(3, 30):
            try: os.write(number, b"this is no JSON\\n")
            except OSError: pass
        return 1
    def eats(self):
        held = []
        while True: held.append(bytearray(20 << 20)); time.sleep(0.01)
    def fills(self, folder):
        for number in range(10 ** 6):
            with open(os.path.join(folder, str(number)), "wb") as file: file.write(bytes(1 << 20))
            time.sleep(0.002)
    def one_file(self, folder):
        with open(os.path.join(folder, "big"), "wb") as file:
            for _ in range(100): file.write(bytes(1 << 20))
    def environ(self): return dict(os.environ)
    def forks(self):
        child = os.fork()
        if child == 0:
            os.setsid(); time.sleep(600)
        return child
    def many(self):
        for _ in range(40):
            if os.fork() == 0: time.sleep(600); os._exit(0)
        time.sleep(600)
    def array(self): import numpy; return {"a": numpy.arange(6).reshape(2, 3), "n": numpy.float32(1.5)}
    def doubled(self, values): return {"twice": values * 2}
    def kind(self, place): return type(place).__name__
    def predict(self, prompt, steps=Input(7)): return [prompt, steps]
    def odd(self): return object()
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


@pytest.fixture
def worker(program: Path) -> Iterator[Worker]:
    made = Worker([sys.executable], f"{program}:Program", {"factor": 3})
    yield made
    made.close()


def interpreter(version: str) -> str:
    """A Python of that version on this machine; skips where there is none."""
    found = find_python(version)
    if not Path(found).exists() and shutil.which(f"python{version}") is None:
        pytest.skip(f"no Python {version} on this machine")
    return found if Path(found).exists() else f"python{version}"


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10", "3.12", "3.13"])
def test_it_runs_under_other_pythons(version: str, program: Path) -> None:
    worker = Worker([interpreter(version)], f"{program}:Program")
    try:
        assert worker.call({}, method="version").value == [int(part) for part in version.split(".")]
    finally:
        worker.close()


def test_its_file_is_python_3_8_and_imports_the_standard_library_alone() -> None:
    tree = ast.parse(WORKER.read_text(), feature_version=(3, 8))
    top = {name.name.split(".")[0] for node in tree.body if isinstance(node, ast.Import) for name in node.names}
    assert top <= sys.stdlib_module_names


def test_a_call_gives_its_value_and_its_seconds(worker: Worker) -> None:
    answer = worker.call({"number": 5})
    assert answer.value == {"made": 15, "path": "a/b"}
    assert 0 <= answer.seconds < 5
    assert answer.peak_memory_bytes is None or answer.peak_memory_bytes > 1e6


def test_it_is_loaded_once_and_kept(worker: Worker) -> None:
    for number in range(3):
        worker.call({"number": number})
    assert worker.starts == 1


def test_what_the_code_prints_stays_out_of_the_channel(worker: Worker) -> None:
    assert worker.call({}, method="prints").value == "quiet"
    said = worker.said()
    assert all(text in said for text in ("a line on standard output", "and on its file", "and an error"))


def test_the_code_cannot_read_the_requests(worker: Worker) -> None:
    assert worker.call({}, method="reads").value == ""


def test_an_exception_is_told_with_its_traceback_and_the_worker_goes_on(worker: Worker) -> None:
    with pytest.raises(ForeignException, match="KeyError: 'no such key'") as caught:
        worker.call({}, method="raises")
    assert "program.py" in caught.value.traceback
    assert worker.call({"number": 1}).value["made"] == 3
    assert worker.starts == 1


def test_an_exit_with_code_0_is_an_error_of_the_call(worker: Worker) -> None:
    with pytest.raises(ForeignException, match="SystemExit"):
        worker.call({}, method="exits")


def test_a_call_that_hangs_is_ended_and_the_next_one_starts_anew(worker: Worker) -> None:
    with pytest.raises(ForeignTimeout, match=r"longer than 0\.5 s"):
        worker.call({}, method="hangs", seconds=0.5)
    assert worker.call({"number": 1}).value["made"] == 3
    assert worker.starts == 2


@pytest.mark.parametrize(("method", "told"), [("segfault", "SIGSEGV"), ("killed", "SIGKILL")])
def test_a_worker_that_dies_tells_its_signal(worker: Worker, method: str, told: str) -> None:
    with pytest.raises(ForeignDied, match=told):
        worker.call({}, method=method)
    assert worker.call({"number": 1}).value["made"] == 3


def test_last_words_are_in_the_message(worker: Worker) -> None:
    worker.call({}, method="prints")
    with pytest.raises(ForeignDied, match="and an error"):
        worker.call({}, method="killed")


def test_garbage_in_the_channel_is_named_and_ends_the_worker(worker: Worker) -> None:
    with pytest.raises(ForeignAnswer, match="this is no JSON"):
        worker.call({}, method="garbage")
    assert not worker.running


def test_memory_is_limited(program: Path) -> None:
    worker = Worker([sys.executable], f"{program}:Program", limits=Limits(memory_bytes=300_000_000))
    try:
        with pytest.raises(ForeignLimit, match=r"memory, 0\.30 GB are allowed"):
            worker.call({}, method="eats", seconds=60)
    finally:
        worker.close()


def test_the_disk_is_limited(program: Path, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    worker = Worker([sys.executable], f"{program}:Program", limits=Limits(scratch_bytes=50_000_000))
    try:
        with pytest.raises(ForeignLimit, match=r"0\.05 GB are allowed"):
            worker.call({"folder": str(scratch)}, method="fills", scratch=scratch, seconds=60)
    finally:
        worker.close()


def test_one_file_is_limited(program: Path, tmp_path: Path) -> None:
    worker = Worker([sys.executable], f"{program}:Program", limits=Limits(file_bytes=5_000_000))
    try:
        with pytest.raises((ForeignDied, ForeignException), match=r"SIGXFSZ|File too large"):
            worker.call({"folder": str(tmp_path)}, method="one_file")
    finally:
        worker.close()
    assert (tmp_path / "big").stat().st_size <= 5_000_000


def test_the_number_of_processes_is_limited(program: Path) -> None:
    worker = Worker([sys.executable], f"{program}:Program", limits=Limits(processes=20))
    try:
        with pytest.raises(ForeignLimit, match="20 are allowed"):
            worker.call({}, method="many", seconds=60)
    finally:
        worker.close()


def test_a_child_that_left_the_process_group_is_ended_too(worker: Worker) -> None:
    child = worker.call({}, method="forks").value
    assert alive(child)
    worker.close()
    assert not alive(child)


def test_secrets_are_not_inherited(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "a secret")
    monkeypatch.setenv("HF_TOKEN", "another")
    environ = worker.call({}, method="environ").value
    assert "SOME_API_KEY" not in environ and "HF_TOKEN" not in environ
    assert Path(environ["HOME"]) != Path.home()


def test_variables_are_passed_on_request(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROXY_OF_OURS", "there")
    monkeypatch.setenv("VBENCH_PY_PASS", "PROXY_OF_OURS")
    assert worker.call({}, method="environ").value["PROXY_OF_OURS"] == "there"


def test_arrays_come_and_go_by_file(worker: Worker, tmp_path: Path) -> None:
    np.save(tmp_path / "in.npy", np.array([1, 2]))
    arrays = tmp_path / "arrays"
    arrays.mkdir()
    told = worker.call({"values": {"$array": str(tmp_path / "in.npy")}}, method="doubled", arrays=arrays).value
    assert np.load(told["twice"]["$array"]).tolist() == [2, 4]
    assert worker.call({}, method="array", arrays=arrays).value["n"] == 1.5


def test_a_path_arrives_as_one(worker: Worker) -> None:
    assert worker.call({"place": {"$path": "/x"}}, method="kind").value == "PosixPath"


def test_defaults_that_cog_wraps_are_filled_in(worker: Worker) -> None:
    assert worker.call({"prompt": "a"}, method="predict").value == ["a", 7]


def test_what_cannot_be_handed_over_is_named(worker: Worker) -> None:
    with pytest.raises(ForeignException, match="returned a object"):
        worker.call({}, method="odd")


def test_a_target_that_is_not_there_is_an_error_of_loading(program: Path) -> None:
    with pytest.raises(ForeignException, match="Missing"):
        Worker([sys.executable], f"{program}:Missing").start()


def test_it_ends_with_the_harness_however_that_ends(program: Path, tmp_path: Path) -> None:
    told = tmp_path / "pid"
    code = (
        "import sys\nfrom pathlib import Path\nfrom vbench_py.isolate.client import Worker\n"
        f"w = Worker([sys.executable], {f'{program}:Program'!r}); w.start()\n"
        f"Path({str(told)!r}).write_text(str(w._watched.process.pid))\nw.call({{}}, method='hangs')\n"
    )
    harness = subprocess.Popen([sys.executable, "-c", code])
    until = time.monotonic() + 30
    while not (told.exists() and told.read_text()) and time.monotonic() < until:
        os.sched_yield()
    child = int(told.read_text())
    assert alive(child)
    harness.send_signal(signal.SIGKILL)
    harness.wait()
    while alive(child) and time.monotonic() < until:
        os.sched_yield()
    assert not alive(child)
