"""What can go wrong with foreign code, each by its name; every one carries the end of what the code had to say."""

from __future__ import annotations

from vbench_py.types import VbenchError

SHOWN = 2000


class ForeignError(VbenchError):
    """Foreign code failed. `said` is the end of its standard error, shown below the message."""

    def __init__(self, message: str, *, said: str = "", mend: str = "") -> None:
        said = said.strip()[-SHOWN:]
        super().__init__(message + (f"\nits last words:\n{said}" if said else ""), mend=mend)
        self.said = said


class ForeignDied(ForeignError):
    """The process ended by itself: an exit code other than 0, or a signal."""


class ForeignTimeout(ForeignError):
    """It did not finish in time, and was killed."""


class ForeignLimit(ForeignError):
    """It went over a limit (memory, disk, processes), and was killed."""


class ForeignAnswer(ForeignError):
    """It answered something that is no answer: garbage in the channel, no output, too many, or someone else's file."""


class ForeignException(ForeignError):
    """The called code raised; the worker goes on. `type_name` and `traceback` are the foreign exception's."""

    def __init__(self, type_name: str, message: str, traceback: str, *, said: str = "") -> None:
        super().__init__(f"{type_name}: {message}" if message else type_name, said=said)
        self.type_name = type_name
        self.traceback = traceback
