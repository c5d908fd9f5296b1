"""Existing videos against a suite, before anything is generated or scored: matched, missing, extra, broken, unlike.

Goes through the method's card and its adapter, which offers `match`, `examine`, `listing` and `write_manifest`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vbench_py.cards import OutputCard
from vbench_py.method import method
from vbench_py.progress import Progress, Silent
from vbench_py.samples import Suite, load_suite
from vbench_py.types import BadMedia, UsageError

Pair = tuple[str, int]
ADAPTER = "precomputed"
METHOD_OPTIONS = ("videos", "manifest", "layout", "first", "unit", "fps")
"""The adapter's options, in the order in which they are told."""


@dataclass
class Import:
    """What was found. `facts` by pair, of media that can be read; `problems` by pair, with the reason; `extra` and
    `passed` (no media at all) are files with the reason ("": no name fits); `notes` are worth a look, and no fault.
    `suite` is the name or path that was given, `samples` how many it has.
    """

    suite: str
    method: str
    options: Mapping[str, Any]
    samples: int
    files: dict[Pair, str] = field(default_factory=dict)
    missing: list[Pair] = field(default_factory=list)
    facts: dict[Pair, dict[str, Any]] = field(default_factory=dict)
    problems: dict[Pair, str] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    passed: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    manifest: Path | None = None

    @property
    def whole(self) -> bool:
        """Everything has its video, every video belongs to something, and all can be read."""
        return not (self.missing or self.problems or self.extra)


def look(
    suite: str,
    name: str,
    options: Mapping[str, Any],
    *,
    progress: Progress | None = None,
    manifest: Path | None = None,
) -> Import:
    """Matches the videos that `options` name to the samples of `suite`, and looks at each; nothing is changed.

    With `manifest`, what can be read is written there, with hashes. Raises `UsageError` where a match is ambiguous, and
    for a method that takes no videos.
    """
    progress = progress or Silent()
    loaded = load_suite(suite)
    made = method(name, overrides=options)
    if made.adapter.id != ADAPTER:
        raise UsageError(f"method {name!r} makes its videos itself", mend=f"give a method of the adapter {ADAPTER}")
    adapter: Any = made.build()
    if manifest is not None:
        adapter.check_destination(manifest)
    matching = adapter.match(loaded.samples)
    found = Import(suite, made.card.id, options, len(loaded.samples))
    found.missing = list(matching.missing)
    found.extra = {_shown(path, options): matching.reasons.get(path, "") for path in matching.unmatched}
    found.passed = {_shown(path, options): why for path, why in adapter.listing.passed.items()}
    rows = _examined(found, loaded, adapter, matching.found, progress)
    found.notes += notes(found, loaded.card.output)
    if manifest is not None and rows:
        progress.start("hash", len(rows))
        whole = {}
        for pair, row in rows.items():
            whole[pair] = adapter.complete(row, found.facts[pair])
            progress.advance()
        adapter.write_manifest(manifest, whole)
        found.manifest = manifest
    return found


def _examined(
    found: Import, suite: Suite, adapter: Any, matched: Mapping[Pair, Any], progress: Progress
) -> dict[Pair, Any]:
    samples = {sample.id: sample for sample in suite.samples}
    rows: dict[Pair, Any] = {}
    progress.start("look", len(matched))
    for pair, row in matched.items():
        found.files[pair] = row.name
        try:
            facts = adapter.examine(row, samples[pair[0]])
        except BadMedia as error:
            found.problems[pair] = _named(str(error), row)
        else:
            found.facts[pair] = facts
            rows[pair] = row
            unlike = _unlike(facts, suite.card.output)
            if unlike:
                found.problems[pair] = f"{row.name}: {unlike}"
        progress.advance()
    return rows


def _named(reason: str, row: Any) -> str:
    """`reason` with the file's name as the folder has it in place of its whole path."""
    for part in (*row.parts.values(), row):
        reason = reason.replace(str(part.path), part.name)
    return reason


def _unlike(facts: Mapping[str, Any], asked: OutputCard) -> str:
    """How the media differ from what the suite demands; "" where it demands nothing else."""
    size = (facts["width"], facts["height"])
    if asked.size_policy == "exact" and asked.width and asked.height and size != (asked.width, asked.height):
        return f"{size[0]}x{size[1]}, the suite asks for {asked.width}x{asked.height}"
    return ""


def notes(found: Import, asked: OutputCard) -> list[str]:
    """Lengths that the suite does not ask for, sizes and views that differ, frames without a rate, lossy encodings."""
    told = []
    if asked.frames:
        lengths = Counter(facts["frames"] for facts in found.facts.values() if facts["frames"] != asked.frames)
        if lengths:
            counts = ", ".join(f"{count} of {length}" for length, count in lengths.most_common(4))
            told.append(f"the suite asks for {asked.frames} frames: {counts}")
    sizes = Counter(f"{facts['width']}x{facts['height']}" for facts in found.facts.values())
    if len(sizes) > 1:
        told.append("sizes differ: " + ", ".join(f"{count} of {size}" for size, count in sizes.most_common(4)))
    views = Counter(len(facts["views"]) for facts in found.facts.values() if facts["views"])
    if len(views) > 1:
        counts = ", ".join(f"{count} with {number}" for number, count in views.most_common(4))
        told.append(f"views differ in number: {counts}")
    still = sum(facts["fps"] is None and facts["kind"] == "video" and facts["frames"] > 1
                for facts in found.facts.values())  # fmt: skip
    if still:
        told.append(f"{still} without a frame rate (images, arrays): --set fps=24 would say it")
    lossy = Counter(facts["encoding"] for facts in found.facts.values() if facts["encoding"] != "lossless")
    if lossy:
        told.append("lossy: " + ", ".join(f"{count} {encoding}" for encoding, count in lossy.most_common(4)))
    return told


def _shown(path: Path, options: Mapping[str, Any]) -> str:
    """A path as seen from the folder, as text that can be printed."""
    root = Path(options.get("videos", "."))
    below = path.relative_to(root) if path.is_relative_to(root) else path
    return os.fsencode(below).decode("utf-8", "backslashreplace")
