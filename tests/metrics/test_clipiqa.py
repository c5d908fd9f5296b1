"""CLIP-IQA against pyiqa's network on random weights, and its keys and shapes at the official size."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.metrics.clips import pair, texture
from tests.metrics.networks.quality import CLIP_SIZES, clip_shapes, make_clip
from tests.metrics.parity import agree
from tests.metrics.quality_references import STORED, digest, run
from tests.metrics.running import EXTRACTORS, METRICS
from vbench_py.types import Unsupported, UsageError


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return make_clip(tmp_path_factory.mktemp("clip"))


@pytest.mark.parametrize("size", [(96, 128), (130, 90)])
@pytest.mark.parametrize("name", ["clip-iqa", "clip-iqa-photo"])
def test_random_weights_give_pyiqas_values(weights: dict[str, Path], name: str, size: tuple[int, int]) -> None:
    options = {**CLIP_SIZES, **METRICS[name].protocol.get("options", {})}
    made = run("clip-iqa", weights, pair(2, *size)[0][:, None], **options)["value"]
    expected = STORED["networks"][name][str(size)]
    agree(made, expected, of=name, stage="whole", weights="random official", atol=1e-6)


def test_keys_and_shapes_are_those_of_the_official_size() -> None:
    assert digest(clip_shapes(EXTRACTORS["clip-iqa"].options)) == STORED["networks"]["clip-rn50-keys"]


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"no archive")
    with pytest.raises(UsageError, match="TorchScript archive"):
        run("clip-iqa", {"clip-rn50": tmp_path / "other"}, texture(1, 64, 64)[:, None], **CLIP_SIZES)


def test_small_frames_are_unsupported(weights: dict[str, Path]) -> None:
    with pytest.raises(Unsupported, match="at least 32 px"):
        run("clip-iqa", weights, texture(1, 31, 64)[:, None], **CLIP_SIZES)
