"""Weights and data files named by cards: fetched once, checked by sha256, cached, read without running code."""

from vbench_py.checkpoints.cache import cache_dir, content_sha256, find, location
from vbench_py.checkpoints.fetching import CheckpointUnavailable, fetch
from vbench_py.checkpoints.numpy_pickle import load_numpy_pickle
from vbench_py.checkpoints.offline import is_offline

__all__ = [
    "CheckpointUnavailable",
    "cache_dir",
    "content_sha256",
    "fetch",
    "find",
    "is_offline",
    "load_numpy_pickle",
    "location",
]
