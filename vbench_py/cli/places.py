"""Where runs lie: what a user names (a run folder, a folder of runs, a suite, a bundle) as folders."""

from __future__ import annotations

from pathlib import Path

from vbench_py.types import UsageError


def run_places(results: Path, names: list[str] | None) -> list[Path]:
    """Folders that hold runs; without names, the results folder."""
    if not names:
        return [results]
    places: list[Path] = []
    for name in names:
        if Path(name).is_dir():
            places.append(Path(name))
            continue
        from vbench_py import catalogue

        folders = [
            f for suite in catalogue.expand("suite", [name]) for f in sorted((results / "runs").glob(f"{suite}@*"))
        ]
        if not folders:
            raise UsageError(f"no runs of {name!r} in {results}", mend=f"start one with `vbench-py run {name}`")
        places += folders
    return places
