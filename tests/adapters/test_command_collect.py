"""Where outputs are found: the collectors, and what is refused as somebody else's."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.video_fixtures import moving_texture
from vbench_py.adapters.command.collect import Collector
from vbench_py.adapters.command.scope import Item, Place
from vbench_py.isolate.errors import ForeignAnswer
from vbench_py.recipe_card import OutputCard
from vbench_py.types import Request, Resolved, Sample
from vbench_py.video import probe, read, write_video

CLIP = moving_texture(frames=5, height=32, width=48, seed=1)


@pytest.fixture
def batch(tmp_path: Path) -> list[Item]:
    """Two samples, whose prompts hold what file names and globs must not."""
    (tmp_path / "out").mkdir()
    place = Place(tmp_path, tmp_path / "code", tmp_path / "code")
    items = []
    for index, prompt in enumerate(("a [red] car*?", "a cat")):
        request = Request(Sample(f"s{index}", "t2v", prompt=prompt), seed=3)
        resolved = Resolved(request, parameters={"fps": 8.0, "frames": None}, prompt_used=prompt)
        items.append(Item(resolved, index, 2, place, "cpu", {}, {}))
    return items


def collect(items: list[Item], index: int = 0, **card: Any) -> dict[str, Path]:
    collector = Collector(items, time.time())
    folder = items[0].place.scratch / f"made-{index}"
    folder.mkdir(exist_ok=True)
    return collector.collect([OutputCard.model_validate(card)], items[index], folder)


def video(path: Path, value: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_video(path, CLIP + np.uint8(value), fps=8)


def exact(made: Path, value: int = 0) -> bool:
    return np.array_equal(read(made), CLIP + np.uint8(value))


def test_an_exact_path(batch: list[Item], tmp_path: Path) -> None:
    video(tmp_path / "out" / "result.mkv")
    assert exact(collect(batch, path="{out}/result.mkv")["video"])


def test_the_stem_that_we_chose(batch: list[Item], tmp_path: Path) -> None:
    video(tmp_path / "out" / f"{batch[1].stem}.mkv", 1)
    video(tmp_path / "out" / f"{batch[0].stem}.mkv")
    assert exact(collect(batch, 1, path="{out}/{stem}.mkv")["video"], 1)


def test_a_number_in_the_name(batch: list[Item], tmp_path: Path) -> None:
    for index in range(2):
        video(tmp_path / "out" / f"{index:04d}-whatever.mkv", index)
    assert exact(collect(batch, 1, path="{out}/{index:04d}-*.mkv")["video"], 1)


def test_a_name_made_from_the_prompt_means_itself(batch: list[Item], tmp_path: Path) -> None:
    video(tmp_path / "out" / "a [red] car*?.mkv", 1)
    video(tmp_path / "out" / "a r carrot!.mkv", 2)
    assert exact(collect(batch, path="{out}/{prompt}.mkv")["video"], 1)


def test_frames_are_put_in_the_order_of_their_numbers(batch: list[Item], tmp_path: Path) -> None:
    for index in (10, 9, 1, 2, 0):
        (tmp_path / "out" / "f").mkdir(exist_ok=True)
        Image.fromarray(np.full((16, 16, 3), index, np.uint8)).save(tmp_path / "out" / "f" / f"frame{index}.png")
    made = collect(batch, kind="frames", path="{out}/f/*.png", fps=12)["video"]
    assert read(made)[:, 0, 0, 0].tolist() == [0, 1, 2, 9, 10]
    assert probe(made).fps == 12 and probe(made).lossless


def test_the_newest_of_time_stamped_folders(batch: list[Item], tmp_path: Path) -> None:
    for value, (name, age) in enumerate([("2024-01-01T10", 90), ("2024-01-01T11", 10)]):
        video(tmp_path / "out" / name / "sample.mkv", value)
        os.utime(tmp_path / "out" / name, (time.time() - age,) * 2)
    assert exact(collect(batch, path="{out}/*/sample.mkv", newest=True)["video"], 1)


def test_a_tree_has_one_output_a_view(batch: list[Item], tmp_path: Path) -> None:
    for view in range(4):
        video(tmp_path / "out" / f"view_{view}" / "video.mkv", view)
    made = collect(batch, kind="tree", output="view/{view}", path="{out}/*/video.mkv", view=r"view_(\d+)/", degrees=90)
    assert sorted(made) == ["view/000", "view/090", "view/180", "view/270"]
    assert exact(made["view/270"], 3)


@pytest.mark.parametrize("shape", [(5, 32, 48), (5, 1, 32, 48), (5, 32, 48, 1)])
def test_depth_as_an_array(batch: list[Item], tmp_path: Path, shape: tuple[int, ...]) -> None:
    depth = np.linspace(0.5, 4, 5 * 32 * 48, dtype=np.float32).reshape(shape)
    np.save(tmp_path / "out" / "d.npy", depth)
    made = collect(batch, kind="depth", output="depth", path="{out}/d.npy", unit="disparity")["depth"]
    assert probe(made).unit == "disparity"
    assert np.allclose(read(made)[..., 0], depth.reshape(5, 32, 48))


def test_an_array_of_an_npz_by_its_key(batch: list[Item], tmp_path: Path) -> None:
    np.savez(tmp_path / "out" / "d.npz", depths=np.ones((2, 4, 4), np.float16), fps=3)
    made = collect(batch, kind="depth", output="depth", path="{out}/d.npz", unit="relative", key="depths")
    assert read(made["depth"]).shape == (2, 4, 4, 1)


def test_floats_become_levels_by_their_scale(batch: list[Item], tmp_path: Path) -> None:
    np.save(
        tmp_path / "out" / "v.npy", np.array([-1.0, 0.0, 1.0], np.float32)[:, None, None, None] * np.ones((1, 8, 8, 3))
    )
    made = collect(batch, kind="array", path="{out}/v.npy", scale=[-1, 1])["video"]
    assert read(made)[:, 0, 0, 0].tolist() == [0, 128, 255]


def test_frames_may_be_cut_off(batch: list[Item], tmp_path: Path) -> None:
    np.save(tmp_path / "out" / "v.npy", CLIP)
    assert np.array_equal(read(collect(batch, kind="array", path="{out}/v.npy", cut="1:")["video"]), CLIP[1:])


def test_nothing_is_told_with_what_is_there_instead(batch: list[Item], tmp_path: Path) -> None:
    video(tmp_path / "out" / "other.mkv")
    with pytest.raises(ForeignAnswer, match=r"no output 'video': nothing fits .*there are out/other\.mkv"):
        collect(batch, path="{out}/result.mkv")


def test_too_many_are_told(batch: list[Item], tmp_path: Path) -> None:
    video(tmp_path / "out" / "a.mkv")
    video(tmp_path / "out" / "b.mkv")
    with pytest.raises(ForeignAnswer, match=r"2 files fit output 'video': out/a\.mkv, out/b\.mkv"):
        collect(batch, path="{out}/*.mkv")


def test_one_file_is_never_two_samples_output(batch: list[Item], tmp_path: Path) -> None:
    video(tmp_path / "out" / "a.mkv")
    collector = Collector(batch, time.time())
    card = OutputCard(path="{out}/*.mkv")
    (tmp_path / "m").mkdir()
    (tmp_path / "out" / "b.mkv").symlink_to(tmp_path / "out" / "a.mkv")
    collector._found(card, batch[0])
    collector._claim(tmp_path / "out" / "a.mkv", batch[0])
    with pytest.raises(ForeignAnswer, match="fits two samples"):
        collector._claim(tmp_path / "out" / "b.mkv", batch[1])


def test_a_link_out_of_the_scratch_folder_is_refused(
    batch: list[Item], tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "a.mkv"
    video(elsewhere)
    (batch[0].place.out / "a.mkv").symlink_to(elsewhere)
    with pytest.raises(ForeignAnswer, match="lies outside its scratch folder"):
        collect(batch, path="{out}/*.mkv")


def test_a_second_name_of_another_file_is_refused(batch: list[Item], tmp_path: Path) -> None:
    video(tmp_path / "theirs.mkv")
    os.link(tmp_path / "theirs.mkv", tmp_path / "out" / "a.mkv")
    with pytest.raises(ForeignAnswer, match="second name"):
        collect(batch, path="{out}/*.mkv")


def test_a_file_older_than_the_run_is_refused(batch: list[Item], tmp_path: Path) -> None:
    video(tmp_path / "out" / "a.mkv")
    os.utime(tmp_path / "out" / "a.mkv", (time.time() - 3600,) * 2)
    with pytest.raises(ForeignAnswer, match="older than the run"):
        collect(batch, path="{out}/*.mkv")


@pytest.mark.parametrize(
    ("array", "told"),
    [
        (np.zeros((4, 8, 8), np.uint8), r"\(frames, height, width, 3\) is wanted"),
        (np.zeros((4, 8, 8, 3), np.float32), "uint8 is wanted, or a scale"),
        (np.zeros((0, 8, 8, 3), np.uint8), "is wanted"),
    ],
)
def test_arrays_of_another_shape_are_named(batch: list[Item], tmp_path: Path, array: np.ndarray, told: str) -> None:
    np.save(tmp_path / "out" / "v.npy", array)
    with pytest.raises(ForeignAnswer, match=told):
        collect(batch, kind="array", path="{out}/v.npy")


def test_arrays_of_objects_are_never_unpickled(batch: list[Item], tmp_path: Path) -> None:
    np.save(tmp_path / "out" / "v.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ForeignAnswer, match="cannot be read"):
        collect(batch, kind="array", path="{out}/v.npy")


def test_another_number_of_frames_than_planned_is_refused(batch: list[Item], tmp_path: Path) -> None:
    video(tmp_path / "out" / "a.mkv")
    batch[0].resolved.parameters["frames"] = 16  # type: ignore[index]
    with pytest.raises(ForeignAnswer, match="it wrote 5 frames, 16 were planned"):
        collect(batch, path="{out}/a.mkv")


def test_depth_without_a_unit_is_refused(batch: list[Item], tmp_path: Path) -> None:
    np.save(tmp_path / "out" / "d.npy", np.ones((2, 4, 4), np.float32))
    with pytest.raises(ForeignAnswer, match="does not say the unit"):
        collect(batch, kind="depth", output="depth", path="{out}/d.npy")


def test_an_optional_output_may_be_absent(batch: list[Item]) -> None:
    assert collect(batch, path="{out}/a.wav", output="audio", optional=True) == {}
