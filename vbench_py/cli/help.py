"""The help of a verb: its own flags first, then those that it shares with others."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperOption

EPILOG = "Every flag has a variable, e.g. VBENCH_PY_BATCH_SIZE for --batch-size; the command line wins."


class GroupedCommand(TyperCommand):
    """Shows flags below the heading of their panel. Names of variables follow one rule, so that they are not listed."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            heading = getattr(parameter, "rich_help_panel", None) or "Options"
            if isinstance(parameter, TyperOption):
                parameter.show_envvar = False
            elif parameter.param_type_name == "argument":
                heading = "Arguments"
            record = parameter.get_help_record(ctx)
            if record is not None:
                groups.setdefault("Everywhere" if "--help" in parameter.opts else heading, []).append(record)
        for heading in sorted(groups, key=lambda name: (name == "Everywhere", name not in ("Arguments", "Options"))):
            with formatter.section(heading):
                formatter.write_dl(groups[heading])
