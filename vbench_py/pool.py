"""Loaded extractors, kept while somebody may ask for them again: networks load once a process, not once a run."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from vbench_py import catalogue
from vbench_py.types import Ask, Extractor, UsageError


def resolve_device(device: str, able: Sequence[str]) -> str:
    """ "auto" becomes the first CUDA device where there is one and the code is able to use it, else the CPU.

    Raises `UsageError` for a CUDA device on a machine without one.
    """
    if device == "auto" and "cuda" not in able:
        return "cpu"
    if device != "auto" and not device.startswith("cuda"):
        return device
    import torch

    if torch.cuda.is_available():
        return "cuda" if device == "auto" else device
    if device == "auto":
        return "cpu"
    raise UsageError(
        f"--device {device}: torch finds no CUDA device here", mend="leave --device out, or see `vbench-py doctor`"
    )


class ExtractorPool:
    """Extractors by name and options, loaded on one device when first asked for."""

    def __init__(self, device: str = "auto") -> None:
        self.device = device
        self._loaded: dict[tuple[str, tuple[tuple[str, Any], ...]], Extractor] = {}

    def get(self, ask: Ask) -> Extractor:
        place = (ask.extractor, ask.options)
        if place not in self._loaded:
            # Windows are read-only views on purpose, and no extractor writes to what it is given.
            warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
            made: Extractor = catalogue.load("extractor", ask.extractor, **dict(ask.options))
            made.load(resolve_device(self.device, catalogue.card("extractor", ask.extractor).devices))
            self._loaded[place] = made
        return self._loaded[place]

    def __getstate__(self) -> dict[str, Any]:
        """Copies and pickles start unloaded: threads and device memory belong to one process and one owner."""
        return {"device": self.device, "_loaded": {}}

    def close(self) -> None:
        """Releases everything; a later `get` loads again."""
        while self._loaded:
            self._loaded.popitem()[1].close()
