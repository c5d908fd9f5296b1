"""Bad checkpoints, named with the mend; local folders without the network; a user's own part; memory."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import diffusers
import numpy as np
import pytest
import torch

from tests.adapters.helpers import run
from tests.adapters.test_diffusers import built, card, request
from vbench_py.adapters.diffusers import loading
from vbench_py.adapters.diffusers.memory import advice, too_little
from vbench_py.adapters.diffusers.settings import settings
from vbench_py.types import Generated, UsageError, VbenchError
from vbench_py.video import read

Tiny = Callable[[str], Path]
SMALL = {"dtype": "float32", "call.num_frames": 3, "call.width": 32, "call.height": 32, "call.num_inference_steps": 2}


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every address that something tried to connect to; each attempt fails."""
    tried: list[Any] = []

    def connect(self: socket.socket, address: Any) -> None:
        tried.append(address)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **_: tried.append(asked) or [])
    return tried


def made(folder: Path, out: Path, **options: Any) -> Generated:
    (one,) = run(built(folder=str(folder), **{**SMALL, **options}), [request()], out)
    if one.error is not None:
        raise one.error
    return one


def test_a_local_folder_asks_the_network_for_nothing(tiny: Tiny, tmp_path: Path, no_network: list[Any]) -> None:
    made(tiny("AnimateDiffPipeline"), tmp_path)
    assert no_network == []


def test_a_local_folder_is_loaded_as_it_was_saved(tiny: Tiny, tmp_path: Path) -> None:
    """Cards name the variant of the published files; one's own checkpoint need not have it."""
    assert made(tiny("AnimateDiffPipeline"), tmp_path, variant="fp16").status == "ok"


def test_offline_asks_the_network_for_nothing_and_says_so(
    no_network: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VBENCH_PY_OFFLINE", "1")
    with pytest.raises(UsageError, match=r"a/b cannot be loaded: .* run once without --offline, or give --set folder"):
        built(**SMALL).load("cpu")
    assert no_network == []


def test_a_folder_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="folder nowhere does not exist; give the folder of a checkpoint"):
        built(folder="nowhere").load("cpu")


def test_a_folder_of_a_part_only(tiny: Tiny) -> None:
    with pytest.raises(UsageError, match=r"holds no model_index.json; give the folder that a diffusers pipeline"):
        built(folder=str(tiny("AnimateDiffPipeline") / "unet")).load("cpu")


def test_a_missing_component(tiny: Tiny, tmp_path: Path) -> None:
    shutil.copytree(tiny("AnimateDiffPipeline"), tmp_path / "model")
    shutil.rmtree(tmp_path / "model" / "vae")
    with pytest.raises(UsageError, match=r"lacks its component vae \(AutoencoderKL\); copy the whole checkpoint"):
        built(folder=str(tmp_path / "model")).load("cpu")


def test_a_gated_repository_names_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub.errors import GatedRepoError

    class Gated(GatedRepoError):
        def __init__(self) -> None:
            Exception.__init__(self, "403")

    def refuse(*_: Any, **__: Any) -> None:
        raise Gated

    monkeypatch.setattr(diffusers.AnimateDiffPipeline, "from_pretrained", refuse)
    with pytest.raises(UsageError, match=r"a/b is gated; accept its licence .* HF_TOKEN"):
        built().load("cpu")


def test_a_pipeline_that_this_diffusers_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "diffusers", SimpleNamespace(__version__="0.1"))
    with pytest.raises(UsageError, match="has no AnimateDiffPipeline; update"):
        built().load("cpu")


def test_a_user_puts_an_own_part_into_the_pipeline(tiny: Tiny, tmp_path: Path) -> None:
    folder = tiny("AnimateDiffPipeline")
    own = diffusers.AnimateDiffPipeline.from_pretrained(folder).unet
    with torch.no_grad():
        for weight in own.parameters():
            weight.mul_(1.5)
    own.save_pretrained(tmp_path / "own")
    before = made(folder, tmp_path / "before")
    after = made(folder, tmp_path / "after", unet=str(tmp_path / "own"))
    assert not np.array_equal(read(before.outputs["video"]), read(after.outputs["video"]))
    assert before.provenance["initial_noise"] == after.provenance["initial_noise"]


def test_an_own_part_in_a_folder_without_a_configuration(tiny: Tiny, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"unet .* holds no config.json"):
        built(folder=str(tiny("AnimateDiffPipeline")), unet=str(tmp_path)).load("cpu")


def test_an_attention_backend_that_is_none(tiny: Tiny) -> None:
    with pytest.raises(UsageError, match="attention 'fastest'"):
        built(folder=str(tiny("WanPipeline")), pipeline="WanPipeline", call=None, attention="fastest").load("cpu")


SIZES = {"transformer": 28 * 10**9, "text_encoder": 11 * 10**9, "vae": 10**9}


@pytest.mark.parametrize(
    ("offload", "free", "mend"),
    [
        ("none", 80, None),
        ("none", 32, r"offload=model keeps one part .* transformer, takes 28.0 GB"),
        ("none", 16, "offload=sequential"),
        ("model", 32, None),
        ("model", 16, "offload=sequential"),
        ("sequential", 16, None),
    ],
)
def test_the_policy_that_fits_is_named(offload: str, free: int, mend: str | None) -> None:
    import re

    chosen = settings("made-up", {"pipeline": "WanPipeline", "offload": offload})
    found = too_little(SIZES, free * 10**9, chosen)
    assert (found is None) if mend is None else (found is not None and re.search(mend, found[1]))


def test_advice_goes_one_step_further_than_what_is_in_force() -> None:
    assert "offload=model" in advice(settings("m", {"pipeline": "WanPipeline"}))
    further = advice(settings("m", {"pipeline": "WanPipeline", "offload": "model", "vae_tiling": True}))
    assert "sequential" in further and "tiling" not in further


def test_too_little_memory_in_the_middle_names_the_mend(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(diffusers.AnimateDiffPipeline, "__call__", full)
    with pytest.raises(VbenchError, match="out of memory on cpu; try --set offload=model"):
        made(tiny("AnimateDiffPipeline"), tmp_path)


def test_tiling_where_the_decoder_has_none(tiny: Tiny) -> None:
    mode = {"task": "i2v", "required": ["first"]}
    svd = card(mode, pipeline="StableVideoDiffusionPipeline", call={})
    with pytest.raises(UsageError, match="vae_tiling is not to be had: AutoencoderKLTemporalDecoder"):
        built(svd, folder=str(tiny("StableVideoDiffusionPipeline")), vae_tiling=True).load("cpu")
