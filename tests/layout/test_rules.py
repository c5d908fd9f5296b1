"""The rules of a layout one by one: companions, slices, equal names, gaps, lists, messages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.layout.trees import tree
from vbench_py import catalogue, layout
from vbench_py.cards import LayoutCard, SuiteCard
from vbench_py.layout.rows import clip_rows
from vbench_py.layout.text import fill, fixed
from vbench_py.layout.tiny import make
from vbench_py.types import UsageError


@pytest.fixture(autouse=True)
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VBENCH_PY_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("VBENCH_PY_CACHE", str(tmp_path / "cache"))


def suite(name: str) -> SuiteCard:
    card: SuiteCard = catalogue.card("suite", name)
    return card


def listed(clips: dict[str, Any]) -> LayoutCard:
    return LayoutCard.model_validate({"root": "R", "where": "W", "tree": "T", "clips": clips, "roles": {}})


def test_a_companion_is_taken_where_it_lies_and_made_where_it_does_not(tmp_path: Path) -> None:
    card = suite("vid4-bi")
    root = tree(card, tmp_path / "data")
    made = layout.samples(card)[0].media["source"]
    assert [step.operator for step in made.steps] == ["bicubic-down"]
    (root / "GT").rename(root / "old")
    tree_of_companions = root / "BIx4"
    tree_of_companions.mkdir()
    (root / "old").rename(root / "GT")
    for clip in (root / "GT").iterdir():
        (tree_of_companions / clip.name).symlink_to(clip)
    taken = layout.samples(card)[0].media["source"]
    assert (taken.path, taken.steps) == (tree_of_companions / "calendar", ())


def test_a_companion_of_the_wrong_size_is_named(tmp_path: Path) -> None:
    card = suite("vid4-bi")
    root = tree(card, tmp_path / "data")
    (root / "BIx4").symlink_to(root / "GT")
    assert "expected 180x144 (target is 720x576), found 720x576" in layout.header_faults(card, layout.scan(card))[0]


def test_a_slice_is_a_folder_of_links_in_order(tmp_path: Path) -> None:
    card = suite("bonn-depth-vda")
    root = tree(card, tmp_path / "data")
    source = layout.samples(card)[0].media["source"]
    frames = sorted(source.path.iterdir())
    assert len(frames) == 110
    assert frames[0].resolve() == (root / "rgbd_bonn_balloon2" / "rgb" / "00030.png").resolve()


def test_frames_of_the_names_of_another_role_are_taken(tmp_path: Path) -> None:
    card = suite("kitti-depth")
    root = tree(card, tmp_path / "data")
    drive = "2011_09_26_drive_0002_sync"
    images = root / "raw" / "any" / drive / "image_02" / "data"
    (images / "00009.png").hardlink_to(images / "00000.png")
    source = next(s for s in layout.samples(card) if s.id == f"kitti/{drive}").media["source"]
    assert len(list(source.path.iterdir())) == len(list(images.iterdir())) - 1


def test_ldmvfi_leaves_out_two_frames_at_each_end_and_keeps_an_odd_number(tmp_path: Path) -> None:
    card = suite("davis-interpolation")
    root = tree(card, tmp_path / "data")
    clip = root / "JPEGImages" / "480p" / "clip-00000"
    first = next(clip.iterdir())
    for index in range(12):
        place = clip / f"{index:05d}.png"
        if not place.exists():
            place.hardlink_to(first)
    target = layout.samples(card)[0].media["target"].path
    kept = [file.resolve().name for file in sorted(target.iterdir())]
    # t in range(0, 12 - 6, 2) compares frame t + 3 between t + 2 and t + 4.
    assert kept == [f"{index:05d}.png" for index in range(2, 9)]


def test_variants_make_a_sample_each(tmp_path: Path) -> None:
    card = suite("tgve")
    tree(card, tmp_path / "data")
    samples = layout.samples(card)
    assert len(samples) == 304
    assert len({sample.group for sample in samples}) == 76
    assert samples[0].prompt and samples[0].source_prompt


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a b\nc\n", "list.txt:2: expected 2 parts (clip, other), found 1"),
        ("a b\na c\n", "a stands 2 times, expected once"),
        ("a b\n", "list.txt: expected 2 rows, found 1"),
        ("", "list.txt: expected 2 rows, found 0"),
    ],
)
def test_a_fault_of_a_list_names_file_and_line(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(content)
    how = listed({"file": "list.txt", "columns": ["clip", "other"], "count": 2})
    assert message in "\n".join(clip_rows(how, tmp_path)[1])


def test_rows_of_a_split_are_kept_and_a_common_start_is_cut(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("clip,split\nd/a,test\nd/b,train\nd/c,test\n")
    how = listed({"file": "list.csv", "format": "csv", "only": {"split": "test"}, "strip": "d/"})
    rows, faults = clip_rows(how, tmp_path)
    assert ([row["clip"] for row in rows], faults) == (["a", "c"], [])


def test_objects_below_keys_are_read(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text('{"data": {"rows": [{"clip": "a", "n": 3}]}}')
    how = listed({"file": "list.json", "format": "json", "at": "data.rows"})
    assert clip_rows(how, tmp_path)[0] == [{"clip": "a", "n": "3"}]


def test_an_own_variable_names_the_root_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = suite("reds4")
    root = tree(card, tmp_path / "other")
    monkeypatch.setenv("VBENCH_PY_REDS4", str(root))
    assert layout.missing(card) == ""
    assert [sample.id for sample in layout.samples(card)] == ["reds4/000", "reds4/011", "reds4/015", "reds4/020"]


def test_an_extra_clip_is_one_message_with_what_was_expected(tmp_path: Path) -> None:
    card = suite("vid4-bi")
    root = tree(card, tmp_path / "data")
    (root / "GT" / "bridge").mkdir()
    with pytest.raises(UsageError, match="GT: expected 4 clips, found beside them bridge"):
        layout.samples(card)


def test_a_tiny_tree_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "data" / "REDS4").mkdir(parents=True)
    with pytest.raises(UsageError, match="exists"):
        make(suite("reds4"), tmp_path / "data")


def test_a_misspelt_key_of_a_role_is_named() -> None:
    from vbench_py.cards import validate

    data = suite("reds4").model_dump(exclude_defaults=True)
    data["layout"]["roles"]["target"]["cuont"] = 3
    with pytest.raises(UsageError, match="did you mean 'count'"):
        validate("suite", data, Path("suite.toml"))


def test_texts_are_filled_and_an_unknown_field_is_named() -> None:
    assert fill("a/{x}/{y}", {"x": "1", "y": "2"}) == "a/1/2"
    assert (fixed("a/b/{x}/c"), fixed("{x}"), fixed("raw/*/{x}")) == ("a/b", ".", "raw")
    with pytest.raises(UsageError, match="no field 'z'"):
        fill("{z}", {"x": "1"})
