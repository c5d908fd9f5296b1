"""The page: what it shows, that it reaches for nothing outside its folder, and that text from outside stays text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from tests.record_fixtures import FACTS, run, steady
from tests.video_fixtures import moving_texture
from vbench_py.curves import write_curves
from vbench_py.records import MetricFacts, RunRecords
from vbench_py.report import write_report
from vbench_py.report.curves import worst_second
from vbench_py.report.html import embed
from vbench_py.types import Curve, UsageError
from vbench_py.video import probe, write_video

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> \u2028 \"quoted\" 'single' & more"


class Page(HTMLParser):
    """Start tags with their attributes, and the text outside scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._raw = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._raw = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._raw = False

    def handle_data(self, data: str) -> None:
        if not self._raw:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def _with_media(made: RunRecords, shared: Path) -> RunRecords:
    """The same run with clips, a still for input and a curve on disk."""
    import cv2

    shared.mkdir(exist_ok=True)
    still = shared / "first.png"
    cv2.imwrite(str(still), moving_texture(1)[0])
    target = shared / "target.mkv"
    if not target.exists():
        write_video(target, moving_texture(16, seed=9), fps=8)
    media = {"first": str(still), "target": str(target)}
    outputs, scores = [], []
    for number, output in enumerate(made.outputs):
        files = {}
        if output.status == "ok":
            path = made.folder / "videos" / str(number) / "video.mkv"
            path.parent.mkdir(parents=True)
            write_video(path, moving_texture(16, seed=number), fps=8)
            files = {"video": str(path.relative_to(made.folder))}
            curve = Curve(np.arange(16), np.where(np.arange(16) < 8, 30.0, 20.0))
            write_curves(made.folder / "arrays" / f"{number}.npz", {"psnr": curve})
        outputs.append(replace(output, files=files, media=media))
    for score in made.scores:
        number = int(score.sample[-3:])
        scores.append(replace(score, curve=f"arrays/{number}.npz" if score.metric == "psnr" else None))
    return replace(made, outputs=outputs, scores=scores)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[RunRecords]:
    folder = tmp_path_factory.mktemp("runs")
    values = {"psnr": steady(30), "lpips": steady(0.2, 0.01)}
    good = _with_media(run("good", values, samples=2, folder=folder), folder / "shared")
    holey = _with_media(run("holey", values, samples=2, failed=[1], folder=folder), folder / "shared")
    hostile = replace(
        good.outputs[0], prompt=HOSTILE, prompt_used=HOSTILE + " as used", width=1920, height=1080, encoding="ffv1"
    )  # fmt: skip
    good = replace(good, name=f"good {HOSTILE}", outputs=[hostile, *good.outputs[1:]])
    return [good, holey]


@pytest.fixture(scope="module")
def folder(runs: list[RunRecords], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(runs, tmp_path_factory.mktemp("report")).parent


@pytest.fixture(scope="module")
def page(folder: Path) -> Page:
    return Page((folder / "index.html").read_text(encoding="utf-8"))


def test_all_formats_are_written(folder: Path) -> None:
    names = {"index.html", "leaderboard.md", "leaderboard.csv", "leaderboard.json", "plotly.min.js"}
    assert names <= {path.name for path in folder.iterdir()}


def test_every_reference_is_a_file_of_the_folder(folder: Path, page: Page) -> None:
    names = ("src", "href", "data-src")
    references = [value for _, attributes in page.tags for name, value in attributes.items() if name in names]
    files = [value for value in references if value and not value.startswith(("#", "data:"))]
    assert files and all((folder / value).is_file() for value in files)


def test_own_markup_and_script_name_no_host(folder: Path) -> None:
    text = (folder / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"https?://|//cdn", text)


def test_text_from_outside_adds_no_element(page: Page) -> None:
    assert not [attributes for attributes in page.all("img") if attributes.get("src") == "x"]


def test_text_from_outside_adds_no_script(page: Page) -> None:
    assert len(page.all("script")) == 3


def test_hostile_text_is_still_shown(page: Page) -> None:
    assert HOSTILE in page.text


def test_hostile_names_in_curve_files_stay_strings(folder: Path) -> None:
    text = (folder / "curves" / "0-0.js").read_text(encoding="utf-8")
    assert "<" not in text and "\u2028" not in text and text.startswith('vbenchCurves("0-0", ')


def test_embedded_json_reads_back(folder: Path) -> None:
    text = (folder / "index.html").read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="costs">(.*?)</script>', text, re.DOTALL)
    assert found and json.loads(found.group(1))[0]["title"] == "psnr"


def test_embed_writes_nan_as_null() -> None:
    assert json.loads(embed({"a": [float("nan"), (float("inf"), 1.5)]})) == {"a": [None, [None, 1.5]]}


def test_each_sample_shows_input_outputs_and_ground_truth(page: Page) -> None:
    # two samples; good 2 clips, holey 1 clip, target in both samples; the still in both
    stills = [image for image in page.all("img") if not (image["alt"] or "").startswith("Temporal profile")]
    assert (len(page.all("video")), len(stills)) == (2 + 1 + 2, 2)


def test_videos_load_only_when_seen(page: Page) -> None:
    assert not [attributes for attributes in page.all("video") if "src" in attributes]


def test_captions_give_native_size_rate_frames_seed_encoding_and_score(page: Page) -> None:
    assert "1920×1080 · 8 fps · 16 frames · seed 0 · ffv1" in page.text and "psnr 29.80 dB" in page.text


def test_a_missing_output_shows_its_reason(page: Page) -> None:
    assert page.text.count("CUDA out of memory") == 2  # in the grid, and in the table of missing


def test_prompts_as_used_are_shown_where_they_differ(page: Page) -> None:
    assert f"{HOSTILE} as used" in page.text and "verbatim" in page.text


def test_header_cells_sort_by_keyboard(page: Page) -> None:
    # rank, method, scored, PSNR, LPIPS, cost: buttons are reached and pressed by keyboard without more ado
    assert len([a for a in page.all("th") if "data-first" in a]) == 6 and len(page.all("button")) >= 6


def test_previews_are_h264_of_even_size(folder: Path) -> None:
    found = [probe(path) for path in sorted((folder / "media").glob("*.mp4"))]
    assert {(info.codec, info.width % 2, info.height % 2, info.frames) for info in found} == {("h264", 0, 0, 16)}


def test_previews_are_made_once(runs: list[RunRecords], folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (folder / "media").iterdir()}
    write_report(runs, folder, formats=("html",))
    assert {path: path.stat().st_mtime_ns for path in (folder / "media").iterdir()} == before


def test_a_changed_source_gets_new_pictures(tmp_path: Path) -> None:
    import os

    made = _with_media(run("m", {"psnr": steady(30)}, samples=1, folder=tmp_path), tmp_path / "shared")
    page = write_report([made], tmp_path / "report", formats=("html",))
    before = {path: path.stat().st_mtime_ns for path in (page.parent / "media").glob("*.mp4")}
    source = made.folder / made.outputs[0].files["video"]
    later = source.stat().st_mtime + 1000
    os.utime(source, (later, later))
    write_report([made], tmp_path / "report", formats=("html",))
    # the preview and the error map of the output, not those of the ground truth
    assert sum(path.stat().st_mtime_ns != stamp for path, stamp in before.items()) == 2


def test_an_unreadable_video_is_told_and_stops_nothing(tmp_path: Path) -> None:
    made = _with_media(run("m", {"psnr": steady(30)}, samples=1, folder=tmp_path), tmp_path / "shared")
    (made.folder / made.outputs[0].files["video"]).write_bytes(b"not a video")
    text = Page(write_report([made], tmp_path / "report").read_text(encoding="utf-8")).text
    assert "no preview: video.mkv" in text


def test_without_previews_no_media_are_written(runs: list[RunRecords], tmp_path: Path) -> None:
    write_report(runs, tmp_path / "report", previews=False)
    assert not (tmp_path / "report" / "media").exists()


def test_samples_are_bounded_and_spread_evenly(tmp_path: Path) -> None:
    made = run("m", {"psnr": steady(30)}, samples=40)
    text = Page(write_report([made], tmp_path, samples=4, previews=False).read_text(encoding="utf-8")).text
    shown = re.findall(r"(clip-\d+)\s+seed 0", text)
    assert shown == ["clip-000", "clip-010", "clip-020", "clip-030"] and "4 of 40 outputs" in text


def test_progress_is_told(runs: list[RunRecords], folder: Path) -> None:
    heard: list[tuple[int, int]] = []
    write_report(runs, folder, formats=("html",), on_sample=lambda done, total: heard.append((done, total)))
    assert heard == [(1, 2), (2, 2)]


def test_an_unknown_format_is_wrong_usage(runs: list[RunRecords], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="latex"):
        write_report(runs, tmp_path, formats=("latex",))


def test_the_same_records_give_the_same_page(runs: list[RunRecords], folder: Path) -> None:
    first = (folder / "index.html").read_bytes()
    write_report(runs, folder, formats=("html",))
    assert (folder / "index.html").read_bytes() == first


def test_the_worst_second_is_where_the_values_are_bad() -> None:
    times = np.arange(32) / 8
    values = np.where((times >= 1.5) & (times < 2.5), 10.0, 30.0)
    assert worst_second(times, values, 1) == (1.5, 2.5)


def test_the_worst_second_of_an_error_is_its_greatest() -> None:
    times = np.arange(32) / 8
    values = np.where(times >= 3, 5.0, 1.0)
    assert worst_second(times, values, -1) == (3.0, 4.0)


def test_the_worst_second_passes_over_what_is_not_finite() -> None:
    times = np.arange(32) / 8
    values = np.where(times < 1, np.nan, np.where(times < 2, 5.0, np.inf))
    assert worst_second(times, values, 1) == pytest.approx((0.125, 1.125))


def test_a_curve_of_less_than_two_seconds_has_a_worst_quarter() -> None:
    assert worst_second(np.arange(8) / 8, np.arange(8.0), -1) == (0.75, 1.0)


def test_a_curve_of_three_values_has_no_worst_second() -> None:
    assert worst_second(np.arange(3) / 8, np.arange(3.0), 1) is None


def test_a_descriptive_metric_has_no_worst_second() -> None:
    assert worst_second(np.arange(32) / 8, np.arange(32.0), 0) is None


def test_a_report_without_primary_scores_is_still_a_page(tmp_path: Path) -> None:
    facts = {"motion": MetricFacts("Motion", "1", "descriptive")}
    made = run("m", {"motion": steady(3)}, metrics=facts, primary="psnr")
    assert "the primary metric was not scored" in write_report([made], tmp_path, previews=False).read_text("utf-8")


def test_a_page_without_a_plot_carries_no_plotly(tmp_path: Path) -> None:
    facts = {"motion": MetricFacts("Motion", "1", "descriptive")}
    made = run("m", {"motion": steady(3)}, metrics=facts, primary="psnr")
    page = write_report([made], tmp_path, previews=False)
    assert "plotly" not in page.read_text("utf-8").split("<script>")[0] and not (tmp_path / "plotly.min.js").exists()


def test_a_section_shows_its_suites_title_summary_and_output_facts(tmp_path: Path) -> None:
    made = run("m", {"psnr": steady(30)}, suite_title="Demo: deblurring", summary="Short shots,\nblurred.")
    text = Page(write_report([made], tmp_path, previews=False).read_text("utf-8")).text
    assert all(part in text for part in ("Demo: deblurring", "Short shots, blurred.", "64×48", "8 fps", "16 frames"))


def test_a_metric_of_cost_takes_the_place_of_the_cost_column(tmp_path: Path) -> None:
    cost = MetricFacts("Seconds per frame", "1", "lower", unit="s", family="cost")
    made = run("m", {"psnr": steady(30), "spf": steady(2)}, metrics={**FACTS, "spf": cost})
    page = Page(write_report([made], tmp_path, previews=False).read_text("utf-8"))
    assert "s/frame" not in page.text and "spf (s, log)" in (tmp_path / "index.html").read_text("utf-8")


def test_header_cells_name_ids_and_carry_titles(page: Page) -> None:
    assert {"PSNR", "LPIPS (AlexNet)"} <= {button.get("title") for button in page.all("button")}
