"""Small random LoRAs of a tiny pipeline's network, in the layouts that authors publish."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from peft.utils import get_peft_model_state_dict

TARGETS = ["to_q", "to_k", "to_v"]


def _network(pipeline: Any, rank: int) -> Any:
    network = get_peft_model(pipeline.unet, LoraConfig(r=rank, lora_alpha=rank, target_modules=TARGETS))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for name, parameter in network.named_parameters():
            if "lora_" in name:
                torch.nn.init.normal_(parameter, std=0.5)
    return network


def diffusers_lora(pipeline: Any, folder: Path, file: str, rank: int = 2) -> None:
    """One safetensors file as `save_lora_weights` of Stable Diffusion's pipelines writes it."""
    weights = get_peft_model_state_dict(_network(pipeline, rank))
    layers = {name.removeprefix("base_model.model."): value for name, value in weights.items()}
    pipeline.save_lora_weights(folder, unet_lora_layers=layers, weight_name=file)


def peft_lora(pipeline: Any, folder: Path, rank: int = 2) -> None:
    """A folder as PEFT itself writes it: adapter_config.json and adapter_model.safetensors."""
    _network(pipeline, rank).save_pretrained(folder)
