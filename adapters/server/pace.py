"""When the next request may go: rates that are kept, pauses between tries, and when to stop asking."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from vbench_py.adapters.server.errors import Unreachable


def _jitter(most: float) -> float:
    return random.uniform(0.0, most)


@dataclass(frozen=True)
class World:
    """Time and chance, so that tests can bring their own. `jitter(most)` lies between 0 and `most`."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[float], float] = _jitter


class Pace:
    """At most `per_minute` turns in any minute, evenly spaced (0: no limit); all wait while the server asks to wait."""

    def __init__(self, per_minute: float, world: World) -> None:
        self._gap = 60.0 / per_minute if per_minute else 0.0
        self._world = world
        self._next = self._held = float("-inf")

    async def turn(self) -> None:
        """Returns when the next request may go."""
        at = max(self._world.now(), self._next)
        self._next = at + self._gap
        while (wait := max(at, self._held) - self._world.now()) > 0:
            await self._world.sleep(wait)

    def hold(self, seconds: float) -> None:
        """Nobody's turn comes for so long."""
        self._held = max(self._held, self._world.now() + seconds)


class Breaker:
    """Stops asking a server that gave no answer `most` times in a row, so that not every sample waits for it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0
        self._reason = ""

    def check(self) -> None:
        """Raises `Unreachable` once the server is given up."""
        if self._count >= self._most:
            raise Unreachable(
                f"{self._reason}, {self._count} times in a row, so it is not asked any more",
                mend="see that the server runs, then run the same command again",
            )

    def silent(self, reason: str) -> None:
        self._count += 1
        self._reason = reason

    def answered(self) -> None:
        self._count = 0


def backoff(attempt: int, first: float, most: float, world: World) -> float:
    """Seconds before try `attempt` + 2: anything up to `first` times 2 to the `attempt`, at most `most` (full jitter,
    so that clients that failed together do not come back together).
    """
    ceiling = first * 2.0 ** min(attempt, 32)
    return world.jitter(min(most, ceiling))
