"""The page of measured agreement, from parity.json and the cards: by stage, by metric, and what was not measured."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from metrics_page import cell, metric_cards

from vbench_py.cards import MetricCard

Record = dict[str, Any]
"""One comparison, the worst of its test: of, against, stage, weights, absolute, relative, values, atol, rtol, test."""
MEASURED = Path(__file__).resolve().parent / "parity.json"
HEAD = """
How far our numbers lie from those of the references on equal input, as measured by the tests that hold them there:

```bash
python docs/make_parity.py --network
```

runs them, writes `docs/parity.json` and this page. Without `--network`, comparisons on real weights are those of the
last full run. **absolute** is the largest difference, **relative** the same over the reference's largest value, each
rounded to two digits; the last digits of networks differ between processors and versions.
Made with {made}.
"""
STAGES = {
    "decode": "Frames of a file, in 8-bit levels: readers against one another.",
    "resize": "Pixels of a view, in 8-bit levels unless the reference is said to be normalised.",
    "network": "Outputs of a network on equal pixels and equal weights.",
    "algebra": "Formulas on equal arrays: flows, features, vectors.",
    "whole": "From frames to the number, through every stage but decoding.",
}
PUBLISHED = "Numbers that others have published, made again from the real weights."
SPARED = {
    "dists-256": "the network and formula of `dists` behind a resize of torch's",
    "imaging-quality": "the mean of what `musiq-spaq` says of frames, over 100; the network is measured",
    "musiq-koniq": "the mean of what the network of that name says of frames; the network is measured",
    "motion-epe-raft": "the mean length of differences of two flows, held by closed forms; the network is measured",
}
"""Metrics with a reference and a tolerance but no comparison of their own, and why that is enough."""
BY_METRIC = """
The tolerance is the card's: the largest difference (relative where the note says so) that a user should meet.
Measured, by stage, is the worst of the metric's own comparisons with the card's reference (or, where no run of that
was possible, with the stand-in named in the tables above), of the networks it reads, and of the pixels of its view.
`rel.`: relative. Decoding adds nothing: see the first table.
"""


def load() -> tuple[str, list[Record]]:
    """What the comparisons were made with, and the comparisons."""
    found = json.loads(MEASURED.read_text(encoding="utf-8"))
    return str(found["made with"]), list(found["measured"])


def reference_of(card: MetricCard) -> str:
    it = card.reference
    return it.package or (f"{it.repository}@{it.commit[:7]}" if it.commit else it.repository)


def pixels_of(card: MetricCard) -> str:
    """The pixels of the card's view, named as the comparisons of resizes are; empty at source size."""
    told = card.protocol.get("geometry")
    if not told:
        return ""
    named = f"{told.get('library', 'torch')} {told.get('kernel', 'bilinear')}"
    return f"{named} antialias" if told.get("antialias") and told.get("library", "torch") == "torch" else named


def published(record: Record) -> bool:
    return "published" in record["against"]


def measure(record: Record) -> tuple[float, str]:
    """The difference in the terms of its tolerance, and the mark of a relative one."""
    is_relative = record["rtol"] > 0 and record["atol"] < 1e-8
    return (record["relative"], " rel.") if is_relative else (record["absolute"], "")


def own(card: MetricCard, measured: Sequence[Record]) -> list[Record]:
    """The metric's comparisons with the card's reference, else with any; none with a network alone under its id."""
    found = [
        record for record in measured
        if card.id in record["of"] and record["stage"] in ("algebra", "whole") and not published(record)
    ]  # fmt: skip
    return [record for record in found if record["against"] in reference_of(card)] or found


def unmeasured(measured: Sequence[Record]) -> list[str]:
    """Metrics that name a reference and a tolerance, without a comparison and without a reason for that."""
    asked = [card for card in metric_cards() if card.reference.tolerance is not None and reference_of(card)]
    return [card.id for card in asked if not own(card, measured) and card.id not in SPARED]


def beyond(measured: Sequence[Record]) -> list[str]:
    """Metrics that are further from the card's reference than its tolerance."""
    return [
        card.id for card in metric_cards() for record in own(card, measured)
        if record["against"] in reference_of(card) and measure(record)[0] > (card.reference.tolerance or 0)
    ]  # fmt: skip


def precision_page(made: str) -> str:
    """The page; `made` is the remark that it is made by a script."""
    versions, measured = load()
    lines = ["# Precision", "", made, HEAD.format(made=versions), "## By stage", "", *summary(measured), ""]
    for stage, told in STAGES.items():
        rows = [record for record in measured if record["stage"] == stage and not published(record)]
        lines += [f"### {stage}", "", told, "", *table(rows), ""]
    lines += ["### published", "", PUBLISHED, "", *table([record for record in measured if published(record)]), ""]
    lines += ["## By metric", BY_METRIC, *by_metric(measured), ""]
    lines += ["## Without a comparison of their own", "", "| metric | why |", "| --- | --- |"]
    lines += [f"| `{name}` | {why} |" for name, why in SPARED.items()]
    return "\n".join(lines) + "\n"


def summary(measured: Sequence[Record]) -> Iterator[str]:
    yield "| stage | weights | comparisons | median, relative | worst, relative | where |"
    yield "| --- | --- | ---: | ---: | ---: | --- |"
    for stage in STAGES:
        for weights in ("none", "random official", "real"):
            rows = [
                record for record in measured
                if (record["stage"], record["weights"]) == (stage, weights) and not published(record)
            ]  # fmt: skip
            if rows:
                ranked = sorted(rows, key=lambda record: float(record["relative"]))
                middle, worst = ranked[len(ranked) // 2], ranked[-1]
                where = f"`{worst['of'][0]}`, {worst['against']}" if worst["relative"] else ""
                numbers = f"{len(rows)} | {middle['relative']:g} | {worst['relative']:g}"
                yield f"| {stage} | {weights} | {numbers} | {cell(where)} |"


def table(rows: Sequence[Record]) -> Iterator[str]:
    yield "| of | against | weights | values | absolute | relative | test |"
    yield "| --- | --- | --- | ---: | ---: | ---: | --- |"
    for record in rows:
        of = ", ".join(f"`{name}`" for name in record["of"])
        numbers = f"{record['values']} | {record['absolute']:g} | {record['relative']:g}"
        yield f"| {of} | {cell(record['against'])} | {record['weights']} | {numbers} | `{record['test']}` |"


def by_metric(measured: Sequence[Record]) -> Iterator[str]:
    yield "| metric | version | reference | evidence | tolerance | measured | deterministic | note |"
    yield "| --- | --- | --- | --- | ---: | --- | --- | --- |"
    for card in metric_cards():
        tolerance = "–" if card.reference.tolerance is None else f"{card.reference.tolerance:g}"
        row = [f"`{card.id}`", card.version, reference_of(card) or "–", card.evidence, tolerance]
        row += ["; ".join(stages(card, measured)) or "–", "yes" if card.deterministic else "no", card.reference.note]
        yield "| " + " | ".join(cell(text) for text in row) + " |"


def stages(card: MetricCard, measured: Sequence[Record]) -> Iterator[str]:
    """The worst difference of each stage that enters the metric."""
    mine = own(card, measured)
    for stage in ("whole", "algebra"):
        if rows := best([record for record in mine if record["stage"] == stage]):
            yield f"{stage} {told(rows)}"
    for name in dict.fromkeys((*card.extractors, card.id)):
        rows = [record for record in measured if name in record["of"] and not published(record)]
        # Where the frames' values are the metric's, the extractor was compared whole, under the metric's id.
        inner = [record for record in rows if record["stage"] == "network"] or (rows if name != card.id else [])
        if inner := best(inner):
            yield f"network {told(inner)} (`{name}`, {inner[0]['weights']} weights)"
    rows = [record for record in measured if record["stage"] == "resize" and pixels_of(card) in record["of"]]
    if rows := [record for record in rows if "normalised" not in record["against"]]:
        yield f"resize {told(rows)} levels"


def best(rows: Sequence[Record]) -> list[Record]:
    """Those on real weights where there are any, else all."""
    return [record for record in rows if record["weights"] == "real"] or list(rows)


def told(rows: Sequence[Record]) -> str:
    value, mark = max((measure(record) for record in rows), key=lambda found: found[0])
    return f"{value:g}{mark}"
