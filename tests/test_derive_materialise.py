"""Recipes made into files: identity, reuse, exact pixels, no leftovers."""

from __future__ import annotations

import multiprocessing
import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from tests.video_fixtures import moving_texture, numbered_frames
from vbench_py.derive import identity, materialise
from vbench_py.types import BadMedia, Media, Step, UsageError
from vbench_py.video import VideoWriter, file_sha256, probe, read, read_image, write_video

FRAMES = moving_texture(frames=9, height=48, width=64)
DOWN = Step("bicubic-down", {"scale": 4})


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mkv"
    write_video(path, FRAMES, fps=12)
    return path


def test_without_steps_it_is_the_file_itself(clip: Path, tmp_path: Path) -> None:
    assert materialise(Media(clip), tmp_path / "cache") == clip


def test_without_steps_the_identity_is_the_sha256(clip: Path) -> None:
    assert identity(Media(clip)) == file_sha256(clip)


def test_the_result_is_exact_and_lossless(clip: Path, tmp_path: Path) -> None:
    made = materialise(Media(clip, steps=(Step("trim", {"frames": 3}),)), tmp_path / "cache")
    np.testing.assert_array_equal(read(made), FRAMES[:3])


def test_steps_apply_in_order(clip: Path, tmp_path: Path) -> None:
    steps = (Step("trim", {"start": 2, "frames": 5}), Step("drop-frames", {"keep_every": 2}))
    np.testing.assert_array_equal(read(materialise(Media(clip, steps=steps), tmp_path)), FRAMES[[2, 4, 6]])


def test_the_frame_rate_follows_the_steps(clip: Path, tmp_path: Path) -> None:
    made = materialise(Media(clip, steps=(Step("drop-frames", {"keep_every": 2}),)), tmp_path)
    assert probe(made).fps == pytest.approx(6.0)


def test_a_first_frame_is_a_png(clip: Path, tmp_path: Path) -> None:
    made = materialise(Media(clip, steps=(Step("first-frame"),)), tmp_path)
    assert made.suffix == ".png"
    np.testing.assert_array_equal(read_image(made), FRAMES[0])


def test_a_second_call_reuses_the_file(clip: Path, tmp_path: Path) -> None:
    media = Media(clip, steps=(DOWN,))
    first = materialise(media, tmp_path / "cache")
    before = first.stat().st_mtime_ns
    assert materialise(media, tmp_path / "cache") == first
    assert first.stat().st_mtime_ns == before


def test_the_default_cache_is_the_shared_one(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VBENCH_PY_CACHE", str(tmp_path / "mine"))
    assert (tmp_path / "mine") in materialise(Media(clip, steps=(DOWN,))).parents


def test_the_identity_does_not_depend_on_the_path(clip: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere.mkv"
    shutil.copyfile(clip, copy)
    assert identity(Media(clip, steps=(DOWN,))) == identity(Media(copy, steps=(DOWN,)))


def test_a_spelt_out_default_is_the_same_identity(clip: Path) -> None:
    short = Media(clip, steps=(Step("gaussian-down"),))
    assert identity(short) == identity(Media(clip, steps=(Step("gaussian-down", {"scale": 4, "protocol": "duf"}),)))


@pytest.mark.parametrize(
    "other",
    [
        {"steps": (Step("bicubic-down", {"scale": 2}),)},
        {"steps": (DOWN, Step("first-frame"))},
        {"steps": (DOWN,), "seed": 1},
        {"steps": (DOWN,), "sha256": "0" * 64},
    ],
)
def test_anything_that_matters_changes_the_identity(clip: Path, other: dict[str, object]) -> None:
    assert identity(Media(clip, **other)) != identity(Media(clip, steps=(DOWN,)))  # type: ignore[arg-type]


def test_a_known_sha256_spares_reading_the_source(tmp_path: Path) -> None:
    assert identity(Media(tmp_path / "absent.mp4", sha256="ab" * 32, steps=(DOWN,)))


def test_a_bad_recipe_fails_before_the_source_is_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean"):
        materialise(Media(tmp_path / "absent.mp4", steps=(Step("bicubic-donw", {"scale": 4}),)), tmp_path)


def test_an_unsuitable_source_is_named_and_leaves_nothing(clip: Path, tmp_path: Path) -> None:
    media = Media(clip, steps=(Step("trim", {"frames": 100}),))
    with pytest.raises(BadMedia, match=r"clip\.mkv: cannot be made into trim"):
        materialise(media, tmp_path / "cache")
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


def test_images_without_a_clock_can_be_a_source(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    write_video(folder, numbered_frames(5), fps=8, encoding="png")
    made = materialise(Media(folder, steps=(Step("trim", {"frames": 2}),)), tmp_path)
    np.testing.assert_array_equal(read(made), numbered_frames(5)[:2])


def _make(job: tuple[Path, Path]) -> str:
    clip, cache = job
    return file_sha256(materialise(Media(clip, steps=(DOWN,)), cache))


def test_processes_that_make_the_same_at_once_agree(clip: Path, tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        made = pool.map(_make, [(clip, tmp_path / "cache")] * 4)
    assert len(set(made)) == 1
    assert len(list((tmp_path / "cache" / "media").iterdir())) == 1


def test_a_long_clip_never_sits_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.mkv"
    frames = numbered_frames(20, height=256, width=320)
    with VideoWriter(path, fps=24) as writer:
        for _ in range(20):
            writer.write(frames)
    whole = 400 * 256 * 320 * 3
    tracemalloc.start()
    materialise(Media(path, sha256="0" * 64, steps=(Step("modcrop", {"multiple": 4}),)), tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # A few chunks of 8 MiB are alive at once, whatever the length.
    assert peak < 0.4 * whole
