"""Recipes run for real: a repository with one commit, an environment of its own, and everything it can do wrong."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.foreign import BATCH_RUN, SAMPLE_RUN, WORKER_RUN, Foreign, alive
from vbench_py import catalogue
from vbench_py.adapters.command import Command
from vbench_py.generate import error_of
from vbench_py.isolate.environments import EnvironmentUnavailable
from vbench_py.method import method
from vbench_py.recipe_card import merge
from vbench_py.types import Generated, Request, Sample, Unsupported, UsageError
from vbench_py.video import read

RUNS = {"sample": SAMPLE_RUN, "batch": BATCH_RUN, "worker": WORKER_RUN}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built environments are shared by the tests of this file."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def foreign(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Foreign]:
    monkeypatch.setenv("VBENCH_PY_CACHE", str(cache))
    made = Foreign(tmp_path)
    for name, value in made.variables().items():
        monkeypatch.setenv(name, value)
    catalogue._index.cache_clear()
    yield made
    catalogue._index.cache_clear()


def adapter(**options: Any) -> Command:
    made = method("foreign", overrides=options).build()
    assert isinstance(made, Command)
    return made


def generate(prompts: list[str], tmp_path: Path, seed: int = 5, **options: Any) -> list[Generated]:
    """What comes back for a batch, in the order asked for."""
    made = adapter(**options)
    requests = [Request(Sample(f"s{n}", "t2v", prompt=prompt), seed=seed) for n, prompt in enumerate(prompts)]
    planned = [made.plan(request) for request in requests]
    out = [tmp_path / "results" / str(number) for number in range(len(planned))]
    for folder in out:
        folder.mkdir(parents=True)
    try:
        made.load("cpu")
        return list(made.generate(planned, out))
    finally:
        made.close()


def reason(made: Generated) -> str:
    assert made.status == "failed"
    return f"{type(made.error).__name__}: {made.error}"


@pytest.mark.parametrize("kind", RUNS)
def test_it_runs(kind: str, foreign: Foreign, tmp_path: Path) -> None:
    foreign.write_cards(RUNS[kind])
    made = generate(["one", "two", "three"], tmp_path)
    assert [one.status for one in made] == ["ok"] * 3
    assert read(made[0].outputs["video"]).shape == (4, 8, 12, 3)


@pytest.mark.parametrize("kind", RUNS)
def test_provenance_says_what_ran(kind: str, foreign: Foreign, tmp_path: Path) -> None:
    foreign.write_cards(RUNS[kind])
    (made,) = generate(["one"], tmp_path)
    assert made.provenance["commit"] == foreign.commit
    assert made.provenance["repository"] == "lab/model"
    assert str(tmp_path) not in json.dumps(dict(made.provenance))


def test_a_worker_loads_once_for_all_samples(foreign: Foreign, tmp_path: Path) -> None:
    foreign.write_cards(WORKER_RUN)
    made = generate(["one", "two", "three"], tmp_path)
    assert [one.provenance["calls"] for one in made] == [1, 2, 3]


def test_a_batch_is_one_process(foreign: Foreign, tmp_path: Path) -> None:
    foreign.write_cards(BATCH_RUN)
    made = generate(["one", "two", "three"], tmp_path)
    assert [one.provenance["samples_in_process"] for one in made] == [3, 3, 3]


def test_the_most_samples_of_one_process_can_be_set(foreign: Foreign, tmp_path: Path) -> None:
    foreign.write_cards(BATCH_RUN)
    made = generate(["one", "two", "three"], tmp_path, batch=2)
    assert [one.provenance["samples_in_process"] for one in made] == [2, 2, 1]


@pytest.mark.parametrize("kind", ["sample", "worker"])
@pytest.mark.parametrize(
    ("behave", "told"),
    [
        ("fails", "exit code 1|SystemExit"),
        ("segfault", "SIGSEGV"),
        ("nothing", "ForeignAnswer: it left no output 'video'"),
        ("two", "2 files fit output 'video'"),
        ("outside", "outside its scratch folder"),
        ("other", "second name"),
        ("old", "older than the run"),
        ("garbage", "cannot be read"),
    ],
)
def test_what_goes_wrong_is_the_row_s_reason(
    kind: str, behave: str, told: str, foreign: Foreign, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    foreign.write_cards(merge(RUNS[kind], {"variables": {"ELSEWHERE": str(tmp_path / "elsewhere")}}))
    (made,) = generate(["one"], tmp_path, behave=behave)
    assert any(word in reason(made) for word in told.split("|"))


@pytest.mark.parametrize(
    ("behave", "options", "told"),
    [
        ("hangs", {"seconds": 1.0}, "longer than 1 s"),
        ("fills", {"scratch_gb": 0.02, "seconds": 60.0}, "0.02 GB are allowed"),
        ("eats", {"memory_gb": 0.3, "seconds": 60.0}, "0.30 GB are allowed"),
    ],
)
@pytest.mark.parametrize("kind", ["sample", "worker"])
def test_limits_end_it(
    kind: str, behave: str, options: dict[str, Any], told: str, foreign: Foreign, tmp_path: Path
) -> None:
    foreign.write_cards(RUNS[kind])
    (made,) = generate(["one"], tmp_path, behave=behave, **options)
    assert told in reason(made)


def test_too_few_frames_are_told(foreign: Foreign, tmp_path: Path) -> None:
    foreign.write_cards(SAMPLE_RUN, mode={"frames": {"fixed": [4]}})
    (made,) = generate(["one"], tmp_path, behave="short")
    assert "it wrote 3 frames, 4 were planned" in reason(made)


@pytest.mark.parametrize("kind", ["sample", "worker"])
def test_a_child_left_behind_is_ended(kind: str, foreign: Foreign, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    foreign.write_cards(merge(RUNS[kind], {"variables": {"ELSEWHERE": str(tmp_path / "elsewhere")}}))
    (made,) = generate(["one"], tmp_path, behave="forks")
    assert made.status == "ok"
    pid = tmp_path / "elsewhere" / "pid"
    until = time.monotonic() + 5
    while not pid.exists() and time.monotonic() < until:
        os.sched_yield()
    assert not pid.exists() or not alive(int(pid.read_text()))


@pytest.mark.parametrize("kind", RUNS)
def test_one_bad_sample_fails_alone(kind: str, foreign: Foreign, tmp_path: Path) -> None:
    bad = "if prompt.startswith('bad'): os.kill(os.getpid(), 11)\n"
    for name, before in (("run.py", "        told = {"), ("predict.py", "        self.calls += 1\n")):
        text = foreign.files[name].replace(before, "        " + bad + before, 1)
        (foreign.repository / name).write_text(text)
    foreign.git("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "-am", "y")
    foreign.commit = foreign.git("rev-parse", "HEAD").strip()
    foreign.write_cards(RUNS[kind])
    made = generate(["good", "bad", "good too"], tmp_path)
    assert [one.status for one in made] == ["ok", "failed", "ok"]
    assert "SIGSEGV" in reason(made[1])


def test_garbage_in_the_channel_costs_its_sample_alone(foreign: Foreign, tmp_path: Path) -> None:
    foreign.write_cards(WORKER_RUN)
    (made,) = generate(["one"], tmp_path, behave="channel")
    assert "its channel holds garbage" in reason(made)


def test_secrets_do_not_reach_the_code(foreign: Foreign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    foreign.write_cards(SAMPLE_RUN)
    (made,) = generate(["one"], tmp_path, keep_scratch=True)
    logs = [path.read_text() for path in (Path(os.environ["VBENCH_PY_CACHE"]) / "work").glob("*/log.txt")]
    assert made.status == "ok" and any("TOLD" in text for text in logs)
    assert not any("sk-secret" in text for text in logs)


@pytest.mark.parametrize("prompt", ['it\'s "a" $(touch x) `y` ; z\nsecond 🐈', "word " * 800])
@pytest.mark.parametrize("kind", ["sample", "worker"])
def test_the_code_gets_the_prompt_as_it_is(kind: str, prompt: str, foreign: Foreign, tmp_path: Path) -> None:
    told = "        open(os.environ['TOLD'], 'w', encoding='utf-8', newline='').write(prompt)\n"
    for name, before in (("run.py", "        told = {"), ("predict.py", "        self.calls += 1\n")):
        (foreign.repository / name).write_text(foreign.files[name].replace(before, told + before, 1))
    foreign.git("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "-am", "y")
    foreign.commit = foreign.git("rev-parse", "HEAD").strip()
    foreign.write_cards(merge(RUNS[kind], {"variables": {"TOLD": str(tmp_path / "told")}}))
    generate([prompt], tmp_path)
    assert (tmp_path / "told").read_bytes().decode() == prompt


def test_lists_refuse_line_breaks_in_the_plan(foreign: Foreign) -> None:
    foreign.write_cards(BATCH_RUN)
    request = Request(Sample("a", "t2v", prompt="one\ntwo"), seed=0)
    with pytest.raises(Unsupported, match="line_breaks=space"):
        adapter().plan(request)
    assert adapter(line_breaks="space").plan(request).prompt_used == "one two"


def test_a_list_without_a_seed_for_each_keeps_seeds_apart(foreign: Foreign) -> None:
    foreign.write_cards(merge(BATCH_RUN, {"flags": {"--seed": "{seed}"}}))
    groups = {adapter().plan(Request(Sample("a", "t2v", prompt="x"), seed=seed)).group for seed in (0, 1)}
    assert len(groups) == 2


def test_a_recipe_that_takes_no_seed_says_so(foreign: Foreign) -> None:
    foreign.write_cards(BATCH_RUN)
    assert not adapter().plan(Request(Sample("a", "t2v", prompt="x"), seed=1)).seed_applied


def test_identity_follows_the_recipe_and_not_its_notes(foreign: Foreign) -> None:
    foreign.write_cards(SAMPLE_RUN)
    first = adapter().identity()
    foreign.write_cards(SAMPLE_RUN, recipe={"note": "other words"})
    catalogue._index.cache_clear()
    assert adapter().identity() == first
    foreign.write_cards(merge(SAMPLE_RUN, {"flags": {"--frames": 5}}))
    catalogue._index.cache_clear()
    assert adapter().identity() != first


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"stepz": 3}, "unknown option 'stepz'"),
        ({"pins": "newest"}, "choose override"),
        ({"line_breaks": "drop"}, "choose refuse or space"),
        ({"batch": 0}, "a whole number above 0"),
        ({"weights.vae": "x"}, "its recipe has weights none"),
        ({"recipe": "foregin"}, "did you mean 'foreign'"),
    ],
)
def test_wrong_options_are_refused_before_anything_runs(options: dict[str, Any], told: str, foreign: Foreign) -> None:
    foreign.write_cards(SAMPLE_RUN)
    with pytest.raises(UsageError, match=told):
        adapter(**options)


def test_weights_that_have_to_be_brought_are_asked_for_before_anything_is_built(foreign: Foreign) -> None:
    weights = {"unet": {"where": "a drive, by hand", "licence": "MIT"}}
    foreign.write_cards(SAMPLE_RUN, recipe={"weights": weights}, environment={"requirements": ["not-to-be-had"]})
    with pytest.raises(UsageError, match=r"'unet' have to be brought: a drive, by hand; pass --set weights\.unet=PATH"):
        adapter().load("cpu")


def test_weights_lie_where_the_code_looks_and_the_shared_checkout_stays_as_it_was(
    foreign: Foreign, tmp_path: Path
) -> None:
    (tmp_path / "mine.pt").write_text("weights")
    behave = "import pathlib\nassert pathlib.Path('checkpoints/unet.pt').read_text() == 'weights'\n"
    (foreign.repository / "behave.py").write_text(behave + "def do(name, out, write): write(out / '0.npy')\n")
    foreign.git("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "-am", "y")
    foreign.commit = foreign.git("rev-parse", "HEAD").strip()
    foreign.write_cards(SAMPLE_RUN, recipe={"weights": {"unet": {"where": "x", "path": "checkpoints/unet.pt"}}})
    options = {"weights.unet": str(tmp_path / "mine.pt"), "behave": "look"}
    (made,) = generate(["one"], tmp_path, **options)
    assert made.status == "ok", made.error
    checkout = adapter(**options).checkout("t2v")
    assert checkout is not None and not (checkout.tree / "checkpoints").exists()


def test_scratch_folders_are_gone_afterwards(foreign: Foreign, tmp_path: Path, cache: Path) -> None:
    before = set((cache / "work").glob("*"))
    foreign.write_cards(SAMPLE_RUN)
    generate(["one", "two"], tmp_path)
    assert set((cache / "work").glob("*")) == before


def test_the_card_is_checked_against_its_recipe(foreign: Foreign) -> None:
    foreign.write_cards(merge(SAMPLE_RUN, {"flags": {"--x": "{option.stepz}", "--y": "{sede}"}}))
    told = " ".join(Command.faults(catalogue.card("method", "foreign")))
    assert "{option.stepz} names nothing" in told and "unknown placeholder {sede}" in told


def test_what_cannot_be_built_is_tried_once(foreign: Foreign, monkeypatch: pytest.MonkeyPatch) -> None:
    foreign.write_cards(SAMPLE_RUN, environment={"system": ["no-such-program"]})
    made = adapter()
    for _ in range(2):
        with pytest.raises(EnvironmentUnavailable, match="no-such-program"):
            made.load("cpu")
        monkeypatch.setattr("vbench_py.adapters.command.adapter.build", lambda *_, **__: pytest.fail("built again"))


def test_an_exception_s_traceback_is_in_the_row(foreign: Foreign, tmp_path: Path) -> None:
    foreign.write_cards(WORKER_RUN)
    (made,) = generate(["one"], tmp_path, behave="raises")
    assert made.error is not None
    told = error_of(made.error)
    assert told["message"].startswith("RuntimeError: CUDA out of luck") and "predict.py" in told["traceback"]


def test_a_mode_s_defaults_lie_over_the_card_s_and_the_user_s_over_both(foreign: Foreign) -> None:
    foreign.write_cards(SAMPLE_RUN, mode={"defaults": {"behave": "two"}})
    request = Request(Sample("a", "t2v", prompt="x"), seed=0)
    assert adapter().plan(request).parameters["behave"] == "two"
    assert adapter(behave="short").plan(request).parameters["behave"] == "short"
