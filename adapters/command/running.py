"""Batches through foreign code: a process a sample, a process a batch, or a worker that stays loaded."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vbench_py.adapters.command.collect import Collector
from vbench_py.adapters.command.inputs import write_inputs
from vbench_py.adapters.command.place import make_place
from vbench_py.adapters.command.scope import Item, Place
from vbench_py.adapters.command.words import call_arguments, command_words, variables
from vbench_py.isolate.builders import interpreter
from vbench_py.isolate.client import Worker
from vbench_py.isolate.command import run_program
from vbench_py.isolate.environments import Environment
from vbench_py.isolate.errors import ForeignError
from vbench_py.isolate.process import Limits
from vbench_py.recipe_card import RecipeCard, RunCard
from vbench_py.types import Generated, Resolved, StorageError, Unsupported

log = logging.getLogger(__name__)
PROGRAMS = Path(__file__).resolve().parent.parent / "programs"


@dataclass
class Runner:
    """One mode of a recipe, ready to run: its environment is built, its code checked out, its weights are here."""

    recipe: RecipeCard
    run: RunCard
    environment: Environment
    tree: Path
    weights: Mapping[str, Path]
    options: Mapping[str, Any]
    device: str
    limits: Limits = field(default_factory=Limits)
    seconds: float | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    gpus: str = ""
    """CUDA_VISIBLE_DEVICES of the process: some code starts a process on every GPU that it sees."""
    _worker: Worker | None = None
    _loaded_in: Place | None = None

    def generate(self, batch: Sequence[Resolved], out: Sequence[Path]) -> Iterator[Generated]:
        """One `Generated` a sample. What breaks one sample fails it alone: a batch that fails is tried one by one."""
        size = len(batch) if self.run.exec == "batch" else 1
        if self.run.exec == "batch" and self.run.batch:
            size = min(size, self.run.batch)
        for start in range(0, len(batch), size):
            yield from self._together(batch[start : start + size], out[start : start + size])

    def close(self) -> None:
        if self._worker is not None:
            self._worker.close()
        if self._loaded_in is not None:
            shutil.rmtree(self._loaded_in.scratch, ignore_errors=True)
        self._worker = self._loaded_in = None

    def _together(self, batch: Sequence[Resolved], out: Sequence[Path]) -> Iterator[Generated]:
        place = make_place(self.run, self.tree, self.weights, self.recipe)
        items = [
            Item(resolved, index, len(batch), place, self.device, self.options, self.weights)
            for index, resolved in enumerate(batch)
        ]
        try:
            try:
                yield from self._made(items, out, place)
                return
            except StorageError:
                raise
            except Exception as error:
                if len(batch) == 1:
                    status = "unsupported" if isinstance(error, Unsupported) else "failed"
                    yield Generated(batch[0], status=status, error=error, provenance=dict(self.provenance))  # type: ignore[arg-type]
                    return
                log.warning("a batch of %d failed (%s); its samples are tried one by one", len(batch), error)
        finally:
            if not self.options.get("keep_scratch"):
                shutil.rmtree(place.scratch, ignore_errors=True)
        for resolved, folder in zip(batch, out, strict=True):
            yield from self._together([resolved], [folder])

    def _made(self, items: Sequence[Item], out: Sequence[Path], place: Place) -> Iterator[Generated]:
        """Inputs, program, outputs. Raises what kept the whole batch; an output's own fault is its row."""
        seconds: dict[str, float] = {}
        began = time.perf_counter()
        changed = write_inputs(self.run, items)
        seconds["inputs"] = time.perf_counter() - began
        since = time.time()
        told = self._call(items[0], seconds) if self.run.exec == "worker" else self._start(items, place, seconds)
        collector = Collector(items, since)
        share = {name: value / len(items) for name, value in seconds.items()}
        for item, folder in zip(items, out, strict=True):
            provenance = {**self.provenance, **told, **({"inputs": changed} if changed else {})}
            began = time.perf_counter()
            try:
                outputs = collector.collect(list(self.run.outputs.values()), item, folder)
            except ForeignError as error:
                yield Generated(item.resolved, status="failed", error=error, provenance=provenance)
                continue
            collected = {"collect": time.perf_counter() - began}
            stated = next((card.encoding for card in self.run.outputs.values() if card.encoding), "")
            yield Generated(
                item.resolved,
                outputs,
                seconds=share | collected,
                encoding=stated or "lossless",
                peak_memory_bytes=told.get("peak_memory_bytes"),
                provenance=provenance,
            )

    def _variables(self, item: Item) -> dict[str, str]:
        return {"CUDA_VISIBLE_DEVICES": self.gpus, **variables(self.run, item)}

    def _python(self, place: Place) -> list[str]:
        seen = [place.scratch, self.tree, PROGRAMS, *self.weights.values()]
        return interpreter(self.environment, seen, list(self.run.variables))

    def _start(self, items: Sequence[Item], place: Place, seconds: dict[str, float]) -> dict[str, Any]:
        words = command_words(self.run, items[0])
        ran = run_program(
            self._python(place), words, folder=place.folder, scratch=place.scratch, log=place.scratch / "log.txt",
            environment_bin=self.environment.bin, variables=self._variables(items[0]), limits=self.limits,
            seconds=self.seconds or self.run.seconds * len(items),
        )  # fmt: skip
        seconds["generate"] = ran.seconds
        return {"command": [self._hidden(word, place) for word in words], "samples_in_process": len(items)}

    def _hidden(self, word: str, place: Place) -> str:
        """A word without this machine's folders."""
        for path, name in ((place.checkout, "{checkout}"), (place.scratch, "{scratch}"), (self.tree, "{checkout}")):
            word = word.replace(str(path), name)
        return word

    def _call(self, item: Item, seconds: dict[str, float]) -> dict[str, Any]:
        worker = self._ready(item, seconds)
        answer = worker.call(
            call_arguments(self.run.call, item), method=self.run.method, scratch=item.place.scratch,
            arrays=item.place.out, seconds=self.seconds or self.run.seconds,
        )  # fmt: skip
        seconds |= {name: float(taken) for name, taken in _table(answer.value, "seconds").items()}
        seconds.setdefault("generate", answer.seconds)
        told = _table(answer.value, "provenance")
        return {**told, "peak_memory_bytes": answer.peak_memory_bytes, "worker_starts": worker.starts}

    def _ready(self, item: Item, seconds: dict[str, float]) -> Worker:
        """The worker, loaded. What its setup names (weights, checkout) is the same for every sample."""
        if self._worker is not None and self._worker.running:
            return self._worker
        self.close()
        place = make_place(self.run, self.tree, self.weights, self.recipe)
        loading = Item(item.resolved, 0, 1, place, self.device, self.options, self.weights)
        target = f"{PROGRAMS / self.run.program}.py:Program" if self.run.program else self.run.target
        name, _, attribute = target.rpartition(":")
        if name.endswith(".py") and not self.run.program:
            target = f"{place.checkout / name}:{attribute}"
        worker = Worker(
            self._python(place), target, call_arguments(self.run.setup, loading), self.run.setup_method,
            [str(place.folder)], place.folder, self.environment.bin, self._variables(loading), self.limits,
        )  # fmt: skip
        began = time.perf_counter()
        self._worker, self._loaded_in = worker, place
        worker.start()
        seconds["load"] = time.perf_counter() - began
        return worker


def _table(value: Any, name: str) -> dict[str, Any]:
    """The table of that name in what a program answered; empty where it has none."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return dict(found) if isinstance(found, Mapping) else {}
