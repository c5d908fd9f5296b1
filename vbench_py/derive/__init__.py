"""Inputs made from a source by named, versioned operators: low resolution, blur, dropped frames, noise."""

from vbench_py.derive.chain import check
from vbench_py.derive.imresize import imresize
from vbench_py.derive.materialise import identity, materialise, place
from vbench_py.derive.registry import operators

__all__ = ["check", "identity", "imresize", "materialise", "operators", "place"]
