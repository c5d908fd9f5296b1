"""Where work runs. `Local` is this process; engines that distribute register under the same seam."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator

from vbench_py.types import Outcome, Task, Worker

log = logging.getLogger(__name__)


class Local:
    """Runs every task in this process, one worker, in order. An error that escapes the worker ends the run: there is no
    other process that could take over."""

    def run(self, make_worker: Callable[[], Worker], tasks: Iterable[Task], *, workers: int = 1) -> Iterator[Outcome]:
        if workers != 1:
            log.warning("the local engine has one worker; use --shard i/n in several processes for more")
        worker = make_worker()
        try:
            yield from worker(iter(tasks))
        finally:
            worker.close()
