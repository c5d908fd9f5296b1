"""What a server does instead of giving a video, as errors that become rows."""

from __future__ import annotations

from vbench_py.types import VbenchError


class ServerError(VbenchError):
    """No video came: a failed row. `over`: the job has come to its end, so that a further run submits a new one."""

    over = False


class Unreachable(ServerError):
    """The server gave no answer so often that it is not asked any more."""


class Refused(VbenchError):
    """The provider would not make this video: a filtered row. `text` is what it said."""

    def __init__(self, provider: str, text: str) -> None:
        super().__init__(f"refused by {provider}: {text}")
        self.provider = provider
        self.text = text


class Over(ServerError):
    """The job itself failed, or its video cannot be had."""

    over = True


class Gone(Over):
    """The server does not know the job any more."""


class Passing(Exception):
    """One try that failed and may be repeated. `unsent`: the server has certainly not taken the request."""

    def __init__(self, reason: str, *, unsent: bool, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.unsent = unsent
        self.wait = wait
