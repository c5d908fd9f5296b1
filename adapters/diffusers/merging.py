"""LoRAs saved by PEFT itself (adapter_config.json beside the weights), merged into a network for good.

Pipelines load LoRAs of diffusers' own layout only, and only into networks made for it; UNet3DConditionModel is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from peft import PeftConfig, PeftModel
from peft.tuners.tuners_utils import BaseTunerLayer
from peft.utils import load_peft_weights

from vbench_py.types import UsageError


def merged(network: Any, place: str, options: Mapping[str, Any], weight: float, told: str) -> Any:
    """`network` with `weight` times the LoRA in `place`, a folder or a repository, added to its matrices.

    `options` go to the hub (revision, subfolder, local_files_only). Raises `UsageError`, which begins with `told`, when
    the LoRA has weights that the network has no place for, or the other way round; `ValueError` when nothing fits.
    """
    config = PeftConfig.from_pretrained(place, **options)
    wrapped = PeftModel(network, config)
    expected = {name for name, _ in wrapped.named_parameters() if "lora_" in name}
    found = {name.replace(".weight", ".default.weight") for name in load_peft_weights(place, device="cpu", **options)}
    if expected != found:
        first = min(expected ^ found)
        missing = "lacks" if first in expected else "has weights without a place:"
        raise UsageError(f"{told} does not fit this model: it {missing} {first}", mend="give a LoRA of this model")
    wrapped.load_adapter(place, "default", torch_device="cpu", **options)
    layers: list[Any] = [module for module in wrapped.modules() if isinstance(module, BaseTunerLayer)]
    for layer in layers:
        layer.scale_layer(weight)
    return wrapped.merge_and_unload()
