"""FlashVSR, full decoder: one clip a call by the functions of the authors' own script, its networks loaded once.

Runs in the environment `flashvsr`, with examples/WanVSR of the checkout as its working folder, not in the harness. In
the script, inputs, seed and options are constants, and its files are H.264 of quality 6; here frames are PNG.
"""

from __future__ import annotations

from pathlib import Path

import torch


class Program:
    """FlashVSR on the first GPU, with the weights that lie in ./FlashVSR."""

    def __init__(self) -> None:
        from infer_flashvsr_full import (  # type: ignore[import-not-found]
            init_pipeline,
            prepare_input_tensor,
            tensor2video,
        )

        self.read, self.images, self.pipe = prepare_input_tensor, tensor2video, init_pipeline()

    def __call__(
        self,
        source: Path,
        target: Path,
        seed: int,
        scale: int,
        steps: int,
        sparse_ratio: float,
        kv_ratio: float,
        local_range: int,
        color_fix: bool,
    ) -> None:
        """The frames in folder `source` become 00000.png, ... in folder `target`.

        Sides are `scale` times as long, cut in the middle to multiples of 128; of n frames the first 8k+5 come back.
        Raises `ValueError` below 21 frames, of which the pipeline makes nothing.
        """
        given, height, width, count, _ = self.read(str(source), scale=scale, dtype=torch.bfloat16, device="cuda")
        if count < 25:
            raise ValueError(f"{source}: too few frames; FlashVSR takes 21 and more")
        made = self.pipe(
            prompt="",
            negative_prompt="",
            cfg_scale=1.0,
            num_inference_steps=steps,
            seed=seed,
            tiled=False,
            LQ_video=given,
            num_frames=count,
            height=height,
            width=width,
            is_full_block=False,
            if_buffer=True,
            topk_ratio=sparse_ratio * 768 * 1280 / (height * width),
            kv_ratio=kv_ratio,
            local_range=local_range,
            color_fix=color_fix,
        )
        target.mkdir(parents=True, exist_ok=True)
        for place, frame in enumerate(self.images(made)):
            frame.save(target / f"{place:05d}.png")
        torch.cuda.empty_cache()
