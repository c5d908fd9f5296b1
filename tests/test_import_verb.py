"""`vbench-py import`: what belongs to which sample, before anything is written."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from vbench_py.cli.app import app
from vbench_py.video import write_video

FRAMES = np.zeros((4, 16, 24, 3), np.uint8)
PROMPTS = {"pier": "a pier, at dawn", "kite": "a kite 🪁 over dunes"}


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("VBENCH_PY_RESULTS", str(tmp_path / "results"))


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    folder = tmp_path / "suite"
    folder.mkdir()
    (folder / "suite.toml").write_text(
        'id = "two"\nversion = "1"\ntitle = "Two"\ntask = "t2v"\nsummary = "Two prompts."\nlicence = "Apache-2.0"\n'
        'primary = "temporal-flickering"\nmetrics = ["temporal-flickering"]\nseeds = [0, 1]\n[output]\nframes = 4\n',
        encoding="utf-8",
    )
    rows = [json.dumps({"id": name, "prompt": prompt}) for name, prompt in PROMPTS.items()]
    (folder / "samples.jsonl").write_text("\n".join(rows), encoding="utf-8")
    return folder


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    for prompt in PROMPTS.values():
        for number in (0, 1):
            write_video(tmp_path / "videos" / f"{prompt}-{number}.mkv", FRAMES, fps=8)
    return tmp_path / "videos"


def call(*words: Any) -> Result:
    return CliRunner().invoke(app, ["import", *map(str, words)])


def told(*words: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(call(*words, "--json").stdout)
    return found


def test_a_whole_folder_is_told_and_exits_with_0(suite: Path, videos: Path) -> None:
    result = call(suite, videos, "--layout", "vbench")
    assert result.exit_code == 0, result.output
    assert "pier (seed 1)  a pier, at dawn-1.mkv" in result.stdout


def test_nothing_is_written_without_being_asked(suite: Path, videos: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    call(suite, videos)
    assert sorted(tmp_path.rglob("*")) == before


def test_missing_and_extra_are_told_and_exit_with_1(suite: Path, videos: Path) -> None:
    (videos / "a pier, at dawn-1.mkv").rename(videos / "holiday.mkv")
    result = call(suite, videos)
    assert result.exit_code == 1
    assert "missing:\n  pier (seed 1)" in result.stdout and "belongs to nothing:\n  holiday.mkv" in result.stdout


def test_a_broken_video_is_told_by_its_name(suite: Path, videos: Path) -> None:
    (videos / "a pier, at dawn-1.mkv").write_bytes(b"")
    found = told(suite, videos)
    (problem,) = found["problems"]
    assert problem["reason"].startswith("a pier, at dawn-1.mkv: is empty (0 bytes)")
    assert call(suite, videos).exit_code == 1


def test_a_link_that_leads_nowhere_is_told(suite: Path, videos: Path) -> None:
    (videos / "a pier, at dawn-1.mkv").unlink()
    (videos / "a pier, at dawn-1.mkv").symlink_to("gone.mkv")
    assert "is a link that leads nowhere" in told(suite, videos)["problems"][0]["reason"]


def test_another_size_than_the_suite_demands_is_told(suite: Path, videos: Path) -> None:
    with (suite / "suite.toml").open("a") as file:
        file.write('width = 32\nheight = 16\nsize_policy = "exact"\n')
    assert told(suite, videos)["problems"][0]["reason"].endswith("24x16, the suite asks for 32x16")


def test_another_length_and_unlike_sizes_are_noted(suite: Path, videos: Path) -> None:
    write_video(videos / "a pier, at dawn-0.mkv", np.zeros((3, 16, 16, 3), np.uint8), fps=8)
    notes = told(suite, videos)["notes"]
    assert notes == ["the suite asks for 4 frames: 1 of 3", "sizes differ: 3 of 24x16, 1 of 16x16"]


def test_the_table_fits_into_eighty_columns(suite: Path, videos: Path) -> None:
    (videos / ("a very long name of a file that belongs to nothing at all " * 3 + ".mkv")).touch()
    (videos / "\x1b[31m.mkv").touch()
    shown = call(suite, videos).stdout.partition("To score them")[0]
    assert max(map(len, shown.splitlines())) <= 80
    assert "\x1b" not in shown


def test_a_manifest_is_written_that_the_method_reads(suite: Path, videos: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "made.csv"
    assert call(suite, videos, "--layout", "vbench", "--write", manifest).exit_code == 0
    rows = list(csv.DictReader(manifest.open(encoding="utf-8")))
    assert [row["path"] for row in rows if row["id"] == "kite"] == [
        f"videos/a kite 🪁 over dunes-{n}.mkv" for n in (0, 1)
    ]
    assert all(len(row["sha256"]) == 64 and row["encoding"] == "lossless" for row in rows)
    assert call(suite, manifest).exit_code == 0


def test_the_command_that_is_told_scores_the_videos(suite: Path, videos: Path, tmp_path: Path) -> None:
    import shlex

    found = told(suite, videos, "--write", tmp_path / "made.jsonl", "--name", "exp17")
    words = shlex.split(found["run"])
    assert words[:2] == ["vbench-py", "run"]
    result = CliRunner().invoke(app, [*words[1:], "--no-report", "--json"])
    assert result.exit_code == 0, result.output
    assert "exp17" in result.stdout


def test_a_changed_video_is_found_by_its_manifest(suite: Path, videos: Path, tmp_path: Path) -> None:
    call(suite, videos, "--write", tmp_path / "made.csv")
    write_video(videos / "a pier, at dawn-0.mkv", FRAMES + 9, fps=8)
    (problem,) = told(suite, tmp_path / "made.csv")["problems"]
    assert "is not the file that the manifest names" in problem["reason"]


def test_a_manifest_that_exists_is_never_overwritten(suite: Path, videos: Path, tmp_path: Path) -> None:
    (tmp_path / "made.csv").write_text("mine")
    result = call(suite, videos, "--write", tmp_path / "made.csv")
    assert result.exit_code == 2 and "exists; give another name" in result.stderr
    assert (tmp_path / "made.csv").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--layout", "vbenhc"], "unknown layout 'vbenhc'; did you mean 'vbench'"),
        (["--set", "colour=red"], "unknown option 'colour'"),
        (["--set", "layout=vbench"], "use --layout"),
        (["--method", "bicubic"], "give a method of the adapter precomputed"),
        (["--write", "made.txt"], "is neither .csv nor .jsonl"),
    ],
)
def test_wrong_usage_exits_with_2(suite: Path, videos: Path, words: list[str], message: str) -> None:
    result = call(suite, videos, *words)
    assert result.exit_code == 2 and message in result.stderr


def test_an_ambiguous_folder_exits_with_2(suite: Path, videos: Path) -> None:
    write_video(videos / "pier-0.mkv", FRAMES, fps=8)
    result = call(suite, videos)
    assert result.exit_code == 2 and "'a pier, at dawn-0.mkv' and 'pier-0.mkv' fit" in result.stderr


def test_a_folder_that_is_not_there_exits_with_2(suite: Path) -> None:
    assert call(suite, "nowhere").exit_code == 2


def test_its_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom vbench_py.cli.app import app\n"
        "try:\n    app(['import', '--help'])\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('torch', 'numpy', 'av', 'rich.table') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
