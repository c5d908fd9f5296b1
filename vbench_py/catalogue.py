"""Names to cards to code: finds every card, ours and third parties', without importing what they describe.

Cards come from the catalogue folders, from folders named in VBENCH_PY_CARDS (separated as PATH is), and from installed
packages that declare an entry point of group `vbench_py.cards` whose value is the package holding their TOML files.
A TOML file holds tables `[[metric]]`, `[[extractor]]`, `[[adapter]]`, `[[method]]`, `[[suite]]`, `[[bundle]]`; in the
methods folder, and as `suite.toml`, its top level is the one card.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import importlib.util
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vbench_py.types import UsageError

if TYPE_CHECKING:
    from vbench_py.cards import Card

ENTRY_POINT_GROUP = "vbench_py.cards"
FOREIGN = ("recipe", "environment", "family")
"""Kinds that only methods of research repositories need: read apart, so that `list` stays quick."""
KINDS = ("metric", "extractor", "adapter", "method", "suite", "reference", "bundle", *FOREIGN)
_ROOMS = (
    ("vbench_py.metrics", "*.toml", ""),
    ("vbench_py.metrics.extractors", "*.toml", ""),
    ("vbench_py.adapters", "*.toml", ""),
    ("vbench_py.adapters.methods", "*.toml", "method"),
    ("vbench_py.suites", "*.toml", ""),
    ("vbench_py.suites", "*/suite.toml", "suite"),
    ("vbench_py.adapters.recipes", "*.toml", "recipe"),
    ("vbench_py.adapters.recipes", "environments/*.toml", "environment"),
    ("vbench_py.adapters.recipes", "families/*.toml", "family"),
    ("vbench_py.metrics", "environments/*.toml", "environment"),
)


@dataclass(frozen=True)
class Found:
    """A card as it stands in its file, not validated yet."""

    kind: str
    id: str
    data: Mapping[str, Any]
    file: Path


def _package_folder(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def read_file(file: Path, default_kind: str = "") -> Iterator[Found]:
    """Every card of one TOML file."""
    try:
        parsed = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: not valid TOML: {error}") from error
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    if default_kind:
        named = {"id": file.stem} if default_kind == "family" else {}  # a family is called as its file
        yield _found(default_kind, named | parsed, file)
        return
    for kind, tables in parsed.items():
        if kind not in KINDS or not isinstance(tables, list):
            near = difflib.get_close_matches(kind, KINDS, n=1)
            hint = (
                f", did you mean [[{near[0]}]]?"
                if near
                else f"; expected tables {', '.join(f'[[{k}]]' for k in KINDS)}"
            )
            raise UsageError(f"{file}: unknown table {kind!r}{hint}")
        for table in tables:
            yield _found(kind, table, file)


def _found(kind: str, data: Mapping[str, Any], file: Path) -> Found:
    if not isinstance(data.get("id"), str):
        raise UsageError(f"{file}: a {kind} card has no id")
    return Found(kind, data["id"], data, file)


def _external_folders() -> Iterator[Path]:
    for text in os.environ.get("VBENCH_PY_CARDS", "").split(os.pathsep):
        if text:
            folder = Path(text)
            if not folder.is_dir():
                raise UsageError(f"VBENCH_PY_CARDS: {folder} is not a folder")
            yield folder
    from importlib.metadata import entry_points

    for point in entry_points(group=ENTRY_POINT_GROUP):
        found = _package_folder(point.value)
        if found is None:
            raise UsageError(f"entry point {point.name!r} names package {point.value!r}, which cannot be found")
        yield found


def _files(foreign: bool) -> Iterator[tuple[Path, str]]:
    for package, pattern, kind in _ROOMS:
        folder = _package_folder(package) if (kind in FOREIGN) == foreign else None
        if folder is not None:
            yield from ((file, kind) for file in sorted(folder.glob(pattern)))
    for folder in _external_folders():
        for file in sorted({*folder.glob("*.toml"), *folder.glob("*/*.toml")}):
            if file.name != "pyproject.toml":
                yield file, "suite" if file.name == "suite.toml" else ""


@functools.lru_cache(maxsize=8)
def _index(_environment: str, foreign: bool) -> dict[str, dict[str, Found]]:
    index: dict[str, dict[str, Found]] = {kind: {} for kind in KINDS}
    for file, default_kind in _files(foreign):
        for found in read_file(file, default_kind):
            if (found.kind in FOREIGN) != foreign:
                continue
            other = index[found.kind].setdefault(found.id, found)
            if other is not found:
                raise UsageError(
                    f"{found.kind} {found.id!r} is defined twice: in {other.file} and in {file}",
                    mend="rename one of them",
                )
    return index


def entries(kind: str) -> dict[str, Found]:
    """All cards of a kind by id."""
    return _index(os.environ.get("VBENCH_PY_CARDS", ""), kind in FOREIGN)[kind]


def unknown(kind: str, name: str, known: Iterable[str]) -> UsageError:
    """The error for a name that is not there, with what may have been meant."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5) or [k for k in known if name in k][:3]
    listing = f"vbench-py list {kind}s" if kind in ("suite", "method", "metric", "task") else "vbench-py list"
    hint = f"did you mean {' or '.join(repr(n) for n in near)}?" if near else f"`{listing}` shows all"
    return UsageError(f"unknown {kind} {name!r}", mend=hint)


def find(kind: str, name: str) -> Found:
    """The card of that name; a method or suite may also be given as the path of its TOML file or folder."""
    known = entries(kind)
    if name in known:
        return known[name]
    if kind in ("method", "suite", "recipe") and ("/" in name or name.endswith(".toml") or os.sep in name):
        file = Path(name)
        file = file / "suite.toml" if file.is_dir() else file
        if not file.is_file():
            raise UsageError(f"{kind} card {file} does not exist")
        return next(read_file(file, kind))
    raise unknown(kind, name, known)


def card(kind: str, name: str) -> Any:
    """The validated card of that name."""
    from vbench_py.cards import validate

    found = find(kind, name)
    data = dict(found.data)
    if kind == "recipe":
        from vbench_py.recipe_card import whole

        data = whole(data, find("family", data["family"]).data if data.get("family") else {})
    return validate(found.kind, data, found.file)


def implementation(entry: str, where: str) -> Any:
    """The class behind "module:Class"."""
    module_name, _, name = entry.partition(":")
    try:
        return getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"{where}: its entry {entry!r} cannot be loaded: {error}") from error


def bare(name: str) -> str:
    """The id in a name with a role or settings: `psnr-rgb` of `psnr-rgb:source@cap_db=50`."""
    return name.partition("@")[0].partition(":")[0]


def expand(kind: str, names: Sequence[str]) -> list[str]:
    """Names with bundles replaced by their members, in order, each once. `kind` is metric or suite."""
    result: dict[str, None] = {}
    for name in names:
        bundle = entries("bundle").get(name)
        if bundle is not None and bundle.data.get("of") == f"{kind}s":
            result.update(dict.fromkeys(expand(kind, card("bundle", name).members)))
        elif bare(name) in entries(kind) or "/" in name:
            result[name] = None
        else:
            bundles = [b.id for b in entries("bundle").values() if b.data.get("of") == f"{kind}s"]
            raise unknown(kind, name, [*entries(kind), *bundles])
    return list(result)


def load(kind: str, name: str, **overrides: Any) -> Any:
    """A ready metric (overrides change its protocol), extractor, or adapter of a method (they change its options)."""
    if kind == "metric":
        metric: Card = card("metric", name)
        return implementation(metric.entry, f"metric {name!r}")(metric, {**metric.protocol, **overrides})  # type: ignore[attr-defined]
    if kind == "extractor":
        from vbench_py.checkpoints import fetch

        extractor = card("extractor", name)
        weights = {checkpoint.name: fetch(checkpoint) for checkpoint in extractor.checkpoints}
        return implementation(extractor.entry, f"extractor {name!r}")({**extractor.options, **overrides}, weights)
    if kind == "method":
        method = card("method", name)
        adapter = card("adapter", method.adapter)
        return implementation(adapter.entry, f"adapter {adapter.id!r}")(method, {**method.defaults, **overrides})
    raise UsageError(f"cannot load a {kind}", mend="load a metric, an extractor or a method")
