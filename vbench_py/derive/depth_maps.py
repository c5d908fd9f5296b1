"""Depth from the files that datasets hold: integer images with a factor, Sintel's .dpt."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from vbench_py.derive.operator import Maker
from vbench_py.video import convert_depth


class DepthMaps(Maker):
    """Depth in metres from a folder of integer images (metres = level / factor; 0 is invalid) or of .dpt files."""

    id: ClassVar[str] = "depth-maps"
    factor: float = Field(default=0.0, ge=0)
    format: Literal["", "dpt"] = ""
    unit: Literal["metres", "disparity", "relative"] = "metres"

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.factor) == bool(self.format):
            raise ValueError("give the factor of integer images, or format = 'dpt'")
        return self

    def make(self, source: Path, target: Path, seed: int) -> None:
        convert_depth(source, self.factor or 1.0, target, unit=self.unit)
