"""A video autoencoder of diffusers on a device: frames to latents and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import torch
from huggingface_hub import constants

from vbench_py.adapters.diffusers.loading import offline
from vbench_py.checkpoints import CheckpointUnavailable
from vbench_py.checkpoints.reach import has_address
from vbench_py.types import UsageError, VbenchError


class Network:
    """The card's network, loaded. Raises `UsageError` for an unknown class or a wrong folder, and
    `CheckpointUnavailable` where the weights are not to be had.
    """

    def __init__(self, where: str, options: Mapping[str, Any], device: str) -> None:
        self.options = options
        self.device = torch.device(device)
        self.dtype: torch.dtype = getattr(torch, options["dtype"])
        self.vae = _loaded(where, options, self.dtype).to(self.device).eval()
        if options["tiling"]:
            self.vae.enable_tiling()
        self.generator = torch.Generator(device="cpu")

    @property
    def bytes_per_element(self) -> int:
        return self.dtype.itemsize

    def begin(self, seed: int) -> None:
        """Before each video: what a sampled posterior draws depends on `seed` only."""
        self.generator.manual_seed(seed)
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)

    def encode(self, frames: np.ndarray) -> tuple[torch.Tensor, tuple[int, int, int]]:
        """Latents (1, C, t, h, w) of frames (T, H, W, 3) uint8, and how many frames, rows and columns were added."""
        step, multiple = self.options["frames_multiple"], self.options["sides_multiple"]
        time, height, width = frames.shape[:3]
        added = ((1 - time) % step, -height % multiple, -width % multiple)
        video = torch.from_numpy(np.pad(frames, (*((0, more) for more in added), (0, 0)), mode="edge"))
        video = video.to(self.device).permute(3, 0, 1, 2)[None].to(self.dtype) / 127.5 - 1
        with torch.inference_mode(), _room(self.options):
            posterior = self.vae.encode(video).latent_dist
            drawn = self.options["posterior"] == "sample"
            latents: torch.Tensor = posterior.sample(self.generator) if drawn else posterior.mode()
        self._wait()
        return latents, added

    def decode(self, latents: torch.Tensor, shape: tuple[int, ...], added: tuple[int, int, int]) -> np.ndarray:
        """Frames of `shape` (T, H, W, 3) uint8: the frames, rows and columns that `encode` added are cut off.

        Raises `VbenchError` when the decoder gives another shape than was encoded: those frames are not the source's.
        """
        timestep: dict[str, Any] = {}
        if self.vae.config.get("timestep_conditioning"):
            timestep["temb"] = torch.full((1,), self.options["decode_timestep"], device=self.device, dtype=self.dtype)
        with torch.inference_mode(), _room(self.options):
            video = self.vae.decode(latents, **timestep).sample[0].permute(1, 2, 3, 0)
        encoded = tuple(side + more for side, more in zip(shape, added, strict=False))
        if tuple(video.shape[:3]) != encoded:
            told = [f"{time} frames of {width}x{height}" for time, height, width in (encoded, video.shape[:3])]
            mend = "the card's frames_multiple or sides_multiple does not fit this network"
            raise VbenchError(f"{told[0]} came back as {told[1]}", mend=mend)
        back = video[: shape[0], : shape[1], : shape[2]]
        rounded = ((back.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
        array: np.ndarray = rounded.cpu().numpy()
        return array

    def peak(self) -> int | None:
        """Bytes of the device's memory that were in use at most since `begin`; None on a CPU."""
        return torch.cuda.max_memory_allocated(self.device) if self.device.type == "cuda" else None

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


class _room:
    """Turns a lack of memory into an error that names the policies that are left."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        steps = [] if options["tiling"] else ["--set tiling=true"]
        steps.append(
            f"--set window={4 * options['frames_multiple'] + 1} (short windows that know nothing of each other)"
        )
        self.mend = "try " + ", then ".join(steps)

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, torch.OutOfMemoryError):
            raise VbenchError("the video does not fit into the device's memory", mend=self.mend) from error


def _loaded(where: str, options: Mapping[str, Any], dtype: torch.dtype) -> Any:
    kind = getattr(diffusers, options["network"], None)
    if kind is None or not options["network"].startswith("Autoencoder"):
        raise UsageError(f"{where}: diffusers {diffusers.__version__} has no autoencoder {options['network']!r}")
    place, more = options["repo"], {"revision": options["revision"] or None}
    if options["folder"]:
        folder = Path(options["folder"]).expanduser()
        inside = folder / options["subfolder"]
        place, more = str(inside if inside.is_dir() else folder), {}
        if not Path(place, "config.json").is_file():
            raise UsageError(
                f"{where}: {options['folder']} holds no config.json", mend=f"give a folder of {options['network']}"
            )
    elif options["subfolder"]:
        more["subfolder"] = options["subfolder"]
    # The hub's client would ask an address that does not exist five times, with pauses.
    local = bool(options["folder"]) or offline() or not has_address(constants.ENDPOINT)
    try:
        return kind.from_pretrained(place, torch_dtype=dtype, local_files_only=local, **more)
    except (OSError, ValueError, RuntimeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:300]
        if options["folder"]:
            raise UsageError(f"{where}: {options['folder']} cannot be loaded: {reason}") from error
        mend = "give --set folder=CHECKPOINT, or set HF_TOKEN where it is gated"
        raise CheckpointUnavailable(f"{where}: {place} cannot be had: {reason}", mend=mend) from error
