"""Layouts whose names are numbers or ids of prompts: EvalCrafter, T2V-CompBench, ChronoMagic-Bench."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.adapters.layout_trees import adapter, match, names, prompts, tree, why
from vbench_py.types import Request, Sample, UsageError

THREE = prompts("a", "b", "c")


def test_evalcrafter_counts_the_prompts_from_0(tmp_path: Path) -> None:
    tree(tmp_path, ("0000.mp4", "0001.mp4", "0002.mp4"))
    found = match(tmp_path, "evalcrafter", THREE)
    assert names(found) == {("p0", 0): "0000.mp4", ("p1", 0): "0001.mp4", ("p2", 0): "0002.mp4"}


def test_evalcrafter_from_1_is_told(tmp_path: Path) -> None:
    tree(tmp_path, ("0001.mp4", "0002.mp4", "0003.mp4"))
    with pytest.raises(UsageError, match=r"count from 1, the layout from 0 \(3 in all\)"):
        match(tmp_path, "evalcrafter", THREE)


def test_a_missing_number_does_not_move_the_others(tmp_path: Path) -> None:
    tree(tmp_path, ("0000.mp4", "0002.mp4"))
    found = match(tmp_path, "evalcrafter", THREE)
    assert (names(found)["p2", 0], found.missing) == ("0002.mp4", [("p1", 0)])


def test_a_number_beyond_the_prompts_is_left(tmp_path: Path) -> None:
    tree(tmp_path, ("0000.mp4", "0099.mp4"))
    assert why(match(tmp_path, "evalcrafter", THREE), "0099.mp4") == "number 99: there are 3 prompts, 0 to 2"


def test_two_spellings_of_one_number_are_refused(tmp_path: Path) -> None:
    tree(tmp_path, ("0001.mp4", "1.mp4"))
    with pytest.raises(UsageError, match=r"'0001\.mp4' and '1\.mp4' fit|'1\.mp4' and '0001\.mp4' fit"):
        match(tmp_path, "evalcrafter", THREE)


def test_other_names_and_folders_are_left(tmp_path: Path) -> None:
    tree(tmp_path, ("a.mp4", "more/0001.mp4"))
    found = match(tmp_path, "evalcrafter", THREE)
    assert why(found, "a.mp4") == "its name is no number"
    assert "one folder of videos" in why(found, "0001.mp4")


def test_prompts_are_not_counted_from_one_sample_alone(tmp_path: Path) -> None:
    tree(tmp_path, ("0000.mp4",))
    with pytest.raises(UsageError, match="counts the prompts of a whole suite"):
        adapter(tmp_path, "evalcrafter").plan(Request(sample=THREE[2], seed=0))


def test_a_matched_suite_can_be_planned(tmp_path: Path) -> None:
    tree(tmp_path, ("0000.mp4", "0001.mp4"))
    made = adapter(tmp_path, "evalcrafter")
    made.match(THREE)
    assert made.plan(Request(sample=THREE[1], seed=0)).parameters["file"] == "0001.mp4"


def tagged(*tags: str) -> list[Sample]:
    return [Sample(f"s{number}", "t2v", prompt="x", tags=(tag,)) for number, tag in enumerate(tags)]


CATEGORIES = tagged("consistent_attr", "consistent_attr", "object_interactions", "generative_numeracy")


def test_t2v_compbench_counts_the_prompts_of_a_category_from_1(tmp_path: Path) -> None:
    tree(tmp_path, ("consistent_attr/0001.mp4", "consistent_attr/0002.mp4", "generative_numeracy/0001.mp4"))
    found = match(tmp_path, "t2v-compbench", CATEGORIES)
    assert names(found) == {("s0", 0): "consistent_attr/0001.mp4", ("s1", 0): "consistent_attr/0002.mp4",
                            ("s3", 0): "generative_numeracy/0001.mp4"}  # fmt: skip


def test_the_short_name_of_a_category_is_the_long_one(tmp_path: Path) -> None:
    tree(tmp_path, ("interaction/0001.mp4", "numeracy/0001.mp4"))
    assert set(match(tmp_path, "t2v-compbench", CATEGORIES).found) == {("s2", 0), ("s3", 0)}


def test_a_folder_that_is_no_category_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, ("colours/0001.mp4",))
    with pytest.raises(UsageError, match="folder 'colours' is no category of this suite"):
        match(tmp_path, "t2v-compbench", CATEGORIES)


def test_a_category_counted_from_0_is_told(tmp_path: Path) -> None:
    tree(tmp_path, ("consistent_attr/0.mp4", "consistent_attr/1.mp4"))
    with pytest.raises(UsageError, match=r"count from 0, the layout from 1 .*first=0"):
        match(tmp_path, "t2v-compbench", CATEGORIES)


def test_a_category_counted_from_0_can_be_said(tmp_path: Path) -> None:
    tree(tmp_path, ("consistent_attr/0.mp4", "consistent_attr/1.mp4"))
    assert names(match(tmp_path, "t2v-compbench", CATEGORIES, first=0))["s0", 0] == "consistent_attr/0.mp4"


def test_one_folder_without_categories_counts_all(tmp_path: Path) -> None:
    tree(tmp_path, (f"{number:04d}.mp4" for number in range(1, 5)))
    assert not match(tmp_path, "t2v-compbench", CATEGORIES).missing


TIMES = [Sample(f"chronomagic/{name}", "t2v", prompt="x", seeds=(7, 8, 9)) for name in ("3d_printing_08", "animal_04")]


def test_chronomagic_has_a_folder_for_each_seed_from_1(tmp_path: Path) -> None:
    tree(tmp_path, (f"{number}/{name}.mp4" for number in (1, 2, 3) for name in ("3d_printing_08", "animal_04")))
    found = match(tmp_path, "chronomagic", TIMES)
    assert names(found)["chronomagic/animal_04", 9] == "3/animal_04.mp4" and not found.missing


def test_chronomagic_without_folders_is_the_first_seed(tmp_path: Path) -> None:
    tree(tmp_path, ("3d_printing_08.mp4",))
    assert list(match(tmp_path, "chronomagic", TIMES).found) == [("chronomagic/3d_printing_08", 7)]


def test_chronomagic_in_both_forms_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, ("3d_printing_08.mp4", "1/3d_printing_08.mp4"))
    with pytest.raises(UsageError, match="fit"):
        match(tmp_path, "chronomagic", TIMES)


def test_folders_of_several_models_are_left(tmp_path: Path) -> None:
    tree(tmp_path, ("lavie/1/animal_04.mp4", "unknown.mp4"))
    found = match(tmp_path, "chronomagic", TIMES)
    assert "one model" in why(found, "animal_04.mp4")
    assert why(found, "unknown.mp4") == "its name is no videoid of this suite"


def test_a_folder_beyond_the_seeds_is_left(tmp_path: Path) -> None:
    tree(tmp_path, ("1/animal_04.mp4", "9/animal_04.mp4"))
    found = match(tmp_path, "chronomagic", TIMES)
    assert set(found.reasons.values()) == {"number 9: there are 3 seeds, 1 to 3"}
