"""`vbench-py env`."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vbench_py.cli.flags import Common
from vbench_py.types import UsageError

if TYPE_CHECKING:
    from vbench_py.isolate.named import Named


class Action(StrEnum):
    build = "build"
    list = "list"
    show = "show"
    shell = "shell"
    prune = "prune"


def command(
    flags: Common,
    action: Annotated[Action, typer.Argument(help="What to do.")] = Action.list,
    names: Annotated[
        list[str] | None, typer.Argument(help="Recipes, methods or environments [prune: all that are unused].")
    ] = None,
    override: Annotated[
        bool,
        typer.Option(
            "--override",
            help="The newer pins of the card, for GPUs that the authors' cannot run on.",
            envvar="VBENCH_PY_OVERRIDE",
        ),
    ] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="build: also where it is built.", envvar="VBENCH_PY_REBUILD")
    ] = False,
    source: Annotated[
        list[Path] | None,
        typer.Option("--source", help="build: a clone that has the commit (repeat).", envvar="VBENCH_PY_SOURCE"),
    ] = None,
    days: Annotated[
        float,
        typer.Option("--days", help="prune: only what was not used for so long.", min=0.0, envvar="VBENCH_PY_DAYS"),
    ] = 30.0,
) -> int:
    """Build, show and remove the environments that research repositories run in."""
    if action in (Action.build, Action.show, Action.shell) and not names:
        raise UsageError(f"env {action.value}: name a recipe, a method or an environment")
    if action == Action.list:
        return _list(flags, names or [])
    if action == Action.prune:
        return _prune(flags, names or [], days)
    from vbench_py.isolate.named import named

    chosen = [named(name, override=override) for name in names or []]
    if action == Action.build:
        return _build(flags, chosen, rebuild=rebuild, sources=source or [])
    if action == Action.show:
        return _show(flags, chosen)
    if len(chosen) > 1:
        raise UsageError("env shell: name one")
    return _shell(chosen[0])


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


def _build(flags: Common, chosen: list[Named], *, rebuild: bool, sources: list[Path]) -> int:
    from vbench_py.isolate.build import build

    for one in chosen:
        say = _say if not flags.quiet else lambda line: None
        build(one.environment, say=say, rebuild=rebuild)
        for checkout in one.checkouts:
            checkout.build(say=say, sources=sources)
        sys.stdout.write(f"{one.environment.card.id:<28} {one.environment.folder}\n")
        for checkout in one.checkouts:
            sys.stdout.write(f"{checkout.name:<28} {checkout.tree}\n")
    return 0


def _rows() -> list[dict[str, Any]]:
    from vbench_py.isolate.environments import built, last_used
    from vbench_py.isolate.named import of_environment

    rows = []
    for folder, marker in built():
        name = str(marker["id"]) if marker else folder.name.rpartition("-")[0]
        rows.append(
            {"environment": name, "folder": str(folder), "ready": marker is not None, "used": last_used(folder),
             "bytes": _size(folder), "recipes": of_environment(name)}
        )  # fmt: skip
    return rows


def _size(folder: Path) -> int:
    """Bytes on disk; what several environments share by hard link counts in each."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _list(flags: Common, names: list[str]) -> int:
    import json
    import time

    rows = [row for row in _rows() if not names or row["environment"] in names or set(names) & set(row["recipes"])]
    if flags.json:
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return 0
    if not rows:
        sys.stdout.write("no environment is built here; `vbench-py env build RECIPE` builds one\n")
        return 0
    for row in rows:
        used = time.strftime("%Y-%m-%d", time.localtime(row["used"])) if row["used"] else "never used"
        state = "ready" if row["ready"] else "unfinished"
        sys.stdout.write(f"{row['environment']:<26} {state:<10} {row['bytes'] / 1e6:>9,.0f} MB  {used}\n")
        if row["recipes"]:
            sys.stdout.write(f"  for {', '.join(row['recipes'][:6])}\n")
    return 0


def _show(flags: Common, chosen: list[Named]) -> int:
    import json

    told = []
    for one in chosen:
        environment = one.environment
        lowest, highest = environment.sm_bounds
        told.append(
            {"environment": environment.card.id, **environment.decides(), "hash": environment.hash,
             "gpu_architectures": [lowest, highest], "cuda": environment.card.cuda, "source": environment.card.source,
             "note": environment.card.note, "folder": str(environment.folder), "ready": environment.ready() is not None,
             "installed": environment.installed().splitlines(),
             "code": [{"repository": c.repository, "commit": c.commit, "patches": [p.reason for p in c.patches],
                       "tree": str(c.tree), "ready": c.ready} for c in one.checkouts]}
        )  # fmt: skip
    if flags.json:
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
        return 0
    for entry in told:
        for name, value in entry.items():
            if isinstance(value, list) and value and not isinstance(value[0], int | None):
                sys.stdout.write(f"{name}:\n" + "".join(f"  {_line(item)}\n" for item in value))
            elif value not in ("", [], None):
                sys.stdout.write(f"{name}: {value}\n")
    return 0


def _line(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    patches = "".join(f"\n    patched: {reason}" for reason in item["patches"])
    return f"{item['repository']} at {item['commit']}" + ("" if item["ready"] else " (not here)") + patches


def _shell(one: Named) -> int:
    import subprocess
    import tempfile

    from vbench_py.isolate.variables import foreign_variables

    one.environment.require()
    folder = one.checkouts[0].require(one.recipe) if one.checkouts else one.environment.folder
    with tempfile.TemporaryDirectory(prefix="vbench-py-shell-") as home:
        variables = foreign_variables(one.environment.bin, Path(home), {"PS1": f"({one.environment.card.id}) $ "})
        _say(f"{one.environment.told()}: leave with exit; HOME is {home}, and goes away")
        return subprocess.run([os.environ.get("SHELL", "/bin/sh")], cwd=folder, env=variables, check=False).returncode


def _prune(flags: Common, names: list[str], days: float) -> int:
    """Removes unfinished environments, those that no card names any more, and those not used for `days`."""
    import time

    from vbench_py import catalogue
    from vbench_py.isolate.environments import Environment, remove

    current = set()
    for identifier in catalogue.entries("environment"):
        card = catalogue.card("environment", identifier)
        current |= {str(Environment(card, over).folder) for over in ([False, True] if card.override else [False])}
    freed = 0
    for row in _rows():
        stale = row["folder"] not in current or not row["ready"] or row["used"] < time.time() - days * 86400
        if (row["environment"] in names) if names else stale:
            remove(Path(row["folder"]))
            freed += row["bytes"]
            sys.stdout.write(f"removed {row['environment']} ({row['bytes'] / 1e6:,.0f} MB)\n")
    sys.stdout.write(f"{freed / 1e6:,.0f} MB removed\n")
    return 0
