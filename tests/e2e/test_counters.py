"""Every metric of the catalogue through the command, on small networks; and counters of what that cost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e import small
from tests.e2e.counted import Counts, counted, windows_asked
from tests.e2e.world import Told, World, lossless
from tests.metrics.running import METRICS
from vbench_py.video import read

SHORT, LONG = 8, 34
TALL = {"height": 164, "width": 192}
"""The smallest frames that MS-SSIM and NIQE take."""
SETS = [name for name, card in METRICS.items() if card.over != "output"]
LENGTHY = [name for name, card in METRICS.items() if card.over == "output" and card.minimum_frames > SHORT]
BRIEF = [name for name in METRICS if name not in SETS and name not in LENGTHY]
TEXTS = {"prompt": "a red car on a road", "source_prompt": "a blue car on a road"}
STYLE = {"appearance_style": "Van Gogh style"}


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


def put_suite(world: World, count: int, frames: int, height: int, width: int) -> None:
    """`count` samples with every role and text that a metric may read, two seeds each."""
    rows = []
    for i in range(count):
        source, target = (lossless(world.suite / f"{role}-{i}.mkv", i, frames, height, width) for role in ("in", "out"))
        Image.fromarray(read(source)[0]).save(world.suite / f"first-{i}.png")
        media = {"source": {"path": source.name}, "target": {"path": target.name}, "first": {"path": f"first-{i}.png"}}
        rows.append({"id": f"c{i}", **TEXTS, "facts": STYLE, "seeds": [0, 1], "media": media})
    world.make_suite(rows, metrics=("small-psnr-rgb",), task="editing")
    for method in ("small-maker", "small-other"):
        told = world.vb("generate", world.suite, "-m", method)
        assert told.code == 0, told.err


def score(world: World, of: list[str], *more: object) -> Told:
    baseline = ["--reference-run", world.run_folder("small-other")]
    told = world.vb("score", world.suite, "-m", "small-maker", "--metrics", ",".join(of), *baseline, *more)
    assert told.code == 0, told.err
    return told


def test_every_metric_of_one_output_gets_a_number_and_each_window_runs_once(here: World) -> None:
    put_suite(here, 1, SHORT, **TALL)
    with counted() as counts:
        told = score(here, names(BRIEF), "--seed", "0")
    assert {metric for _, metric in here.numbers("small-maker")} == set(names(BRIEF)), told.err
    # The output, its baseline and its sibling are each called video.mkv. An image is read with the video that it is
    # compared with, and once more alone.
    assert counts.decoded == {"video.mkv": 3, "in-0.mkv": 1, "out-0.mkv": 1, "first-0.png": 2}
    assert counts.windows == windows_asked(names(BRIEF), SHORT, 8.0, frozenset({"first"}))


def test_every_metric_of_sets_and_groups_gets_a_number(here: World) -> None:
    put_suite(here, 3, 17, 48, 64)
    for i in range(6):
        lossless(here.folder / "real" / f"r{i}.mkv", 10 + i, 17, 48, 64)
    wanted = [name for name in SETS if METRICS[name].minimum_frames <= 17]
    told = score(here, names(SETS), "--reference-set", here.folder / "real")
    assert {metric for _, metric in here.numbers("small-maker")} == set(names(wanted)), told.err
    told_of_refused(told, wanted, SETS)


def test_every_metric_of_long_videos_gets_a_number(here: World) -> None:
    put_suite(here, 1, LONG, 48, 64)
    wanted = [name for name in LENGTHY if METRICS[name].minimum_frames <= LONG]
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
