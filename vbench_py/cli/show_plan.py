"""The plan as a table: what is done, what is to do, what cannot be done and why."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vbench_py.cli.flags import Common

if TYPE_CHECKING:
    from vbench_py.session import Session


def plan_of(session: Session) -> dict[str, Any]:
    """Counts of one session, and the reasons of what it cannot do."""
    rows = session.generated()
    outputs = session.plan_outputs(rows)
    states = Counter(item.state for item in outputs)
    scores = session.plan_scores(rows)
    missing = sum(len(item.todo) for item in scores)
    new = states["todo"] * len(session.specs)
    reasons = Counter(item.reason for item in outputs if item.state == "unsupported")
    return {
        "suite": f"{session.suite.card.id}@{session.suite.card.version}",
        "method": session.name,
        "folder": str(session.run.path),
        "outputs": {"done": states["done"], "todo": states["todo"], "unsupported": states["unsupported"]},
        "scores": {"todo": missing + new, "metrics": [spec.column for spec in session.specs]},
        "reasons": dict(reasons),
        "unmatched": [str(path) for path in session.unmatched],
    }


def show_plan(flags: Common, opened: Sequence[Session]) -> int:
    """Prints the plan; 0, as planning fails only on wrong usage."""
    plans = [plan_of(session) for session in opened]
    if flags.json:
        from vbench_py.store import to_json

        sys.stdout.write(to_json(plans, indent=True).decode() + "\n")
        return 0
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    table = Table(box=None, pad_edge=False)
    for name, justify in (("suite", "left"), ("method", "left"), ("done", "right"), ("to do", "right"),
                          ("cannot", "right"), ("scores to do", "right")):  # fmt: skip
        table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for plan in plans:
        outputs = plan["outputs"]
        counts = [outputs["done"], outputs["todo"], outputs["unsupported"], plan["scores"]["todo"]]
        table.add_row(escape(plan["suite"]), escape(plan["method"]), *map(str, counts))
    console.print(table)
    for plan in plans:
        for reason, count in plan["reasons"].items():
            console.print(f"{plan['method']}: {count} cannot be done: {reason}", markup=False, highlight=False)
        for path in plan["unmatched"][:10]:
            console.print(f"{plan['method']}: belongs to no sample: {path}", markup=False, highlight=False)
    return 0
