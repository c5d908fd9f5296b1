"""The environment variables that foreign code gets: what it needs to run, and none of the user's secrets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from vbench_py.checkpoints import cache_dir
from vbench_py.types import UsageError

PASSED = (
    "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "TERM",
    "CUDA_VISIBLE_DEVICES", "CUDA_HOME", "CUDA_PATH", "CUDA_DEVICE_ORDER", "LD_LIBRARY_PATH", "NVIDIA_VISIBLE_DEVICES",
    "NVIDIA_DRIVER_CAPABILITIES", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE", "HF_HUB_OFFLINE", "HF_HUB_CACHE", "TRANSFORMERS_OFFLINE", "TORCH_HOME",
)  # fmt: skip
"""Names handed on as they are. `VBENCH_PY_PASS=NAME,NAME` adds more: proxies, tokens of gated weights."""
MARK = "VBENCH_PY_CHILD"


def foreign_variables(
    environment_bin: Path | None, home: Path, extra: Mapping[str, str] | None = None, *, mark: str = ""
) -> dict[str, str]:
    """Variables for a foreign process: `environment_bin` first on PATH, `home` as HOME and for temporary files.

    HOME is not the user's: tokens and credentials lie there. The caches of weights (the hub's, torch's) are handed on,
    as code fetches some by itself; the hub's token is not.
    Raises `UsageError` where VBENCH_PY_PASS names a variable that is not set.
    """
    given = {name: os.environ[name] for name in PASSED if name in os.environ}
    for name in filter(None, (part.strip() for part in os.environ.get("VBENCH_PY_PASS", "").split(","))):
        if name not in os.environ:
            raise UsageError(f"VBENCH_PY_PASS names {name}, which is not set")
        given[name] = os.environ[name]
    given.setdefault("HF_HUB_CACHE", str(_hub_cache()))
    given.setdefault("TORCH_HOME", str(Path.home() / ".cache" / "torch"))
    given["XDG_CACHE_HOME"] = str(cache_dir() / "foreign")
    path = os.environ.get("PATH", os.defpath)
    given["PATH"] = f"{environment_bin}{os.pathsep}{path}" if environment_bin else path
    if environment_bin:
        given["VIRTUAL_ENV"] = str(environment_bin.parent)
    given |= {"HOME": str(home), "TMPDIR": str(home / "tmp"), "PYTHONUNBUFFERED": "1", "PYTHONNOUSERSITE": "1"}
    given |= {"PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    if mark:
        given[MARK] = mark
    (home / "tmp").mkdir(parents=True, exist_ok=True)
    return given | dict(extra or {})


def _hub_cache() -> Path:
    home = os.environ.get("HF_HOME")
    return (Path(home).expanduser() if home else Path.home() / ".cache" / "huggingface") / "hub"
