"""A file of weights that takes the place of those a component was loaded with: how some authors publish a tuned one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vbench_py.types import UsageError


def replace_weights(network: Any, place: str, file: str, options: dict[str, Any], told: str) -> None:
    """`network` with all its weights from the safetensors `file` in `place`, a folder or a repository of the hub.

    `options` go to the hub. Raises `UsageError`, which begins with `told`, when the folder has no such file, or when
    names or shapes differ from the network's.
    """
    from huggingface_hub import hf_hub_download
    from safetensors.torch import load_file

    path = Path(place) / file
    if Path(place).is_dir() and not path.is_file():
        raise UsageError(f"{told} has no file {file} in {place}")
    weights = load_file(path if path.is_file() else hf_hub_download(place, file, **options))
    own = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in weights.items()}
    if own != found:
        name = min(name for name in own | found if own.get(name) != found.get(name))
        raise UsageError(
            f"{told} does not fit this model: {name} is {found.get(name, 'missing')} in {file}, "
            f"{own.get(name, 'missing')} in the model",
            mend="give weights of this model",
        )
    network.load_state_dict(weights)
