"""`vbench-py check`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from vbench_py.cli.flags import Common


def command(
    flags: Common,
    names: Annotated[list[str] | None, typer.Argument(help="Suites, methods, metrics, or paths of card files [default: all cards].")] = None,
) -> int:
    """Check a card or an adapter against its promises."""
    from vbench_py.promises import check_all, check_name

    findings = [finding for name in names for finding in check_name(name)] if names else check_all()
    if flags.json:
        import json

        rows = [{"subject": f.subject, "promise": f.promise, "ok": f.ok, "detail": f.detail} for f in findings]
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    else:
        for finding in findings:
            if names or not finding.ok:
                mark = "ok  " if finding.ok else "FAIL"
                sys.stdout.write(f"{mark} {finding.subject}: {finding.promise}{': ' if finding.detail else ''}{finding.detail}\n")
        kept = sum(finding.ok for finding in findings)
        sys.stdout.write(f"{kept} of {len(findings)} promises kept\n")
    return 0 if all(finding.ok for finding in findings) else 1
