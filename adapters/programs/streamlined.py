"""Streamlined inference: SVD or AnimateDiff of diffusers, wrapped by the authors' FMEWrapper, loaded once.

Runs in the environment `streamlined`, not in the harness. Models and settings are those of the authors' two scripts,
which are the cards `svd` and `animatediff` as well; frames are PNG where the scripts write GIF.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch


class Program:
    """The pipeline `kind` svd or animatediff from folder `model` on `device`, in slices.

    `adapter` is the folder of AnimateDiff's motion modules. Raises `ValueError` for another kind.
    """

    def __init__(
        self, kind: str, model: Path, temporal_chunks: int, spatial_chunks: int, device: str, adapter: str = ""
    ) -> None:
        from fme import FMEWrapper  # type: ignore[import-not-found]

        if kind not in ("svd", "animatediff"):
            raise ValueError(f"kind is {kind!r}; choose svd or animatediff")
        self.pipe: Any = _svd(model) if kind == "svd" else _animatediff(model, adapter)
        self.pipe.to(device)
        frames = self.pipe.unet.config.num_frames if kind == "svd" else None
        FMEWrapper(num_temporal_chunk=temporal_chunks, num_spatial_chunk=spatial_chunks, num_frames=frames).wrap(
            self.pipe
        )

    def __call__(self, target: Path, seed: int, **asked: Any) -> None:
        """Frames 00000.png, ... in folder `target`; `asked` are arguments of the pipeline."""
        generator = torch.Generator("cpu").manual_seed(seed)
        frames = self.pipe(**asked, generator=generator).frames[0]
        target.mkdir(parents=True, exist_ok=True)
        for place, frame in enumerate(frames):
            frame.save(target / f"{place:05d}.png")


def _svd(model: Path) -> Any:
    from diffusers import StableVideoDiffusionPipeline

    return StableVideoDiffusionPipeline.from_pretrained(model, torch_dtype=torch.float16, variant="fp16")


def _animatediff(model: Path, adapter: str) -> Any:
    from diffusers import AnimateDiffPipeline, DDIMScheduler, MotionAdapter

    modules = MotionAdapter.from_pretrained(adapter, torch_dtype=torch.float16)
    pipe = AnimateDiffPipeline.from_pretrained(model, motion_adapter=modules, torch_dtype=torch.float16)
    pipe.scheduler = DDIMScheduler.from_pretrained(
        model,
        subfolder="scheduler",
        clip_sample=False,
        timestep_spacing="linspace",
        beta_schedule="linear",
        steps_offset=1,
    )
    return pipe
