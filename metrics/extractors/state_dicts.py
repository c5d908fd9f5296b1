"""State dicts read from official checkpoint files without running code, and loaded strictly into our networks."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from vbench_py.types import UsageError

Network = TypeVar("Network", bound=nn.Module)
_SHOWN = 4


def read_state_dict(path: Path, *, inside: str = "", prefix: str = "") -> dict[str, Tensor]:
    """The tensors of a file written by `torch.save`, by key, on the CPU.

    `inside` names the entry of the file that holds them; only keys that start with `prefix` are kept, without it.
    Raises `UsageError` when the file is no such checkpoint or would need code to be run.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        state = content[inside] if inside else content
        return {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError, TypeError, AttributeError) as error:
        where = f" with an entry {inside!r}" if inside else ""
        reason = next(iter(str(error).splitlines()), "")
        raise UsageError(
            f"{path}: no checkpoint of plain tensors{where} ({type(error).__name__}: {reason})",
            mend="remove the file and fetch it again",
        ) from error


def load_network(
    build: Callable[[], Network], state: Mapping[str, Tensor], path: Path, device: torch.device
) -> Network:
    """What `build` makes, with float32 weights from `state`, in eval mode on `device`; no weight is drawn first.

    Raises `UsageError` that names `path` and the first keys that are missing, not known or have another shape.
    """
    with torch.device("meta"):
        network = build()
    wanted = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    found = {key: tuple(value.shape) for key, value in state.items()}
    problems = [f"{key} {wanted[key]} is missing" for key in wanted if key not in found]
    problems += [f"{key} {found[key]} is not known" for key in found if key not in wanted]
    shared = [key for key in wanted if key in found]
    problems += [f"{key} is {found[key]}, not {wanted[key]}" for key in shared if found[key] != wanted[key]]
    if problems:
        more = f" and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise UsageError(
            f"{path}: not the weights of {type(network).__name__}: {', '.join(problems[:_SHOWN])}{more}",
            mend="use the file that the extractor's card names, and the options that belong to it",
        )
    network.load_state_dict(dict(state), assign=True)
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    return network.eval().to(device, torch.float32)
