"""Tiny SkyReels-V2 checkpoints in the official folder format: Wan's parts around SkyReels' own transformer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.adapters.tiny.wan import base, image_components, save, scheduler, seeded, widths


def transformer(**changes: Any) -> Any:
    import diffusers

    kind: Any = diffusers.SkyReelsV2Transformer3DModel
    return seeded(lambda: kind(**widths(**changes))).eval()


def plain(folder: Path) -> None:
    save("SkyReelsV2Pipeline", folder, base(transformer=transformer(), scheduler=scheduler(8.0)))


def from_image(folder: Path) -> None:
    made = transformer(in_channels=36, image_dim=4)
    components = base(transformer=made, scheduler=scheduler(5.0), **image_components())
    save("SkyReelsV2ImageToVideoPipeline", folder, components)


def forcing(folder: Path, class_name: str = "SkyReelsV2DiffusionForcingPipeline") -> None:
    """The diffusion-forcing transformer, which is told the frame rate."""
    save(class_name, folder, base(transformer=transformer(inject_sample_info=True), scheduler=scheduler(8.0)))


FORCED = ("SkyReelsV2DiffusionForcingImageToVideoPipeline", "SkyReelsV2DiffusionForcingVideoToVideoPipeline")

MAKERS: dict[str, Callable[[Path], None]] = {
    "SkyReelsV2Pipeline": plain,
    "SkyReelsV2ImageToVideoPipeline": from_image,
    "SkyReelsV2DiffusionForcingPipeline": forcing,
    **{name: partial(forcing, class_name=name) for name in FORCED},
}

WINDOWS = {"call.base_num_frames": 9}

SMALL: dict[str, dict[str, Any]] = {
    "SkyReelsV2DiffusionForcingPipeline": WINDOWS,
    "SkyReelsV2DiffusionForcingImageToVideoPipeline": WINDOWS,
    "SkyReelsV2DiffusionForcingVideoToVideoPipeline": {**WINDOWS, "call.num_frames": 13, "call.overlap_history": 5},
}
