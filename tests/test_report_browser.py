"""The page in headless Chromium, from disk: it draws, keeps to the screen, plays in step and reaches for no network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.browser import Page, browser, chromium, open_page
from tests.many_metrics import BY_OUTPUT, lacking, many
from tests.record_fixtures import run, steady
from tests.video_fixtures import moving_texture
from vbench_py.curves import write_curves
from vbench_py.records import RunRecords
from vbench_py.report import write_report
from vbench_py.types import Curve
from vbench_py.video import write_video

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine"),
]
HOSTILE = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> \u2028 'x' &"


def _played(made: RunRecords, source: Path) -> RunRecords:
    """The run with 2 s clips at 8 frames a second, an input at half that rate, and a curve."""
    outputs = []
    for number, output in enumerate(made.outputs):
        path = made.folder / "videos" / f"{number}.mkv"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_video(path, moving_texture(16, seed=number), fps=8)
        write_curves(made.folder / f"{number}.npz", {"psnr": Curve(np.arange(16), np.linspace(30, 20, 16))})
        prompt = f"{HOSTILE} {number}"
        files = {"video": str(path.relative_to(made.folder))}
        outputs.append(replace(output, files=files, media={"source": str(source)}, prompt=prompt))
    scores = [replace(s, curve=f"{int(s.sample[-3:])}.npz" if s.metric == "psnr" else None) for s in made.scores]
    return replace(made, outputs=outputs, scores=scores)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("runs")
    source = folder / "source.mkv"
    write_video(source, moving_texture(8, seed=99), fps=4)
    values = {"psnr": steady(30), "lpips": steady(0.2, 0.01)}
    runs = [_played(run(name, values, samples=2, folder=folder), source) for name in ("first", "second")]
    runs[1] = replace(runs[1], name=f"second {HOSTILE}")
    return write_report(runs, folder / "report", formats=("html",)).as_uri()


@pytest.fixture(scope="module")
def load(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], Page]]:
    with browser(tmp_path_factory.mktemp("profile")) as pipe:

        def opened(width: int) -> Page:
            page = open_page(pipe, address, width=width)
            page.wait("document.querySelectorAll('.cost .main-svg').length > 0")
            page.evaluate("document.querySelector('.sample').scrollIntoView()")
            page.wait("document.querySelector('.sample .canvas .main-svg') && players.get('0-0').duration > 1")
            return page

        yield opened


@pytest.fixture(scope="module")
def pages(load: Callable[[int], Page]) -> dict[int, Page]:
    return {width: load(width) for width in (1280, 390)}


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_draws_without_an_error(pages: dict[int, Page], width: int) -> None:
    assert pages[width].errors == []


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_never_scrolls_sideways(pages: dict[int, Page], width: int) -> None:
    assert pages[width].evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_outside_the_folder_is_asked_for(pages: dict[int, Page], address: str, width: int) -> None:
    folder = address.rpartition("/")[0]
    outside = [url for url in pages[width].requests if not url.startswith((folder, "data:", "blob:"))]
    assert pages[width].requests and outside == []


def test_text_from_outside_runs_nothing(pages: dict[int, Page]) -> None:
    assert pages[1280].evaluate("document.title") == "Video generation leaderboard"


def test_text_from_outside_is_shown_as_it_is(pages: dict[int, Page]) -> None:
    assert pages[1280].evaluate("document.querySelector('.prompt').textContent") == f"{HOSTILE} 0"


def test_the_worst_second_is_marked(pages: dict[int, Page]) -> None:
    assert "Worst second:" in pages[1280].evaluate("document.querySelector('.worst').textContent")


def test_the_table_sorts_by_a_pressed_header(pages: dict[int, Page]) -> None:
    page = pages[1280]
    page.evaluate("document.querySelectorAll('.leaderboard thead button')[4].click()")
    assert page.evaluate("document.querySelectorAll('.leaderboard thead th')[4].ariaSort") == "ascending"


def test_videos_of_a_sample_play_in_step_at_unlike_frame_rates(load: Callable[[int], Page]) -> None:
    page = load(1280)
    page.evaluate("players.get('0-0').play()")
    page.wait("players.get('0-0').time > 0.7")
    times = page.evaluate("players.get('0-0').videos.map((video) => video.currentTime)")
    # One frame of the fastest video is 0.125 s.
    assert len(times) == 3 and max(times) - min(times) < 0.125


def test_a_seek_takes_every_video_along(load: Callable[[int], Page]) -> None:
    page = load(390)
    page.evaluate("players.get('0-0').seek(1.2)")
    page.wait("players.get('0-0').videos.every((video) => !video.seeking && video.readyState > 1)")
    assert page.evaluate("players.get('0-0').videos.map((video) => video.currentTime)") == [1.2, 1.2, 1.2]


def test_videos_far_from_the_screen_are_let_go(load: Callable[[int], Page]) -> None:
    page = load(1280)
    page.evaluate("document.body.style.paddingBottom = '6000px'; scrollTo(0, document.body.scrollHeight)")
    page.wait("document.querySelectorAll('video[src]').length === 0")
    page.evaluate("document.querySelector('.sample').scrollIntoView()")
    page.wait("players.get('0-0').videos.every((video) => video.readyState > 1)")


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], Page]]:
    """A page of thirty-three metrics, with twenty curves a sample and one of the set."""
    folder = tmp_path_factory.mktemp("many")
    runs = []
    for number, name in enumerate(("first", "second")):
        made = many(name, 0.5 + 0.1 * number, samples=2, folder=folder)
        curved = [*BY_OUTPUT][:20]
        steps = np.arange(16)
        curves = {metric: Curve(steps, np.cos(steps + place)) for place, metric in enumerate(curved)}
        write_curves(made.folder / "all.npz", curves | {"fvd": Curve(np.array([0, 8]), np.array([90.0, 120.0]))})
        scores = [replace(s, curve="all.npz") if s.metric in {*curved, "fvd"} else s for s in made.scores]
        outputs = []
        for output in made.outputs:
            path = made.folder / f"{output.sample}.mkv"
            write_video(path, moving_texture(16), fps=8)
            outputs.append(replace(output, files={"video": path.name}))
        runs.append(lacking(replace(made, outputs=outputs, scores=scores), "text-fifth"))
    address = write_report(runs, folder / "report", formats=("html",)).as_uri()
    with browser(tmp_path_factory.mktemp("profile-many")) as pipe:

        def opened(width: int) -> Page:
            page = open_page(pipe, address, width=width, dark=width < 600)
            page.evaluate("document.querySelector('.together').scrollIntoView()")
            page.wait("document.querySelectorAll('.sample .canvas .main-svg').length >= 3")
            return page

        yield opened


@pytest.fixture(scope="module")
def wide_pages(wide: Callable[[int], Page]) -> dict[int, Page]:
    return {width: wide(width) for width in (1280, 390)}


@pytest.mark.parametrize("width", [1280, 390])
def test_a_wide_table_scrolls_inside_itself(wide_pages: dict[int, Page], width: int) -> None:
    page = wide_pages[width]
    table = page.evaluate("document.querySelector('.scroll').scrollWidth")
    assert table > 2 * width and page.evaluate("document.documentElement.scrollWidth") <= width and page.errors == []


@pytest.mark.parametrize("width", [1280, 390])
def test_the_method_stays_in_sight_of_a_scrolled_table(wide_pages: dict[int, Page], width: int) -> None:
    page = wide_pages[width]
    page.evaluate("document.querySelector('.scroll').scrollLeft = 900")
    left = "document.querySelector('tbody .name').getBoundingClientRect().left"
    inside = f"{left} - document.querySelector('.scroll').getBoundingClientRect().left"
    found = page.evaluate(inside)
    page.evaluate("document.querySelector('.scroll').scrollLeft = 0")
    assert 0 <= found < 80


def test_a_family_of_metrics_can_be_put_away(wide: Callable[[int], Page]) -> None:
    page = wide(1280)
    page.evaluate("document.querySelector('[data-family=motion]').click()")
    shown = "[...document.querySelectorAll('thead th[data-of=motion], tbody td[data-of=motion]')]"
    assert page.evaluate(f"{shown}.length") == 1 + 5 + 2 * 5
    assert page.evaluate(f"{shown}.every((it) => it.offsetParent === null)")


def test_twenty_curves_stand_behind_one_selector(wide_pages: dict[int, Page]) -> None:
    page = wide_pages[1280]
    sample = "document.querySelector('.sample:not(.together)')"
    assert page.evaluate(f"{sample}.querySelectorAll('.canvas').length") == 1
    assert page.evaluate(f"{sample}.querySelectorAll('[data-metric] option').length") == 20


def test_a_chosen_metric_is_shown_for_every_sample(wide: Callable[[int], Page]) -> None:
    page = wide(1280)
    page.evaluate(
        "const it = document.querySelector('.sample:not(.together) [data-metric]');"
        "it.value = 'motion-second'; it.dispatchEvent(new Event('change'))"
    )
    values = page.evaluate("[...document.querySelectorAll('.sample:not(.together) select')].map((it) => it.value)")
    assert values.count("motion-second") == 2


def test_the_curve_of_a_set_is_drawn_and_bears_a_click(wide_pages: dict[int, Page]) -> None:
    page = wide_pages[1280]
    page.evaluate("players.get('0-all').jump(1)")
    assert page.evaluate("document.querySelector('.together .canvas').data.length") == 2 and page.errors == []
