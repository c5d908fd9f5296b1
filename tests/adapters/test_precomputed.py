"""Videos that exist already: matching, linking, and what is said of the ones that do not fit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.adapters.helpers import method, run, waves
from vbench_py.adapters.precomputed import Precomputed
from vbench_py.types import BadMedia, Request, Sample, Unsupported, UsageError
from vbench_py.video import read, write_video

SAMPLES = [
    Sample(id="one", task="t2v", prompt="A red car", seeds=(0, 1)),
    Sample(id="two", task="t2v", prompt="Two 'quoted' dogs", seeds=(0, 1)),
]


def clip(path: Path, frames: int = 2) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_video(path, waves(frames), fps=8.0)
    return path


def of_folder(folder: Path) -> Precomputed:
    return Precomputed(method("precomputed"), {"videos": str(folder)})


def of_manifest(manifest: Path) -> Precomputed:
    return Precomputed(method("precomputed"), {"manifest": str(manifest)})


def test_a_folder_gives_found_missing_and_unmatched(tmp_path: Path) -> None:
    for name in ("one-0", "A red car-1", "Two 'quoted' dogs-1", "holiday"):
        clip(tmp_path / f"{name}.mkv")
    matching = of_folder(tmp_path).match(SAMPLES)
    assert {key: row.name for key, row in matching.found.items()} == {
        ("one", 0): "one-0.mkv",
        ("one", 1): "A red car-1.mkv",
        ("two", 1): "Two 'quoted' dogs-1.mkv",
    }
    assert matching.missing == [("two", 0)]
    assert matching.unmatched == [tmp_path / "holiday.mkv"]


def test_a_folder_that_moves_keeps_its_identity(tmp_path: Path) -> None:
    assert of_folder(tmp_path / "a" / "videos").identity() == of_folder(tmp_path / "b" / "videos").identity()


def test_the_harness_own_layout_is_matched(tmp_path: Path) -> None:
    clip(tmp_path / "one__s1" / "video.mkv")
    assert list(of_folder(tmp_path).match(SAMPLES).found) == [("one", 1)]


def test_two_files_for_one_pair_are_refused_by_both_names(tmp_path: Path) -> None:
    clip(tmp_path / "one-0.mkv")
    clip(tmp_path / "A red car-0.mkv")
    with pytest.raises(UsageError, match=r"A red car-0\.mkv.*one-0\.mkv"):
        of_folder(tmp_path).match(SAMPLES)


def test_a_pair_without_a_file_is_unsupported_and_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match=r"'one-<seed>'.*for seed 1"):
        of_folder(tmp_path).plan(Request(sample=SAMPLES[0], seed=1))


def test_a_planned_pair_needs_no_match_before(tmp_path: Path) -> None:
    clip(tmp_path / "one-1.mkv")
    assert of_folder(tmp_path).plan(Request(sample=SAMPLES[0], seed=1)).parameters["file"] == "one-1.mkv"


def test_a_replaced_video_is_another_output(tmp_path: Path) -> None:
    clip(tmp_path / "one-0.mkv", frames=2)
    before = of_folder(tmp_path).plan(Request(sample=SAMPLES[0], seed=0))
    (tmp_path / "one-0.mkv").unlink()
    clip(tmp_path / "one-0.mkv", frames=3)
    assert of_folder(tmp_path).plan(Request(sample=SAMPLES[0], seed=0)).parameters != before.parameters


def test_the_video_arrives_byte_for_byte_and_stays_where_it_was(tmp_path: Path) -> None:
    source = clip(tmp_path / "in" / "one-0.mkv")
    (made,) = run(of_folder(tmp_path / "in"), [Request(sample=SAMPLES[0], seed=0)], tmp_path / "out")
    assert made.status == "ok"
    assert made.outputs["video"].read_bytes() == source.read_bytes()


def test_a_lossless_video_is_recorded_as_lossless(tmp_path: Path) -> None:
    clip(tmp_path / "in" / "one-0.mkv")
    (made,) = run(of_folder(tmp_path / "in"), [Request(sample=SAMPLES[0], seed=0)], tmp_path / "out")
    assert made.encoding == "lossless"


def test_a_lossy_video_carries_its_encoding(tmp_path: Path) -> None:
    write_video(tmp_path / "one-0.mp4", waves(2), fps=8.0, encoding="h264-crf23")
    (made,) = run(of_folder(tmp_path), [Request(sample=SAMPLES[0], seed=0)], tmp_path / "out")
    assert made.encoding == "h264"


def test_a_gif_is_taken_as_it_is(tmp_path: Path) -> None:
    from PIL import Image

    images = [Image.fromarray(frame) for frame in waves(3)]
    images[0].save(tmp_path / "one-0.GIF", save_all=True, append_images=images[1:], duration=100)
    (made,) = run(of_folder(tmp_path), [Request(sample=SAMPLES[0], seed=0)], tmp_path / "out")
    assert (made.status, made.encoding, made.outputs["video"].suffix) == ("ok", "gif", ".gif")


def test_a_folder_of_images_is_a_video(tmp_path: Path) -> None:
    from PIL import Image

    frames = waves(3)
    (tmp_path / "in" / "one-0").mkdir(parents=True)
    for number, frame in enumerate(frames):
        Image.fromarray(frame).save(tmp_path / "in" / "one-0" / f"{number}.png")
    (made,) = run(of_folder(tmp_path / "in"), [Request(sample=SAMPLES[0], seed=0)], tmp_path / "out")
    np.testing.assert_array_equal(read(made.outputs["video"]), frames)


def test_a_corrupt_video_is_a_failed_row_and_the_next_one_is_served(tmp_path: Path) -> None:
    (tmp_path / "one-0.mp4").write_text("no video")
    clip(tmp_path / "two-0.mkv")
    requests = [Request(sample=sample, seed=0) for sample in SAMPLES]
    broken, fine = run(of_folder(tmp_path), requests, tmp_path / "out")
    assert (broken.status, type(broken.error), fine.status) == ("failed", BadMedia, "ok")


def test_a_manifest_gives_paths_seeds_encodings_and_parameters(tmp_path: Path) -> None:
    clip(tmp_path / "clips" / "a.mkv")
    text = 'id,path,seed,encoding,cfg,note\none,clips/a.mkv,1,h264-crf23,7.5,"with, comma"\n'
    (tmp_path / "videos.csv").write_text("\ufeff" + text, encoding="utf-8")
    adapter = of_manifest(tmp_path / "videos.csv")
    (made,) = run(adapter, [Request(sample=SAMPLES[0], seed=1)], tmp_path / "out")
    assert made.encoding == "h264-crf23"
    assert {"cfg": "7.5", "note": "with, comma"}.items() <= made.resolved.parameters.items()


def test_json_lines_keep_the_types_of_parameters(tmp_path: Path) -> None:
    clip(tmp_path / "a.mkv")
    (tmp_path / "videos.jsonl").write_text(json.dumps({"id": "one", "path": "a.mkv", "steps": 30}) + "\n\n")
    plan = of_manifest(tmp_path / "videos.jsonl").plan(Request(sample=SAMPLES[0], seed=0))
    assert plan.parameters["steps"] == 30


def test_rows_of_other_samples_are_unmatched(tmp_path: Path) -> None:
    (tmp_path / "videos.csv").write_text("id,path\none,a.mkv\nnobody,b.mkv\n")
    assert of_manifest(tmp_path / "videos.csv").match(SAMPLES).unmatched == [tmp_path / "b.mkv"]


def test_a_file_that_the_manifest_names_and_nobody_has_is_unsupported(tmp_path: Path) -> None:
    (tmp_path / "videos.csv").write_text("id,path\none,gone.mkv\n")
    with pytest.raises(Unsupported, match=r"gone\.mkv"):
        of_manifest(tmp_path / "videos.csv").plan(Request(sample=SAMPLES[0], seed=0))


def test_a_manifest_in_another_encoding_is_refused_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "made.csv").write_text("id,path\na,a.mkv\n", encoding="utf-16")
    with pytest.raises(UsageError, match="save it as UTF-8"):
        of_manifest(tmp_path / "made.csv").match(SAMPLES)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "id\none\n", "line 2: no 'path'"),
        ("a.csv", "id,path,seed\none,a.mkv,x\n", "line 2: seed 'x' is no whole number"),
        ("a.csv", "id,path\none,a.mkv\none,b.mkv\n", r"line 3: .*named twice: a\.mkv, b\.mkv"),
        ("a.csv", "id,path\none,a.mkv,3\n", "line 2: cells do not fit"),
        ("a.jsonl", '{"id": "one", "path"\n', "line 1: "),
        ("a.jsonl", '["one"]\n', "line 1: a row is an object"),
        ("a.txt", "", "neither .csv nor .jsonl"),
    ],
)
def test_a_malformed_manifest_names_its_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=message):
        of_manifest(tmp_path / name).match(SAMPLES)


@pytest.mark.parametrize("options", [{}, {"videos": "a", "manifest": "b"}, {"video": "a"}])
def test_wrong_options_are_refused_at_once(options: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        Precomputed(method("precomputed"), options)
