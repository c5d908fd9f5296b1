"""FastVideo's lists of samples and file names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.layout_trees import match, names, prompts, tree, why
from vbench_py.types import Media, Sample, UsageError

TWO = prompts('what? a "cat": 1/2', "a dog", seeds=(0, 1))
LONG = "a lighthouse on a cliff " * 10


def listed(root: Path, *rows: dict[str, Any], name: str = "samples.json") -> Path:
    text = "\n".join(map(json.dumps, rows)) if name.endswith("l") else json.dumps(rows)
    (root / name).write_text(text, encoding="utf-8")
    return root


def test_names_are_prompts_without_refused_characters(tmp_path: Path) -> None:
    tree(tmp_path, ("what a cat 12-0.mp4", "a dog-1.mp4"))
    assert list(match(tmp_path, "fastvideo", TWO).found) == [("p0", 0), ("p1", 1)]


def test_a_name_without_a_number_is_the_first_and_1_the_next(tmp_path: Path) -> None:
    tree(tmp_path, ("a dog.mp4", "a dog_1.mp4"))
    assert names(match(tmp_path, "fastvideo", TWO)) == {("p1", 0): "a dog.mp4", ("p1", 1): "a dog_1.mp4"}


def test_names_hold_100_characters_of_the_prompt(tmp_path: Path) -> None:
    tree(tmp_path, (f"{LONG[:100].strip()}-0.mp4",))
    assert list(match(tmp_path, "fastvideo", prompts(LONG)).found) == [("p0", 0)]


def test_prompts_with_one_beginning_are_refused(tmp_path: Path) -> None:
    tree(tmp_path, (f"{LONG[:100].strip()}-0.mp4",))
    with pytest.raises(UsageError, match=r"'p0' and sample 'p1'"):
        match(tmp_path, "fastvideo", prompts(LONG + "1", LONG + "2"))


def test_other_names_are_left(tmp_path: Path) -> None:
    tree(tmp_path, ("a horse.mp4", "a dog-5.mp4"))
    found = match(tmp_path, "fastvideo", TWO)
    assert why(found, "a horse.mp4") == "its name is no prompt of this suite"
    assert why(found, "a dog-5.mp4") == "number 5: there are 2 seeds, 0 to 1"


@pytest.mark.parametrize("name", ["samples.json", "samples.jsonl"])
def test_a_list_names_prompt_seed_and_rate(tmp_path: Path, name: str) -> None:
    tree(tmp_path, ("x.mp4", "y.mp4", "z.mp4"))
    rows = ({"video": "x.mp4", "text_prompt": TWO[0].prompt, "seed": 1, "fps": 24.0},
            {"video_path": "y.mp4", "prompt": "a dog", "seed": 0})  # fmt: skip
    found = match(listed(tmp_path, *rows, name=name), "fastvideo", TWO)
    assert names(found) == {("p0", 1): "x.mp4", ("p1", 0): "y.mp4"}
    assert found.found["p0", 1].fps == 24.0
    assert why(found, "z.mp4") == f"{name} does not name it"


def test_paths_of_the_machine_that_made_them_count_by_their_file(tmp_path: Path) -> None:
    tree(tmp_path, ("x.mp4",))
    listed(tmp_path, {"video": "outputs_video/run/x.mp4", "prompt": "a dog", "seed": 0})
    assert names(match(tmp_path, "fastvideo", TWO)) == {("p1", 0): "x.mp4"}


def test_a_path_outside_the_folder_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, ("secret.mp4", "run/x.mp4"))
    listed(tmp_path / "run", {"video": "../secret.mp4", "prompt": "a dog", "seed": 0})
    with pytest.raises(UsageError, match=r"row 1: \.\./secret\.mp4 lies outside run"):
        match(tmp_path / "run", "fastvideo", TWO)


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"row 1: x\.mp4 is not in"):
        match(listed(tmp_path, {"video": "x.mp4", "prompt": "a dog"}), "fastvideo", TWO)


def test_two_rows_of_one_prompt_need_seeds(tmp_path: Path) -> None:
    tree(tmp_path, ("x.mp4", "y.mp4"))
    listed(tmp_path, {"video": "x.mp4", "prompt": "a dog"}, {"video": "y.mp4", "prompt": "a dog"})
    with pytest.raises(UsageError, match=r"'x.mp4' and 'y.mp4' fit"):
        match(tmp_path, "fastvideo", TWO)


def test_a_row_that_fits_no_sample_is_left(tmp_path: Path) -> None:
    tree(tmp_path, ("x.mp4", "y.mp4"))
    listed(tmp_path, {"video": "x.mp4", "prompt": "a horse"}, {"video": "y.mp4", "prompt": "a dog", "seed": 9})
    found = match(tmp_path, "fastvideo", TWO)
    assert why(found, "x.mp4") == "its row fits no sample, by id or by prompt"
    assert why(found, "y.mp4") == "seed 9: the sample has 0, 1"


def test_without_a_seed_the_number_of_the_name_is_its_place(tmp_path: Path) -> None:
    tree(tmp_path, ("x-1.mp4", "x-7.mp4"))
    found = match(listed(tmp_path, *({"video": f"x-{n}.mp4", "prompt": "a dog"} for n in (1, 7))), "fastvideo", TWO)
    assert names(found) == {("p1", 1): "x-1.mp4"}
    assert why(found, "x-7.mp4") == "number 7: there are 2 seeds, 0 to 1"


def test_an_id_tells_samples_of_one_prompt_apart(tmp_path: Path) -> None:
    tree(tmp_path, ("x.mp4",))
    both = [Sample(name, "i2v", prompt="go", media={"image": Media(Path(name))}) for name in "ab"]
    listed(tmp_path, {"video": "x.mp4", "prompt": "go", "id": "b"})
    assert names(match(tmp_path, "fastvideo", both)) == {("b", 0): "x.mp4"}


def test_two_lists_are_refused(tmp_path: Path) -> None:
    tree(tmp_path, ("x.mp4",))
    for name in ("a.json", "b.json"):
        listed(tmp_path, {"video": "x.mp4", "prompt": "a dog"}, name=name)
    with pytest.raises(UsageError, match=r"several lists of samples: a\.json, b\.json"):
        match(tmp_path, "fastvideo", TWO)


def test_other_json_is_no_list_of_samples(tmp_path: Path) -> None:
    tree(tmp_path, ("a dog-0.mp4",))
    (tmp_path / "summary.json").write_text('{"mean": 0.5}')
    assert list(match(tmp_path, "fastvideo", TWO).found) == [("p1", 0)]


def test_broken_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "samples.json").write_text("[{")
    with pytest.raises(UsageError, match=r"samples\.json: no JSON"):
        match(tmp_path, "fastvideo", TWO)
