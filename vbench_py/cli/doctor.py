"""`vbench-py doctor`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from vbench_py.cli.flags import Common
from vbench_py.types import VbenchError

Finding = tuple[str, bool, str]
CHECKS = ("machine", "python", "torch", "decoders", "vmaf", "cards", "cache", "results")


def command(flags: Common) -> int:
    """Check this machine and installation."""
    findings = list(_findings(flags))
    if flags.json:
        import json

        rows = [{"check": name, "ok": ok, "detail": detail} for name, ok, detail in findings]
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    else:
        sys.stdout.write("".join(_text(finding) for finding in findings))
    return 0 if all(ok for _, ok, _ in findings) else 1


def _text(finding: Finding) -> str:
    """One check, its detail wrapped to the terminal; what cannot be broken (a path) may stand out."""
    import shutil
    import textwrap

    name, ok, detail = finding
    head = f"{'ok' if ok else 'FAIL':<4} {name:<{max(map(len, CHECKS))}}  "
    width = shutil.get_terminal_size((80, 24)).columns
    lines = textwrap.wrap(detail, max(width - len(head), 20), break_long_words=False, break_on_hyphens=False) or [""]
    return head + f"\n{' ' * len(head)}".join(lines) + "\n"


def _findings(flags: Common) -> Iterator[Finding]:
    checks: tuple[Callable[[], str], ...] = (
        _machine, _python, _torch, _decoders, _vmaf, _cards, _cache, lambda: _writable(flags),
    )  # fmt: skip
    for name, check in zip(CHECKS, checks, strict=True):
        try:
            yield name, True, check()
        except (VbenchError, ImportError, OSError, RuntimeError) as error:
            yield name, False, str(error)


def _machine() -> str:
    import os
    import platform

    import psutil

    memory = psutil.virtual_memory()
    free, total = memory.available / 1e9, memory.total / 1e9
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {free:.0f} of {total:.0f} GB memory free"


def _python() -> str:
    import platform

    import vbench_py

    return f"{platform.python_version()}, vbench-py {vbench_py.__version__}"


def _torch() -> str:
    import torch

    devices = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    found = f"CUDA: {', '.join(devices)}" if devices else "no CUDA device: networks run on the CPU"
    return f"{torch.__version__}, {found}"


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
        raise RuntimeError(f"VMAF cannot be computed: no libvmaf in {binary}")
    return f"libvmaf in {Path(binary).name}"


def _cards() -> str:
    from vbench_py import catalogue

    counts = []
    for kind in catalogue.KINDS:
        if kind == "family":  # parts of recipes
            continue
        found = catalogue.entries(kind)
        for name in found:
            catalogue.card(kind, name)
        counts.append(f"{len(found)} {kind}s")
    return ", ".join(counts)


def _cache() -> str:
    from vbench_py.checkpoints import cache_dir

    return _room(cache_dir())


def _writable(flags: Common) -> str:
    return _room(flags.results)


def _room(folder: Path) -> str:
    """That files can be written there, and how much; leaves no folder behind that was not there."""
    import shutil

    from vbench_py.store import RunFolder

    absent = [place for place in (folder, *folder.parents) if not place.exists()]
    RunFolder(folder).create()
    free = shutil.disk_usage(folder).free / 1e9
    for place in absent:
        place.rmdir()
    return f"{folder} can be written, {free:.0f} GB free"
