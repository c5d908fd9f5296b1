"""Plan to outputs on disk: batches go through the adapter, files are hashed, folders renamed whole, rows appended."""

from __future__ import annotations

import logging
import shutil
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from vbench_py import derive
from vbench_py.engine import Local
from vbench_py.failures import Failures, out_of_memory
from vbench_py.keys import key
from vbench_py.plan import PlannedOutput, visible_media
from vbench_py.progress import Progress
from vbench_py.store import Row, RunFolder, raise_if_full
from vbench_py.types import Adapter, Engine, Generated, Outcome, Resolved, Task, VbenchError

log = logging.getLogger(__name__)
Item = TypeVar("Item")
Waiting = dict[tuple[str, int], tuple[Task, Path]]
FINISHERS = 4


def error_of(error: BaseException) -> dict[str, str]:
    """Type, message and traceback for a row; an error not meant for people tells its type, and where it came from."""
    name = type(error).__name__
    if isinstance(error, VbenchError):  # of foreign code it is known where it raised
        return {"type": name, "message": str(error) or name, "traceback": getattr(error, "traceback", "")[-4000:]}
    text = "".join(traceback.format_exception(error))[-4000:]
    return {"type": name, "message": f"{name}: {error}" if str(error) else name, "traceback": text}


@dataclass
class GenerationWorker:
    """Runs batches of equal group through one adapter; halves a batch that does not fit in memory."""

    adapter: Adapter
    run: RunFolder
    control: str
    device: str = "cpu"
    batch_size: int = 1
    loaded: bool = False

    def __call__(self, tasks: Iterator[Task]) -> Iterator[Outcome]:
        for _, group in groupby(tasks, key=lambda task: task.payload.resolved.group):
            waiting = deque(group)
            while waiting:
                batch = [waiting.popleft() for _ in range(min(self.batch_size, len(waiting)))]
                yield from self._batch(batch)

    def close(self) -> None:
        self.adapter.close()

    def _batch(self, batch: list[Task]) -> Iterator[Outcome]:
        ready: list[tuple[Task, Resolved]] = []
        for task in batch:
            try:
                ready.append((task, self._with_inputs(task.payload)))
            except Exception as error:
                raise_if_full(error)
                yield Outcome(task, error=error)
        if ready:
            yield from self._run(ready)

    def _with_inputs(self, planned: PlannedOutput) -> Resolved:
        assert planned.resolved is not None
        media = {r: derive.materialise(m) for r, m in visible_media(planned.sample, self.control).items()}
        return replace(planned.resolved, request=replace(planned.resolved.request, media=media))

    def _run(self, ready: Sequence[tuple[Task, Resolved]]) -> Iterator[Outcome]:
        parts: list[Path] = []
        answered: set[str] = set()
        try:
            for task, _ in ready:
                parts.append(self.run.part_folder(task.payload.sample.id, task.payload.seed))
            if not self.loaded:
                self.adapter.load(self.device)
                self.loaded = True
            waiting = {_place(resolved): (task, part) for (task, resolved), part in zip(ready, parts, strict=True)}
            with closing(iterator(self.adapter.generate([resolved for _, resolved in ready], parts))) as made:
                yield from self._finished(made, waiting, answered)
            for task, _ in waiting.values():
                answered.add(task.id)
                yield Outcome(task, error=VbenchError("the adapter gave nothing back for this sample"))
        except Exception as error:
            raise_if_full(error)
            rest = [(task, resolved) for task, resolved in ready if task.id not in answered]
            if out_of_memory(error) and len(rest) > 1:
                log.warning("out of memory at batch %d, halving", len(rest))
                middle = (len(rest) + 1) // 2
                yield from self._run(rest[:middle])
                yield from self._run(rest[middle:])
            else:
                yield from (Outcome(task, error=error) for task, _ in rest)
        finally:
            for part in parts:
                shutil.rmtree(part, ignore_errors=True)

    def _finished(self, made: Iterator[Generated], waiting: Waiting, answered: set[str]) -> Iterator[Outcome]:
        """Measured and published outputs, as they come; a few at a time where the adapter makes many at once."""
        many = getattr(self.adapter, "together", 1) > 1
        pending: deque[Future[Outcome]] = deque()
        with ThreadPoolExecutor(FINISHERS) as pool:
            try:
                for generated in made:
                    place = _place(generated.resolved)
                    if place not in waiting:
                        raise VbenchError(f"the adapter gave back {place[0]!r} (seed {place[1]}) unasked")
                    task, part = waiting.pop(place)
                    answered.add(task.id)
                    if not many:
                        yield self._finish(task, generated, part)
                        continue
                    pending.append(pool.submit(self._finish, task, generated, part))
                    while pending and (pending[0].done() or len(pending) > 2 * FINISHERS):
                        yield pending.popleft().result()
            except Exception:
                yield from (future.result() for future in pending)
                raise
            yield from (future.result() for future in pending)

    def _finish(self, task: Task, generated: Generated, part: Path) -> Outcome:
        planned: PlannedOutput = task.payload
        if generated.status != "ok":
            error = generated.error or VbenchError(f"the method reported {generated.status}")
            raise_if_full(error)
            value = {"status": generated.status, "error": error_of(error), "provenance": dict(generated.provenance)}
            return Outcome(task, value=value)
        try:
            facts = describe_outputs(generated, part)
            final = self.run.publish(part, planned.sample.id, planned.seed)
        except Exception as error:
            raise_if_full(error)
            return Outcome(task, error=error)
        for item in facts["outputs"].values():
            item["path"] = str((final / item["path"]).relative_to(self.run.path))
        return Outcome(task, value={"status": "ok", **facts})


def describe_outputs(generated: Generated, part: Path) -> Row:
    """The measured facts of one finished sample; paths are relative to its folder. Raises `BadMedia` if broken."""
    from vbench_py.video import file_sha256, probe

    outputs: dict[str, Any] = {}
    facts: Row = {}
    for name, path in generated.outputs.items():
        path = Path(path)
        if not path.is_relative_to(part):
            raise VbenchError(f"the method wrote {name} to {path}", mend="outputs go into the folder that it was given")
        relative = path.relative_to(part)
        outputs[name] = {"path": str(relative), "sha256": file_sha256(path)}
        pictured = name.partition("/")[0] in ("video", "depth", "view", "scene")
        if pictured and (name == "video" or not facts):
            info = probe(path)
            facts = {"frames": info.frames, "fps": info.fps, "width": info.width, "height": info.height}
            # Frames that were lossy before they came into a lossless file stay what their maker says.
            stated = "" if generated.encoding in ("lossless", info.encoding) else generated.encoding
            facts["encoding"] = stated or ("lossless" if info.lossless else info.encoding)
    if not outputs:
        raise VbenchError("the method wrote no output")
    identity = key("outputs", sorted((name, item["sha256"]) for name, item in outputs.items()))
    timeline = [{"first": c.first, "last": c.last, "emitted_at": c.emitted_at} for c in generated.timeline]
    return {
        **facts,
        "outputs": outputs,
        "identity": identity,
        "seconds": dict(generated.seconds),
        "timeline": timeline,
        "peak_memory_bytes": generated.peak_memory_bytes,
        "provenance": dict(generated.provenance),
    }


def generate(
    planned: Sequence[PlannedOutput],
    adapter: Adapter,
    run: RunFolder,
    *,
    control: str = "",
    progress: Progress,
    failures: Failures,
    device: str = "cpu",
    batch_size: int = 1,
    most: int | None = None,
    engine: Engine | None = None,
) -> None:
    """Makes every output that is still to do; each becomes a row when it is finished, failed ones with the reason.

    `most` is how many samples a batch may have where they must not depend on those beside them.
    """
    writer = run.writer("generated")

    def record(outcome: Outcome, seconds: float) -> None:
        item = outcome.task.payload
        value = outcome.value or {"status": "failed", "error": error_of(outcome.error or VbenchError("no outcome"))}
        writer.append(_row(item, {"wall_seconds": seconds, **value}))
        progress.advance(value.get("frames") or 0)
        if value["status"] != "ok":
            failures.add(value["status"], failures.name(run, item.sample.id, item.seed), value["error"]["message"])

    try:
        for item in planned:
            if item.state == "unsupported" and item.row is None:
                error = {"type": "Unsupported", "message": item.reason, "traceback": ""}
                writer.append(_row(item, {"status": "unsupported", "error": error}))
                failures.add("unsupported", failures.name(run, item.sample.id, item.seed), item.reason)
        todo = sorted((item for item in planned if item.state == "todo"), key=_group_order(planned))
        progress.start("generate", len(todo))
        for item in (item for item in todo if item.error is not None):
            record(Outcome(Task(item.key, item), error=item.error), 0.0)
        tasks = [Task(item.key, item) for item in todo if item.error is None]
        together = samples_together(adapter, batch_size, most)
        make = partial(GenerationWorker, adapter, run, control, device, together)
        started = time.perf_counter()
        with closing(iterator((engine or Local()).run(make, tasks))) as outcomes:
            for outcome in outcomes:
                record(outcome, time.perf_counter() - started)
                started = time.perf_counter()
    finally:
        writer.close()


def samples_together(adapter: Adapter, batch_size: int, most: int | None) -> int:
    """Samples in a batch: `batch_size`, or as many as the adapter wants `together` (requests to a server, a list for
    one process); at most `most`, but for adapters whose samples are `independent`.
    """
    together = max(batch_size, getattr(adapter, "together", 1))
    return together if most is None or getattr(adapter, "independent", False) else min(together, most)


def _group_order(planned: Sequence[PlannedOutput]) -> Callable[[PlannedOutput], int]:
    """Requests that may share a batch stand together, groups in order of first appearance."""
    first: dict[str, int] = {}
    for index, item in enumerate(planned):
        if item.resolved is not None:
            first.setdefault(item.resolved.group, index)
    return lambda item: first[item.resolved.group] if item.resolved is not None else -1


def _row(item: PlannedOutput, value: Row) -> Row:
    row: Row = {
        "key": item.key,
        "sample": item.sample.id,
        "seed": item.seed,
        "group": item.sample.group,
        "attempt": item.attempt,
        "prompt": item.sample.prompt,
        "created": time.time(),
    }
    if item.resolved is not None:
        resolved = item.resolved
        row["requested"] = dict(resolved.request.parameters)
        row["resolved"] = dict(resolved.parameters)
        row["seed_applied"] = resolved.seed_applied
        row["prompt_used"] = resolved.prompt_used
        row["prompt_policy"] = resolved.prompt_policy
    return {**row, **value}


def _place(resolved: Resolved) -> tuple[str, int]:
    return resolved.request.sample.id, resolved.request.seed


def iterator(items: Iterable[Item]) -> Generator[Item, None, None]:
    """Items as a generator, which can be closed, and then closes a generator that they come from."""
    yield from items
