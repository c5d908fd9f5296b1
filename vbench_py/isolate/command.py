"""One foreign program, from start to end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from vbench_py.isolate.errors import ForeignDied
from vbench_py.isolate.process import UNLIMITED, Limits, Watched, told_exit, worker_words


@dataclass(frozen=True)
class Ran:
    """What a program left: its seconds, and the end of what it printed."""

    seconds: float
    said: str


def run_program(
    interpreter: Sequence[str],
    words: Sequence[str],
    *,
    folder: Path,
    scratch: Path,
    log: Path,
    environment_bin: Path | None = None,
    variables: Mapping[str, str] | None = None,
    limits: Limits = UNLIMITED,
    seconds: float | None = None,
) -> Ran:
    """Runs `words` (one word an argument, no shell) in `folder` under the environment's Python; waits for its end.

    Raises `ForeignDied` for an exit code other than 0 or a signal, `ForeignTimeout` after `seconds`, `ForeignLimit`.
    """
    began = perf_counter()
    watched = Watched(
        worker_words(interpreter, "run", limits, [*interpreter, *words]), folder=folder, scratch=scratch,
        home=scratch / "home", log=log, environment_bin=environment_bin, variables=variables, limits=limits,
    )  # fmt: skip
    watched.allow(seconds)
    try:
        code = watched.wait()
    finally:
        watched.kill()
    if code:
        raise ForeignDied(f"it {told_exit(code)}", said=watched.said())
    return Ran(perf_counter() - began, watched.said())
