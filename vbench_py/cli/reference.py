"""`vbench-py reference`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from vbench_py.cli.flags import Common, split_names
from vbench_py.types import UsageError


def command(
    flags: Common,
    videos: Annotated[Path, typer.Argument(help="Folder of the reference clips.")],
    out: Annotated[Path, typer.Argument(help="The .npz file to write.")],
    metrics: Annotated[
        list[str], typer.Option("--metrics", help="Metrics of sets whose features to save, repeated or with commas.")
    ],
    device: Annotated[
        str, typer.Option("--device", help="cpu, cuda ... [default: a GPU where there is one].")
    ] = "auto",
) -> int:
    """Save the features of a reference set, so that FVD and its like need its clips no more."""
    from vbench_py.features.asks import ask_key
    from vbench_py.features.bank import FeatureBank
    from vbench_py.metricset import ScoreOptions, metric_specs
    from vbench_py.needs import missing_of
    from vbench_py.pool import ExtractorPool
    from vbench_py.reference import open_reference, save_reference
    from vbench_py.scoring.sets import clip_rows
    from vbench_py.scoring.worker import ScoreWorker

    if out.suffix != ".npz":
        raise UsageError(f"{out}: a reference file ends in .npz")
    options = ScoreOptions(reference_set=str(videos))
    specs = [spec for spec in metric_specs(split_names(metrics), options) if spec.card.reference_set]
    if not specs:
        raise UsageError(f"--metrics {','.join(metrics)}: none of them compares with a reference set")
    for column, reason in missing_of(specs).items():
        raise UsageError(f"{column}: {reason}")
    made = open_reference(str(videos))
    pool, bank = ExtractorPool(device), FeatureBank()
    arrays = {}
    try:
        worker = ScoreWorker(options, pool, bank)
        for spec in specs:
            rows = clip_rows(spec, made, worker)
            for need, ask in spec.asks.items():
                arrays[ask_key(ask)] = [row.arrays[need] for row in rows]
    finally:
        pool.close()
        bank.close()
    save_reference(out, made, arrays)
    facts = ", ".join(f"{name} {'several' if value is None else value}" for name, value in made.facts.items())
    sys.stdout.write(f"{out}: {made.count} clips ({facts}), identity {made.identity}\n")
    return 0
