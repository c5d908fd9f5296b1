"""The pages of several suites in headless Chromium: error maps swap in, step with the rest, and nothing overflows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.browser import Page, browser, chromium, open_page
from tests.record_fixtures import FACTS, run, steady
from tests.report_media import outputs
from tests.video_fixtures import moving_texture
from vbench_py.records import MetricFacts, RunRecords
from vbench_py.report import write_report
from vbench_py.video import write_video

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine"),
]
SUITES = 12
OUTPUT = {"width": 64, "height": 48, "frames": 16, "fps": 8.0}
CODES = {name: replace(facts, family="fidelity") for name, facts in FACTS.items()} | {
    "bits-per-pixel": MetricFacts("Bits per pixel", "1", "lower", unit="bit", family="cost")
}


def _clips(folder: Path) -> list[RunRecords]:
    """Two methods with clips and ground truth, and one whose clip is longer than that."""
    write_video(folder / "target.mkv", moving_texture(16, seed=9), fps=8)
    made = []
    for number, (name, frames) in enumerate((("first", 16), ("second", 16), ("longer", 20))):
        (folder / name).mkdir()
        write_video(folder / name / "video.mkv", moving_texture(frames, seed=number), fps=8)
        facts = OUTPUT | {"frames": frames}
        media = {"target": folder / "target.mkv"}
        made.append(outputs(folder, name, {"video": "video.mkv"}, media, facts, suite="clips", suite_title="Clips"))
    return made


def _codes() -> list[RunRecords]:
    found = (("h264-crf23", 0.4, 34), ("h264-crf33", 0.1, 29), ("jpeg-q50", 1.2, 31), ("jpeg-q15", 0.6, 26))
    return [
        run(
            name, {"psnr": steady(psnr), "lpips": steady(1 / psnr, 0.001), "bits-per-pixel": steady(bits, 0.001)},
            suite="codes", suite_title="Codes", metrics=CODES, task="reconstruction",
        )
        for name, bits, psnr in found
    ]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("runs")
    more = [
        run(name, {"psnr": steady(30)}, suite=f"a-suite-with-a-name-{number}", suite_title=f"Suite {number}")
        for number in range(SUITES - 2)
        for name in ("good", "poor")
    ]
    return write_report([*_clips(place), *_codes(), *more], place / "report", formats=("html",)).parent


@pytest.fixture(scope="module")
def load(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Page]]:
    with browser(tmp_path_factory.mktemp("profile")) as pipe:
        yield lambda name, width=1280, dark=False: open_page(pipe, (folder / name).as_uri(), width=width, dark=dark)


@pytest.fixture
def clips(load: Callable[..., Page]) -> Page:
    page = load("clips.html")
    page.evaluate("document.querySelector('.sample').scrollIntoView()")
    page.wait("[...players.values()][0].videos.every((video) => video.readyState > 1)")
    return page


PLAYER = "[...players.values()][0]"


def look(page: Page, what: str) -> None:
    page.evaluate(f"document.querySelector('.look input[value={what}]').click()")


def test_error_maps_take_the_place_of_the_pictures_that_have_one(clips: Page) -> None:
    sources = f"{PLAYER}.videos.map((video) => video.getAttribute('src') === video.dataset.src)"
    assert clips.evaluate(sources) == [True] * 4
    look(clips, "error")
    assert clips.evaluate(sources) == [True, False, True, False]  # ground truth, first, longer, second
    look(clips, "picture")
    assert clips.evaluate(sources) == [True] * 4 and clips.errors == []


def test_error_maps_stand_at_the_same_moment(clips: Page) -> None:
    clips.evaluate(f"{PLAYER}.seek(1.2)")
    look(clips, "error")
    clips.wait(f"{PLAYER}.videos.every((video) => video.readyState > 1 && !video.seeking)")
    assert clips.evaluate(f"{PLAYER}.videos.map((video) => video.currentTime)") == [1.2] * 4


def test_error_maps_that_come_while_playing_keep_in_step(clips: Page) -> None:
    clips.evaluate(f"{PLAYER}.play()")
    clips.wait(f"{PLAYER}.time > 0.3")
    look(clips, "error")
    clips.wait(f"{PLAYER}.videos.every((video) => video.readyState > 1 && !video.paused) && {PLAYER}.time > 0.9")
    times = clips.evaluate(f"{PLAYER}.videos.map((video) => video.currentTime)")
    assert max(times) - min(times) < 0.125 and clips.errors == []


def test_the_scale_and_the_reasons_are_told_with_the_errors_only(clips: Page) -> None:
    seen = "[document.querySelector('.scale'), document.querySelector('.unlike')].map((it) => it.offsetParent !== null)"
    assert clips.evaluate(seen) == [False, False]
    look(clips, "error")
    assert clips.evaluate(seen) == [True, True]


def test_profiles_are_folded_and_load_when_they_are_opened(clips: Page) -> None:
    images = "[...document.querySelectorAll('.profile img')]"
    assert clips.evaluate(f"{images}.length") == 4 and clips.evaluate(f"{images}.every((it) => !it.naturalWidth)")
    clips.evaluate(
        "document.querySelector('.profiles').open = true; document.querySelector('.profile').scrollIntoView()"
    )
    clips.wait(f"{images}.every((it) => it.naturalWidth === 64)")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["index.html", "clips.html", "codes.html"])
def test_pages_keep_to_the_screen_and_the_folder(
    load: Callable[..., Page], folder: Path, name: str, width: int, dark: bool
) -> None:
    page = load(name, width, dark)
    assert page.evaluate("document.documentElement.scrollWidth") <= width and page.errors == []
    assert all(url.startswith((folder.as_uri(), "data:", "blob:")) for url in page.requests)


def test_the_open_task_is_in_sight_on_a_narrow_screen(load: Callable[..., Page]) -> None:
    page = load(f"a-suite-with-a-name-{SUITES - 3}.html", 390)
    box = page.evaluate(
        "(({left, right}) => [left, right])(document.querySelector('[aria-current]').getBoundingClientRect())"
    )
    assert 0 <= box[0] < box[1] <= 390


def test_a_card_leads_to_its_page_and_that_back(load: Callable[..., Page]) -> None:
    links = load("index.html").evaluate("[...document.querySelectorAll('.entry')].map((it) => it.getAttribute('href'))")
    assert len(links) == SUITES and links[0] == "clips.html"
    page = load(links[0])
    assert page.evaluate("document.querySelector('nav.pages a').getAttribute('href')") == "index.html"
    assert page.evaluate("document.querySelector('h1').textContent") == "Clips"


def test_rates_are_drawn_for_the_chosen_metric(load: Callable[..., Page]) -> None:
    page = load("codes.html")
    page.wait("document.querySelector('[data-rates] .main-svg')")
    plot = "document.querySelector('[data-rates]')"
    assert page.evaluate(f"{plot}.data.map((it) => it.name)") == ["h264", "jpeg"]
    assert page.evaluate(f"{plot}.layout.xaxis.type") == "log"
    before = page.evaluate(f"{plot}.data[0].y")
    page.evaluate(
        "const it = document.querySelector('[data-rated]'); it.value = 1; it.dispatchEvent(new Event('change'))"
    )
    page.wait(f"{plot}.data[0].y[0] !== {before[0]}")
    assert "lpips" in page.evaluate(f"{plot}.layout.yaxis.title.text") and page.errors == []


def test_a_method_that_is_put_away_leaves_its_rates(load: Callable[..., Page]) -> None:
    page = load("codes.html")
    page.wait("document.querySelector('[data-rates] .main-svg')")
    points = "document.querySelector('[data-rates]').data.reduce((sum, it) => sum + it.x.length, 0)"
    assert page.evaluate(points) == 4
    page.evaluate("document.querySelector('.chip [data-method]').click()")
    page.wait(f"{points} === 3")
