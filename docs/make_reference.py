"""Writes the pages that are made from the cards and the command: metrics.md, precision.md and the flags of cli.md."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

from vbench_py import catalogue
from vbench_py.cards import MetricCard
from vbench_py.cli.app import app
from vbench_py.cli.flags import Common, Work

DOCS = Path(__file__).parent
METRICS_HEAD = """
↑ more is better, ↓ less is better, · describes. Every metric that compares can be aimed at another role than the
ground truth: `psnr-rgb:source`, `lpips-alex:baseline`. How closely each agrees with its reference:
[precision.md](precision.md).
"""
PRECISION_HEAD = """
The tolerance is the largest absolute difference that the parity tests allow between our number and the reference's,
on the same frames. A dash: no reference to agree with, or none that runs here; the note says which.

`pytest tests/metrics` checks them. `deterministic: no` marks numbers that a network, a clock or a machine enters.

| metric | version | reference | tolerance | deterministic | note |
| --- | --- | --- | ---: | --- | --- |
"""
MADE = "<!-- made by docs/make_reference.py: change the cards or the script, not this {what} -->"
ARROWS = {"higher": "↑", "lower": "↓", "descriptive": "·"}


def cards() -> list[MetricCard]:
    found = [catalogue.card("metric", name) for name in catalogue.entries("metric")]
    return sorted(found, key=lambda card: (card.family, card.id))


def cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ").strip()


def number(value: float) -> str:
    return "∞" if value == float("inf") else "-∞" if value == float("-inf") else f"{value:g}"


def needs(card: MetricCard) -> str:
    words = [*card.roles] if card.extractors else [*card.facts]
    return ", ".join(words) + (f"; {card.minimum_frames} frames" if card.minimum_frames > 1 else "")


def metrics_page() -> str:
    lines = ["# Metrics", "", MADE.format(what="page"), METRICS_HEAD]
    for bundle in sorted(catalogue.entries("bundle").values(), key=lambda found: found.id):
        if bundle.data["of"] == "metrics":
            members = ", ".join(f"`{name}`" for name in bundle.data["members"])
            lines += [f"- bundle `{bundle.id}`: {cell(bundle.data['title'])} ({members})"]
    family = ""
    for card in cards():
        if card.family != family:
            family = card.family
            lines += [*([""] if lines[-1] else []), f"## {family}", ""]
        unit = f", {card.unit}" if card.unit else ""
        lines += [f"### `{card.id}` {ARROWS[card.direction]}", "", f"{cell(card.title)}. {cell(card.summary)}", ""]
        low, high = (number(bound) for bound in card.range)
        lines += [f"- range {low} to {high}{unit}; version {card.version}; cost: {card.cost}"]
        lines += [f"- needs: {needs(card)}", f"- blind to: {cell(card.blind_to) or 'not stated'}"]
        lines += [f"- evidence: {card.evidence}", f"- reference: {source(card)}", ""]
    return "\n".join(lines).rstrip() + "\n"


def source(card: MetricCard) -> str:
    it = card.reference
    place = f"{it.repository}@{it.commit[:7]}" if it.commit else it.repository
    parts = [it.paper, place, it.package, f"`{it.function}`" if it.function else ""]
    return cell(", ".join(part for part in parts if part) or it.note or "none")


def precision_page() -> str:
    lines = ["# Precision", "", MADE.format(what="page"), PRECISION_HEAD.rstrip("\n")]
    for card in cards():
        it = card.reference
        tolerance = "–" if it.tolerance is None else f"{it.tolerance:g}"
        where = it.package or (f"{it.repository}@{it.commit[:7]}" if it.commit else it.repository) or "–"
        row = [f"`{card.id}`", card.version, where, tolerance, "yes" if card.deterministic else "no", it.note]
        lines.append("| " + " | ".join(cell(text) for text in row) + " |")
    return "\n".join(lines) + "\n"


def flag_rows(owner: type[Common], inherited: type | None) -> Iterator[str]:
    hints = get_type_hints(owner, include_extras=True)
    known = {field.name for field in fields(inherited)} if inherited else set()
    for field in fields(owner):
        if field.name not in known:
            option: Any = hints[field.name].__metadata__[0]
            names = ", ".join(f"`{name}`" for name in (option.default, *option.param_decls))
            yield f"| {names} | `{option.envvar}` | {cell(option.help)} |"


def own_rows() -> Iterator[str]:
    """Flags that a single verb has."""
    import typer

    shared = {field.name for field in fields(Work)}
    commands: Any = typer.main.get_command(app)
    for verb, command in commands.commands.items():
        for parameter in command.params:
            if parameter.param_type_name == "option" and parameter.name not in shared | {"help"}:
                names = " ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
                yield f"| {verb} | {names} | `{parameter.envvar or ''}` | {cell(parameter.help)} |".replace("``", "–")


def cli_page() -> str:
    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    begin, end = "<!-- flags -->", "<!-- end of flags -->"
    head, _, rest = page.partition(begin)
    tail = rest.partition(end)[2]
    table = "| flag | variable | what it does |\n| --- | --- | --- |\n"
    parts = [begin, MADE.format(what="part"), "", "Every verb:", "", table + "\n".join(flag_rows(Common, None)), ""]
    parts += ["The verbs that plan, generate or score:", "", table + "\n".join(flag_rows(Work, Common)), ""]
    own = "| verb | flag | variable | what it does |\n| --- | --- | --- | --- |\n"
    parts += ["One verb alone:", "", own + "\n".join(own_rows()), "", end]
    return head + "\n".join(parts) + tail


PAGES: dict[str, Callable[[], str]] = {"metrics.md": metrics_page, "precision.md": precision_page, "cli.md": cli_page}


def main() -> int:
    for name, make in PAGES.items():
        (DOCS / name).write_text(make(), encoding="utf-8")
        sys.stdout.write(f"docs/{name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
