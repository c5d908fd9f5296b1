"""`vbench-py doctor`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from vbench_py.cli.flags import Common
from vbench_py.types import VbenchError

Finding = tuple[str, bool, str]


def command(flags: Common) -> int:
    """Check this machine and installation."""
    findings = list(_findings(flags))
    if flags.json:
        import json

        rows = [{"check": name, "ok": ok, "detail": detail} for name, ok, detail in findings]
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    else:
        width = max(len(name) for name, _, _ in findings)
        for name, ok, detail in findings:
            sys.stdout.write(f"{'ok  ' if ok else 'FAIL'} {name:<{width}}  {detail}\n")
    return 0 if all(ok for _, ok, _ in findings) else 1


def _findings(flags: Common) -> Iterator[Finding]:
    checks: list[tuple[str, Callable[[], str]]] = [
        ("python", _python),
        ("torch", _torch),
        ("decoders", _decoders),
        ("ffmpeg with libvmaf", _vmaf),
        ("cards", _cards),
        ("cache", _cache),
        ("results", lambda: _writable(flags)),
    ]
    for name, check in checks:
        try:
            yield name, True, check()
        except (VbenchError, ImportError, OSError, RuntimeError) as error:
            yield name, False, str(error)


def _python() -> str:
    import os
    import platform

    return f"{platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def _torch() -> str:
    import torch

    devices = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return f"{torch.__version__}, " + (f"CUDA: {', '.join(devices)}" if devices else "no CUDA device: networks run on the CPU")


def _decoders() -> str:
    import av

    try:
        import decord

        return f"decord {decord.__version__}, PyAV {av.__version__}"
    except ImportError:
        return f"PyAV {av.__version__} (no decord on this platform)"


def _vmaf() -> str:
    import subprocess

    import imageio_ffmpeg

    binary = imageio_ffmpeg.get_ffmpeg_exe()
    listed = subprocess.run([binary, "-hide_banner", "-filters"], capture_output=True, text=True, check=True).stdout
    if " libvmaf " not in listed:
        raise RuntimeError(f"{binary} has no libvmaf: VMAF cannot be computed")
    return binary


def _cards() -> str:
    from vbench_py import catalogue
    from vbench_py.cards import validate

    counts = []
    for kind in catalogue.KINDS:
        found = catalogue.entries(kind)
        for card in found.values():
            validate(kind, dict(card.data), card.file)
        counts.append(f"{len(found)} {kind}s")
    return ", ".join(counts)


def _cache() -> str:
    import shutil

    from vbench_py.checkpoints import cache_dir

    folder = cache_dir()
    existing = next(parent for parent in [folder, *folder.parents] if parent.exists())
    return f"{folder}, {shutil.disk_usage(existing).free / 1e9:.0f} GB free"


def _writable(flags: Common) -> str:
    from vbench_py.store import RunFolder

    folder = flags.results
    existed = folder.exists()
    RunFolder(folder).create()
    if not existed:
        folder.rmdir()
    return f"{folder} can be written"
