"""The matrix says of every pair what the method's own plan says, and in seconds."""

from __future__ import annotations

import json
import resource
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.checkout import python
from tests.suite_fixtures import write_suite
from vbench_py import catalogue
from vbench_py.cli.app import app
from vbench_py.matrix import GIVEN, Matrix, asked_of, chosen, is_pattern, matrix, pair
from vbench_py.method import method
from vbench_py.plan.outputs import request_for
from vbench_py.samples import load_suite
from vbench_py.types import Unsupported, UsageError

LIMIT_SECONDS = 5.0
HEAVY = ("torch", "numpy", "pandas", "scipy", "cv2", "av", "diffusers", "vbench_py.adapters.diffusers")
PROBE = f"""
import sys
from vbench_py.cli.app import main
try:
    main()
finally:
    sys.stderr.write(" ".join(name for name in {HEAVY!r} if name in sys.modules))
"""
WITH_LINES = sorted(name for name, found in catalogue.entries("suite").items() if "layout" not in found.data)


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(scope="module")
def everything() -> Matrix:
    return matrix(chosen("suite", ["all"]), chosen("method", ["all"]))


def call(*words: str) -> Result:
    return CliRunner().invoke(app, ["plan", *words])


def told(*words: str) -> Any:
    result = call(*words, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_every_pair_is_there_and_is_served_or_refused_with_a_reason(everything: Matrix) -> None:
    assert len(everything.pairs) == len(catalogue.entries("suite")) * len(catalogue.entries("method"))
    for found in everything.pairs.values():
        assert bool(found.reason) == bool(found.field) == (found.state in ("partly", "unsupported"))
        assert (found.served == found.kinds) == (found.state in ("runs", "given"))


@pytest.mark.parametrize("suite", WITH_LINES)
def test_the_matrix_agrees_with_the_methods_own_plans(suite: str, everything: Matrix) -> None:
    """Of every method that needs to be given nothing, on a sample of each kind."""
    loaded = load_suite(suite)
    samples = {repr((sorted(s.media), bool(s.prompt), bool(s.source_prompt))): s for s in loaded.samples}
    for name in catalogue.entries("method"):
        one = method(name)
        if one.card.adapter in GIVEN or loaded.card.task not in one.card.tasks:
            continue
        adapter, refused = one.build(), []
        for sample in samples.values():
            try:
                adapter.plan(request_for(sample, 0, one, loaded))
            except Unsupported as refusal:
                refused.append(refusal.field)
        found = everything.pairs[suite, name]
        assert (found.state == "runs") == (not refused), (name, refused, found)
        assert found.field == (refused[0] if refused else ""), name


def test_a_suite_whose_data_is_absent_is_planned_from_its_card(everything: Matrix) -> None:
    assert everything.pairs["ucf101-class-names", "freenoise"].state == "runs"
    found = everything.pairs["skytimelapse-2048", "freenoise"]
    assert (found.state, found.field) == ("unsupported", "prompt")
    assert everything.suites["v2vbench"].count == 150


def test_exact_sizes_refuse_methods_that_cannot_give_them(everything: Matrix) -> None:
    found = everything.pairs["skytimelapse-first-frame", "svd"]
    assert found.state == "unsupported"
    card = catalogue.card("method", "cogvideox-5b")
    asked = asked_of("t2v-core")
    exact = tuple((replace(request, size_policy="exact"), n) for request, n in asked.requests)
    assert pair(asked, card).state == "runs"
    refused = pair(replace(asked, requests=exact), card)
    assert (refused.state, refused.field) == ("unsupported", "frames") and "8k+1" in refused.reason


def test_only_controls_of_the_ladder_see_the_truth(everything: Matrix) -> None:
    assert everything.pairs["world-vsr", "ground-truth"].state == "runs"
    assert everything.pairs["videolq", "ground-truth"].field == "target"


def test_what_makes_nothing_by_itself_is_said_to_be_given(everything: Matrix) -> None:
    assert {everything.pairs["t2v-core", name].state for name in ("precomputed", "callable")} == {"given"}


def test_a_suite_of_unlike_samples_is_served_in_part(tmp_path: Path) -> None:
    suite = Path(write_suite(tmp_path / "suite", 2))
    lines = (suite / "samples.jsonl").read_text().splitlines()
    (suite / "samples.jsonl").write_text("\n".join([lines[0], lines[1].replace('"source"', '"prefix"')]))
    found = next(iter(matrix([str(suite)], ["nearest"]).pairs.values()))
    assert (found.state, found.field, found.served, found.kinds) == ("partly", "source", 1, 2)


def test_a_damaged_file_of_samples_is_named(tmp_path: Path) -> None:
    suite = Path(write_suite(tmp_path / "suite", 1))
    (suite / "samples.jsonl").write_text("{\n")
    with pytest.raises(UsageError, match=r"samples\.jsonl: not valid JSON"):
        asked_of(str(suite))
    (suite / "samples.jsonl").unlink()
    with pytest.raises(UsageError, match="cannot be read"):
        asked_of(str(suite))


def test_names_bundles_patterns_and_all() -> None:
    assert chosen("suite", ["demo", "demo-i2v"]) == list(catalogue.card("bundle", "demo").members)
    assert chosen("method", ["wan-2.1-t2v-*", "noise"])[-1] == "noise"
    assert chosen("method", []) == sorted(catalogue.entries("method"))
    assert is_pattern("all") and is_pattern("wan*") and not is_pattern("wan-2.1-t2v-1.3b")
    with pytest.raises(UsageError, match=r"no method matches 'wam\*'"):
        chosen("method", ["wam*"])
    with pytest.raises(UsageError, match="did you mean 'freenoise'"):
        chosen("method", ["freenose"])


def test_the_whole_matrix_fits_80_columns_loads_nothing_heavy_and_takes_seconds(tmp_path: Path) -> None:
    """Processor seconds of the process: others may hold the machine."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = python("-c", PROBE, "plan", "--suite", "all", "--method", "all", cwd=tmp_path, env={"COLUMNS": "80"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "freenoise" in done.stdout and "for want" in done.stdout
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < LIMIT_SECONDS


def test_machines_get_every_pair() -> None:
    document = told("--suite", "t2v-core", "--suite", "vid4-bi", "--method", "all")
    assert len(document["pairs"]) == 2 * len(document["methods"]) == sum(document["counts"].values())
    assert document["suites"][0]["samples"] == 16 and document["suites"][1]["data"] == "Vid4"


def test_one_suite_names_who_serves_it_and_why_others_do_not() -> None:
    text = call("--suite", "skytimelapse-2048").stdout
    assert "serve it" in text and "not, as no prompt is there" in text and "of another task" in text
    assert max(map(len, text.splitlines())) <= 80


def test_one_method_names_what_it_serves() -> None:
    text = " ".join(call("--method", "freenoise").stdout.split())
    assert "t2v-core" in text and "not, as no prompt is there (1): skytimelapse-2048" in text


def test_options_do_not_go_with_the_matrix() -> None:
    result = call("--suite", "t2v-core", "--set", "a=1")
    assert result.exit_code == 2 and "--set" in result.stderr
