"""Where the weights are kept while a pipeline runs, and which policy fits when they are too many."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from vbench_py.adapters.diffusers.settings import Settings
from vbench_py.types import UsageError

WEIGHTS = ("*.safetensors", "*.bin")


def place(pipeline: Any, settings: Settings, device: str, where: str) -> None:
    """Moves the pipeline to `device`, or lets its parts come there in turn; tiles and slices as the card says.

    Raises `UsageError` for a policy that the pipeline does not have.
    """
    if settings.vae_tiling:
        _switch(pipeline, "enable_tiling", "vae_tiling", where)
    if settings.vae_slicing:
        _switch(pipeline, "enable_slicing", "vae_slicing", where)
    core = getattr(pipeline, "transformer", None) or getattr(pipeline, "unet", None)
    if settings.attention:
        if core is None or not hasattr(core, "set_attention_backend"):
            raise UsageError(f"{where}: attention {settings.attention!r} cannot be set for {settings.pipeline}")
        try:
            core.set_attention_backend(settings.attention)
        except (ValueError, RuntimeError, ImportError) as error:
            raise UsageError(f"{where}: attention {settings.attention!r}: {error}") from error
    if settings.compile and core is not None:
        core.compile()
    if device == "cpu" or settings.device_map:
        return
    if settings.offload == "model":
        pipeline.enable_model_cpu_offload(device=device)
    elif settings.offload == "sequential":
        pipeline.enable_sequential_cpu_offload(device=device)
    else:
        try:
            pipeline.to(device)
        except torch.OutOfMemoryError as error:
            raise UsageError(f"{where}: its weights do not fit on {device}", mend=advice(settings)) from error


def _switch(pipeline: Any, method: str, option: str, where: str) -> None:
    vae = getattr(pipeline, "vae", None)
    try:
        getattr(vae, method)()
    except (AttributeError, NotImplementedError) as error:
        raise UsageError(f"{where}: {option} is not to be had: {type(vae).__name__} has none") from error


def weights_of(folder: Path, dtype: str) -> dict[str, int]:
    """Bytes of each component's weights as they will lie in memory, by the sizes of the files.

    Files in another precision than `dtype` are counted as they are on disk.
    """
    sizes = {}
    for part in sorted(item for item in folder.iterdir() if item.is_dir()):
        for pattern in WEIGHTS:
            if files := [file for file in part.glob(pattern) if file.is_file()]:
                sizes[part.name] = sum(file.stat().st_size for file in files)
                break
    return sizes


def check_room(folder: Path, settings: Settings, device: str, where: str) -> None:
    """Raises `UsageError` that names the policy that fits, where the weights are more than the device has free."""
    sizes = weights_of(folder, settings.dtype)
    free, _ = torch.cuda.mem_get_info(device)
    reason = too_little(sizes, free, settings)
    if reason:
        raise UsageError(f"{where}: {reason[0]} ({device})", mend=reason[1])


def too_little(sizes: dict[str, int], free: int, settings: Settings) -> tuple[str, str] | None:
    """What does not fit and the mend, or None: `sizes` by component and `free` in bytes."""
    total, largest = sum(sizes.values()), max(sizes.values(), default=0)
    needed = {"none": total, "model": largest, "sequential": 0}[settings.offload]
    if needed <= free or settings.device_map:
        return None
    gigabytes = [f"{number / 1e9:.1f} GB" for number in (needed, free, largest)]
    what = f"its weights take {gigabytes[0]}, and {gigabytes[1]} are free"
    if largest <= free:
        name = max(sizes, key=lambda part: sizes[part])
        return what, f"--set offload=model keeps one part at a time (the largest, {name}, takes {gigabytes[2]})"
    return what, "--set offload=sequential keeps one layer at a time, and is slow"


def advice(settings: Settings) -> str:
    """The next policy that takes less memory than the one in force."""
    steps = []
    if settings.offload == "none":
        steps.append("--set offload=model (one part on the device at a time)")
    elif settings.offload == "model":
        steps.append("--set offload=sequential (one layer at a time, slow)")
    if not settings.vae_tiling:
        steps.append("--set vae_tiling=true (decodes in tiles)")
    steps.append("fewer frames or a smaller size")
    return "try " + ", then ".join(steps)
