"""What is special to Mochi and Allegro: counts of frames, and the sizes that Allegro's tiles cover."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.adapters.helpers import method, run
from vbench_py.types import Request, Sample, Unsupported
from vbench_py.video import read

pytest.importorskip("diffusers")

from vbench_py.adapters.diffusers import Diffusers

Tiny = Callable[[str], Path]


def planned(card: str, **rest: object) -> dict[str, object]:
    ask = Request(Sample("s", "t2v", prompt="a red car"), 0, **rest)  # type: ignore[arg-type]
    return dict(Diffusers(method(card), method(card).defaults).plan(ask).parameters)


def test_the_authors_shape_is_native() -> None:
    assert [planned("mochi-1-preview")[name] for name in ("frames", "width", "height", "fps")] == [163, 848, 480, 30.0]
    assert [planned("allegro")[name] for name in ("frames", "width", "height", "fps")] == [88, 1280, 720, 15.0]


def test_mochi_counts_in_sixes() -> None:
    assert planned("mochi-1-preview", frames=81, size_policy="nearest")["frames"] == 79
    with pytest.raises(Unsupported, match=r"6k\+1"):
        planned("mochi-1-preview", frames=81, size_policy="exact")


@pytest.mark.parametrize(("shape", "field"), [((80, 1280), "frames"), ((88, 1024), "size")])
def test_allegro_refuses_what_its_tiles_do_not_cover(shape: tuple[int, int], field: str) -> None:
    with pytest.raises(Unsupported) as told:
        planned("allegro", frames=shape[0], width=shape[1], height=720, size_policy="exact")
    assert told.value.field == field


def test_allegro_is_whole_where_tiles_cover_it_and_black_beyond(tiny: Tiny, tmp_path: Path) -> None:
    """The reason for its card's rule, measured: 128 pixels are one tile of the tiny checkpoint, 160 are more."""
    ask = Request(Sample("s", "t2v", prompt="a red car"), 0)
    small = {"dtype": "float32", "components": {}, "folder": str(tiny("AllegroPipeline"))}
    small |= {"call.num_inference_steps": 1, "call.max_sequence_length": 32, "call.num_frames": 24}
    bands = {}
    for width in (128, 160):
        options = {**small, "call.width": width, "call.height": 128}
        (one,) = run(Diffusers(method("allegro"), options), [ask], tmp_path / str(width))
        assert one.error is None
        bands[width] = read(one.outputs["video"])[:, :, -8:].astype(float).std()
    assert bands[128] > 0 and bands[160] == 0
