"""Ids, prompts, cards and folders from outside: data, never a path and never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.world import World, lossless, sample

IDS = [
    "../../x", "/etc/passwd", "a/b", "..", "c\u0000d", "x" * 4000, "日本語 🎬", "A", "a", "con.part", "-flag", "[red]",
]  # fmt: skip


def _run(world: World, *more: str | Path) -> tuple[int, str]:
    told = world.vb("run", world.suite, "-m", "bicubic", "--no-controls", "--no-report", *more)
    return told.code, told.err


def test_ids_that_look_like_paths_stay_inside_the_run_folder(world: World) -> None:
    lossless(world.folder / "suite" / "clip.mkv", frames=2)
    world.make_suite([sample(name, "clip.mkv") for name in IDS], metrics=["psnr-rgb"])
    inside = (world.results, world.folder / "cache")
    outside = {path for path in world.folder.rglob("*") if not set(inside) & set(path.parents)}
    assert _run(world)[0] == 0
    assert {sample for sample, _ in world.scores("bicubic")} == set(IDS)
    assert len(list((world.run_folder("bicubic") / "videos").iterdir())) == len(IDS)
    assert {p for p in world.folder.rglob("*") if not set(inside) & set(p.parents)} - outside == set(inside)


def test_long_and_strange_prompts_go_through_to_the_report(world: World) -> None:
    prompts = ["🎬" * 4000, "<script>alert(1)</script>", '"quoted", \n new line', "=1+1"]
    lossless(world.folder / "suite" / "clip.mkv", frames=2)
    rows = [sample(f"c{i}", "clip.mkv", prompt=prompt) for i, prompt in enumerate(prompts)]
    world.make_suite(rows, metrics=["psnr-rgb"])
    assert world.vb("run", world.suite, "-m", "bicubic", "--no-controls").code == 0
    page = (world.results / "report" / "index.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page


def test_a_version_that_looks_like_a_path_stays_inside_the_results(world: World) -> None:
    world.make_suite(count=1, version="../../out")
    assert _run(world)[0] == 0
    assert not (world.folder / "out").exists()
    assert list(world.results.glob("runs/tiny@*/bicubic@*/run.json"))


BAD_LINES = {
    '["a"]': "is no JSON object",
    "{}": "needs an id",
    '{"id": 5}': "needs an id",
    '{"id": ""}': "needs an id",
    '{"id": "a", "promt": "x"}': "unknown field 'promt', did you mean 'prompt'?",
    '{"id": "a", "prompt": 5}': "prompt is 5, not a text",
    '{"id": "a", "seeds": ["../../x"]}': "seeds is ['../../x']",
    '{"id": "a", "seeds": []}': "seeds is []",
    '{"id": "a", "prompt": "\\ud800"}': "not valid JSON",
    '{"id": "a"': "not valid JSON",
}


@pytest.mark.parametrize("line", BAD_LINES)
def test_a_line_that_is_no_sample_names_file_and_line(line: str, world: World) -> None:
    world.make_suite(count=1)
    with (world.suite / "samples.jsonl").open("a") as file:
        file.write(line + "\n")
    code, err = _run(world)
    assert code == 2
    assert "samples.jsonl:2: " + BAD_LINES[line] in err


def test_a_misspelt_key_of_a_card_is_named_with_the_right_one(world: World) -> None:
    world.make_suite(count=1)
    card = world.suite / "suite.toml"
    card.write_text(card.read_text().replace("licence", "license"))
    code, err = _run(world)
    assert code == 2
    assert str(card) in err
    assert "license: unknown key, did you mean 'licence'?" in err


def test_results_that_are_a_file_are_told(world: World) -> None:
    world.make_suite(count=1)
    world.results.write_text("in the way")
    code, err = _run(world)
    assert code == 1
    assert "choose another folder with --results" in err


def test_a_read_only_results_folder_is_told_before_any_work(world: World, disk: Path) -> None:
    import subprocess

    world.make_suite(count=1)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    code, err = _run(world)
    assert code == 1
    assert "Read-only file system; free space or choose another folder with --results" in err
