"""VBench's layout: `<prompt>-<i>.mp4`."""

from __future__ import annotations

import json
import time
import unicodedata
from pathlib import Path

import pytest

from tests.adapters.layout_trees import match, names, prompts, tree, why
from vbench_py.types import Media, Sample, UsageError

FIVE = (0, 1, 2, 3, 4)
LIST = Path(__file__).resolve().parents[3] / "shared/data/prompts/vbench"
LONG = "a red kite over a long beach while the tide comes in and children run along the sand " * 4


def test_prompt_and_index_name_sample_and_seed(tmp_path: Path) -> None:
    tree(tmp_path, ("a red car-0.mp4", "a red car-4.gif", "Two 'dogs', 2.5k.-1.mp4"))
    found = match(tmp_path, "vbench", prompts("a red car", "Two 'dogs', 2.5k.", seeds=FIVE))
    assert names(found) == {("p0", 0): "a red car-0.mp4", ("p0", 4): "a red car-4.gif",
                            ("p1", 1): "Two 'dogs', 2.5k.-1.mp4"}  # fmt: skip


def test_the_index_is_the_place_of_the_seed(tmp_path: Path) -> None:
    tree(tmp_path, ("cat-1.mp4",))
    assert names(match(tmp_path, "vbench", prompts("cat", seeds=(41, 42)))) == {("p0", 42): "cat-1.mp4"}


def test_folders_of_dimensions_are_looked_into(tmp_path: Path) -> None:
    tree(tmp_path, ("color/cat-0.mp4", "scene/dog-0.mp4"))
    assert len(match(tmp_path, "vbench", prompts("cat", "dog")).found) == 2


def test_one_video_in_two_dimensions_counts_once(tmp_path: Path) -> None:
    tree(tmp_path, ("color/cat-0.mp4", "scene/cat-0.mp4"))
    found = match(tmp_path, "vbench", prompts("cat"))
    assert (len(found.found), found.unmatched) == (1, [])


@pytest.mark.parametrize("other", ["of another size", "one"])
def test_unlike_videos_of_one_prompt_in_two_dimensions_are_refused(tmp_path: Path, other: str) -> None:
    tree(tmp_path, ("color/cat-0.mp4", "scene/cat-0.mp4"))
    (tmp_path / "color/cat-0.mp4").write_text("two")
    (tmp_path / "scene/cat-0.mp4").write_text(other)
    with pytest.raises(UsageError, match=r"'color/cat-0.mp4' and 'scene/cat-0.mp4' are unlike"):
        match(tmp_path, "vbench", prompts("cat"))


def test_two_suffixes_of_one_pair_are_refused(tmp_path: Path) -> None:
    tree(tmp_path, ("cat-0.mp4", "cat-0.gif"))
    with pytest.raises(UsageError, match=r"cat-0.*cat-0.*fit"):
        match(tmp_path, "vbench", prompts("cat"))


def test_a_prompt_cut_to_180_characters_is_found(tmp_path: Path) -> None:
    tree(tmp_path, (f"{LONG[:180]}-2.mp4",))
    assert list(match(tmp_path, "vbench", prompts(LONG, seeds=FIVE)).found) == [("p0", 2)]


def test_a_prompt_cut_shorter_is_left(tmp_path: Path) -> None:
    tree(tmp_path, (f"{LONG[:150]}-2.mp4",))
    found = match(tmp_path, "vbench", prompts(LONG, seeds=FIVE))
    assert why(found, f"{LONG[:150]}-2.mp4") == "its name is no prompt of this suite"


def test_prompts_with_one_beginning_of_180_characters_are_refused(tmp_path: Path) -> None:
    tree(tmp_path, (f"{LONG[:180]}-0.mp4",))
    with pytest.raises(UsageError, match=r"'p0' and sample 'p1'"):
        match(tmp_path, "vbench", prompts(LONG + "by day", LONG + "by night"))


def test_one_prompt_of_two_samples_serves_both(tmp_path: Path) -> None:
    tree(tmp_path, ("cat-0.mp4",))
    assert list(match(tmp_path, "vbench", prompts("cat", "cat")).found) == [("p0", 0), ("p1", 0)]


def images(*stems: str) -> list[Sample]:
    return [Sample(stem, "i2v", prompt="it moves", media={"image": Media(Path(f"{stem}.jpg"))}) for stem in stems]


def test_one_prompt_of_two_images_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, ("it moves-0.mp4",))
    with pytest.raises(UsageError, match=r"'left' and sample 'right'"):
        match(tmp_path, "vbench", images("left", "right"))


def test_the_name_of_the_image_names_its_sample(tmp_path: Path) -> None:
    tree(tmp_path, ("left-0.mp4", "right-0.mp4"))
    assert list(match(tmp_path, "vbench", images("left", "right")).found) == [("left", 0), ("right", 0)]


def test_counting_from_1_is_told(tmp_path: Path) -> None:
    tree(tmp_path, (f"cat-{number}.mp4" for number in range(1, 6)))
    with pytest.raises(UsageError, match=r"count from 1, the layout from 0 .*--set first=1"):
        match(tmp_path, "vbench", prompts("cat", seeds=FIVE))


def test_counting_from_1_can_be_said(tmp_path: Path) -> None:
    tree(tmp_path, (f"cat-{number}.mp4" for number in range(1, 6)))
    found = match(tmp_path, "vbench", prompts("cat", seeds=FIVE), first=1)
    assert names(found)["p0", 0] == "cat-1.mp4" and not found.missing


def test_an_index_beyond_the_seeds_is_left_with_the_reason(tmp_path: Path) -> None:
    tree(tmp_path, ("cat-0.mp4", "cat-7.mp4"))
    assert why(match(tmp_path, "vbench", prompts("cat", seeds=FIVE)), "cat-7.mp4") == (
        "number 7: there are 5 seeds, 0 to 4"
    )


def test_names_without_an_index_and_deeper_folders_are_left(tmp_path: Path) -> None:
    tree(tmp_path, ("cat.mp4", "lavie/color/cat-0.mp4", "split_clip/cat-0/cat-0_000.mp4"))
    found = match(tmp_path, "vbench", prompts("cat"))
    assert not found.found
    assert why(found, "cat.mp4") == "its name does not end in -<i>"
    assert "give the folder of one model" in why(found, "cat-0.mp4")
    assert "VBench-Long" in why(found, "cat-0_000.mp4")


@pytest.mark.parametrize("prompt", ["🦊 in the snow 🌨", "façade of Petra", "一只猫在跑"])
def test_characters_beyond_ascii_are_found_composed_or_not(tmp_path: Path, prompt: str) -> None:
    tree(tmp_path, (unicodedata.normalize("NFD", f"{prompt}-0.mp4"),))
    assert list(match(tmp_path, "vbench", prompts(prompt)).found) == [("p0", 0)]


def test_twins_in_case_are_refused(tmp_path: Path) -> None:
    tree(tmp_path, ("cat-0.mp4", "CAT-0.mp4"))
    with pytest.raises(UsageError, match=r"'cat-0.mp4' and 'CAT-0.mp4' differ in case"):
        match(tmp_path, "vbench", prompts("cat"))


def test_twins_in_case_that_are_two_prompts_are_two_videos(tmp_path: Path) -> None:
    tree(tmp_path, ("cat-0.mp4", "CAT-0.mp4"))
    assert len(match(tmp_path, "vbench", prompts("cat", "CAT")).found) == 2


def test_the_whole_list_of_vbench_matches_in_two_seconds(tmp_path: Path) -> None:
    file = LIST / "VBench_full_info.json"
    if not file.is_file():
        pytest.skip(f"VBench's list of prompts is not here ({file.name})")
    texts = [entry["prompt_en"] for entry in json.loads(file.read_text(encoding="utf-8"))]
    tree(tmp_path, {f"{text}-{number}.mp4" for text in texts for number in FIVE})
    samples = prompts(*texts, seeds=FIVE)
    begin = time.perf_counter()
    found = match(tmp_path, "vbench", samples)
    seconds = time.perf_counter() - begin
    assert (len(found.found), found.missing, found.unmatched) == (946 * 5, [], [])
    assert seconds < 2, f"{seconds:.2f} s"
