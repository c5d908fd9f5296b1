"""A loaded pipeline at work: from planned samples to files, alone or several in one call."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import diffusers
import numpy as np
import torch

from vbench_py.adapters.diffusers.arguments import mapping
from vbench_py.adapters.diffusers.calls import Call, call_of, together
from vbench_py.adapters.diffusers.loading import load_pipeline
from vbench_py.adapters.diffusers.memory import advice
from vbench_py.adapters.diffusers.mends import seeded
from vbench_py.adapters.diffusers.perframe import frame_by_frame
from vbench_py.adapters.diffusers.results import differences, frames_by_sample, sound_rate, write_sound
from vbench_py.adapters.diffusers.settings import Settings
from vbench_py.adapters.diffusers.watch import Watch, peak, reset_peak, watching
from vbench_py.adapters.outputs import GENERATE, WRITE, Clock, each
from vbench_py.cards import MethodCard, ModeCard
from vbench_py.types import Generated, Resolved, VbenchError
from vbench_py.video import write_video

log = logging.getLogger(__name__)
Item = tuple[Resolved, Path]


@dataclass(frozen=True)
class Ran:
    """What one call gave: (T, H, W, 3) uint8 a sample, what was watched, seconds a sample, bytes at the peak."""

    frames: list[np.ndarray]
    watch: Watch
    result: Any
    seconds: dict[str, float]
    memory: int | None


class Runner:
    """Holds one pipeline. `load_seconds` is told with the first sample that it makes."""

    def __init__(self, card: MethodCard, settings: Settings, device: str) -> None:
        self.card = card
        self.device = device
        self.loading = settings.loading()
        started = perf_counter()
        self.pipeline: Any = load_pipeline(settings, device, f"method {card.id}")
        self.load_seconds = perf_counter() - started
        self.told_load = False
        self.compared = False

    def serves(self, settings: Settings) -> bool:
        return bool(self.loading == settings.loading())

    def close(self) -> None:
        self.pipeline = None
        gc.collect()
        if self.device.startswith("cuda"):
            torch.cuda.empty_cache()

    def run(self, mode: ModeCard, settings: Settings, items: Sequence[Item]) -> Iterator[Generated]:
        """Samples of one shape. Where a call for several fails, each is made alone, so that errors stay with theirs."""
        batch, out = [resolved for resolved, _ in items], [folder for _, folder in items]
        made: list[Generated] | None = None
        if len(items) > 1 and mode.batching == "batch" and settings.free_noise is None and not settings.per_frame:
            try:
                made = self._together(mode, settings, items)
            except (torch.OutOfMemoryError, MemoryError):
                raise
            except Exception as error:
                log.warning("%s: a call for %d samples failed (%s); one by one", self.card.id, len(items), error)
                log.debug("the failed call", exc_info=True)
        if made is not None:
            yield from made
            return
        yield from each(batch, out, lambda resolved, folder: self._alone(mode, settings, (resolved, folder)))

    def _alone(self, mode: ModeCard, settings: Settings, item: Item) -> Generated:
        if settings.per_frame:
            made = frame_by_frame(self.pipeline, settings, mode, *item)
            return self._told(made)
        call = call_of(self.pipeline, settings, mode, item[0])
        try:
            ran = self._ran(settings, call.arguments, 1)
        except torch.OutOfMemoryError as error:
            raise VbenchError(f"out of memory on {self.device}", mend=advice(settings)) from error
        return self._written(settings, ran, 0, call, item)

    def _together(self, mode: ModeCard, settings: Settings, items: Sequence[Item]) -> list[Generated] | None:
        """All in one call, or None where they cannot be. Once, the first is made alone too, and compared."""
        calls = [call_of(self.pipeline, settings, mode, resolved) for resolved, _ in items]
        arguments = together(calls, mapping(settings, mode))
        if arguments is None:
            return None
        ran = self._ran(settings, arguments, len(items))
        made = [
            self._written(settings, ran, number, call, item)
            for number, (call, item) in enumerate(zip(calls, items, strict=True))
        ]
        if settings.batch_check and not self.compared:
            alone = self._ran(settings, call_of(self.pipeline, settings, mode, items[0][0]).arguments, 1)
            compared = {
                "equal_noise": alone.watch.noise[:1] == ran.watch.noise[:1],
                **differences(alone.frames[0], ran.frames[0]),
            }
            made[0].provenance = {**made[0].provenance, "alone_and_in_batch": compared}
            self.compared = True
        return made

    def _ran(self, settings: Settings, arguments: dict[str, Any], samples: int) -> Ran:
        clock = Clock()
        reset_peak(self.device)
        watched, same = watching(self.pipeline, clock, samples), seeded(arguments, self.device)
        with watched as watch, same, torch.inference_mode(), clock.phase(GENERATE):
            result = self.pipeline(**arguments)
            frames = frames_by_sample(getattr(result, settings.result), samples)
        seconds = {name: value / samples for name, value in clock.told().items()}
        return Ran(frames, watch, result, seconds, peak(self.device))

    def _written(self, settings: Settings, ran: Ran, number: int, call: Call, item: Item) -> Generated:
        """Sample `number` of a call as files. A call's seconds are shared out evenly among its samples."""
        resolved, folder = item
        video, samples = ran.frames[number], len(ran.frames)
        started = perf_counter()
        outputs = {"video": folder / "video.mkv"}
        write_video(outputs["video"], video, fps=call.fps)
        record: dict[str, Any] = {**call.record, "batch": samples}
        if len(ran.watch.noise) == samples:
            record["initial_noise"] = ran.watch.noise[number]
        sound = getattr(ran.result, settings.sound, None) if settings.sound else None
        if sound is not None:
            rate = sound_rate(self.pipeline, settings.sound_rate)
            outputs["audio"] = folder / "audio.wav"
            write_sound(outputs["audio"], sound[number], rate)
            record["audio"] = {"rate": rate, "encoding": "pcm-s16"}
        if rounded := call.rounded(video.shape):
            record["rounded_by_pipeline"] = rounded
        seconds = {**ran.seconds, WRITE: perf_counter() - started}
        made = Generated(resolved, outputs, seconds=seconds, peak_memory_bytes=ran.memory, provenance=record)
        if samples == 1:
            made.timeline = ran.watch.timeline(len(video))
        return self._told(made)

    def _told(self, made: Generated) -> Generated:
        """With how it was run on the record, and the seconds of loading on the first."""
        run = {
            "diffusers": diffusers.__version__,
            "attention": self.loading["attention"] or "default",
            "offload": self.loading["offload"],
            "generator": "cpu",
        }
        made.provenance = {**run, **made.provenance}
        if not self.told_load:
            made.seconds = {**made.seconds, "load": self.load_seconds}
            self.told_load = True
        return made
