"""One folder that opens from disk: index.html with its style and script inside, plotly.min.js and media beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from vbench_py.leaderboard.board import Board, Column, Table
from vbench_py.report.flat import missing_rows, protocol, write_text
from vbench_py.report.media import Gallery
from vbench_py.report.numbers import Numbers, count_text, numbers_of
from vbench_py.report.samples import Card, cards, colour, pick, together

MISSING_SHOWN = 200
UPRIGHT = 6

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Section:
    """A table of the board with everything that the page shows below it."""

    table: Table
    cards: Sequence[Card]
    total: int
    missing: Sequence[Sequence[Any]]
    protocols: Sequence[tuple[str, str]]
    cost: Mapping[str, Any] | None
    numbers: Mapping[str, Numbers]
    facts: Sequence[str]
    together: Mapping[str, Any]

    @property
    def title(self) -> str:
        return self.table.rows[0].run.suite_title or self.table.suite

    @property
    def summary(self) -> str:
        return " ".join(self.table.rows[0].run.summary.split())

    @property
    def upright(self) -> bool:
        """Whether one method with many metrics stands as a list, a line a metric, rather than as one long line."""
        return len(self.table.rows) == 1 and len(self.table.shown) > UPRIGHT

    @property
    def complete(self) -> bool:
        """Whether every row has all its outputs, so that a narrow screen need not say so."""
        return all(row.scored >= row.expected for row in self.table.rows)

    @property
    def families(self) -> Sequence[str]:
        """The families that can be shown and hidden; none where the table is narrow enough."""
        names = [name for name, _ in self.table.families]
        return names if len(self.table.shown) > UPRIGHT and len(names) > 1 and not self.upright else []

    @property
    def own_cost(self) -> bool:
        """Whether a column of its own says what the phase "generate" took: only where no metric of cost does."""
        return _cost_column(self.table) is None and any(row.seconds_per_frame for row in self.table.rows)


def write_html(
    board: Board, destination: Path, *, previews: bool, samples: int, title: str, on_sample: Progress | None
) -> Path:
    """Writes `destination`/index.html and what lies beside it; gives the page's path."""
    gallery = Gallery(destination, previews=previews)
    chosen = [pick(table, samples) for table in board.tables]
    total = sum(len(keys) for keys, _ in chosen)
    sections: list[Section] = []
    done = 0
    for table, (keys, all_keys) in zip(board.tables, chosen, strict=True):
        drawn = []
        for card in cards(table, keys, gallery):
            drawn.append(card)
            done += 1
            if on_sample is not None:
                on_sample(done, total)
        whole = together(table)
        plots = {str(number): card.curves for number, card in enumerate(drawn)} | ({"all": whole} if whole else {})
        for name, curves in plots.items():
            identity = f"{len(sections)}-{name}"
            call = f"vbenchCurves({embed(identity)}, {embed(curves)});\n"
            write_text(destination / "curves" / f"{identity}.js", call)
        numbers = {column.id: numbers_of(column, table.rows) for column in table.columns}
        sections.append(
            Section(
                table, drawn, all_keys, _missing(table), _protocols(table), _costs(table), numbers, _facts(table), whole
            )
        )
    if plotted := any(it.cost or it.together or any(card.curves for card in it.cards) for it in sections):
        from plotly.offline import get_plotlyjs

        write_text(destination / "plotly.min.js", get_plotlyjs())
    page = destination / "index.html"
    write_text(page, _page(sections, title, plotted))
    return page


def _page(sections: Sequence[Section], title: str, plots: bool) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("vbench_py.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def verbatim(name: str) -> Markup:
        assert environment.loader is not None
        return Markup(environment.loader.get_source(environment, name)[0])

    template = environment.get_template("index.html.j2")
    return template.render(
        title=title,
        sections=sections,
        embed=lambda value: Markup(embed(value)),
        verbatim=verbatim,
        colour=colour,
        count_text=count_text,
        plots=plots,
        missing_shown=MISSING_SHOWN,
    )


def _missing(table: Table) -> list[list[Any]]:
    """Lines of what is missing; a number over a set belongs to no sample, and a metric told as absent is no line."""
    told = {metric for it in table.absent if not it.runs for metric in it.metrics}
    return [
        [row.name, sample or "all outputs", "" if seed < 0 else seed, stage, metric, status, reason]
        for row in table.rows
        for sample, seed, stage, metric, status, reason in missing_rows(row.run)[1]
        if metric not in told
    ]


def _protocols(table: Table) -> list[tuple[str, str]]:
    return [(row.name, json.dumps(protocol(row.run), indent=2, ensure_ascii=False, default=str)) for row in table.rows]


def _costs(table: Table) -> Mapping[str, Any] | None:
    """Quality against cost: the primary metric with its interval, and the first metric of cost.

    Without such a metric: seconds a frame in the phase "generate", the median over outputs.
    """
    column, cost = table.primary, _cost_column(table)
    if column is None or column is cost:
        return None
    label = f"{cost.id} ({cost.facts.unit}, log)" if cost else "seconds per frame (log)"
    points = [
        {
            "name": row.name, "control": row.control, "row": number, "colour": colour(table, number), "x": paid,
            "y": cell.estimate.mean, "low": cell.estimate.low, "high": cell.estimate.high,
        }
        for number, row in enumerate(table.rows)
        for cell in [row.cells.get(column.id)]
        for paid in [row.cells[cost.id].estimate.mean if cost and cost.id in row.cells else row.seconds_per_frame]
        if cell is not None and isfinite(cell.estimate.mean) and paid is not None and paid > 0
    ]  # fmt: skip
    if not any(not point["control"] for point in points):
        return None
    return {"title": column.id, "unit": column.facts.unit, "arrow": column.arrow, "cost": label, "points": points}


def _cost_column(table: Table) -> Column | None:
    return next((column for column in table.columns if column.facts.family == "cost"), None)


def _facts(table: Table) -> list[str]:
    """What the outputs are like: sizes, frame rates, frames, seeds; then what holds for every number."""
    outputs = [o for row in table.rows if not row.control for o in row.run.outputs if o.status == "ok"]
    sizes = sorted({f"{o.width}×{o.height}" for o in outputs if o.width and o.height})
    rates = sorted({o.fps for o in outputs if o.fps})
    frames = sorted({o.frames for o in outputs if o.frames})
    seeds = sorted({o.seed for o in outputs})
    told = [
        ", ".join(sizes) if len(sizes) <= 3 else f"{len(sizes)} sizes",
        f"{', '.join(f'{rate:g}' for rate in rates)} fps" if 0 < len(rates) <= 3 else "",
        f"{frames[0]}–{frames[-1]} frames" if len(frames) > 1 else f"{frames[0]} frames" if frames else "",
        f"seeds {', '.join(map(str, seeds[:5]))}{' …' if len(seeds) > 5 else ''}" if seeds else "",
    ]
    return [*table.facts[:1], *filter(None, told), *table.facts[1:]]


def embed(value: Any) -> str:
    """JSON that may stand in a script element or a script file: no markup, no line separators, NaN as null."""
    text = json.dumps(_finite(value), ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not isfinite(value):
        return None
    return value
