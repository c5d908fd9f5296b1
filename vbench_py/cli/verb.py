"""Turns a verb's function into a command: shared flags, logging, signals, and errors mapped to exit codes."""

from __future__ import annotations

import functools
import gc
import inspect
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import fields
from types import FrameType
from typing import Any, get_type_hints

import typer

from vbench_py.cli.flags import Common
from vbench_py.types import UsageError, VbenchError

Command = Callable[..., int | None]
_LOGGED = "%(levelname)s %(name)s: %(message)s"


class Terminated(KeyboardInterrupt):
    """SIGTERM: unwinds like Ctrl-C, so that rows and tables are written on the way out."""


def verb(command: Command) -> Callable[..., None]:
    """A command with the flags of its first parameter's class (`Common` or `Work`) beside its own parameters."""
    hints = get_type_hints(command, include_extras=True)
    first, *own = inspect.signature(command).parameters.values()
    flags: type[Common] = hints[first.name]
    flag_hints = get_type_hints(flags, include_extras=True)
    shared = [
        inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default, annotation=flag_hints[f.name])
        for f in fields(flags)
    ]
    mine = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[p.name]) for p in own]

    @functools.wraps(command)
    def run(**values: Any) -> None:
        given = flags(**{parameter.name: values.pop(parameter.name) for parameter in shared})
        raise typer.Exit(guarded(lambda: command(given, **values), given))

    run.__signature__ = inspect.Signature([*mine, *shared])  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in [*mine, *shared]}
    del run.__wrapped__
    return run


def guarded(command: Callable[[], int | None], flags: Common) -> int:
    """Runs a command; errors for people are printed without a traceback and become its exit code."""
    _environment(flags)
    # Rows are many small objects without cycles: the default thresholds make the collector walk them over and over.
    gc.set_threshold(100_000, 20, 50)
    previous = signal.signal(signal.SIGTERM, _terminate)
    try:
        return command() or 0
    except VbenchError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2 if isinstance(error, UsageError) else 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OSError as error:
        from vbench_py.store import ROOM_MEND, STORAGE_ERRNO

        if error.errno not in STORAGE_ERRNO:
            raise
        mend = "check its permissions" if isinstance(error, PermissionError) else ROOM_MEND
        sys.stderr.write(f"error: {error.filename or 'the disk'}: {error.strerror}; {mend}\n")
        return 1
    except Terminated:
        sys.stderr.write("stopped by SIGTERM; what is done is kept, run the same command again to go on\n")
        return 143
    except KeyboardInterrupt:
        sys.stderr.write("stopped; what is done is kept, run the same command again to go on\n")
        return 130
    finally:
        signal.signal(signal.SIGTERM, previous)


class _Remark(logging.Formatter):
    """A log line for people: what is no warning stands alone."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return f"{record.levelname.lower()}: {text}" if record.levelno >= logging.WARNING else text


def _terminate(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Terminated


def _environment(flags: Common) -> None:
    """Settings that libraries and child processes read from the environment."""
    if flags.cache is not None:
        os.environ["VBENCH_PY_CACHE"] = str(flags.cache)
    if flags.data is not None:
        os.environ["VBENCH_PY_DATA"] = str(flags.data)
    if flags.offline:
        os.environ["VBENCH_PY_OFFLINE"] = "1"
        os.environ["HF_HUB_OFFLINE"] = "1"
    level = logging.INFO if flags.verbose else logging.ERROR if flags.quiet else logging.WARNING
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(_LOGGED) if flags.verbose else _Remark())
    logging.basicConfig(level=level, handlers=[handler])
    if not flags.quiet:
        # Says under which licence a file comes when it is first fetched.
        logging.getLogger("vbench_py.checkpoints").setLevel(logging.INFO)
