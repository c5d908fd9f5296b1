"""list, show, plan, fetch, doctor and check, as a user or a machine (--json) calls them."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.suite_fixtures import write_suite
from vbench_py.cli.app import app

VERBS = (
    "run", "generate", "score", "leaderboard", "report", "list", "show", "plan", "import", "fetch", "reference",
    "cache", "check", "env", "doctor",
)  # fmt: skip


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("VBENCH_PY_RESULTS", str(tmp_path / "results"))
    for name in ("VBENCH_PY_CACHE", "VBENCH_PY_OFFLINE", "HF_HUB_OFFLINE"):
        # --cache and --offline set these in this process; setting them first makes pytest put them back.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def told(*words: str) -> Any:
    result = call(*words, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def widest(text: str) -> int:
    return max(map(len, text.splitlines()))


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str) -> None:
    result = call(verb, "--help")
    assert result.exit_code == 0 and "Usage" in result.stdout and "--json" in result.stdout


def test_list_counts_what_there_is() -> None:
    counts = dict(reversed(line.split(":")[0].split()) for line in call("list").stdout.splitlines())
    assert int(counts["tasks"]) == 13 and int(counts["metrics"]) == len(told("list", "metrics"))


@pytest.mark.parametrize("what", ["suites", "methods", "metrics", "tasks"])
def test_a_list_fits_80_columns(what: str) -> None:
    result = call("list", what)
    assert result.exit_code == 0 and widest(result.stdout) <= 80


def test_a_list_can_be_of_one_task() -> None:
    assert all("vsr" in row["tasks"] for row in told("list", "methods", "--task", "vsr"))


def test_a_list_of_methods_can_be_of_one_status_and_adapter() -> None:
    rows = told("list", "methods", "--status", "verified", "--adapter", "classical")
    assert rows and all((row["status"], row["adapter"]) == ("verified", "classical") for row in rows)
    both = told("list", "methods", "--task", "i2v", "--status", "runs")
    assert both and all("i2v" in row["tasks"] and row["status"] == "runs" for row in both)
    assert f"{len(both)} methods: {len(both)} runs" in call("list", "--task", "i2v", "--status", "runs").stdout


def test_a_status_belongs_to_methods() -> None:
    result = call("list", "suites", "--status", "runs")
    assert result.exit_code == 2 and "list methods" in result.stderr


@pytest.mark.parametrize(
    ("words", "near"),
    [(("list", "metric"), "metrics"), (("list", "methods", "--status", "run"), "runs"),
     (("list", "methods", "--adapter", "diffuser"), "diffusers"),
     (("list", "methods", "--task", "vsrr"), "vsr"), (("show", "bicubik"), "bicubic"),
     (("fetch", "lpips-alx"), "lpips-alex"), (("check", "psnr-rg"), "psnr-rgb"), (("plan", "demo-vsr"), "demo-vsr-x4")],
)  # fmt: skip
def test_an_unknown_name_is_wrong_usage_and_names_the_near_one(words: tuple[str, ...], near: str) -> None:
    result = call(*words)
    assert (result.exit_code, result.stdout) == (2, "") and near in result.stderr


def test_show_gives_the_whole_card() -> None:
    card = told("show", "psnr-y")
    assert (card["kind"], card["direction"], card["protocol"]["cap_db"]) == ("metric", "higher", 100.0)


def test_show_of_a_name_that_several_cards_share_gives_all() -> None:
    assert {card["kind"] for card in told("show", "lpips-alex")} == {"metric", "extractor"}


def test_show_of_a_suite_counts_its_samples(tmp_path: Path) -> None:
    card = told("show", write_suite(tmp_path / "suite", 2, seeds=(0, 1)))
    assert card["counts"] == {"samples": 2, "outputs": 4}


def test_show_fits_80_columns() -> None:
    assert widest(call("show", "demo-vsr-x4").stdout) <= 80


@pytest.mark.parametrize("name", ["freenoise", "wan-2.1-vace-14b", "bicubic", "cogvideox-5b", "ground-truth"])
def test_show_of_a_method_says_everything_within_80_columns(name: str) -> None:
    text = call("show", name).stdout
    assert widest(text) <= 80
    card = told("show", name)
    words = " ".join(text.split())
    assert all(" ".join(str(card[field]).split()) in words for field in ("title", "status", "summary", "evidence"))
    assert all(mode["name"] or mode["task"] in words for mode in card["modes"])


def test_show_of_a_method_has_its_rules_in_words() -> None:
    words = " ".join(call("show", "freenoise").stdout.split())
    assert "baseline_of: animatediff" in words and "a seed a sample, one sample at a time" in words
    assert "8 fps" in words and "native 64" in words
    assert "needs --accept-licence" in " ".join(call("show", "cogvideox-5b").stdout.split())


def test_plan_counts_and_writes_nothing(tmp_path: Path) -> None:
    suite = write_suite(tmp_path / "suite", 2)
    (plan,) = told("plan", suite, "--method", "nearest", "--results", str(tmp_path / "results"))
    assert plan["outputs"] == {"done": 0, "todo": 2, "unsupported": 0} and plan["scores"]["todo"] == 2
    assert not (tmp_path / "results").exists()


def test_plan_says_what_cannot_be_done_and_why(tmp_path: Path) -> None:
    suite = write_suite(tmp_path / "suite", 1)
    samples = tmp_path / "suite" / "samples.jsonl"
    samples.write_text(samples.read_text().replace('"source"', '"prefix"'))
    (plan,) = told("plan", suite, "--method", "nearest")
    assert plan["outputs"]["unsupported"] == 1 and "source" in next(iter(plan["reasons"]))


def test_fetch_of_what_needs_nothing_is_done() -> None:
    assert told("fetch", "psnr-rgb", "bicubic") == []


def test_fetch_offline_says_what_is_missing_and_where_to_put_it(tmp_path: Path) -> None:
    result = call("fetch", "lpips-alex", "--offline", "--cache", str(tmp_path / "cache"))
    assert result.exit_code == 2 and "sha256" in result.stderr and str(tmp_path / "cache") in result.stderr


def test_doctor_checks_every_part(tmp_path: Path) -> None:
    rows = told("doctor", "--results", str(tmp_path / "a" / "b"), "--cache", str(tmp_path / "cache"))
    assert {row["check"] for row in rows} >= {"python", "torch", "decoders", "vmaf", "cards", "cache", "results"}
    assert all(row["ok"] for row in rows)


def test_doctor_leaves_nothing_behind(tmp_path: Path) -> None:
    call("doctor", "--results", str(tmp_path / "a" / "b"), "--cache", str(tmp_path / "cache"))
    assert not (tmp_path / "a").exists() and not (tmp_path / "cache").exists()


def test_doctor_fits_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as folder:  # a path is one word, and pytest's are long
        monkeypatch.chdir(folder)
        assert widest(call("doctor", "--results", "r", "--cache", "c").stdout) <= 80
        monkeypatch.undo()


def test_doctor_fails_where_results_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    result = call("doctor", "--results", str(tmp_path / "file"))
    assert result.exit_code == 1 and "FAIL results" in result.stdout


def test_check_of_a_method_names_every_promise_within_80_columns() -> None:
    result = call("check", "nearest")
    assert result.exit_code == 0 and widest(result.stdout) <= 80
    assert result.stdout.startswith("method nearest\n  ok ") and "FAIL" not in result.stdout


def test_check_of_a_broken_card_fails(tmp_path: Path) -> None:
    suite = write_suite(tmp_path / "suite")
    card = tmp_path / "suite" / "suite.toml"
    card.write_text(card.read_text().replace("primary", "primry"))
    result = call("check", suite)
    assert result.exit_code == 1 and "did you mean 'primary'" in " ".join(result.stdout.split())


def test_check_gives_machines_every_finding() -> None:
    rows = told("check", "seconds-per-frame")
    assert {"subject", "promise", "ok", "detail", "skipped"} == set(rows[0]) and all(row["ok"] for row in rows)


def test_check_takes_options_of_a_method(tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    rows = told("check", "precomputed", "--set", f"videos={tmp_path / 'videos'}")
    assert any("does not take the made-up sample" in row["detail"] for row in rows if row["skipped"])


def test_help_sets_a_verbs_own_flags_before_those_of_all() -> None:
    text = call("run", "--help").stdout
    assert text.index("--controls") < text.index("What is made and scored:") < text.index("--limit")
    assert text.index("--limit") < text.index("Everywhere:") < text.index("--results")
    assert widest(text) <= 80


def test_the_version_is_told() -> None:
    assert call("--version").stdout.startswith("vbench-py ")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("CLIPS", "CLIPS"), "one folder of videos at a time"),
        (("CLIPS", "--method", "bicubic", "--set", "a=1"), "--method and --set"),
        (("CLIPS", "--reference-run", "nowhere"), "--reference-run nowhere"),
        (("CLIPS", "--device", "gpu"), "--device gpu"),
        (("CLIPS", "--batch-size", "0"), "--batch-size 0"),
        (("demo-vsr-x4", "--target", "CLIPS"), "goes with videos"),
    ],
)
def test_a_flag_that_scoring_cannot_follow_is_refused(words: tuple[str, ...], reason: str, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    result = call("score", *(str(tmp_path) if word == "CLIPS" else word for word in words))
    assert result.exit_code == 2 and reason in result.stderr


def test_a_gpu_that_is_not_there_is_refused_before_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    result = call("run", "demo-vsr-x4", "--device", "cuda", "--results", str(tmp_path / "results"))
    assert result.exit_code == 2 and "no CUDA device" in result.stderr and not (tmp_path / "results").exists()


def test_a_target_of_another_case_is_named(tmp_path: Path) -> None:
    for file in (tmp_path / "made" / "a.mp4", tmp_path / "truth" / "A.mp4"):
        file.parent.mkdir()
        file.touch()
    result = call("score", str(tmp_path / "made"), "--target", str(tmp_path / "truth"))
    assert result.exit_code == 2 and "did you mean 'A'?" in result.stderr


def test_machines_are_told_what_a_folder_would_score(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    plan = told("score", str(tmp_path), "--dry-run", "--metrics", "temporal-flickering")
    assert (plan["videos"], plan["metrics"]) == (1, ["temporal-flickering"])


def test_samples_and_cards_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    suite = write_suite(tmp_path / "suite")
    for file in (Path(suite, "suite.toml"), Path(suite, "samples.jsonl")):
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert told("plan", suite, "--method", "nearest")[0]["outputs"]["todo"] == 3
