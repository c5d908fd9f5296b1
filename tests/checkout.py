"""The checkout that the tests stand in, and commands run as a user runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def python(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """This interpreter in a process of its own, in `cwd`; `env` is added to the environment."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env={**os.environ, **(env or {})},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def vbench_py(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """The command `vbench-py` in a process of its own."""
    return python("-c", "from vbench_py.cli.app import main; main()", *arguments, cwd=cwd, env=env)
