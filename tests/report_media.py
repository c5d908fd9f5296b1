"""Runs with real media on disk, one sample each, for the pictures of the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.record_fixtures import run, steady
from vbench_py.records import RunRecords


def outputs(
    folder: Path,
    name: str,
    files: Mapping[str, str],
    media: Mapping[str, Path],
    facts: Mapping[str, Any],
    **changes: Any,
) -> RunRecords:
    """A run of one sample: `files` relative to its folder, `media` by role, `facts` of its output record."""
    made = run(name, {"psnr": steady(30)}, samples=1, folder=folder, **changes)
    output = replace(made.outputs[0], files=files, media={role: str(path) for role, path in media.items()}, **facts)
    return replace(made, outputs=[output])
