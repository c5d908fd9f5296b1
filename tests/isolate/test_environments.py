"""Environments and checkouts: built once, whole or not at all, and named when they cannot be."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.adapters.foreign import FILES, SAMPLE_RUN, VERSION, Foreign
from vbench_py.isolate.build import build
from vbench_py.isolate.builders import WORKER, interpreter
from vbench_py.isolate.checkouts import Checkout, CheckoutUnavailable
from vbench_py.isolate.environments import Environment, EnvironmentUnavailable, built
from vbench_py.isolate.gpus import check_gpu
from vbench_py.isolate.process import UNLIMITED, worker_words
from vbench_py.recipe_card import EnvironmentCard, PatchCard
from vbench_py.types import Unsupported, UsageError


@pytest.fixture(autouse=True)
def _own_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of one's own, and an index that is a folder of made-up wheels."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    monkeypatch.setenv("VBENCH_PY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(wheels))
    monkeypatch.setenv("UV_OFFLINE", "1")
    return wheels


def wheel(folder: Path, name: str, version: str, requires: str = "") -> None:
    """A package with one module that tells its version."""
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}.py", f"version = {version!r}\n")
        needs = f"Requires-Dist: {requires}\n" if requires else ""
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")


def card(**changes: object) -> EnvironmentCard:
    return EnvironmentCard.model_validate({"id": "made-up", "python": VERSION, "cuda": False, **changes})


def told_by(environment: Environment, code: str) -> str:
    return subprocess.check_output([*interpreter(environment), "-c", code], text=True).strip()


def test_it_is_built_with_its_requirements(_own_index: Path) -> None:
    wheel(_own_index, "alpha", "1.0")
    wheel(_own_index, "alpha", "2.0")
    environment = Environment(card(requirements=["alpha==1.0"]))
    build(environment)
    assert told_by(environment, "import alpha; print(alpha.version)") == "1.0"
    assert "alpha==1.0" in environment.installed()


def test_packages_without_their_dependencies_come_alone(_own_index: Path) -> None:
    wheel(_own_index, "beta", "1.0", requires="not-to-be-had")
    environment = Environment(card(without_dependencies=["beta==1.0"]))
    build(environment)
    assert told_by(environment, "import beta; print(beta.version)") == "1.0"


def test_a_built_one_is_ready_at_once() -> None:
    environment = Environment(card())
    first = build(environment)
    began = time.perf_counter()
    assert build(Environment(card())) == first
    assert time.perf_counter() - began < 1.0


def test_what_decides_the_content_decides_the_hash() -> None:
    plain = Environment(card())
    assert Environment(card(note="other words", source="x")).hash == plain.hash
    changed = [
        card(requirements=["a"]), card(python="3.9"), card(torch_backend="cu118"), card(published_before="2024-01-01"),
        card(without_dependencies=["a"]), card(system=["ffmpeg"]),
    ]  # fmt: skip
    assert len({plain.hash, *(Environment(one).hash for one in changed)}) == len(changed) + 1


def test_a_conflict_of_requirements_is_told_in_the_resolver_s_words(_own_index: Path) -> None:
    wheel(_own_index, "alpha", "1.0")
    wheel(_own_index, "gamma", "1.0", requires="alpha==3.0")
    with pytest.raises(EnvironmentUnavailable, match=r"(?s)made-up: its requirements do not install.*gamma.*alpha"):
        build(Environment(card(requirements=["alpha==1.0", "gamma==1.0"])))
    assert not [marker for _, marker in built() if marker]


def test_an_interpreter_that_cannot_be_had_is_named() -> None:
    with pytest.raises(EnvironmentUnavailable, match=r"Python 3\.1 cannot be had"):
        build(Environment(card(python="3.1")))


def test_a_missing_program_of_the_system_is_named_before_anything_is_built() -> None:
    with pytest.raises(EnvironmentUnavailable, match="needs no-such-program on PATH"):
        build(Environment(card(system=["no-such-program"])))
    assert not list(built())


def test_what_was_begun_and_not_finished_is_built_anew() -> None:
    environment = Environment(card())
    (environment.folder / "venv").mkdir(parents=True)
    (environment.folder / "venv" / "half").write_text("x")
    build(environment)
    assert environment.ready()
    assert not (environment.folder / "venv" / "half").exists()


def _build_one(path: str) -> float:
    os.environ["VBENCH_PY_CACHE"] = path
    return float(build(Environment(card()))["built"])


def test_two_builders_make_one_environment(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        first, second = pool.map(_build_one, [str(tmp_path / "cache")] * 2)
    assert first == second


def test_the_override_replaces_pins_by_name_and_has_a_hash_of_its_own() -> None:
    newer = {"reason": "Hopper", "requirements": ["torch==2.1.2", "extra==1"], "highest_sm": 90}
    made = card(requirements=["torch==1.12.1", "numpy==1.24"], highest_sm=86, override=newer)
    assert Environment(made, True).requirements == ("torch==2.1.2", "numpy==1.24", "extra==1")
    assert Environment(made, True).hash != Environment(made).hash
    with pytest.raises(UsageError, match="no override"):
        Environment(card(), True)


@pytest.mark.parametrize(
    ("changes", "device", "found", "told"),
    [
        ({"cuda": True}, "cpu", (), "no CUDA device is here"),
        ({"cuda": True}, "cuda", (), "no CUDA device is here"),
        ({"cuda": True, "highest_sm": 86}, "cuda", (90,), "up to sm_86, this GPU is sm_90$"),
        (
            {"cuda": True, "highest_sm": 86, "override": {"reason": "x", "highest_sm": 90}},
            "cuda", (90,), "--set pins=override",
        ),
        ({"cuda": True, "lowest_sm": 80}, "cuda:1", (90, 75), "needs sm_80 or newer, this GPU is sm_75"),
    ],
)  # fmt: skip
def test_gpus_that_the_pins_cannot_run_on_are_refused(
    changes: dict[str, object], device: str, found: tuple[int, ...], told: str
) -> None:
    with pytest.raises(Unsupported, match=told):
        check_gpu(Environment(card(**changes)), device, found=found)


@pytest.mark.parametrize("device", ["cuda", "cuda:0"])
def test_a_gpu_within_the_bounds_passes(device: str) -> None:
    check_gpu(Environment(card(cuda=True, lowest_sm=70, highest_sm=90)), device, found=(90,))


def test_containers_run_through_their_own_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "bin" / "docker"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/called\necho sha256:abc\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")
    environment = Environment(card(builder="docker", image="lab/model:1"))
    build(environment)
    assert "pull lab/model:1" in (tmp_path / "called").read_text()
    words = interpreter(environment, [tmp_path], ["OWN"])
    assert words[:4] == ["docker", "run", "--rm", "--interactive"]
    assert words[-2:] == ["lab/model:1", "python"]
    mounts = {words[place + 1] for place, word in enumerate(words) if word == "--volume"}
    assert {f"{tmp_path}:{tmp_path}", f"{WORKER}:{WORKER}"} <= mounts
    taken = {words[place + 1] for place, word in enumerate(words) if word == "--env"}
    assert {"HOME", "OWN"} <= taken and "PATH" not in taken
    assert "--parent" not in worker_words(words, "serve", UNLIMITED)


@pytest.mark.parametrize("builder", ["conda", "docker", "apptainer"])
def test_an_absent_builder_is_named(builder: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    made = card(builder=builder, image="" if builder == "conda" else "x")
    with pytest.raises(EnvironmentUnavailable, match=f"{builder}, which is not here"):
        build(Environment(made))


DIFF = """--- a/run.py
+++ b/run.py
@@ -2 +2 @@
-\"\"\"Writes what it was given, and one white .npy video, to the output folder.\"\"\"
+\"\"\"Patched.\"\"\"
"""


@pytest.fixture
def foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Foreign:
    made = Foreign(tmp_path)
    for name, value in made.variables().items():
        monkeypatch.setenv(name, value)
    return made


def checkout(foreign: Foreign, commit: str = "", *patches: PatchCard) -> Checkout:
    return Checkout("https://example.invalid/lab/model", commit or foreign.commit, patches)


def test_the_commit_is_taken_from_a_clone_one_has(foreign: Foreign) -> None:
    (foreign.repository / "run.py").write_text("local change, not committed")
    tree = checkout(foreign).build(say=lambda line: None)
    assert "argparse" in (tree / "run.py").read_text()


def test_a_bare_clone_does_too(foreign: Foreign, tmp_path: Path) -> None:
    bare = tmp_path / "elsewhere" / "model.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(foreign.repository), str(bare)], check=True)
    shutil.rmtree(foreign.repository)
    assert (checkout(foreign).build(say=lambda line: None, sources=[bare]) / "run.py").exists()


def lose(foreign: Foreign, name: str) -> None:
    """Takes a file's content out of the clone, as mirrors leave out large ones."""
    blob = foreign.git("rev-parse", f"HEAD:{name}").strip()
    (foreign.repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()


def test_a_clone_that_lacks_a_picture_serves_and_says_so(tmp_path: Path) -> None:
    mirror = Foreign(tmp_path, {**FILES, "assets/teaser.gif": "a picture"})
    lose(mirror, "assets/teaser.gif")
    said: list[str] = []
    tree = checkout(mirror).build(say=said.append, sources=[mirror.repository])
    assert (tree / "run.py").exists() and not (tree / "assets" / "teaser.gif").exists()
    assert any("the clone lacks assets/teaser.gif" in line for line in said)


def test_a_clone_that_lacks_code_does_not(foreign: Foreign) -> None:
    lose(foreign, "predict.py")
    with pytest.raises(CheckoutUnavailable, match=r"lacks files of .*: predict\.py"):
        checkout(foreign).build(say=lambda line: None)


def test_an_absent_commit_is_named(foreign: Foreign) -> None:
    with pytest.raises(CheckoutUnavailable, match=r"lab/model cannot be had at 000000000000: .*has no commit"):
        checkout(foreign, "0" * 40).build(say=lambda line: None)


def test_offline_uv_asks_no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UV_NO_INDEX", "UV_FIND_LINKS", "UV_OFFLINE"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("VBENCH_PY_OFFLINE", "1")
    monkeypatch.setenv("UV_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(EnvironmentUnavailable, match=r"offline|network was disabled|not found in the cache"):
        build(Environment(card(requirements=["never-heard-of-it==1"])))


def test_offline_nothing_is_fetched(foreign: Foreign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VBENCH_PY_OFFLINE", "1")
    monkeypatch.delenv("VBENCH_PY_REPOSITORIES")
    with pytest.raises(CheckoutUnavailable, match="offline is set"):
        checkout(foreign).build(say=lambda line: None)


def test_a_patch_is_applied_in_a_checkout_of_its_own(foreign: Foreign) -> None:
    patched = checkout(foreign, "", PatchCard(reason="it cannot run", diff=DIFF))
    assert "Patched." in (patched.build(say=lambda line: None) / "run.py").read_text()
    assert "Patched." not in (checkout(foreign).build(say=lambda line: None) / "run.py").read_text()


def test_a_patch_that_does_not_apply_is_named_with_its_reason(foreign: Foreign) -> None:
    broken = PatchCard(reason="the path is wrong", diff=DIFF.replace("Writes what", "Wrote what"))
    unpatched = checkout(foreign, "", broken)
    with pytest.raises(CheckoutUnavailable, match=r"patch 1 \(the path is wrong\) does not apply"):
        unpatched.build(say=lambda line: None)
    assert not unpatched.ready


def command(*words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "vbench_py.cli", "env", *words]
    return subprocess.run(line, capture_output=True, text=True, check=False)


def test_the_verb_builds_lists_shows_and_prunes(foreign: Foreign) -> None:
    foreign.write_cards(SAMPLE_RUN)
    made = command("build", "foreign")
    assert made.returncode == 0, made.stderr
    (listed,) = json.loads(command("list", "--json").stdout)
    assert listed["environment"] == "foreign" and listed["ready"] and listed["recipes"] == ["foreign"]
    shown = command("show", "foreign").stdout
    assert foreign.commit in shown and f"python: {VERSION}" in shown
    assert "removed foreign" in command("prune", "foreign").stdout
    assert json.loads(command("list", "--json").stdout) == []


def test_the_verb_names_what_was_meant(foreign: Foreign) -> None:
    foreign.write_cards(SAMPLE_RUN)
    told = command("build", "foriegn")
    assert told.returncode == 2
    assert "did you mean 'foreign'" in told.stderr


def test_the_shell_starts_in_the_checkout_with_the_environment_s_python(
    foreign: Foreign, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    foreign.write_cards(SAMPLE_RUN)
    command("build", "foreign")
    shell = tmp_path / "shell"
    shell.write_text("#!/bin/sh\nls\npython -c 'import sys; print(sys.prefix)'\n")
    shell.chmod(0o755)
    monkeypatch.setenv("SHELL", str(shell))
    said = command("shell", "foreign").stdout
    assert "run.py" in said and "environments/foreign-" in said


def test_fetch_brings_the_code_of_every_method_that_shares_an_environment(foreign: Foreign) -> None:
    foreign.write_cards(SAMPLE_RUN)
    card = (foreign.cards / "foreign.toml").read_text()
    (foreign.repository / "new.py").write_text("")
    foreign.git("add", ".")
    foreign.git("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "-m", "y")
    newer = card.replace(foreign.commit, foreign.git("rev-parse", "HEAD").strip())
    newer = newer.partition("[[environment]]")[0].replace('"foreign"', '"newer"')
    (foreign.cards / "newer.toml").write_text(newer.replace('environment = "newer"', 'environment = "foreign"'))
    line = [sys.executable, "-m", "vbench_py.cli", "fetch", "foreign", "newer", "--json"]
    fetched = json.loads(subprocess.run(line, capture_output=True, text=True, check=True).stdout)
    assert len({row["path"] for row in fetched if row["name"] == "lab/model"}) == 2
