"""Every card for diffusers whose class has a tiny checkpoint, through the real pipeline: from_pretrained to files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.adapters.helpers import run, waves
from tests.adapters.tiny import classes
from tests.adapters.tiny.cases import Case, cases
from vbench_py.adapters.diffusers import Diffusers
from vbench_py.promises.clips import write_inputs
from vbench_py.types import Generated, Request, Resolved, Sample
from vbench_py.video import probe, read, read_chunks

Tiny = Callable[[str], Path]
CLIP = (9, 48, 64)
SLACK = 1
"""Grey levels that a pixel may differ by alone and in a batch: float sums are ordered otherwise."""
BATCHED = [name for name, case in cases().items() if case.mode.batching == "batch"]


def adapter(case: Case, tiny: Tiny, **options: object) -> Diffusers:
    return Diffusers(case.card, {**case.options(tiny(case.checkpoint)), **options})


def requests(case: Case, folder: Path, seeds: Sequence[int]) -> list[Request]:
    media = write_inputs(folder / "in", case.mode.required, waves(*CLIP), case.mode.task)
    schedule = ((0, "a red car"), (3, "a blue car")) if "prompt_schedule" in case.mode.texts else ()
    sample = Sample("s", case.mode.task, prompt="a red car", prompt_schedule=schedule, seeds=tuple(seeds))
    return [Request(replace(sample, id=f"s{seed}"), seed, media=media) for seed in seeds]


def made(case: Case, tiny: Tiny, folder: Path, seeds: Sequence[int], **options: object) -> list[Generated]:
    every = run(adapter(case, tiny, **options), requests(case, folder, seeds), folder / "out")
    for one in every:
        if one.error is not None:
            raise one.error
    return every


def pixels(generated: Generated) -> np.ndarray:
    if "video" in generated.outputs:
        return read(generated.outputs["video"])
    return np.concatenate(list(read_chunks(generated.outputs["depth"])))


def planned_shape(resolved: Resolved) -> tuple[int | None, int | None, int | None]:
    return tuple(resolved.parameters[name] for name in ("frames", "height", "width"))  # type: ignore[return-value]


def test_every_class_with_a_tiny_checkpoint_has_a_card() -> None:
    assert not sorted(classes() - {case.pipeline for case in cases().values()})


@pytest.mark.parametrize("name", cases())
def test_a_card_runs_with_the_shape_that_was_planned(name: str, tiny: Tiny, tmp_path: Path) -> None:
    """Same seed same pixels after a fresh load, another seed other pixels, the promised outputs, the planned shape."""
    case = cases()[name]
    zero, one = made(case, tiny, tmp_path, (0, 1), batch_check=False)
    again, *_ = made(case, tiny, tmp_path / "again", (0, 1) if name in BATCHED else (0,), batch_check=False)
    assert set(case.mode.outputs) <= set(zero.outputs)
    video = pixels(zero)
    for asked, got in zip(planned_shape(zero.resolved), video.shape[:3], strict=True):
        assert asked in (None, got)
    assert not np.array_equal(video, pixels(one))
    assert np.array_equal(video, pixels(again))
    assert zero.provenance.get("initial_noise") == again.provenance.get("initial_noise")
    assert zero.seconds["generate"] > 0 and zero.seconds["load"] > 0


@pytest.mark.parametrize("name", BATCHED)
def test_a_sample_starts_from_the_same_noise_alone_and_in_a_batch(name: str, tiny: Tiny, tmp_path: Path) -> None:
    case = cases()[name]
    first, second = made(case, tiny, tmp_path, (0, 1))
    (alone,) = made(case, tiny, tmp_path / "alone", (1,))
    assert first.provenance["batch"] == second.provenance["batch"] == 2
    assert second.provenance["initial_noise"] == alone.provenance["initial_noise"]
    assert first.provenance["initial_noise"] != second.provenance["initial_noise"]
    compared = first.provenance["alone_and_in_batch"]
    assert compared["equal_noise"] and compared["max"] <= SLACK


def test_every_output_is_stored_exactly(tiny: Tiny, tmp_path: Path) -> None:
    (one,) = made(cases()["wan-2.1-t2v-1.3b:t2v"], tiny, tmp_path, (0,))
    assert probe(one.outputs["video"]).lossless
