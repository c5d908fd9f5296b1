"""Conditions of LTX's pipelines: pictures, each pinned to the frame of the video that it shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PLACE = "conditions"
"""The parameter that takes them; a card's `arguments` send roles there."""


def pinned(pipeline: str, pictures: Mapping[str, Any], frames: int | None) -> list[Any]:
    """The picture in `first` at the first frame, that in `last` at the last of `frames`, for the class `pipeline`.

    LTX-2 counts latent frames, from the end where they are negative; LTX-Video counts frames, and takes every eighth.
    """
    if pipeline.startswith("LTX2"):
        from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition

        places = {"first": 0, "last": -1}
        return [LTX2VideoCondition(frames=picture, index=places[role]) for role, picture in pictures.items()]
    from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXVideoCondition

    places = {"first": 0, "last": (frames or 1) - 1}
    return [LTXVideoCondition(image=picture, frame_index=places[role]) for role, picture in pictures.items()]
