"""A run against an endpoint from the command to the leaderboard: refusals counted, the key nowhere, nothing twice."""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.adapters.endpoint import KEY, KEY_VARIABLE
from tests.adapters.helpers import waves
from tests.video_server import Reply, VideoServer
from vbench_py.cli.app import app
from vbench_py.promises.methods import method_promises
from vbench_py.video import write_video

SUITE = """
id = "tiny-t2v"
version = "1"
title = "Tiny"
task = "t2v"
summary = "Prompts, made on the spot."
licence = "CC0-1.0"
primary = "temporal-flickering"
metrics = ["temporal-flickering"]
"""
TYPE = {"Content-Type": "application/json"}
REFUSED = {"error": {"code": "moderation_blocked", "message": "not that"}}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[VideoServer]:
    write_video(tmp_path / "made.mkv", waves(5), fps=8.0)
    with VideoServer((tmp_path / "made.mkv").read_bytes()) as made:
        yield made


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VBENCH_PY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("VBENCH_PY_RESULTS", str(tmp_path / "results"))
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    folder = tmp_path / "suite"
    folder.mkdir()
    (folder / "suite.toml").write_text(SUITE)
    lines = [json.dumps({"id": f"p{number}", "prompt": f"a sea with {number} boats"}) for number in range(6)]
    (folder / "samples.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def call(server: VideoServer, suite: Path, *words: str) -> Result:
    given = {"base_url": server.url, "key_env": KEY_VARIABLE, "model": "tiny-1", "provider": "tiny", "poll_seconds": 0}
    options = [word for name, value in given.items() for word in ("--set", f"{name}={value}")]
    always = ["--method", "openai-video", "--name", "tiny", "--no-controls", "--no-report"]
    return CliRunner().invoke(app, ["run", str(suite), *always, *options, *words])


def generated(tmp_path: Path) -> list[dict[str, Any]]:
    files = sorted(tmp_path.glob("results/runs/*/*/generated.*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def test_a_run_makes_every_video_and_scores_it(server: VideoServer, suite: Path, tmp_path: Path) -> None:
    done = call(server, suite)
    assert done.exit_code == 0, done.output
    rows = generated(tmp_path)
    assert [row["status"] for row in rows] == ["ok"] * 6 and "tiny" in done.output
    assert {row["provenance"]["model"] for row in rows} == {"tiny-1-2026"}


def test_refusals_are_filtered_rows_that_are_counted_by_provider(
    server: VideoServer, suite: Path, tmp_path: Path
) -> None:
    server.posts = [Reply(400, REFUSED, TYPE)] * 2 + [Reply(400, {"error": {"message": "no"}}, TYPE)]
    done = call(server, suite)
    assert done.exit_code == 1
    (missing,) = tmp_path.glob("results/runs/*/*/missing.csv")
    with missing.open(newline="") as file:
        reasons = [(row["status"], row["reason"]) for row in csv.DictReader(file)]
    assert reasons.count(("filtered", "refused by tiny: not that (moderation_blocked)")) == 2
    assert [status for status, _ in reasons].count("failed") == 1
    assert "filtered: 2 refused by tiny" in done.output and "2 of 6 filtered, refused by tiny" in done.output


def test_a_refused_row_tells_what_the_provider_said(server: VideoServer, suite: Path, tmp_path: Path) -> None:
    server.posts = [Reply(400, REFUSED, TYPE)]
    call(server, suite)
    (row,) = [row for row in generated(tmp_path) if row["status"] == "filtered"]
    assert row["provenance"]["refusal"] == "not that (moderation_blocked)"


def test_a_second_run_asks_only_for_what_is_missing(server: VideoServer, suite: Path) -> None:
    server.posts = [Reply(500)]
    assert call(server, suite).exit_code == 1
    assert call(server, suite).exit_code == 0
    assert server.count("POST") == 7


def test_the_key_stands_nowhere(
    server: VideoServer, suite: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.posts = [Reply(400, {"error": {"message": f"bad key {KEY}"}}, TYPE), Reply(400, {"detail": KEY}, TYPE)]
    server.extra = {"model": f"tiny for {KEY}"}
    done = call(server, suite)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 20 and [path for path in written if KEY.encode() in path.read_bytes()] == []
    assert "[key]" in done.output and KEY not in done.output + caplog.text


def test_without_its_variable_nothing_is_asked(
    server: VideoServer, suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY_VARIABLE)
    done = call(server, suite)
    assert done.exit_code != 0 and f"{KEY_VARIABLE} (option key_env) is not set" in done.output and server.seen == []


@pytest.mark.parametrize(("card", "unsent"), [("openai-video", {}), ("polling-video", {"body.input.seed": None})])
def test_an_endpoint_keeps_every_promise_of_a_method(card: str, unsent: dict[str, Any], server: VideoServer) -> None:
    """The server gives everybody the same video, so no seed may be sent."""
    findings = list(method_promises(card, {"base_url": server.url, "poll_seconds": 0.0, **unsent}))
    assert [finding for finding in findings if not finding.ok] == []


def test_a_method_without_an_address_says_what_it_needs() -> None:
    (finding,) = [finding for finding in method_promises("openai-video") if finding.skipped]
    assert "base_url" in finding.detail
