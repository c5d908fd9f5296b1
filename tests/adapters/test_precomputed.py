"""Videos that exist already: matching, linking, and what is said of the ones that do not fit."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from tests.adapters.helpers import method, run, waves
from vbench_py.adapters.precomputed import Precomputed
from vbench_py.generate import describe_outputs
from vbench_py.types import BadMedia, Media, Request, Sample, Unsupported, UsageError
from vbench_py.video import probe, read, write_video

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


def test_a_number_beyond_the_seeds_is_left_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "A red car-9.mp4").touch()
    matching = of_folder(tmp_path).match(SAMPLES)
    assert matching.reasons == {tmp_path / "A red car-9.mp4": "number 9: the sample 'one' has seeds 0, 1"}


def test_names_that_count_from_1_are_told_where_no_layout_is_said(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"A red car-{number}.mp4").touch()
    with pytest.raises(UsageError, match=r"'one': its files count from 1, .* --set layout=vbench --set first=1"):
        of_folder(tmp_path).match(SAMPLES)


def test_one_prompt_with_two_sources_is_refused(tmp_path: Path) -> None:
    edits = [Sample(name, "editing", prompt="as snow", media={"source": Media(Path(name))}) for name in "ab"]
    (tmp_path / "as snow.mp4").touch()
    with pytest.raises(UsageError, match="'a' and sample 'b' equally well"):
        of_folder(tmp_path).match(edits)


def test_a_name_that_is_not_utf8_is_left_with_its_bytes_spelt_out(tmp_path: Path) -> None:
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/one-\xff.mp4"))).touch()
    matching = of_folder(tmp_path).match(SAMPLES)
    assert matching.reasons == {tmp_path / r"one-\xff.mp4": "its name is not UTF-8: rename it"}


def test_a_link_to_a_video_elsewhere_is_followed(tmp_path: Path) -> None:
    source = clip(tmp_path / "elsewhere" / "clip.mkv")
    (tmp_path / "in").mkdir()
    (tmp_path / "in/one-0.mkv").symlink_to(source)
    (made,) = run(of_folder(tmp_path / "in"), [Request(sample=SAMPLES[0], seed=0)], tmp_path / "out")
    assert made.outputs["video"].read_bytes() == source.read_bytes()


def test_a_link_that_leads_nowhere_is_unsupported(tmp_path: Path) -> None:
    (tmp_path / "one-0.mkv").symlink_to(tmp_path / "gone.mkv")
    with pytest.raises(Unsupported, match=r"one-0\.mkv, named for sample 'one', is not on disk"):
        of_folder(tmp_path).plan(Request(sample=SAMPLES[0], seed=0))


def pictures(folder: Path, frames: np.ndarray, suffix: str = "png") -> Path:
    from PIL import Image

    folder.mkdir(parents=True)
    for number, frame in enumerate(frames):
        Image.fromarray(frame).save(folder / f"{number:05d}.{suffix}")
    return folder


def test_images_with_a_stated_rate_become_a_video_of_that_rate(tmp_path: Path) -> None:
    pictures(tmp_path / "in" / "one-0", waves(3))
    adapter = Precomputed(method("precomputed"), {"videos": str(tmp_path / "in"), "fps": 24})
    (made,) = run(adapter, [Request(sample=SAMPLES[0], seed=0)], tmp_path / "out")
    assert probe(made.outputs["video"]).fps == 24.0
    np.testing.assert_array_equal(read(made.outputs["video"]), waves(3))
    assert "at 24 frames a second, as was said" in made.provenance["converted"]["video"]


def test_images_without_a_rate_get_none(tmp_path: Path) -> None:
    pictures(tmp_path / "in" / "one-0", waves(3))
    (made,) = run(of_folder(tmp_path / "in"), [Request(sample=SAMPLES[0], seed=0)], tmp_path / "out")
    assert probe(made.outputs["video"]).fps is None and "converted" not in made.provenance


def test_jpeg_frames_stay_lossy_in_a_lossless_file(tmp_path: Path) -> None:
    pictures(tmp_path / "in" / "one-0", waves(3), "jpg")
    adapter = Precomputed(method("precomputed"), {"videos": str(tmp_path / "in"), "fps": 24})
    (made,) = run(adapter, [Request(sample=SAMPLES[0], seed=0)], tmp_path / "out")
    assert describe_outputs(made, tmp_path / "out" / "0")["encoding"] == "jpeg"


def test_a_video_keeps_its_own_rate(tmp_path: Path) -> None:
    source = clip(tmp_path / "in" / "one-0.mkv")
    adapter = Precomputed(method("precomputed"), {"videos": str(tmp_path / "in"), "fps": 24})
    (made,) = run(adapter, [Request(sample=SAMPLES[0], seed=0)], tmp_path / "out")
    assert made.outputs["video"].read_bytes() == source.read_bytes()


def test_a_stated_rate_makes_another_output(tmp_path: Path) -> None:
    pictures(tmp_path / "one-0", waves(2))
    request = Request(sample=SAMPLES[0], seed=0)
    said = Precomputed(method("precomputed"), {"videos": str(tmp_path), "fps": 24}).plan(request)
    assert said.parameters != of_folder(tmp_path).plan(request).parameters


def test_options_are_part_of_the_identity(tmp_path: Path) -> None:
    said = Precomputed(method("precomputed"), {"videos": str(tmp_path), "layout": "vbench", "first": 1})
    assert said.identity() == f"videos:{tmp_path.name} layout=vbench first=1"


def test_rows_of_one_sample_by_output_are_its_outputs(tmp_path: Path) -> None:
    grid = [Sample("ball", "novel_view_4d")]
    for view in ("000", "090"):
        clip(tmp_path / f"made_{view}.mkv")
    lines = [f"ball,0,view/{view},made_{view}.mkv" for view in ("000", "090")]
    (tmp_path / "m.csv").write_text("\n".join(["id,seed,output,path", *lines]))
    (made,) = run(of_manifest(tmp_path / "m.csv"), [Request(sample=grid[0], seed=0)], tmp_path / "out")
    assert list(made.outputs) == ["view/000", "view/090"]


def test_a_file_that_is_not_what_the_manifest_says_is_refused(tmp_path: Path) -> None:
    clip(tmp_path / "a.mkv")
    (tmp_path / "m.csv").write_text(f"id,path,sha256\none,a.mkv,{'0' * 64}\n")
    (made,) = run(of_manifest(tmp_path / "m.csv"), [Request(sample=SAMPLES[0], seed=0)], tmp_path / "out")
    assert isinstance(made.error, BadMedia) and "is not the file that the manifest names" in str(made.error)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("one,0,../up,a.mkv,,", r"line 2: output '\.\./up'"),
        ("one,0,,a.mkv,feet,", "line 2: unit 'feet'"),
        ("one,0,,a.mkv,,fast", "line 2: fps 'fast' is no number above 0"),
        ("one,0,,a.mkv,,-1", "line 2: fps '-1' is no number above 0"),
        ("one,0,view/0,a.mkv,,\none,0,view/0,b.mkv,,", "line 3: .*named twice.*another output than 'view/0'"),
        ("one,0,view/0,a.mkv,,\none,0,,b.mkv,,", "line 3: .*named twice"),
    ],
)
def test_what_a_manifest_says_wrongly_names_its_line(tmp_path: Path, row: str, message: str) -> None:
    (tmp_path / "m.csv").write_text(f"id,seed,output,path,unit,fps\n{row}\n")
    with pytest.raises(UsageError, match=message):
        of_manifest(tmp_path / "m.csv").match(SAMPLES)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layout": "vbenhc"}, "unknown layout 'vbenhc'; did you mean 'vbench'"),
        ({"fps": 0}, "fps 0 is no number above 0"),
        ({"fps": "fast"}, "fps 'fast'"),
        ({"first": 1}, "first=1: the layout auto counts nothing; these do: vbench"),
        ({"layout": "vbench", "first": -1}, "first=-1 is no whole number from 0"),
        ({"videos": "", "manifest": "m.csv", "layout": "vbench"}, "a manifest says which file is which"),
    ],
)
def test_options_that_cannot_be_are_refused_at_once(tmp_path: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Precomputed(method("precomputed"), {"videos": str(tmp_path), **options})


EDITS = Path(__file__).resolve().parents[3] / "shared/data/edits"


@pytest.mark.skipif(not EDITS.is_dir(), reason="the edits of BIVDiff (../shared/data/edits) are not here")
def test_published_edits_are_matched_by_their_names(tmp_path: Path) -> None:
    names = [path.stem for path in EDITS.iterdir()]
    matching = of_folder(EDITS).match([Sample(name, "editing", prompt="x") for name in names])
    assert len(matching.found) == len(names) and not matching.unmatched


LAVIE = Path(__file__).resolve().parents[3] / "shared/data/generated/lavie"


@pytest.mark.skipif(not LAVIE.is_dir(), reason="the videos of LaVie (../shared/data/generated) are not here")
def test_published_videos_are_matched_by_their_prompts(tmp_path: Path) -> None:
    prompts = {path: path.stem.removeprefix("lavie_").replace("_", " ").replace("  ", " ") for path in LAVIE.iterdir()}
    for path, prompt in prompts.items():
        (tmp_path / f"{prompt}.gif").symlink_to(path)
    samples = [Sample(f"s{n}", "t2v", prompt=prompt) for n, prompt in enumerate(prompts.values())]
    assert len(of_folder(tmp_path).match(samples).found) == len(prompts) == 6
