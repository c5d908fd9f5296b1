"""Benchmark and evaluation harness for video generation.

vbench_py.run("demo-vsr-x4", "bicubic")                 generate and score a suite
vbench_py.run("demo-vsr-x4", generate=my_function)      the same with a Python function
vbench_py.score("folder", metrics=["quick"]).frame      score videos that exist
vbench_py.load("metric", "lpips-alex")                  a metric, extractor or method by name
vbench_py.torchmetric("psnr-rgb")                       a metric as torchmetrics.Metric
vbench_py.Evaluator("demo-vsr-x4", ["psnr-y"])          evaluate from inside a training loop
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vbench_py.catalogue import load as load
    from vbench_py.evaluate import Evaluator as Evaluator
    from vbench_py.evaluate import run as run
    from vbench_py.evaluate import score as score
    from vbench_py.result import Result as Result
    from vbench_py.session import Settings as Settings
    from vbench_py.torch_metric import torchmetric as torchmetric

__version__ = "0.1.0"
_HOMES = {
    "Evaluator": "evaluate",
    "Result": "result",
    "Settings": "session",
    "load": "catalogue",
    "run": "evaluate",
    "score": "evaluate",
    "torchmetric": "torch_metric",
}
__all__ = ["Evaluator", "Result", "Settings", "__version__", "load", "run", "score", "torchmetric"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'vbench_py' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"vbench_py.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
