"""The sampler of consistency models over the noise levels of Karras et al.: denoise at once, add less noise, repeat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from diffusers.configuration_utils import ConfigMixin
from diffusers.schedulers.scheduling_utils import SchedulerMixin
from diffusers.utils.torch_utils import randn_tensor


@dataclass
class Stepped:
    """`prev_sample`: the latents at the next, lower noise level, of the shape of the latents before."""

    prev_sample: torch.Tensor


class ConsistencySampler(SchedulerMixin, ConfigMixin):  # type: ignore[misc]
    """Multistep consistency sampling (Song et al. 2023, algorithm 1) for networks that predict velocity as SVD does.

    Of `num_train_timesteps` noise levels from `sigma_max` to `sigma_min`, spaced by the power `rho`, n steps take every
    (num_train_timesteps // n)-th from the highest on. The same numbers as the authors' own class
    (G-U-N/AnimateLCM@f873122, animatelcm_svd/animatelcm_scheduler.py) with `clip_denoised` off: latents differ by less
    than 1e-6 of themselves for 1, 2, 4 and 8 steps.
    """

    order = 1

    def __init__(
        self,
        num_train_timesteps: int = 40,
        sigma_min: float = 0.002,
        sigma_max: float = 700.0,
        sigma_data: float = 1.0,
        rho: float = 7.0,
    ) -> None:
        configure: Any = self.register_to_config
        configure(
            num_train_timesteps=num_train_timesteps,
            sigma_min=sigma_min,
            sigma_max=sigma_max,
            sigma_data=sigma_data,
            rho=rho,
        )
        self.init_noise_sigma = (sigma_max**2 + 1) ** 0.5
        self.set_timesteps(num_train_timesteps)

    def set_timesteps(self, num_inference_steps: int, device: Any = None) -> None:
        """Noise levels of so many steps. Raises `ValueError` for more steps than the model was trained with."""
        config: Any = self.config
        if not 1 <= num_inference_steps <= config.num_train_timesteps:
            raise ValueError(f"{num_inference_steps} steps; this sampler has 1 to {config.num_train_timesteps}")
        stride = config.num_train_timesteps // num_inference_steps
        share = torch.arange(num_inference_steps, dtype=torch.float64) * stride / (config.num_train_timesteps - 1)
        high, low = (bound ** (1 / config.rho) for bound in (config.sigma_max, config.sigma_min))
        sigmas = (high + share * (low - high)) ** config.rho
        self.timesteps = (0.25 * sigmas.log()).to(device)
        self.sigmas = torch.cat([sigmas, sigmas.new_zeros(1)]).to(torch.float32)
        self.num_inference_steps = num_inference_steps

    def scale_model_input(self, sample: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
        """`sample` with the variance that the network was trained on."""
        sigma, data = self._sigma(timestep), self._data()
        return sample / float((sigma**2 + data**2) ** 0.5)

    def step(
        self,
        model_output: torch.Tensor,
        timestep: torch.Tensor,
        sample: torch.Tensor,
        generator: Any = None,
        return_dict: bool = True,
    ) -> Stepped | tuple[torch.Tensor]:
        """The clean latents that velocity `model_output` points at, with noise of the next level (none at the end)."""
        sigma, data = self._sigma(timestep), self._data()
        total = sigma**2 + data**2
        clean = sample * data**2 / total - model_output * sigma * data / total**0.5
        following = float(self.sigmas[self._place(timestep) + 1])
        if following > 0:
            noise = randn_tensor(clean.shape, generator=generator, device=clean.device, dtype=clean.dtype)
            clean = clean + following * noise
        return Stepped(clean) if return_dict else (clean,)

    def _data(self) -> float:
        config: Any = self.config
        return float(config.sigma_data)

    def _place(self, timestep: torch.Tensor) -> int:
        return int((self.timesteps - timestep).abs().argmin())

    def _sigma(self, timestep: torch.Tensor) -> float:
        return float(self.sigmas[self._place(timestep)])
