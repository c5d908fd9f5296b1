"""Pickles of arrays are read; pickles that could run code are not."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from vbench_py.checkpoints import load_numpy_pickle
from vbench_py.types import BadMedia, UsageError

WEIGHTS = {"Conv_0": {"kernel": np.arange(24, dtype=np.float32).reshape(2, 3, 4), "bias": np.zeros(4, np.float32)}}


class _Shell:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.marker}",)


# NumPy 2 adds further globals in protocols 0 to 2 (codecs.encode) and 5 (_frombuffer); published weights use neither.
@pytest.mark.parametrize("protocol", [3, 4])
def test_arrays_come_back(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "weights.ckpt"
    path.write_bytes(pickle.dumps(WEIGHTS, protocol))
    np.testing.assert_array_equal(load_numpy_pickle(path)["Conv_0"]["kernel"], WEIGHTS["Conv_0"]["kernel"])


def test_the_old_module_name_of_numpy_is_read(tmp_path: Path) -> None:
    path = tmp_path / "weights.ckpt"
    new = pickle.dumps(WEIGHTS, 3)
    path.write_bytes(new.replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n"))
    assert path.read_bytes() != new
    np.testing.assert_array_equal(load_numpy_pickle(path)["Conv_0"]["kernel"], WEIGHTS["Conv_0"]["kernel"])


def test_a_shell_command_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "evil.ckpt"
    path.write_bytes(pickle.dumps(_Shell(tmp_path / "ran")))
    with pytest.raises(UsageError, match=r"posix\.system|nt\.system"):
        load_numpy_pickle(path)


def test_a_shell_command_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "evil.ckpt"
    path.write_bytes(pickle.dumps({"weights": WEIGHTS, "more": _Shell(tmp_path / "ran")}))
    with pytest.raises(UsageError):
        load_numpy_pickle(path)
    assert not (tmp_path / "ran").exists()


def test_attributes_of_allowed_modules_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "evil.ckpt"
    path.write_bytes(b"cnumpy\nload\n(S'x'\ntR.")
    with pytest.raises(UsageError, match=r"numpy\.load"):
        load_numpy_pickle(path)


def test_arrays_of_objects_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "objects.ckpt"
    path.write_bytes(pickle.dumps({"a": np.array([{}, []], dtype=object)}, 4))
    with pytest.raises(UsageError, match="Python objects"):
        load_numpy_pickle(path)


@pytest.mark.parametrize("content", [b"", b"not a pickle", pickle.dumps(WEIGHTS, 4)[:-40]])
def test_damaged_files_are_bad_media(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "damaged.ckpt"
    path.write_bytes(content)
    with pytest.raises(BadMedia, match=r"damaged\.ckpt"):
        load_numpy_pickle(path)
