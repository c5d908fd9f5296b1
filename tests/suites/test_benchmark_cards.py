"""Cards of generation, editing and reconstruction benchmarks: their numbers, their recipes, and who sees what."""

from __future__ import annotations

import csv
import shutil
import textwrap
from collections import Counter
from pathlib import Path

import pytest

from vbench_py import catalogue, layout
from vbench_py.cards import SuiteCard
from vbench_py.samples import load_suite
from vbench_py.types import METRIC_ONLY_ROLES, Sample, UsageError

CHEAP = (
    "open-sora-vae-17x256", "wf-vae-33x256", "skytimelapse-first-frame", "davis-reconstruction", "davis-edits",
    "v2vbench", "tgve", "manifest-editing", "manifest-editing-jsonl", "webvid-val", "physics-iq", "ucf101-class-names",
)  # fmt: skip
LISTED = tuple(name for name in CHEAP if catalogue.card("suite", name).layout.clips.file)
WITH_FILES = tuple(name for name in LISTED if name != "ucf101-class-names")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VBENCH_PY_DATA", str(tmp_path))
    return tmp_path


def tiny(name: str, data: Path) -> tuple[SuiteCard, Path]:
    """A card, and the root of its tiny tree."""
    card: SuiteCard = catalogue.card("suite", name)
    layout.make_tiny(card, data)
    assert card.layout is not None
    return card, data / card.layout.root


def samples(name: str, data: Path) -> tuple[Sample, ...]:
    tiny(name, data)
    return load_suite(name).samples


@pytest.mark.parametrize("name", CHEAP)
def test_a_tiny_tree_has_no_fault(name: str, data: Path) -> None:
    card, _ = tiny(name, data)
    seen = layout.scan(card)
    assert seen.faults == ()
    assert layout.header_faults(card, seen) == []


@pytest.mark.parametrize("name", LISTED)
def test_a_list_that_is_gone_is_named(name: str, data: Path) -> None:
    card, root = tiny(name, data)
    assert card.layout is not None
    (root / card.layout.clips.file).unlink()
    with pytest.raises(UsageError, match="the list cannot be read"):
        load_suite(name)


@pytest.mark.parametrize("name", WITH_FILES)
def test_a_listed_clip_that_is_gone_is_named(name: str, data: Path) -> None:
    card, _ = tiny(name, data)
    clip = layout.scan(card).clips[0]
    place = next(iter(clip.found.values())).path
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    with pytest.raises(UsageError, match=f"{clip.id}: .*{place.name}: expected a file or a folder"):
        load_suite(name)


def test_tgve_is_76_videos_with_one_edit_of_each_kind(data: Path) -> None:
    found = samples("tgve", data)
    assert len(found) == 304
    assert Counter(sample.facts["edit"] for sample in found) == dict.fromkeys(
        ("style", "object", "background", "multiple"), 76
    )
    assert len({sample.group for sample in found}) == 76
    assert found[0].prompt == "style 0" and found[0].source_prompt == "caption 0"


@pytest.mark.parametrize(
    ("name", "rows", "outputs"),
    [("v2vbench", 150, 150), ("ucf101-class-names", 101, 10_100), ("physics-iq", 198, 198), ("tokenbench", 501, 501)],
)
def test_numbers_of_samples_and_outputs(name: str, rows: int, outputs: int, data: Path) -> None:
    tiny(name, data)
    suite = load_suite(name)
    assert (len(suite.samples), len(suite.pairs)) == (rows, outputs)


def test_no_method_sees_the_second_take(data: Path) -> None:
    roles = set(samples("physics-iq", data)[0].media)
    assert roles == {"first", "target", "take2"}
    assert roles - METRIC_ONLY_ROLES == {"first"}


@pytest.mark.parametrize("name", ["physics-iq", "physics-iq-24fps", "physics-iq-16fps", "physics-iq-8fps"])
def test_physics_iqs_recipe_makes_its_list_of_descriptions(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes = [
        (view, f"trimmed-scene-{n}") for n in range(66) for view in ("perspective-left", "perspective-right", "c")
    ]
    with (tmp_path / "descriptions.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["scenario", "description", "category", "generated_video_name"])
        for take in (1, 2):
            for n, (view, scene) in enumerate(scenes, 198 * (take - 1) + 1):
                writer.writerow([f"{n:04}_{view}_take-{take}_{scene}.mp4", f"a ball, {scene}", "Optics", ""])
    card: SuiteCard = catalogue.card("suite", name)
    assert card.layout is not None
    recipe = card.layout.tree[card.layout.tree.index("    import csv") :]
    monkeypatch.chdir(tmp_path)
    exec(textwrap.dedent(recipe))
    with (tmp_path / "scenes.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == card.layout.clips.count == 198
    assert rows[0] == ["0001", "0199", "perspective-left", "trimmed-scene-0", "Optics", "a ball, trimmed-scene-0"]


@pytest.mark.parametrize("name", ["physics-iq", "physics-iq-24fps", "physics-iq-16fps", "physics-iq-8fps"])
def test_physics_iq_asks_for_five_seconds(name: str) -> None:
    card: SuiteCard = catalogue.card("suite", name)
    assert card.layout is not None and card.output.frames is not None and card.output.fps is not None
    assert card.output.frames / card.output.fps == card.protocol["seconds"] == 5
    assert card.layout.roles["target"].count == card.layout.roles["take2"].count == card.output.frames
