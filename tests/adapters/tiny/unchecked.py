"""What tiny Cosmos checkpoints have for a safety checker: the pipelines refuse to be without one."""

from __future__ import annotations

import numpy as np
import torch
from diffusers import ConfigMixin, ModelMixin


class Unchecked(ModelMixin, ConfigMixin):
    """Lets everything pass."""

    config_name = "config.json"

    def __init__(self) -> None:
        super().__init__()
        self.register_parameter("nothing", torch.nn.Parameter(torch.zeros(1)))

    def check_text_safety(self, prompt: str) -> bool:
        return True

    def check_video_safety(self, frames: np.ndarray) -> np.ndarray:
        return frames
