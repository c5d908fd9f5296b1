"""The report's grid: for each sample its inputs, every method's output and the ground truth, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vbench_py.leaderboard.board import Table
from vbench_py.records import OutputRecord, ScoreRecord
from vbench_py.report.curves import CELLS, SECONDS, lines
from vbench_py.report.errors import scale as error_scale
from vbench_py.report.media import Gallery
from vbench_py.report.tiles import Sitting, Tile
from vbench_py.report.words import colour
from vbench_py.stats import Key


@dataclass(frozen=True)
class Card:
    """One sample at one seed. `rewritten` lists (method, prompt used) where it differs from the prompt.

    `errors` says what error maps show and where their scale ends; None without any.
    """

    sample: str
    seed: int
    group: str
    prompt: str
    rewritten: tuple[tuple[str, str], ...]
    tiles: tuple[Tile, ...]
    curves: Mapping[str, Any]
    errors: tuple[str, str] | None = None

    @property
    def profiles(self) -> list[Tile]:
        """The tiles that have a temporal profile; none where there is nothing to compare."""
        found = [tile for tile in self.tiles if tile.profile is not None]
        return found if len(found) > 1 else []


def pick(table: Table, limit: int) -> tuple[list[Key], int]:
    """At most `limit` (sample, seed) keys, sorted and spread evenly over the table's outputs, and the number of all."""
    keys = list(dict.fromkeys((o.sample, o.seed) for row in table.rows for o in row.run.outputs if o.sample))
    keys.sort()
    if len(keys) <= limit:
        return keys, len(keys)
    return [keys[number * len(keys) // limit] for number in range(limit)], len(keys)


def cards(table: Table, keys: Sequence[Key], gallery: Gallery) -> Iterable[Card]:
    """A card per key; previews are made as the cards are drawn, so that a caller can show progress."""
    wanted = set(keys)
    outputs = [{(o.sample, o.seed): o for o in row.run.outputs if (o.sample, o.seed) in wanted} for row in table.rows]
    scores: list[dict[Key, dict[str, ScoreRecord]]] = []
    for row in table.rows:
        found: dict[Key, dict[str, ScoreRecord]] = {}
        for score in row.run.scores:
            if (score.sample, score.seed) in wanted:
                found.setdefault((score.sample, score.seed), {})[score.metric] = score
        scores.append(found)
    for key in keys:
        yield _card(table, key, [it.get(key) for it in outputs], [it.get(key, {}) for it in scores], gallery)


def together(table: Table) -> dict[str, Any]:
    """The plots, by metric, of curves that belong to all outputs of a method: a number over sets, window by window."""
    plots = {}
    for column in table.shown:
        found = [
            (row.run, number, colour(table, number), fps, score)
            for number, row in enumerate(table.rows)
            for score in row.run.scores
            if score.metric == column.id and not score.sample and score.status == "ok"
            for fps in [next((output.fps for output in row.run.outputs if output.fps), None)]
        ]
        plot = lines(column, found)
        if plot is not None:
            plots[column.id] = plot
    return plots


def _card(
    table: Table,
    key: Key,
    outputs: Sequence[OutputRecord | None],
    scores: Sequence[Mapping[str, ScoreRecord]],
    gallery: Gallery,
) -> Card:
    present = [output for output in outputs if output is not None]
    sitting = Sitting(table, outputs, scores, gallery)
    tiles = sitting.tiles()
    gridded = any(name.startswith("view/") for output in present for name in output.files)
    curves = {}
    for column in table.shown:
        plot = lines(
            column,
            (
                (row.run, number, colour(table, number), output.fps or sitting.fps, found[column.id])
                for number, (row, output, found) in enumerate(zip(table.rows, outputs, scores, strict=True))
                if output is not None and column.id in found
            ),
            CELLS if gridded else SECONDS,
        )
        if plot is not None:
            curves[column.id] = plot
    rewritten = tuple(
        (row.name, output.prompt_used)
        for row, output in zip(table.rows, outputs, strict=True)
        if output is not None and output.prompt_used not in ("", output.prompt)
    )
    first = present[0]
    errors = any(tile.error is not None and tile.error.url for tile in tiles)
    scale = error_scale(sitting.kind) if errors else None
    return Card(key[0], key[1], first.group, first.prompt, rewritten, tiles, curves, scale)
