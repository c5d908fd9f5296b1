"""`check`: our own cards keep their promises, and every broken one is found and named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.suite_fixtures import write_suite
from vbench_py import catalogue
from vbench_py.promises import Finding, check_all, check_name
from vbench_py.types import UsageError

CHEAP = (
    "psnr-grey", "ssim-y", "temporal-flickering", "seconds-per-frame", "peak-memory", "time-to-first-frame",
    "compression-ratio", "encode-throughput", "edit-psnr", "background-ssim", "ff-beta", "flicker-error", "opw",
    "revisit-psnr", "rot-err-pnp", "cross-view-consistency", "trajectory-error-lk", "shot-count-match-content",
)  # fmt: skip
ORDERED = ("abs-rel", "delta3", "tae-zbuffer", "depth-boundary-f1", "cammc-cami2v", "psnr-4d", "trajectory-match-lk")
"""Metrics of what is no video, or of more than one, whose order under damage is tried."""
OWN = ("classical", "control")
METHODS = [name for name, found in catalogue.entries("method").items() if found.data["adapter"] in OWN]

PRIMARY = "its primary metric is one of its metrics"
METHOD_ROLES = "its methods exist and find their roles in every sample"
METRIC_ROLES = "its metrics exist and find their roles in every sample"

METRICS_PY = """
import numpy as np
from vbench_py.types import Ask, Score, Series

class Extractor:
    calls = 0
    def __init__(self, options, weights): pass
    def load(self, device): pass
    def bytes_per_window(self, shape): return 1
    def close(self): pass
    def __call__(self, video, target):
        error = np.abs(video.astype(float) - target.astype(float)).mean(axis=(1, 2, 3, 4))
        return {"value": self.made(error)}
    def made(self, error): return error

class Upside(Extractor):
    def made(self, error): return -error

class Batchwise(Extractor):
    def made(self, error): return error + len(error)

class Restless(Extractor):
    def made(self, error):
        Extractor.calls += 1
        return error + Extractor.calls

class Divided(Extractor):
    def made(self, error):
        with np.errstate(invalid="ignore"):
            return error / error

class Metric:
    def __init__(self, card, protocol):
        self.needs = {"it": Ask(card.extractors[0], ("video", "target"))}
    def score(self, arrays, facts):
        return Score(float(arrays["it"].values["value"].mean()))
"""
METRIC_CARDS = """
[[extractor]]
id = "third-{name}"
version = "1"
title = "T"
entry = "{module}:{kind}"

[[metric]]
id = "third-{name}"
version = "1"
title = "T"
family = "fidelity"
entry = "{module}:Metric"
summary = "S"
direction = "lower"
range = {range}
unit = ""
roles = {roles}
extractors = ["third-{name}"]
evidence = "closed form"
"""


def broken(name: str, **rest: object) -> list[str]:
    return [finding.promise for finding in check_name(name, **rest) if not finding.ok]  # type: ignore[arg-type]


@pytest.fixture
def third(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that a third party's modules can be imported from."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def metric_file(folder: Path, kind: str, *, bounds: str = "[0.0, 255.0]", roles: str = '["video", "target"]') -> str:
    module = f"third_{kind.lower()}_metrics"
    (folder / f"{module}.py").write_text(METRICS_PY)
    (folder / "cards").mkdir()
    file = folder / "cards" / "third.toml"
    file.write_text(METRIC_CARDS.format(name=kind.lower(), module=module, kind=kind, range=bounds, roles=roles))
    return str(file)


def test_every_card_of_the_catalogue_keeps_its_promises() -> None:
    assert [finding for finding in check_all() if not finding.ok] == []


@pytest.mark.parametrize("name", METHODS)
def test_every_method_without_weights_keeps_its_promises(name: str) -> None:
    findings = list(check_name(name))
    assert [finding for finding in findings if not finding.ok] == [] and len(findings) > 15


@pytest.mark.parametrize("name", CHEAP)
def test_arithmetic_metrics_keep_their_promises(name: str) -> None:
    assert [finding for finding in check_name(name) if not finding.ok] == []


@pytest.mark.parametrize("name", ORDERED)
def test_every_kind_of_output_is_damaged_and_held_to_its_order(name: str) -> None:
    findings = {finding.promise: finding for finding in check_name(name)}
    assert [finding for finding in findings.values() if not finding.ok] == []
    assert not findings["the identical video is best and more noise is worse"].skipped


def test_a_method_that_needs_options_says_so_instead_of_failing() -> None:
    skipped = [finding for finding in check_name("precomputed") if finding.skipped]
    assert ["videos=FOLDER" in finding.detail for finding in skipped] == [True]


def test_the_suite_of_a_folder_keeps_its_promises(tmp_path: Path) -> None:
    assert broken(write_suite(tmp_path / "suite")) == []


def test_a_third_partys_metric_file_is_tried_before_it_is_installed(third: Path) -> None:
    findings = list(check_name(metric_file(third, "Extractor")))
    assert [finding for finding in findings if not finding.ok] == [] and len(findings) > 15


def test_the_catalogue_forgets_a_third_partys_file_afterwards(third: Path) -> None:
    before = os.environ.get("VBENCH_PY_CARDS")
    list(check_name(metric_file(third, "Extractor")))
    assert os.environ.get("VBENCH_PY_CARDS") == before


@pytest.mark.parametrize(
    ("kind", "promise"),
    [
        ("Upside", "the identical video is best and more noise is worse"),
        ("Upside", "its values lie in its range"),
        ("Batchwise", "a batch of one equals a batch of many"),
        ("Restless", "it gives the same number twice"),
        ("Divided", "it never gives NaN or infinity"),
    ],
)
def test_a_metric_that_breaks_a_law_is_found(kind: str, promise: str, third: Path) -> None:
    assert promise in broken(metric_file(third, kind))


def test_a_metric_card_that_hides_a_role_is_found(third: Path) -> None:
    assert "it compares the roles that its card says" in broken(metric_file(third, "Extractor", roles='["video"]'))


ADAPTER_PY = '''
from dataclasses import replace

from vbench_py.adapters.control import Control
from vbench_py.adapters.modes import resolve
from vbench_py.types import Generated

class Careless(Control):
    """Takes any option and any request."""
    def __init__(self, card, options):
        super().__init__(card, {k: v for k, v in options.items() if k in card.defaults})
    def plan(self, request):
        return resolve(self.card, request, {}, seed_applied=True)

class Opening(Control):
    def plan(self, request):
        request.media["source"].read_bytes()
        return super().plan(request)

class Elsewhere(Control):
    def _one(self, resolved, folder):
        made = super()._one(resolved, folder)
        outside = folder.parent / (folder.name + ".mkv")
        made.outputs["video"].rename(outside)
        return Generated(resolved, {"video": outside})

class Escaping(Control):
    def generate(self, batch, out):
        for resolved, folder in zip(batch, out):
            yield self._one(resolved, folder)

class Forgetful(Control):
    def generate(self, batch, out):
        yield from list(super().generate(batch, out))[:1]

class Counting(Control):
    """Draws from a counter instead of the seed."""
    count = 0
    def _one(self, resolved, folder):
        Counting.count += 1
        self.kind = "noise"
        drawn = replace(resolved, request=replace(resolved.request, seed=Counting.count))
        made = super()._one(drawn, folder)
        made.resolved = resolved
        return made
'''
ADAPTER_CARDS = """
[[adapter]]
id = "third-{name}"
version = "1"
title = "T"
entry = "{module}:{kind}"

[[method]]
id = "third-{name}-method"
title = "T"
adapter = "third-{name}"
status = "untested"
defaults = {{ kind = "frozen-frame" }}

[[method.modes]]
task = "vsr"
required = ["source"]
deterministic = true
"""


@pytest.mark.parametrize(
    ("kind", "promise"),
    [
        ("Careless", "an unknown option is refused, or recorded"),
        ("Careless", "vsr: a missing role is unsupported by its name"),
        ("Careless", "vsr: another task is unsupported"),
        ("Careless", "vsr: another seed gives other bytes where seeds count"),
        ("Opening", "vsr: a plan is the same twice, opens no file and can be recorded"),
        ("Elsewhere", "vsr: the output is well formed, in its folder"),
        ("Escaping", "vsr: a broken input fails alone"),
        ("Forgetful", "vsr: the same seed gives the same bytes"),
        ("Counting", "vsr: the same seed gives the same bytes"),
    ],
)
def test_an_adapter_that_breaks_a_promise_is_found(kind: str, promise: str, third: Path) -> None:
    module = f"third_{kind.lower()}_adapter"
    (third / f"{module}.py").write_text(ADAPTER_PY)
    (third / "cards").mkdir()
    file = third / "cards" / "third.toml"
    file.write_text(ADAPTER_CARDS.format(name=kind.lower(), module=module, kind=kind))
    assert promise in broken(str(file))


@pytest.mark.parametrize(
    ("old", "new", "promise"),
    [
        ('primary = "psnr-rgb"', 'primary = "ssim-rgb"', PRIMARY),
        ('methods = ["nearest"', 'methods = ["still"', METHOD_ROLES),
        ('metrics = ["psnr-rgb"]', 'metrics = ["psnr-rgb:first"]', METRIC_ROLES),
        ("licence =", "license =", "its card validates"),
    ],
)
def test_a_broken_suite_card_is_found(old: str, new: str, promise: str, tmp_path: Path) -> None:
    suite = write_suite(tmp_path / "suite")
    card = tmp_path / "suite" / "suite.toml"
    card.write_text(card.read_text().replace(old, new))
    assert promise in broken(suite)


def test_a_broken_recipe_is_found(tmp_path: Path) -> None:
    suite = write_suite(tmp_path / "suite")
    samples = tmp_path / "suite" / "samples.jsonl"
    samples.write_text(samples.read_text().replace('"s0.mkv"', '"s0.mkv", "steps": [{"operator": "triim"}]'))
    assert "its recipes are valid" in broken(suite)


def test_weights_that_are_not_cached_are_a_skip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VBENCH_PY_CACHE", str(tmp_path))
    monkeypatch.setenv("VBENCH_PY_OFFLINE", "1")
    (loaded,) = (finding for finding in check_name("lpips-vgg") if finding.promise == "its extractors load")
    assert Finding("metric lpips-vgg", "its extractors load", True, loaded.detail, skipped=True) == loaded
    assert "offline" in loaded.detail


@pytest.mark.parametrize("name", ["bicubik", "nowhere/card.toml"])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=r"did you mean 'bicubic'|does not exist"):
        list(check_name(name))
