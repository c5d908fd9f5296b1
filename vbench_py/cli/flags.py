"""The flags that verbs share, defined once; every one has an environment variable VBENCH_PY_<FLAG>."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vbench_py.types import UsageError

if TYPE_CHECKING:
    from vbench_py.session import Settings

COMMON = "Everywhere"
WORK = "What is made and scored"


def _flag(*names: str, help: str, panel: str = WORK) -> Any:
    variable = "VBENCH_PY_" + names[0].lstrip("-").split("/")[0].replace("-", "_").upper()
    return typer.Option(*names, help=help, envvar=variable, rich_help_panel=panel, show_default=False)


@dataclass(frozen=True)
class Common:
    """Flags of every verb."""

    results: Annotated[Path, _flag("--results", help="Folder of runs [default: results].", panel=COMMON)] = Path(
        "results"
    )
    cache: Annotated[
        Path | None, _flag("--cache", help="Folder for weights, data and derived media.", panel=COMMON)
    ] = None
    data: Annotated[Path | None, _flag("--data", help="Folder that one's own datasets lie in.", panel=COMMON)] = None
    offline: Annotated[bool, _flag("--offline", help="Never reach the network; use what is cached.", panel=COMMON)] = (
        False
    )
    json: Annotated[bool, _flag("--json", help="Print JSON for machines on standard output.", panel=COMMON)] = False
    quiet: Annotated[bool, _flag("--quiet", "-q", help="No progress, only results and errors.", panel=COMMON)] = False
    verbose: Annotated[bool, _flag("--verbose", "-v", help="Log what happens.", panel=COMMON)] = False


@dataclass(frozen=True)
class Work(Common):
    """Flags of the verbs that plan, generate or score."""

    metrics: Annotated[
        list[str] | None,
        _flag("--metrics", help="Metrics or bundles, repeated or comma-separated [default: the suite's]."),
    ] = None
    dry_run: Annotated[bool, _flag("--dry-run", help="Say what would be done, and stop.")] = False
    limit: Annotated[int | None, _flag("--limit", help="Only the first N samples; marks the run partial.")] = None
    seed: Annotated[list[int] | None, _flag("--seed", help="Only these seeds (repeat); marks the run partial.")] = None
    name: Annotated[str, _flag("--name", help="What the leaderboard calls the method.")] = ""
    set: Annotated[list[str] | None, _flag("--set", help="key=value: change an option of the method (repeat).")] = None
    axis: Annotated[list[str] | None, _flag("--axis", help="key=value: tell runs apart, e.g. step=40000 (repeat).")] = (
        None
    )
    shard: Annotated[str, _flag("--shard", help="i/n: this process takes every n-th sample.")] = ""
    reference_run: Annotated[
        Path | None, _flag("--reference-run", help="Run folder that metrics named NAME:baseline compare with.")
    ] = None
    encode_as: Annotated[str, _flag("--encode-as", help="Score as if published in this encoding, e.g. h264-crf18.")] = (
        ""
    )
    every: Annotated[int, _flag("--every", help="Score windows that start at every K-th frame.")] = 1
    align: Annotated[
        str, _flag("--align", help="none, or trim, resize, encoding joined by +, for unequal references.")
    ] = "none"
    reference_set: Annotated[
        str, _flag("--reference-set", help="Folder, .npz or card that metrics of sets (FVD, FID) compare with.")
    ] = ""
    fail_on_error: Annotated[
        str, _flag("--fail-on-error", help="Stop after N failures, or above a share (0.1 or 10%).")
    ] = ""
    device: Annotated[str, _flag("--device", help="cpu, cuda, cuda:1 ... [default: a GPU where there is one].")] = (
        "auto"
    )
    batch_size: Annotated[int, _flag("--batch-size", help="Samples a method gets at once, where it can.")] = 1
    accept_licence: Annotated[bool, _flag("--accept-licence", help="Accept gated or non-commercial weights.")] = False

    def settings(self) -> Settings:
        """These flags, parsed and checked."""
        from vbench_py.failures import parse_limit
        from vbench_py.metricset import ScoreOptions
        from vbench_py.plan import Selection, parse_shard
        from vbench_py.session import Settings

        if self.limit is not None and self.limit < 1:
            raise UsageError(f"--limit {self.limit}: must be 1 or more")
        selection = Selection(self.limit, tuple(self.seed or ()), parse_shard(self.shard) if self.shard else (1, 1))
        return Settings(
            results=self.results,
            metrics=split_names(self.metrics),
            selection=selection,
            score=ScoreOptions(self.every, self.align, self.encode_as, self.reference_set),
            reference_run=self.reference_run,
            fail_on_error=parse_limit(self.fail_on_error),
            device=self.device,
            batch_size=self.batch_size,
            accept_licence=self.accept_licence,
        )


def split_names(names: list[str] | None) -> tuple[str, ...]:
    """ "a,b" and "c" -> a, b, c."""
    return tuple(part.strip() for text in names or () for part in text.split(",") if part.strip())


def assignments(flag: str, texts: list[str] | None) -> dict[str, Any]:
    """key=value pairs; values are JSON where they parse as such (numbers, true, lists), else text."""
    pairs: dict[str, Any] = {}
    for text in texts or ():
        name, separator, value = text.partition("=")
        if not separator or not name:
            raise UsageError(f"{flag} {text}: expected key=value")
        try:
            pairs[name] = json.loads(value)
        except json.JSONDecodeError:
            pairs[name] = value
    return pairs
