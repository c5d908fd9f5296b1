"""The Python interface: run, score, Evaluator, and what a Result tells."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vbench_py
from tests.suite_fixtures import write_suite
from tests.video_fixtures import moving_texture
from vbench_py.handed import files_of
from vbench_py.types import BadMedia, UsageError
from vbench_py.video import write_video

CLIP = moving_texture(5, 24, 32)
OTHER = moving_texture(5, 24, 32, seed=9)


def repeat(call: Any) -> np.ndarray:
    frames: np.ndarray = call.read("source").repeat(2, 1).repeat(2, 2)
    return frames


@pytest.fixture
def suite(tmp_path: Path) -> str:
    return write_suite(tmp_path / "suite", 2)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


def values(result: vbench_py.Result, metric: str) -> dict[str, float]:
    frame = result.frame[result.frame.metric == metric]
    return dict(zip(frame["sample"], frame["value"], strict=True))


SCRIPT = """
import sys
import vbench_py

def my_method(call):
    low = call.read("source")
    return low.repeat(2, axis=1).repeat(2, axis=2)

result = vbench_py.run(sys.argv[1], generate=my_method, limit=1)
print(sorted(result.means))
"""


def test_a_script_of_ten_lines_evaluates_a_function(suite: str, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "script.py", suite], capture_output=True, text=True, check=False, cwd=tmp_path,
        env={**os.environ, "VBENCH_PY_RESULTS": str(tmp_path / "elsewhere")},
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("['psnr-rgb']\n", "")
    assert len(list((tmp_path / "elsewhere").rglob("scores.csv"))) == 1


def test_a_function_scores_as_the_method_it_copies(suite: str, results: Path) -> None:
    ours = vbench_py.run(suite, generate=repeat, results=results)
    theirs = vbench_py.run(suite, "nearest", options={"scale": 2}, results=results)
    assert ours.means == theirs.means


def test_a_function_that_raises_is_a_row_with_its_reason(suite: str, results: Path) -> None:
    def broken(call: Any) -> np.ndarray:
        if call.id == "clip-1":
            raise ValueError("no such luck")
        return repeat(call)

    missing = vbench_py.run(suite, generate=broken, results=results).missing
    assert missing[["sample", "stage", "status", "reason"]].to_numpy().tolist() == [
        ["clip-1", "generate", "failed", "ValueError: no such luck"]
    ]


def test_a_run_that_is_done_is_not_done_again(suite: str, results: Path) -> None:
    calls = []

    def counted(call: Any) -> np.ndarray:
        calls.append(call.id)
        return repeat(call)

    first = vbench_py.run(suite, generate=counted, results=results)
    second = vbench_py.run(suite, generate=counted, results=results)
    assert (len(calls), first.means) == (2, second.means)


def test_keywords_reach_their_settings(suite: str, results: Path) -> None:
    result = vbench_py.run(suite, generate=repeat, results=results, limit=1, seeds=[3, 4], every=2)
    assert result.frame[["sample", "seed", "metric"]].to_numpy().tolist() == [
        ["clip-0", 3, "psnr-rgb[every=2]"],
        ["clip-0", 4, "psnr-rgb[every=2]"],
    ]


@pytest.mark.parametrize("call", ["run", "score", "Evaluator"])
def test_an_unknown_keyword_names_the_near_one(call: str, suite: str) -> None:
    keywords: dict[str, Any] = {"limits": 3}
    with pytest.raises(TypeError, match="did you mean 'limit'"):
        getattr(vbench_py, call)(suite, **keywords)


def test_a_method_and_a_function_at_once_are_refused(suite: str) -> None:
    with pytest.raises(UsageError, match="either a method or"):
        vbench_py.run(suite, "nearest", generate=repeat)


def test_an_evaluator_tells_steps_apart(suite: str, results: Path) -> None:
    evaluate = vbench_py.Evaluator(suite, ["psnr-rgb"], results=results)
    early = evaluate(lambda call: np.zeros((4, 48, 64, 3)), name="exp", axes={"step": 1})
    late = evaluate(repeat, name="exp", axes={"step": 2})
    assert early.folder != late.folder and early.means["psnr-rgb"] < late.means["psnr-rgb"]


def test_steps_of_one_training_are_rows_of_one_board(suite: str, results: Path) -> None:
    evaluate = vbench_py.Evaluator(suite, ["psnr-rgb"], results=results)
    early, late = (evaluate(repeat, name="exp", axes={"step": step}) for step in (1, 2))
    both = early + late
    assert {row.name for row in both.board.tables[0].rows} == {"exp [step=1]", "exp [step=2]"}
    assert both._repr_html_().count("<td>") == 2


def test_what_a_function_raises_is_told_at_once_and_once(
    suite: str, results: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(call: Any) -> np.ndarray:
        raise KeyError("source")

    vbench_py.run(suite, generate=broken, results=results)
    assert [record.getMessage() for record in caplog.records] == ["broken: clip-0 (seed 0): failed: KeyError: 'source'"]


def test_an_evaluator_warns_when_nothing_new_can_come(
    suite: str, results: Path, caplog: pytest.LogCaptureFixture
) -> None:
    evaluate = vbench_py.Evaluator(suite, results=results)
    evaluate(repeat, name="exp")
    evaluate(repeat, name="exp")
    assert "new weights need new axes" in caplog.text


def test_an_evaluator_refuses_an_unknown_metric_at_once(suite: str) -> None:
    with pytest.raises(UsageError, match="did you mean"):
        vbench_py.Evaluator(suite, ["psnr-rg"])


def test_no_submodule_shadows_a_public_name() -> None:
    assert [name for name in vbench_py.__all__ if importlib.util.find_spec(f"vbench_py.{name}")] == []


def test_arrays_tensors_and_paths_of_equal_frames_score_alike(tmp_path: Path, results: Path) -> None:
    import torch

    write_video(tmp_path / "clip.mkv", CLIP, fps=24)
    videos = {"array": CLIP, "tensor": torch.from_numpy(CLIP).permute(0, 3, 1, 2) / 255, "path": tmp_path / "clip.mkv"}
    found = values(vbench_py.score(videos, ["temporal-flickering"], results=results), "temporal-flickering")
    assert set(found) == {"array", "tensor", "path"} and len(set(found.values())) == 1


def test_a_folder_is_scored_by_file_name(tmp_path: Path, results: Path) -> None:
    for name in ("a", "b"):
        write_video(tmp_path / "videos" / f"{name}.mkv", CLIP, fps=24)
    result = vbench_py.score(tmp_path / "videos", ["temporal-flickering"], results=results)
    assert list(result.frame["sample"]) == ["a", "b"]


def test_sequences_are_paired_by_position_whatever_their_names(tmp_path: Path, results: Path) -> None:
    for name, clip in {"b": CLIP, "a": OTHER, "1": CLIP, "2": OTHER}.items():
        write_video(tmp_path / f"{name}.mkv", clip, fps=24)
    videos, targets = ([tmp_path / f"{name}.mkv" for name in names] for names in ("ba", "12"))
    found = values(vbench_py.score(videos, ["psnr-rgb"], targets=targets, results=results), "psnr-rgb")
    assert found == {"b": 100.0, "a": 100.0}


def test_paths_that_share_a_stem_all_stay(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("x/a.mp4", "y/a.mp4", "z/a-1.mp4")]
    found, _ = files_of(paths, tmp_path, 24.0)
    assert sorted(found.values()) == paths


def test_mappings_are_paired_by_name(results: Path) -> None:
    targets = {"y": OTHER, "x": CLIP}
    found = values(vbench_py.score({"x": CLIP, "y": OTHER}, ["psnr-rgb"], targets=targets, results=results), "psnr-rgb")
    assert found == {"x": 100.0, "y": 100.0}


def test_one_target_file_serves_every_video(tmp_path: Path, results: Path) -> None:
    write_video(tmp_path / "truth.mkv", CLIP, fps=24)
    result = vbench_py.score([CLIP, CLIP], ["psnr-rgb"], targets=tmp_path / "truth.mkv", results=results)
    assert result.means == {"psnr-rgb": 100.0}


@pytest.mark.parametrize(("targets", "message"), [([CLIP], "2 videos and 1 targets"), ({"z": CLIP}, "no target for")])
def test_videos_without_a_target_are_refused(targets: Any, message: str, results: Path) -> None:
    videos = [CLIP, OTHER] if isinstance(targets, list) else {"x": CLIP}
    with pytest.raises(UsageError, match=message):
        vbench_py.score(videos, ["psnr-rgb"], targets=targets, results=results)


def test_frames_that_cannot_be_read_name_the_video(results: Path) -> None:
    with pytest.raises(BadMedia, match=r"video 'x'.*scale it"):
        vbench_py.score({"x": CLIP * 1.0}, ["temporal-flickering"], results=results)


def test_an_array_in_place_of_videos_says_how_to_hand_over_one(results: Path) -> None:
    videos: Any = CLIP
    with pytest.raises(UsageError, match=r"\[frames\] for one"):
        vbench_py.score(videos, results=results)


def test_arrays_scored_twice_are_written_and_scored_once(results: Path) -> None:
    first = vbench_py.score([CLIP], ["temporal-flickering"], results=results)
    rows = sorted(results.rglob("*.jsonl"))
    second = vbench_py.score([CLIP], ["temporal-flickering"], results=results)
    assert (len(list((results / "videos").iterdir())), first.folder) == (1, second.folder)
    assert sorted(results.rglob("*.jsonl")) == rows


def test_only_the_metrics_asked_for_are_in_the_result(results: Path) -> None:
    vbench_py.score([CLIP], ["temporal-flickering"], results=results)
    result = vbench_py.score([CLIP], ["psnr-rgb"], targets=[OTHER], results=results)
    assert list(result.means) == ["psnr-rgb"]


def test_a_result_prints_its_leaderboard_in_80_columns(suite: str, results: Path) -> None:
    lines = str(vbench_py.run(suite, generate=repeat, name="mine", results=results)).splitlines()
    assert any(line.startswith("mine") or " mine " in line for line in lines) and max(map(len, lines)) <= 80


def test_a_result_says_what_it_is(suite: str, results: Path) -> None:
    result = vbench_py.run(suite, generate=repeat, name="mine", results=results)
    assert repr(result) == "<Result tiny-vsr: mine, 2 of 2 videos, 2 scores>"


def test_names_are_escaped_in_notebooks(suite: str, results: Path) -> None:
    html = vbench_py.run(suite, generate=repeat, name="<script>", results=results)._repr_html_()
    assert "&lt;script&gt;" in html and "<script>" not in html


def test_means_of_several_runs_are_refused(suite: str, results: Path) -> None:
    both = [vbench_py.run(suite, generate=repeat, name=name, results=results) for name in "ab"]
    with pytest.raises(UsageError, match="2 runs"):
        _ = vbench_py.Result((*both[0].records, *both[1].records)).means


def test_a_report_opens_from_its_folder(suite: str, results: Path, tmp_path: Path) -> None:
    page = vbench_py.run(suite, generate=repeat, results=results).report(tmp_path / "report")
    assert page.is_file() and page.parent == tmp_path / "report"


def test_load_gives_a_metric_that_scores(suite: str) -> None:
    metric = vbench_py.load("metric", "psnr-rgb")
    assert [ask.on for ask in metric.needs.values()] == [("video", "target")]


DEPTH = np.linspace(1, 5, 3 * 24 * 32, dtype=np.float32).reshape(3, 24, 32)


def test_depth_is_scored_from_arrays_with_a_unit(results: Path) -> None:
    metrics = ["abs-rel@alignment=metric", "abs-rel@alignment=median"]
    found = vbench_py.score([2 * DEPTH], metrics, targets=[DEPTH], unit="metres", results=results)
    assert found.means == {metrics[0]: pytest.approx(1.0), metrics[1]: pytest.approx(0.0, abs=1e-6)}


def test_other_roles_come_by_name(results: Path) -> None:
    mask = np.zeros((len(CLIP), *CLIP.shape[1:3]), bool)
    mask[:, :4] = True
    edited = CLIP.copy()
    edited[:, :4] = 0
    found = vbench_py.score([edited], ["background-psnr"], media={"source": [CLIP], "mask": [mask]}, results=results)
    assert found.means["background-psnr"] == 100


def test_a_role_of_another_size_is_named_before_anything_runs(results: Path) -> None:
    mask = np.zeros((len(CLIP), 5, 5), bool)
    with pytest.raises(UsageError, match="5x5 pixels, the source has"):
        vbench_py.score([CLIP], ["background-psnr"], media={"source": [CLIP], "mask": [mask]}, results=results)


NYU = Path(__file__).parents[2] / "shared" / "data" / "depth"


@pytest.mark.skipif(not NYU.is_dir(), reason="the NYU sample (../shared/data/depth) is not here")
def test_the_nyu_sample_is_scored_from_its_files(results: Path) -> None:
    """A frame of NYUv2 and FastDepth's prediction of it, as .npy, which say no unit; values of DepthCrafter's own code
    (tests/data/make_depth_references.py)."""
    metrics = [
        "abs-rel@alignment=depthcrafter@1+maximum_depth=10",
        "abs-rel@alignment=metric",
        "delta1",
        "depth-standard",
    ]
    found = vbench_py.score(
        NYU / "nyu_pred.npy", metrics, targets=NYU / "nyu_depth.npy", unit="metres", results=results
    ).means
    assert found[metrics[0]] == pytest.approx(0.1289, abs=1e-3)
    assert found["abs-rel@alignment=metric"] == pytest.approx(0.1405, abs=1e-3)
    assert len(found) >= 10
