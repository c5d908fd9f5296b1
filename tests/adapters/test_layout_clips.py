"""Folders of frames as TGVE's submissions and the results on DAVIS lay them out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.adapters.layout_trees import frames, match, names, tree, why
from vbench_py.types import Sample, UsageError

EDITS = [
    Sample(f"tgve/{clip}/{change}", "editing", prompt="x", group=clip.rpartition("/")[2])
    for clip in ("DAVIS_480p/stunt", "DAVIS_480p/gold-fish", "youtube_480p/volleyball")
    for change in ("style", "object", "background", "multiple")
]
CLIPS = [Sample(f"davis-interpolation/{clip}", "frame_interpolation", group=clip) for clip in ("bear", "bmx-bumps")]


def test_tgve_names_set_video_and_change(tmp_path: Path) -> None:
    frames(tmp_path, (sample.id.partition("/")[2] for sample in EDITS), name="{:05d}.jpg")
    found = match(tmp_path, "tgve", EDITS)
    assert names(found)["tgve/youtube_480p/volleyball/multiple", 0] == "youtube_480p/volleyball/multiple"
    assert (len(found.found), found.missing, found.unmatched) == (12, [], [])


def test_tgve_as_video_files_below_the_teams_folder(tmp_path: Path) -> None:
    tree(tmp_path, ("TEAM_videos/DAVIS_480p/stunt/style.mp4",))
    assert list(match(tmp_path, "tgve", EDITS).found) == [("tgve/DAVIS_480p/stunt/style", 0)]


def test_tgve_in_both_forms_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, ("DAVIS_480p/stunt/style.mp4", "DAVIS_480p/stunt/style.gif"))
    with pytest.raises(UsageError, match="fit"):
        match(tmp_path, "tgve", EDITS)


def test_tgve_leaves_another_change_and_another_set(tmp_path: Path) -> None:
    frames(tmp_path, ("DAVIS_480p/stunt/weather", "videvo_480p/stunt/object"))
    found = match(tmp_path, "tgve", EDITS)
    assert "is no <set>/<video>/<change>" in why(found, "weather")
    assert why(found, "object") == "no sample is videvo_480p/stunt/object"


def test_a_missing_frame_is_told(tmp_path: Path) -> None:
    frames(tmp_path, ("DAVIS_480p/stunt/style",), count=6)
    (tmp_path / "DAVIS_480p/stunt/style/00003.png").unlink()
    assert why(match(tmp_path, "tgve", EDITS), "style") == "frame 3 is missing of frames 0 to 5"


def test_a_frame_that_stands_twice_is_told(tmp_path: Path) -> None:
    frames(tmp_path, ("bear",))
    (tmp_path / "bear/1.png").touch()
    assert why(match(tmp_path, "davis", CLIPS), "bear") == "frame 1 stands twice of frames 0 to 1"


@pytest.mark.parametrize("below", ["", "JPEGImages/480p/", "ours/"])
def test_davis_names_the_clip(tmp_path: Path, below: str) -> None:
    frames(tmp_path, (f"{below}bear", f"{below}bmx-bumps"))
    assert set(match(tmp_path, "davis", CLIPS).found) == {(sample.id, 0) for sample in CLIPS}


def test_davis_annotations_and_other_clips_are_left(tmp_path: Path) -> None:
    frames(tmp_path, ("Annotations/480p/bear", "JPEGImages/480p/camel"))
    found = match(tmp_path, "davis", CLIPS)
    assert why(found, "bear") == "holds annotations, not videos"
    assert why(found, "camel") == "no sample is camel"


def test_the_clip_in_two_resolutions_is_refused(tmp_path: Path) -> None:
    frames(tmp_path, ("JPEGImages/480p/bear", "JPEGImages/Full-Resolution/bear"))
    with pytest.raises(UsageError, match=r"both 'JPEGImages/480p/bear' and 'JPEGImages/Full-Resolution/bear' fit"):
        match(tmp_path, "davis", CLIPS)


def edits(*names_of_edits: str) -> list[Sample]:
    return [Sample(f"davis/bear/{name}", "editing", prompt="x", group="bear") for name in names_of_edits]


def test_the_only_edit_of_a_clip_goes_by_the_clip(tmp_path: Path) -> None:
    frames(tmp_path, ("bear",))
    assert list(match(tmp_path, "davis", edits("snow")).found) == [("davis/bear/snow", 0)]


def test_one_of_several_edits_needs_its_name(tmp_path: Path) -> None:
    frames(tmp_path, ("bear",))
    with pytest.raises(UsageError, match=r"'bear' fits sample 'davis/bear/snow' and sample 'davis/bear/rain'"):
        match(tmp_path, "davis", edits("snow", "rain"))


def test_an_edit_below_its_clip_is_found(tmp_path: Path) -> None:
    frames(tmp_path, ("bear/snow", "bear/rain"))
    assert len(match(tmp_path, "davis", edits("snow", "rain")).found) == 2
