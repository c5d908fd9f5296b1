"""The report's grid: for each sample its inputs, every method's output and the ground truth, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vbench_py.leaderboard.board import Row, Table
from vbench_py.records import OutputRecord, ScoreRecord
from vbench_py.report.curves import lines
from vbench_py.report.media import Gallery, Shown, captions
from vbench_py.stats import Key
from vbench_py.types import METRIC_ONLY_ROLES

HIDDEN_OUTPUTS = ("audio", "latent")


@dataclass(frozen=True)
class Tile:
    """One picture of the grid. `row` is the run's place in its table, None for inputs and targets; `colour` its class.

    `ratio` ("16 / 9") holds the place of a video that is not loaded yet.
    """

    shown: Shown
    name: str
    role: str
    row: int | None = None
    colour: str = ""
    facts: tuple[str, ...] = ()
    score: str = ""
    fps: float | None = None
    status: str = "ok"
    ratio: str = ""


@dataclass(frozen=True)
class Card:
    """One sample at one seed. `rewritten` lists (method, prompt used) where it differs from the prompt."""

    sample: str
    seed: int
    group: str
    prompt: str
    rewritten: tuple[tuple[str, str], ...]
    tiles: tuple[Tile, ...]
    curves: Mapping[str, Any]


def colour(table: Table, row: int) -> str:
    """The colour class of a row: one of seven for methods, by rank; grey for controls."""
    return "c7" if table.rows[row].control else f"c{row % 7}"


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
    media: dict[str, str] = {}
    for output in present:
        for role, path in output.media.items():
            media.setdefault(role, path)
    fps = next((output.fps for output in present if output.fps), None)
    sources: dict[Path, float | None] = {Path(path): fps for path in media.values()}
    for row, made in zip(table.rows, outputs, strict=True):
        if made is not None and made.status == "ok":
            sources |= {row.run.folder / path: made.fps for path in _pictures(made).values()}
    gallery.prepare(sources)
    shown = {role: gallery.show(Path(path), fps) for role, path in media.items()}
    tiles = [
        Tile(shown[role], role, "input", facts=gallery.facts(Path(media[role])))
        for role in media
        if role not in METRIC_ONLY_ROLES
    ]
    drawn = [
        (row.control, _method_tiles(table, row, number, outputs[number], scores[number], gallery))
        for number, row in enumerate(table.rows)
    ]
    tiles += [tile for control, made in drawn if not control for tile in made]
    tiles += [_truth(gallery, shown[role], role, media[role]) for role in media if role in METRIC_ONLY_ROLES]
    tiles += [tile for control, made in drawn if control for tile in made]
    curves = {}
    for column in table.shown:
        plot = lines(
            column,
            (
                (row.run, number, colour(table, number), output.fps, found[column.id])
                for number, (row, output, found) in enumerate(zip(table.rows, outputs, scores, strict=True))
                if output is not None and column.id in found
            ),
        )
        if plot is not None:
            curves[column.id] = plot
    rewritten = tuple(
        (row.name, output.prompt_used)
        for row, output in zip(table.rows, outputs, strict=True)
        if output is not None and output.prompt_used not in ("", output.prompt)
    )
    first = present[0]
    return Card(key[0], key[1], first.group, first.prompt, rewritten, tuple(tiles), curves)


def _pictures(output: OutputRecord) -> dict[str, str]:
    """The files of an output that stand in the grid: its video, or else every view, scene or depth."""
    files = {name: path for name, path in output.files.items() if not name.startswith(HIDDEN_OUTPUTS)}
    return {"video": files["video"]} if "video" in files else files


def _truth(gallery: Gallery, shown: Shown, role: str, path: str) -> Tile:
    name = "ground truth" if role == "target" else role
    return Tile(shown, name, "only for metrics", facts=gallery.facts(Path(path)))


def _method_tiles(
    table: Table,
    row: Row,
    number: int,
    output: OutputRecord | None,
    scores: Mapping[str, ScoreRecord],
    gallery: Gallery,
) -> list[Tile]:
    if output is None or output.status != "ok":
        status = "missing" if output is None else output.status
        reason = "not generated" if output is None else output.reason or status
        return [Tile(Shown("none", reason=reason), row.name, row.control, number, colour(table, number), status=status)]
    column = table.primary
    score = scores.get(column.id) if column else None
    text = ""
    if column and score is not None:
        value = "—" if score.value is None else f"{column.text(score.value)} {column.facts.unit}".strip()
        text = f"{column.id} {value}"
    facts = captions(output.width, output.height, output.fps, output.frames, f"seed {output.seed}", output.encoding)
    return [
        Tile(
            gallery.show(row.run.folder / path, output.fps),
            row.name if name == "video" else f"{row.name} · {name}",
            row.control,
            number,
            colour(table, number),
            facts,
            text,
            output.fps,
            ratio=f"{output.width:d} / {output.height:d}" if output.width and output.height else "",
        )
        for name, path in _pictures(output).items()
    ] or [
        Tile(
            Shown("none", reason="no picture among its outputs"), row.name, row.control, number, colour(table, number),
            facts, text,
        )
    ]  # fmt: skip
