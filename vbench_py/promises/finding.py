"""One promise, tried: kept, broken, or not tried and why."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from vbench_py.checkpoints.fetching import CheckpointUnavailable
from vbench_py.isolate.environments import EnvironmentUnavailable
from vbench_py.types import VbenchError

log = logging.getLogger(__name__)


class Broken(VbenchError):
    """A promise that does not hold; the message is for the author of the card or adapter."""


class Skipped(VbenchError):
    """A promise that cannot be tried here."""


@dataclass(frozen=True)
class Finding:
    """`subject` is kind and id ("metric psnr-rgb"); `detail` says what is wrong, or seen, or why it was `skipped`."""

    subject: str
    promise: str
    ok: bool
    detail: str = ""
    skipped: bool = False


def tried(subject: str, promise: str, check: Callable[[], str | None]) -> Finding:
    """Runs `check`, which returns what it saw or raises: `Skipped`, or any error, which breaks the promise."""
    try:
        return Finding(subject, promise, True, check() or "")
    except (Skipped, CheckpointUnavailable, EnvironmentUnavailable) as reason:
        return Finding(subject, promise, True, str(reason).splitlines()[0], skipped=True)
    except VbenchError as error:
        return Finding(subject, promise, False, str(error))
    except Exception as error:
        log.debug("%s: %s", subject, promise, exc_info=error)
        return Finding(subject, promise, False, f"{type(error).__name__}: {error}")


def demand(kept: bool, otherwise: str) -> None:
    """Raises `Broken` with the text unless it is kept."""
    if not kept:
        raise Broken(otherwise)
