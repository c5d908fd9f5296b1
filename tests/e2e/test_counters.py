"""Every metric of the catalogue through the command, on small networks; and counters of what that cost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.e2e import small
from tests.e2e.counted import Counts, Shown, counted, decodes_asked, windows_asked
from tests.e2e.world import Told, World, lossless
from tests.metrics.running import ISOLATED, METRICS
from vbench_py.promises.truths import VIEWS, truths, write_role

SHORT, LONG = 8, 34
TALL = {"height": 164, "width": 192}
"""The smallest frames that MS-SSIM and NIQE take."""
KINDS = {"depth": "depth", "novel_view_4d": "views"}
"""Tasks whose output is no video, and the role that it has; of all others it is a video and camera poses."""
NO_NUMBER = {"cross-shot-consistency": "a random network finds no cut"}


def of_task(task: str, names: list[str]) -> list[str]:
    """The metrics that read what a method of this task makes."""
    own = KINDS.get(task)
    others = set(KINDS.values()) - {own}
    return [n for n in names if not others & set(METRICS[n].roles) and (own is None or own in METRICS[n].roles)]


ALL = [name for name in METRICS if name not in NO_NUMBER and name not in ISOLATED]
"""Without those that run in environments of their own, which tests do not build: `tests/metrics/test_strred.py`."""
SETS = [name for name in ALL if METRICS[name].over != "output"]
LENGTHY = [name for name in ALL if name not in SETS and METRICS[name].minimum_frames > SHORT]
BRIEF = [name for name in ALL if name not in SETS and name not in LENGTHY]
TEXTS = {"prompt": "a red car on a road", "source_prompt": "a blue car on a road"}
TOLD = {
    "appearance_style": "Van Gogh style", "palindrome": True, "shots": 3, "shot_prompts": "a red car\na road\na field",
}  # fmt: skip
ROLES = {
    "editing": {
        "source": "video", "target": "video", "take2": "video", "mask": "video", "subject_mask": "video",
        "first": "video", "reference": "video", "tracks": "tracks", "camera": "camera", "depth_target": "depth",
    },
    "depth": {"source": "video", "source_depth": "depth", "target": "depth", "camera": "camera"},
    "novel_view_4d": {
        "views": "video", "source": "video", "target": "video", "depth_target": "depth", "camera": "camera",
    },
}  # fmt: skip
"""What a sample of each task holds, by kind; `views` is not written, it says that all are grids."""
STILLS = frozenset({"first", "reference"})


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = small.put_up(tmp_path_factory.mktemp("small") / "cards")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VBENCH_PY_CARDS", str(made))
        yield made


@pytest.fixture
def here(cards: Path, world: World) -> World:
    """A world that knows the small networks."""
    return world


def names(of: list[str]) -> list[str]:
    return [small.renamed(name) for name in of]


def put_suite(world: World, count: int, frames: int, height: int, width: int, task: str = "editing") -> None:
    """`count` samples with every role and text that a metric may read, two seeds each."""
    rows, kinds = [], ROLES[task]
    for i in range(count):
        shown = truths(kinds, kinds, frames + i, height, width)
        if task == "novel_view_4d":
            shown["source"] = shown.pop("views")[0]
        shown = {role: _trimmed(array, frames) if len(array) > 1 else array for role, array in shown.items()}
        media = {}
        for role, array in shown.items():
            file = write_role(world.suite / str(i), role, kinds[role], array)
            media[role] = {"path": str(file.relative_to(world.suite))}
        rows.append({"id": f"c{i}", **TEXTS, "facts": TOLD, "seeds": [0, 1], "media": media})
    world.make_suite(rows, metrics=("small-psnr-rgb",), task=task)
    for method in ("small-maker", "small-other"):
        told = world.vb("generate", world.suite, "-m", method)
        assert told.code == 0, told.err


def _trimmed(array: np.ndarray, frames: int) -> np.ndarray:
    """The last frames: samples are of clips of one scene, no two alike."""
    axis = array.ndim - 4
    return array.take(range(array.shape[axis] - frames, array.shape[axis]), axis)


def score(world: World, of: list[str], *more: object) -> Told:
    baseline = ["--reference-run", world.run_folder("small-other")]
    told = world.vb("score", world.suite, "-m", "small-maker", "--metrics", ",".join(of), *baseline, *more)
    assert told.code == 0, told.err
    return told


def test_every_metric_of_one_output_gets_a_number_and_each_window_runs_once(here: World) -> None:
    put_suite(here, 1, SHORT, **TALL)
    wanted = names(of_task("editing", BRIEF))
    with counted() as counts:
        told = score(here, wanted, "--seed", "0")
    assert {metric for _, metric in here.numbers("small-maker")} == set(wanted), told.err
    shown = Shown(SHORT, 8.0, stills=STILLS)
    asked = decodes_asked(wanted, shown)
    # The output, its baseline and its sibling are each called video.mkv. An image is read with the video that it is
    # compared with, and once more alone.
    videos = sum(asked.pop(role) for role in ("video", "baseline", "sibling"))
    once = {_file_of(role): times for role, times in asked.items() if role not in STILLS}
    assert counts.decoded == {"video.mkv": videos, "first.png": 2, "reference.png": 1, **once} and videos == 3
    assert (counts.windows, counts.fitted) == windows_asked(wanted, shown)


def _file_of(role: str) -> str:
    kind = {"poses": "camera", **ROLES["editing"]}[role]
    return f"{role}.mkv" if kind == "video" else f"{role}.npz"


@pytest.mark.parametrize("task", KINDS)
def test_what_is_no_video_gets_its_numbers_and_is_read_once_a_round(here: World, task: str) -> None:
    put_suite(here, 1, SHORT, 72, 96, task)
    wanted = names(of_task(task, BRIEF))
    with counted() as counts:
        told = score(here, wanted, "--seed", "0")
    assert {metric for _, metric in here.numbers("small-maker")} == set(wanted), told.err
    shown = Shown(SHORT, 8.0, views=len(VIEWS) if task == "novel_view_4d" else 0)
    assert sorted(counts.decoded.values()) == sorted(decodes_asked(wanted, shown).values())
    assert (counts.windows, counts.fitted) == windows_asked(wanted, shown)
    assert bool(counts.fitted) == (task == "depth")


def test_every_metric_of_sets_and_groups_gets_a_number(here: World) -> None:
    put_suite(here, 3, 17, 48, 64)
    for i in range(6):
        lossless(here.folder / "real" / f"r{i}.mkv", 10 + i, 17, 48, 64)
    asked = of_task("editing", SETS)
    wanted = [name for name in asked if METRICS[name].minimum_frames <= 17]
    told = score(here, names(asked), "--reference-set", here.folder / "real")
    assert {metric for _, metric in here.numbers("small-maker")} == set(names(wanted)), told.err
    told_of_refused(told, wanted, asked)


def test_every_metric_of_sets_of_grids_gets_a_number_against_the_true_grids(here: World) -> None:
    put_suite(here, 2, 9, 48, 64, "novel_view_4d")
    wanted = names(of_task("novel_view_4d", SETS))
    told = score(here, wanted)
    assert {metric for _, metric in here.numbers("small-maker")} == set(wanted), told.err


def test_every_metric_of_long_videos_gets_a_number(here: World) -> None:
    put_suite(here, 1, LONG, 48, 64)
    wanted = [name for name in LENGTHY if METRICS[name].minimum_frames <= LONG]
    assert of_task("editing", LENGTHY) == LENGTHY
    told = score(here, names(LENGTHY), "--seed", "0")
    assert {metric for _, metric in here.numbers("small-maker")} == set(names(wanted)), told.err
    told_of_refused(told, wanted, LENGTHY)


def told_of_refused(told: Told, wanted: list[str], asked: list[str]) -> None:
    """What needs more frames than a test makes is refused with its minimum; its class has a number nevertheless."""
    for name in {*asked} - {*wanted}:
        assert f"small-{name} needs {METRICS[name].minimum_frames} frames" in told.err
        assert METRICS[name].entry in {METRICS[other].entry for other in wanted}


NETWORKS = ["temporal-flickering", "clip-temp", "clipsim", "flow-score", "lpips-alex", "fvd"]
ARITHMETIC = ["temporal-flickering", "warping-error-dis", "flow-score-dis", "drift-luma", "psnr-rgb", "tof-dis"]
NOISE = 1e-5
"""How far a network's number may move, relatively, when other videos share its batches: sums in another order."""


@pytest.fixture
def folder(here: World) -> Path:
    for i in range(4):
        lossless(here.folder / "videos" / f"a-{i}.mkv", i, 16, 48, 64)
        lossless(here.folder / "targets" / f"a-{i}.mkv", i + 1, 16, 48, 64)
        lossless(here.folder / "real" / f"r{i}.mkv", 10 + i, 16, 48, 64)
    return here.folder / "videos"


def table(world: World, place: Path, of: list[str], *more: object) -> bytes:
    """scores.csv of videos in place, against targets and against the set `real`."""
    asked = ["--metrics", ",".join(names(of)), "--name", "mine", "--prompts", "names"]
    beside = ["--target", world.folder / "targets", "--reference-set", world.folder / "real"]
    told = world.vb("score", place, *asked, *beside, *more)
    assert told.code == 0, told.err
    return (world.run_folder("mine") / "scores.csv").read_bytes()


def forget(world: World) -> None:
    """Throws away all that was computed."""
    shutil.rmtree(world.results)
    shutil.rmtree(world.folder / "cache")


def again(world: World, place: Path, of: list[str]) -> Counts:
    with counted() as counts:
        table(world, place, of)
    return counts


def test_scoring_again_costs_only_what_was_added(here: World, folder: Path) -> None:
    table(here, folder, NETWORKS)
    assert again(here, folder, NETWORKS) == Counts(), "nothing added: no decode and no extractor"
    added = again(here, folder, [*NETWORKS, "dinov2-temp"])
    assert added.windows == {"small-dinov2-vitb14": 4 * 16} and not added.texts and not added.files
    assert added.decoded == {f"a-{i}.mkv": 1 for i in range(4)}
    assert again(here, folder, [*NETWORKS, "dinov2-temp", "kvd"]) == Counts(), "the features of fvd are there"


def shards(world: World, place: Path, of: list[str]) -> bytes:
    forget(world)
    return [table(world, place, of, "--shard", f"{i}/3") for i in (1, 2, 3)][-1]


def test_three_shards_make_the_table_of_one(here: World, folder: Path) -> None:
    whole = table(here, folder, ARITHMETIC)
    assert shards(here, folder, ARITHMETIC) == whole
    forget(here)
    table(here, folder, NETWORKS)
    numbers = here.numbers("mine")
    shards(here, folder, NETWORKS)
    assert here.numbers("mine") == pytest.approx(numbers, rel=NOISE)


def test_the_order_of_files_does_not_matter(here: World, folder: Path) -> None:
    table(here, folder, NETWORKS)
    before = here.numbers("mine")
    forget(here)
    for name in ("videos", "targets"):
        old = (here.folder / name).rename(here.folder / f"old-{name}")
        (here.folder / name).mkdir()
        for i in range(4):
            (old / f"a-{i}.mkv").rename(here.folder / name / f"a-{3 - i}.mkv")
    table(here, folder, NETWORKS)
    turned = {(f"a-{3 - int(s[2:])}" if s else "", metric): v for (s, metric), v in here.numbers("mine").items()}
    assert turned == pytest.approx(before, rel=NOISE)
