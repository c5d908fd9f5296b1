"""`vbench-py list`: reads cards as text; validates nothing and imports no torch."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from vbench_py.cli.flags import Common
from vbench_py.types import TASKS, UsageError

WHAT = ("suites", "methods", "metrics", "tasks")


def command(
    flags: Common,
    what: Annotated[str, typer.Argument(help="suites, methods, metrics or tasks [default: all, counted].")] = "",
    task: Annotated[
        str, typer.Option("--task", help="Only suites or methods of this task.", envvar="VBENCH_PY_TASK")
    ] = "",
) -> int:
    """List suites, methods, metrics or tasks."""
    from vbench_py.catalogue import unknown

    if what and what not in WHAT:
        raise unknown("kind", what, WHAT)
    if task and task not in TASKS:
        raise unknown("task", task, TASKS)
    if task and what in ("metrics", "tasks"):
        raise UsageError(f"--task {task}: {what} belong to no task", mend="list suites or methods with it")
    rows = {name: _rows(name, task) for name in ([what] if what else WHAT[:2] if task else WHAT)}
    if flags.json:
        import json

        sys.stdout.write(json.dumps(rows[what] if what else rows, indent=2, ensure_ascii=False) + "\n")
    elif what:
        sys.stdout.write(_columns(rows[what]))
    else:
        sys.stdout.write("".join(f"{len(found):4d} {name}: vbench-py list {name}\n" for name, found in rows.items()))
    return 0


def _rows(what: str, task: str) -> list[dict[str, Any]]:
    if what == "tasks":
        return [{"id": name, "title": text} for name, text in TASKS.items()]
    from vbench_py.catalogue import entries

    rows = [_row(what, found.data) for found in entries(what[:-1]).values()]
    if what in ("suites", "metrics"):
        bundles = [b.data for b in entries("bundle").values() if b.data.get("of") == what]
        rows += [{"id": b["id"], "title": f"bundle: {b['title']}", "members": b["members"]} for b in bundles]
    if task:
        rows = [row for row in rows if task in (row.get("tasks") or [])]
    return sorted(rows, key=lambda row: (str(row.get("family", "")), row["id"]))


def _row(what: str, card: Mapping[str, Any]) -> dict[str, Any]:
    row = {"id": card["id"], "title": card.get("title", "")}
    if what == "methods":
        tasks = list(dict.fromkeys(mode.get("task", "") for mode in card.get("modes", ())))
        return {**row, "tasks": tasks, "status": card.get("status", ""), "adapter": card.get("adapter", "")}
    if what == "suites":
        return {**row, "tasks": [card.get("task", "")], "version": card.get("version", "")}
    direction = card.get("direction", "")
    return {**row, "family": card.get("family", ""), "direction": direction, "unit": card.get("unit", "")}


def _columns(rows: list[dict[str, Any]]) -> str:
    """Plain columns fitted to the terminal; a long title is cut, ids never are."""
    import shutil

    width = shutil.get_terminal_size((80, 24)).columns
    arrows = {"higher": "↑", "lower": "↓", "descriptive": "·"}
    lines = []
    facts = [" ".join([arrows.get(str(r.get("direction")), ""), *map(str, r.get("tasks", ()))]).strip() for r in rows]
    first = max((len(row["id"]) for row in rows), default=0)
    second = min(max(map(len, facts), default=0), 22)
    for row, fact in zip(rows, facts, strict=True):
        fact = fact if len(fact) <= second else fact[: second - 1] + "…"
        room = max(width - first - second - 4, 10)
        title = row["title"] if len(row["title"]) <= room else row["title"][: room - 1] + "…"
        lines.append(f"{row['id']:<{first}}  {fact:<{second}}  {title}".rstrip() + "\n")
    return "".join(lines)
