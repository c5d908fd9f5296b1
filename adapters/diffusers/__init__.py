"""Video pipelines of the diffusers library, driven by cards: no class per model."""

from vbench_py.adapters.diffusers.adapter import Diffusers

__all__ = ["Diffusers"]
