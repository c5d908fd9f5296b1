"""Reads pickles of NumPy arrays without letting them run code."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vbench_py.types import BadMedia, UsageError


@functools.cache
def _allowed() -> dict[tuple[str, str], Callable[..., Any]]:
    import numpy as np
    from numpy._core.multiarray import _reconstruct

    return {
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
        ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
        ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    }


class _ArraysOnly(pickle.Unpickler):
    def __init__(self, file: Any, where: Path) -> None:
        super().__init__(file)
        self._where = where

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _allowed()[module, name]
        except KeyError:
            raise UsageError(
                f"{self._where}: the pickle asks for {module}.{name}, which is no NumPy array",
                mend="only arrays are read, because other pickles can run code; convert it to safetensors",
            ) from None


def load_numpy_pickle(path: Path) -> Any:
    """Containers (dict, list, tuple, numbers, strings) of `numpy.ndarray` from a pickle file.

    Allows three globals: `numpy.ndarray`, `numpy.dtype` and NumPy's `_reconstruct`, under its old and its new module
    name. Raises `UsageError` that names any other global before anything of it is run, and `BadMedia` when the file is
    missing, cut short or no pickle. Arrays of Python objects are refused.
    """
    try:
        with path.open("rb") as file:
            loaded = _ArraysOnly(file, path).load()
    except UsageError:
        raise
    except FileNotFoundError as error:
        raise BadMedia(f"{path}: no such file", mend="fetch the checkpoint first: vbench-py fetch") from error
    except Exception as error:
        # A damaged pickle raises nearly anything: UnpicklingError, EOFError, ValueError, IndexError, MemoryError.
        raise BadMedia(
            f"{path}: not a readable pickle of arrays ({type(error).__name__}: {error})",
            mend="delete it and fetch it again",
        ) from error
    _refuse_objects(loaded, path)
    return loaded


def _refuse_objects(value: Any, where: Path) -> None:
    if getattr(getattr(value, "dtype", None), "hasobject", False):
        raise UsageError(f"{where}: holds an array of Python objects", mend="store it with a numeric dtype")
    if isinstance(value, dict):
        for item in value.values():
            _refuse_objects(item, where)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_objects(item, where)
