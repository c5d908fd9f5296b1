"""A bundle on real clips where nothing can be fetched; and weights that are not what they should be."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.checkout import ROOT
from tests.e2e import small
from tests.e2e.world import World, lossless
from tests.metrics.running import EXTRACTORS, METRICS
from vbench_py import catalogue
from vbench_py.checkpoints import location
from vbench_py.checkpoints.cache import sha256_of

LAVIE = ROOT.parent / "shared" / "data" / "generated" / "lavie"
STANDARD = catalogue.expand("metric", ["t2v-standard"])
HERE = [name for name in STANDARD if not any(EXTRACTORS[item].checkpoints for item in METRICS[name].extractors)]


@pytest.mark.skipif(not LAVIE.is_dir(), reason="shared/data/generated/lavie is not there")
def test_offline_the_standard_bundle_gives_what_it_can_and_tells_the_rest_once(world: World) -> None:
    told = world.vb("score", LAVIE, "--metrics", "t2v-standard", "--prompts", "names", "--name", "lavie", "--offline")
    assert told.code == 0, told.err
    samples = {path.stem for path in LAVIE.glob("*.gif")}
    numbers = world.numbers("lavie")
    assert set(numbers) == {(sample, name) for sample in samples for name in HERE}
    assert len(HERE) >= 4
    lacking = dict(line.removeprefix("not computed: ").split(": needs ", 1) for line in told.err.splitlines())
    without = [name for names in lacking for name in names.split(", ")]
    assert sorted(without) == sorted(set(STANDARD) - set(HERE)), "each is told once"
    for names, needs in lacking.items():
        for name in names.split(", "):
            for card in (card for item in METRICS[name].extractors for card in EXTRACTORS[item].checkpoints):
                size = card.bytes or card.about_bytes
                assert size, "every file of the bundle says how big it is"
                unit, word = (1e6, "MB") if size >= 1e6 else (1e3, "kB")
                told_size = f"{'' if card.bytes else 'about '}{size / unit:,.0f} {word}"
                assert f"{card.name} ({card.licence}, {told_size}) from " in needs and str(location(card)) in needs


def test_all_metrics_are_listed_and_shown_where_nothing_is_fetched(world: World) -> None:
    listed = {row["id"]: row for row in world.vb("list", "metrics", "--json").json}
    assert set(METRICS) <= set(listed)
    for name, card in METRICS.items():
        lacking = {item.name for extractor in card.extractors for item in EXTRACTORS[extractor].checkpoints}
        assert {item["name"] for item in listed[name]["needs"]} == lacking
        told = world.vb("show", name)
        assert told.code == 0 and card.title in " ".join(told.out.split()), told.out


class Shell:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.mark}",)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


@pytest.fixture
def put(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[Path], None]], Path]:
    """Makes metric `small-<name>` known after `change` was done to the file of its network; gives that file."""

    def make(name: str, change: Callable[[Path], None]) -> Path:
        cards = small.put_up(world.folder / "cards", [name, "temporal-flickering"])
        monkeypatch.setenv("VBENCH_PY_CARDS", str(cards))
        (item,) = catalogue.card("extractor", small.renamed(METRICS[name].extractors[-1])).checkpoints
        file = Path(item.sources[0].path)
        change(file)
        text = (cards / "small.toml").read_text(encoding="utf-8")
        (cards / "small.toml").write_text(text.replace(item.sha256, sha256_of(file)), encoding="utf-8")
        catalogue._index.cache_clear()
        for i in range(3):
            lossless(world.folder / "videos" / f"v{i}.mkv", i, 16, 96, 192)
        return file

    return make


def score(world: World, name: str) -> tuple[int, str]:
    """The answer to scoring by `small-<name>` and by a metric that needs no network, which always gives its numbers."""
    videos, asked = world.folder / "videos", f"small-{name},small-temporal-flickering"
    beside = ["--target", videos, "--prompts", "names", "--reference-set", videos]
    told = world.vb("score", videos, "--metrics", asked, "--name", "mine", *beside)
    assert {sample for sample, metric in world.numbers("mine") if metric == "small-temporal-flickering"} == {
        "v0", "v1", "v2",
    }  # fmt: skip
    return told.code, told.err


Put = Callable[[str, Callable[[Path], None]], Path]
LOADERS = {
    "torch.save": "subject-consistency", "arrays in a pickle": "lpips-alex", "safetensors": "pickscore",
    "TorchScript": "clip-temp", "TorchScript of Inception": "fid-frames", "npz": "niqe", "text": "brisque",
    "I3D": "fvd", "under an entry": "motion-smoothness", "nested": "overall-consistency",
}  # fmt: skip
"""A metric for each way in which weights are stored."""


@pytest.mark.parametrize("name", LOADERS.values(), ids=LOADERS.keys())
def test_a_pickle_that_would_run_code_is_refused_and_named(world: World, put: Put, name: str) -> None:
    mark = world.folder / "code-was-run"
    put(name, lambda path: _write(path, pickle.dumps(Shell(mark), 2)))
    code, told = score(world, name)
    assert not mark.exists()
    assert code == 1
    assert not any(metric == f"small-{name}" for _, metric in world.numbers("mine"))
    assert any(row["metric"] == f"small-{name}" and row["status"] == "failed" for row in world.rows("mine", "scores"))
    (item,) = catalogue.card("extractor", small.renamed(METRICS[name].extractors[-1])).checkpoints
    assert item.name in told and "Traceback" not in told


def spoilt(path: Path) -> None:
    """A state dict with one NaN in each tensor."""
    state = torch.load(path, weights_only=True)
    for tensor in state.values():
        tensor.view(-1)[0] = torch.nan
    torch.save(state, path)


def spoilt_tree(path: Path) -> None:
    def walk(tree: object) -> None:
        for item in tree.values() if isinstance(tree, dict) else ():
            if isinstance(item, np.ndarray):
                item.reshape(-1)[0] = np.nan
            walk(item)

    tree = pickle.loads(path.read_bytes())
    walk(tree)
    path.write_bytes(pickle.dumps(tree))


@pytest.mark.parametrize(
    ("name", "spoil"), [("subject-consistency", spoilt), ("lpips-alex", spoilt_tree), ("fvd", spoilt_tree)]
)
def test_nan_in_a_network_is_a_failed_row_and_never_a_mean(
    world: World, put: Put, name: str, spoil: Callable[[Path], None]
) -> None:
    put(name, spoil)
    code, told = score(world, name)
    rows = [row for row in world.rows("mine", "scores") if row["metric"] == f"small-{name}"]
    assert code == 1 and all(row["value"] is None for row in rows)
    assert {row["sample"] for row in rows if row["status"] == "failed"} == {"v0", "v1", "v2"}
    assert "not finite (NaN or infinity)" in told
    assert not any(metric == f"small-{name}" for _, metric in world.numbers("mine"))


def test_another_file_in_the_cache_is_removed_and_fetched_again(world: World, put: Put) -> None:
    put("subject-consistency", lambda path: None)
    (item,) = catalogue.card("extractor", "small-dino-vitb16").checkpoints
    place = location(item)
    place.parent.mkdir(parents=True)
    place.write_bytes(b"another file")
    assert score(world, "subject-consistency")[0] == 0
    assert sha256_of(place) == item.sha256
    assert ("v0", "small-subject-consistency") in world.numbers("mine")


def test_another_file_in_the_cache_is_refused_where_the_right_one_cannot_be_had(world: World, put: Put) -> None:
    file = put("subject-consistency", lambda path: None)
    file.unlink()
    (item,) = catalogue.card("extractor", "small-dino-vitb16").checkpoints
    place = location(item)
    place.parent.mkdir(parents=True)
    place.write_bytes(b"another file")
    code, told = score(world, "subject-consistency")
    assert code == 0 and f"not computed: small-subject-consistency: needs {item.name}" in told
    assert not place.exists()
    assert not any(metric == "small-subject-consistency" for _, metric in world.numbers("mine"))
