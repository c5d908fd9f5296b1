"""Metrics over sets and groups, reference sets, texts, chains, and metrics that cannot be had here."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

import vbench_py
from tests.e2e import toy
from tests.e2e.world import Told, World
from tests.video_fixtures import encode
from vbench_py.video import read


@pytest.fixture
def cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = toy.put_up(tmp_path)
    monkeypatch.setenv("VBENCH_PY_CARDS", str(made))
    toy.CALLS.clear()
    return made


def flat(path: Path, level: int, frames: int = 5, height: int = 32, width: int = 48) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return encode(path, np.full((frames, height, width, 3), level, np.uint8), codec="ffv1", pixel_format="bgr0")


@pytest.fixture
def videos(world: World, cards: Path) -> Path:
    for name, level in {"a-0": 10, "a-1": 30, "b-0": 100}.items():
        flat(world.folder / "videos" / f"{name}.mkv", level)
    for name, level in {"x": 40, "y": 60}.items():
        flat(world.folder / "real" / f"{name}.mkv", level)
    return world.folder / "videos"


def score(world: World, videos: Path, metrics: str, *more: object) -> Told:
    return world.vb("score", videos, "--metrics", metrics, "--name", "mine", *more)


def test_a_set_is_compared_with_a_folder(world: World, videos: Path) -> None:
    told = score(world, videos, "toy-set", "--reference-set", world.folder / "real")
    assert told.code == 0, told.err
    ((sample, value),) = world.scores("mine").items()
    assert sample == ("", "toy-set") and float(value) == pytest.approx(abs(140 / 3 - 50))


def test_doing_it_again_computes_nothing_and_opens_no_video(world: World, videos: Path) -> None:
    score(world, videos, "toy-set", "--reference-set", world.folder / "real")
    calls, rows = list(toy.CALLS), world.rows("mine", "scores")
    assert score(world, videos, "toy-set", "--reference-set", world.folder / "real").code == 0
    assert calls == toy.CALLS and world.rows("mine", "scores") == rows


def test_each_window_runs_once_and_batches_span_videos(world: World, videos: Path) -> None:
    score(world, videos, "toy-set,toy-level,toy-doubled", "--reference-set", world.folder / "real")
    sizes = [int(call.partition(":")[2]) for call in toy.CALLS if call.startswith("level")]
    assert sum(sizes) == 5 * 5, "five frames of three outputs and two reference clips"
    assert max(sizes) == 4


@pytest.mark.parametrize(("fps", "windows"), [(8, 5), (24, 5 + 2)])
def test_a_sampling_that_picks_every_frame_is_the_view_of_every_frame(
    world: World, cards: Path, fps: int, windows: int
) -> None:
    frames = np.full((5, 32, 48, 3), 10, np.uint8)
    (world.folder / "videos").mkdir()
    encode(world.folder / "videos" / "a.mkv", frames, codec="ffv1", pixel_format="bgr0", fps=fps)
    score(world, world.folder / "videos", "toy-level-8,toy-level")
    assert sum(int(call.partition(":")[2]) for call in toy.CALLS) == windows
    assert set(world.numbers("mine").values()) == {10.0}


def test_a_metric_that_reads_kept_features_reads_no_video(world: World, videos: Path) -> None:
    score(world, videos, "toy-level")
    toy.CALLS.clear()
    score(world, videos, "toy-doubled")
    assert all(call.startswith("head") for call in toy.CALLS) and toy.CALLS
    assert world.numbers("mine")["b-0", "toy-doubled"] == 200.0


def test_a_video_that_changed_replaces_its_vector(world: World, videos: Path) -> None:
    score(world, videos, "toy-set", "--reference-set", world.folder / "real")
    flat(videos / "b-0.mkv", 40)
    score(world, videos, "toy-set", "--reference-set", world.folder / "real")
    assert world.numbers("mine")["", "toy-set"] == pytest.approx(abs(80 / 3 - 50))


def test_a_damaged_record_is_made_again_before_the_set_is_counted(world: World, videos: Path) -> None:
    score(world, videos, "toy-level")
    for file in (world.folder / "cache" / "features" / "toy-level").glob("*.arrays"):
        data = bytearray(file.read_bytes())
        data[3] ^= 1
        file.write_bytes(bytes(data))
    score(world, videos, "toy-set", "--reference-set", world.folder / "real")
    assert world.numbers("mine")["", "toy-set"] == pytest.approx(abs(140 / 3 - 50))


def test_a_failure_that_was_made_good_is_no_longer_told(
    world: World, videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = (world, videos, "toy-set", "--reference-set", world.folder / "real")

    def broken(self: toy.Level, *windows: object) -> object:
        raise RuntimeError("the driver is gone")

    with monkeypatch.context() as patch:
        patch.setattr(toy.Level, "__call__", broken)
        assert score(*command).code == 1
    assert {row["reason"] for row in world.missing("mine")} >= {"RuntimeError: the driver is gone"}
    assert score(*command).code == 0
    assert world.missing("mine") == []
    shutil.rmtree(world.folder / "cache")
    flat(videos / "b-0.mkv", 40)
    score(*command)
    assert world.numbers("mine") == {("", "toy-set"): pytest.approx(abs(80 / 3 - 50))}


def test_saved_features_give_the_same_number_without_the_clips(world: World, videos: Path) -> None:
    file = world.folder / "real.npz"
    told = world.vb("reference", world.folder / "real", file, "--metrics", "toy-set")
    assert told.code == 0 and "2 clips" in told.out
    shutil.rmtree(world.folder / "real")
    assert score(world, videos, "toy-set", "--reference-set", file).code == 0
    assert world.numbers("mine")["", "toy-set"] == pytest.approx(abs(140 / 3 - 50))


def test_a_copy_of_the_set_under_other_names_is_the_same_set(world: World, videos: Path) -> None:
    score(world, videos, "toy-set", "--reference-set", world.folder / "real")
    (world.folder / "real").rename(world.folder / "moved")
    (world.folder / "moved" / "x.mkv").rename(world.folder / "moved" / "z.mkv")
    rows = world.rows("mine", "scores")
    score(world, videos, "toy-set", "--reference-set", world.folder / "moved")
    assert world.rows("mine", "scores") == rows


@pytest.mark.parametrize(
    ("change", "what", "option"),
    [({"frames": 6}, "frames 6", "trim"), ({"height": 40}, "size 48x40", "resize")],
)
def test_a_reference_of_another_kind_is_refused(
    world: World, videos: Path, change: dict[str, int], what: str, option: str
) -> None:
    for name in ("x", "y"):
        flat(world.folder / "real" / f"{name}.mkv", 50, **change)
    told = score(world, videos, "toy-set", "--reference-set", world.folder / "real")
    assert told.code == 0 and what in told.err and f"--align {option}" in told.err
    assert score(world, videos, "toy-set", "--reference-set", world.folder / "real", "--align", option).code == 0
    assert ("", f"toy-set[align={option}]") in world.scores("mine")


def test_a_reference_in_another_encoding_is_refused(world: World, videos: Path) -> None:
    for name in ("x", "y"):
        (world.folder / "real" / f"{name}.mkv").unlink()
        encode(world.folder / "real" / f"{name}.mp4", np.full((5, 32, 48, 3), 50, np.uint8))
    told = score(world, videos, "toy-set", "--reference-set", world.folder / "real")
    assert "encoding h264" in told.err and "--align encoding" in told.err


def test_a_broken_clip_of_the_reference_is_named(world: World, videos: Path) -> None:
    file = world.folder / "real" / "x.mkv"
    file.write_bytes(file.read_bytes()[:-200])
    told = score(world, videos, "toy-set", "--reference-set", world.folder / "real")
    assert told.code == 1 and "x.mkv: truncated" in told.err


def test_without_a_reference_the_metric_is_unavailable(world: World, videos: Path) -> None:
    told = score(world, videos, "toy-set,toy-level")
    assert told.code == 0 and "not computed: toy-set: needs a reference set" in told.err
    assert {metric for _, metric in world.scores("mine")} == {"toy-level"}


def test_a_reference_that_is_not_there_is_wrong_usage(world: World, videos: Path) -> None:
    told = score(world, videos, "toy-set", "--reference-set", "nowhere")
    assert told.code == 2 and "no such folder, file or reference card" in told.err


def test_too_few_outputs_are_refused_with_the_minimum(world: World, videos: Path) -> None:
    for name in ("a-1", "b-0"):
        (videos / f"{name}.mkv").unlink()
    told = score(world, videos, "toy-set", "--reference-set", world.folder / "real")
    assert "needs 2 outputs at least, 1 have" in told.err


def test_the_ground_truth_of_a_suite_is_its_reference(world: World, cards: Path) -> None:
    world.make_suite(count=3, metrics=("toy-set", "psnr-rgb"))
    assert world.vb("run", world.suite, "-m", "bicubic", "--no-controls", "--no-report").code == 0
    targets = [read(world.suite / f"c{i}.mkv").mean() for i in range(3)]
    outputs = [read(path).mean() for path in world.run_folder("bicubic").glob("videos/*/video.mkv")]
    value = world.numbers("bicubic")["", "toy-set"]
    assert value == pytest.approx(abs(np.mean(targets) - np.mean(outputs)), abs=0.3)


def test_the_videos_of_one_prompt_are_one_group(world: World, videos: Path) -> None:
    told = score(world, videos, "toy-spread", "--prompts", "names")
    assert world.numbers("mine") == {("a-0", "toy-spread"): 20.0}
    assert "needs 2 outputs at least" in told.err


def test_siblings_are_the_next_of_their_prompt(world: World, videos: Path) -> None:
    told = score(world, videos, "toy-sibling", "--prompts", "names")
    assert world.numbers("mine") == {("a-0", "toy-sibling"): 20.0, ("a-1", "toy-sibling"): 20.0}
    assert "compares with the sibling" in told.err


def test_texts_are_read_and_asked_once(world: World, videos: Path) -> None:
    (world.folder / "prompts.csv").write_text("name,prompt\na-0,hello\na-1.mkv,hello\nb-0,farewell\n")
    score(world, videos, "toy-letters", "--prompts", world.folder / "prompts.csv")
    assert world.numbers("mine")["b-0", "toy-letters"] == 8.0
    assert toy.CALLS == ["letters", "letters"]


def test_without_prompts_it_is_said(world: World, videos: Path) -> None:
    told = score(world, videos, "toy-letters")
    assert "toy-letters reads the prompt, and this sample has none" in told.err


def test_weights_that_cannot_be_had_leave_the_other_metrics_alone(
    world: World, videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = toy.WEIGHTS.format(sha256="0" * 64, path=world.folder / "absent.bin")
    monkeypatch.setenv("VBENCH_PY_CARDS", str(toy.put_up(world.folder, table)))
    told = score(world, videos, "toy-weighed,toy-level")
    assert told.code == 0
    assert "not computed: toy-weighed: needs toy-weights (toy licence, 12 MB)" in told.err
    assert {metric for _, metric in world.scores("mine")} == {"toy-level"}


def test_python_hears_of_what_is_not_computed(
    world: World, videos: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    table = toy.WEIGHTS.format(sha256="0" * 64, path=world.folder / "absent.bin")
    monkeypatch.setenv("VBENCH_PY_CARDS", str(toy.put_up(world.folder, table)))
    result = vbench_py.score(videos, ["toy-weighed", "toy-level"], results=world.results)
    assert list(result.unavailable) == ["toy-weighed"] and set(result.means) == {"toy-level"}
    assert "not computed: toy-weighed: needs toy-weights" in caplog.text


def test_weights_with_another_hash_are_refused(world: World, videos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = world.folder / "weights.bin"
    file.write_bytes(b"other")
    monkeypatch.setenv("VBENCH_PY_CARDS", str(toy.put_up(world.folder, toy.WEIGHTS.format(sha256="0" * 64, path=file))))
    told = score(world, videos, "toy-weighed")
    assert told.code == 2 and "not computed" not in told.out
    file_hash = hashlib.sha256(b"other").hexdigest()
    assert file_hash in world.vb("fetch", "toy-weighed").err


def test_a_cache_thrown_away_is_made_again_with_the_same_numbers(world: World, videos: Path) -> None:
    score(world, videos, "toy-set,toy-level", "--reference-set", world.folder / "real")
    before = world.scores("mine")
    shutil.rmtree(world.folder / "cache")
    shutil.rmtree(world.results)
    score(world, videos, "toy-set,toy-level", "--reference-set", world.folder / "real")
    assert world.scores("mine") == before
