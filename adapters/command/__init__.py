"""Research repositories, run as their authors' code in environments of their own, as a recipe says."""

from vbench_py.adapters.command.adapter import Command

__all__ = ["Command"]
