"""Which GPU architectures this machine has, and whether an environment's pins have kernels for them."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess

from vbench_py.isolate.environments import Environment
from vbench_py.types import Unsupported


@functools.cache
def architectures() -> tuple[int, ...]:
    """Compute capabilities of the visible GPUs (90 is Hopper), by nvidia-smi, without torch; () without a GPU."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    command = [program, "--query-gpu=compute_cap", "--format=csv,noheader"]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    told = [line.strip().replace(".", "") for line in ran.stdout.splitlines()] if ran.returncode == 0 else []
    found = [int(text) for text in told if text.isdigit()]
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        chosen = [int(part) for part in visible.split(",") if part.strip().isdigit()]
        found = [found[index] for index in chosen if index < len(found)] if chosen or not visible else found
    return tuple(found)


def check_gpu(environment: Environment, device: str, *, found: tuple[int, ...] | None = None) -> None:
    """Raises `Unsupported` where the pins cannot run on what is here: no GPU, one too old, or one too new."""
    found = architectures() if found is None else found
    lowest, highest = environment.sm_bounds
    if not device.startswith("cuda"):
        if environment.card.cuda:
            text = f"{environment.told()} runs on CUDA alone, and this run is on {device}"
            text += "" if found else "; no CUDA device is here"
            raise Unsupported("device", text)
        return
    if not found:
        raise Unsupported("device", f"{environment.told()}: no CUDA device is here (nvidia-smi shows none)")
    index = int(device.partition(":")[2] or 0)
    sm = found[index] if index < len(found) else found[0]
    if highest is not None and sm > highest:
        mend = (
            "; `--set pins=override` takes newer ones"
            if environment.card.override and not environment.overridden
            else ""
        )
        raise Unsupported(
            "device", f"{environment.told()}: its pins have kernels up to sm_{highest}, this GPU is sm_{sm}{mend}"
        )
    if lowest is not None and sm < lowest:
        raise Unsupported("device", f"{environment.told()}: it needs sm_{lowest} or newer, this GPU is sm_{sm}")


def visible_gpus(device: str, count: int = 1) -> str:
    """CUDA_VISIBLE_DEVICES for a process on `device`: its GPU and the next ones up to `count`; "" on a CPU."""
    if not device.startswith("cuda"):
        return ""
    first = int(device.partition(":")[2] or 0)
    given = [part.strip() for part in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if part.strip()]
    chosen = given[first : first + count] if given else [str(index) for index in range(first, first + count)]
    return ",".join(chosen)
