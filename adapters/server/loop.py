"""Coroutines run in a thread of their own, their results handed to a plain generator as they come."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")
Work = Callable[[], AbstractAsyncContextManager[Callable[[Job], Awaitable[Result]]]]
_END = object()


def at_once(jobs: Sequence[Job], work: Work[Job, Result], most: int) -> Generator[Result, None, None]:
    """Results of `jobs` in the order in which they finish, at most `most` under way.

    `work()` opens what jobs need that run one after the other, and gives the coroutine function for one job. The event
    loop has its own thread, so that requests go on while the caller stores a result. Closing the generator cancels what
    is under way; what a job raises is raised here.
    """
    results: queue.SimpleQueue[object] = queue.SimpleQueue()
    started: queue.SimpleQueue[tuple[asyncio.AbstractEventLoop, asyncio.Task[None]]] = queue.SimpleQueue()

    async def everything() -> None:
        task = asyncio.current_task()
        assert task is not None
        started.put((asyncio.get_running_loop(), task))
        waiting = iter(jobs)

        async def one_after_the_other() -> None:
            async with work() as do:
                for job in waiting:
                    results.put(await do(job))

        async with asyncio.TaskGroup() as group:
            for _ in range(min(most, len(jobs))):
                group.create_task(one_after_the_other())

    def run() -> None:
        try:
            asyncio.run(everything())
        except asyncio.CancelledError:
            pass
        except BaseExceptionGroup as errors:
            results.put(_Raised(_first(errors)))
        except BaseException as error:
            results.put(_Raised(error))
        finally:
            results.put(_END)

    thread = threading.Thread(target=run, name="vbench-py-server", daemon=True)
    thread.start()
    loop, task = started.get()
    try:
        while (result := results.get()) is not _END:
            if isinstance(result, _Raised):
                raise result.error
            yield result  # type: ignore[misc]
    finally:
        if thread.is_alive():
            with suppress(RuntimeError):  # the loop may close in between
                loop.call_soon_threadsafe(task.cancel)
            thread.join()


class _Raised:
    def __init__(self, error: BaseException) -> None:
        self.error = error


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
