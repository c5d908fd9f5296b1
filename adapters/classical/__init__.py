"""Classical methods, run on a CPU in this process: real upscalers, interpolators, deblurrers, animations and edits."""

from vbench_py.adapters.classical.adapter import Classical

__all__ = ["Classical"]
