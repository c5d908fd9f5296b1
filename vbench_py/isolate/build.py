"""Building an environment: one builder at a time, what was begun and not finished is thrown away, a marker last."""

from __future__ import annotations

import json
import logging
import os
import platform
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from vbench_py.isolate.builders import BUILDERS
from vbench_py.isolate.environments import MARKER, Environment, EnvironmentUnavailable, remove
from vbench_py.store import write_atomic

log = logging.getLogger(__name__)
Say = Callable[[str], None]


def build(environment: Environment, *, say: Say = log.info, rebuild: bool = False) -> dict[str, Any]:
    """The environment's marker, building it first where it is not there; `say` gets a line now and then.

    Two processes never build one environment: the second waits for the first, and finds it built. Raises
    `EnvironmentUnavailable` naming what is missing: a program, an interpreter, or packages that fit together.
    """
    found = None if rebuild else environment.ready()
    if found is not None:
        return found
    absent = [program for program in environment.card.system if shutil.which(program) is None]
    if absent:
        text = f"{environment.told()}: it needs {', '.join(absent)} on PATH"
        raise EnvironmentUnavailable(text, mend="install them with your system's packages")
    folder = environment.folder
    with owned(folder, say, f"{environment.told()} is being built"):
        found = None if rebuild else environment.ready()
        if found is not None:
            return found
        if folder.exists():
            say(f"{environment.told()}: removing what was begun and not finished")
            remove(folder)
        folder.mkdir(parents=True)
        began = time.time()
        say(f"building {environment.told()} in {folder}")
        installed = BUILDERS[environment.card.builder](environment, say)
        (folder / "installed.txt").write_text(installed)
        marker = {
            "id": environment.card.id, "hash": environment.hash, "override": environment.overridden,
            "decided_by": environment.decides(), "built": began, "seconds": round(time.time() - began, 1),
            "host": socket.gethostname(), "platform": platform.platform(),
        }  # fmt: skip
        write_atomic(folder / MARKER, json.dumps(marker, indent=1).encode())
        say(f"{environment.told()}: ready after {marker['seconds']} s")
        return marker


@contextmanager
def owned(folder: Path, say: Say, busy: str) -> Iterator[None]:
    """Holds the lock of a folder; says who has it while waiting. The system frees the lock of a process that died."""
    from filelock import FileLock, Timeout

    folder.parent.mkdir(parents=True, exist_ok=True)
    owner = folder.with_name(folder.name + ".owner")
    lock = FileLock(folder.with_name(folder.name + ".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        with suppress(OSError):
            say(f"{busy} by {owner.read_text().strip()}; waiting for it")
        lock.acquire()
    try:
        owner.write_text(f"process {os.getpid()} on {socket.gethostname()} since {time.strftime('%Y-%m-%d %H:%M:%S')}")
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()
