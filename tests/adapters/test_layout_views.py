"""Grids of views x time inside a folder of samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.adapters.helpers import run, waves
from tests.adapters.layout_trees import adapter, frames, match, tree, why
from vbench_py.adapters.matching import Matching
from vbench_py.types import Generated, Request, Sample, UsageError
from vbench_py.video import probe, read, write_video

OBJECTS = [Sample(f"consistent4d/{name}", "novel_view_4d") for name in ("aurorus", "pistol")]
ROUND = [Sample("world/balls", "novel_view_4d", facts={"azimuths": [20, 60, 100]}, seeds=(0, 1))]


def grids(found: Matching) -> dict[tuple[str, int], list[str]]:
    return {key: list(row.parts) for key, row in found.found.items()}


def made(root: Path, out: Path, sample: Sample, layout: str = "auto", **options: Any) -> Generated:
    (one,) = run(adapter(root, layout, **options), [Request(sample=sample, seed=0)], out)
    return one


@pytest.mark.parametrize(
    "names",
    [
        ("pistol/000.mp4", "pistol/030.mp4"),
        ("pistol/view/000.mp4", "pistol/view/030.mp4"),
        ("consistent4d/pistol/views/000.gif", "consistent4d/pistol/views/030.gif"),
        ("pistol/view_000.mp4", "pistol/view_030.mp4"),
        ("pistol/azimuth_000.mp4", "pistol/azimuth_030.mp4"),
        ("pistol__s0/view/000.mkv", "pistol__s0/view/030.mkv"),
    ],
)
@pytest.mark.parametrize("layout", ["auto", "views-4d"])
def test_views_of_a_sample_are_one_grid(tmp_path: Path, names: tuple[str, ...], layout: str) -> None:
    samples = [*OBJECTS, Sample("pistol", "novel_view_4d")] if "__s" in names[0] else OBJECTS
    found = match(tree(tmp_path, names), layout, samples)
    assert list(grids(found).values()) == [["view/000", "view/030"]]
    assert not found.unmatched


def test_folders_of_frames_are_views(tmp_path: Path) -> None:
    frames(tmp_path, (f"aurorus/eval_{number}" for number in range(4)), name="{}.png")
    found = match(tmp_path, "views-4d", OBJECTS)
    assert grids(found) == {("consistent4d/aurorus", 0): ["view/0", "view/1", "view/2", "view/3"]}


def test_the_names_of_sv4d_in_a_folder_for_each_sample(tmp_path: Path) -> None:
    tree(tmp_path, (f"pistol/sv4d2/000000_{end}.mp4" for end in ("v001", "v002", "t000", "diag", "process_input")))
    found = match(tmp_path, "views-4d", OBJECTS)
    assert grids(found) == {("consistent4d/pistol", 0): ["view/001", "view/002"]}
    assert {path.stem[7:] for path in found.unmatched} == {"t000", "diag", "process_input"}


def test_the_names_of_sv4d_beside_each_other_need_the_samples_name(tmp_path: Path) -> None:
    tree(tmp_path, ("000000_v001.mp4", "pistol_v001.mp4"))
    found = match(tmp_path, "views-4d", OBJECTS)
    assert grids(found) == {("consistent4d/pistol", 0): ["view/001"]}
    assert "counts SV4D's runs" in why(found, "000000_v001.mp4")


def test_the_sides_of_diffusion4d_are_views(tmp_path: Path) -> None:
    tree(tmp_path, (f"pistol/{side}_frame{n}.png" for side in ("front", "left") for n in range(12)))
    tree(tmp_path, (f"aurorus/multi_frame{n}.png" for n in range(3)))
    found = match(tmp_path, "views-4d", OBJECTS)
    assert grids(found) == {("consistent4d/pistol", 0): ["view/front", "view/left"]}
    assert "an orbit" in why(found, "aurorus")


def test_numbers_are_called_as_the_azimuths_of_the_suite(tmp_path: Path) -> None:
    tree(tmp_path, ("balls/20.mp4", "balls/060.mp4", "balls/100.mp4"))
    assert grids(match(tmp_path, "views-4d", ROUND)) == {("world/balls", 0): ["view/020", "view/060", "view/100"]}


def test_two_media_of_one_view_are_refused(tmp_path: Path) -> None:
    tree(tmp_path, ("balls/20.mp4", "balls/020.mp4"))
    with pytest.raises(UsageError, match=r"both '(20|020)\.mp4' and '(20|020)\.mp4' are view 020"):
        match(tmp_path, "views-4d", ROUND)


def test_a_folder_that_fits_two_samples_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, ("pistol/000.mp4",))
    with pytest.raises(UsageError, match=r"'pistol' fits sample 'a/pistol' and sample 'b/pistol'"):
        match(tmp_path, "views-4d", [Sample(f"{root}/pistol", "novel_view_4d") for root in "ab"])


def test_a_view_is_never_taken_for_a_seed(tmp_path: Path) -> None:
    tree(tmp_path, ("world/balls/0.mp4", "world/balls/1.mp4"))
    assert grids(match(tmp_path, "auto", ROUND)) == {("world/balls", 0): ["view/0", "view/1"]}


def test_other_files_of_a_sample_and_other_samples_are_left(tmp_path: Path) -> None:
    tree(tmp_path, ("pistol/000.mp4", "pistol/input.mp4", "camel/000.mp4"))
    found = match(tmp_path, "views-4d", OBJECTS)
    assert {path.relative_to(tmp_path).as_posix() for path in found.unmatched} == {"pistol/input.mp4", "camel/000.mp4"}


def clips(root: Path, *names: str) -> Path:
    for number, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        write_video(root / name, waves(3, speed=number + 1.0), fps=8)
    return root


def test_each_view_arrives_under_its_output(tmp_path: Path) -> None:
    clips(tmp_path / "in", "pistol/000.mkv", "pistol/030.mkv")
    one = made(tmp_path / "in", tmp_path / "out", OBJECTS[1])
    assert one.status == "ok", one.error
    assert list(one.outputs) == ["view/000", "view/030"]
    np.testing.assert_array_equal(read(one.outputs["view/030"]), waves(3, speed=2.0))
    assert probe(tmp_path / "out/0/view").views == ("000", "030")


def test_the_frames_of_diffusion4d_arrive_in_order(tmp_path: Path) -> None:
    (tmp_path / "in/pistol").mkdir(parents=True)
    shown = waves(12)
    for number, frame in enumerate(shown):
        Image.fromarray(frame).save(tmp_path / f"in/pistol/front_frame{number}.png")
    one = made(tmp_path / "in", tmp_path / "out", OBJECTS[1])
    np.testing.assert_array_equal(read(one.outputs["view/front"]), shown)


def test_a_replaced_view_is_another_output(tmp_path: Path) -> None:
    clips(tmp_path, "pistol/000.mkv", "pistol/030.mkv")
    request = Request(sample=OBJECTS[1], seed=0)
    before = adapter(tmp_path, "views-4d").plan(request).parameters["fingerprint"]
    write_video(tmp_path / "pistol/030.mkv", waves(4), fps=8)
    assert adapter(tmp_path, "views-4d").plan(request).parameters["fingerprint"] != before
