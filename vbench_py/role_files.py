"""The files behind the roles of one output: checked against their hashes, derived, or re-encoded, before decoding."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vbench_py import derive
from vbench_py.checkpoints import cache_dir
from vbench_py.derive.materialise import FALLBACK_FPS
from vbench_py.plan import PlannedScore
from vbench_py.plan.numbers import VIEWS, views_of
from vbench_py.store import raise_if_full
from vbench_py.types import BadMedia
from vbench_py.video import file_sha256, probe, reencode


def role_files(
    planned: PlannedScore, roles: Sequence[str], encode_as: str = ""
) -> tuple[dict[str, Path], dict[str, Exception]]:
    """The file of each role, or what is wrong with it. Raises `StorageError` when the cache cannot be written."""
    paths: dict[str, Path] = {}
    problems: dict[str, Exception] = {}
    for role in roles:
        try:
            paths[role] = _file(planned, role, encode_as)
        except Exception as error:
            raise_if_full(error)
            problems[role] = error
    return paths, problems


def _file(planned: PlannedScore, role: str, encode_as: str) -> Path:
    if role == VIEWS and role in planned.paths and role not in planned.sample.media:
        for name in views_of(planned.output["outputs"]):
            _file(planned, name, "")
        return planned.paths[role]
    made = role in planned.output["outputs"]
    if role in planned.sample.media and not made and role != "baseline":
        return derive.materialise(planned.sample.media[role])
    path, sha256 = planned.paths[role], planned.identities[role]
    owner = "output" if made else "output of the reference run"
    mend = "make it again: `vbench-py generate` sees what is gone; delete what was changed by hand"
    if not path.exists():
        raise BadMedia(f"{path}: this {owner} was made and is gone", mend=mend)
    if file_sha256(path) != sha256:
        raise BadMedia(f"{path}: this {owner} is not the file that was made", mend=mend)
    return encoded(path, sha256, encode_as) if encode_as and role == "video" else path


def encoded(path: Path, sha256: str, encoding: str) -> Path:
    """The copy of a video in `encoding` at its own frame rate, made once, in `cache/encoded`, for all runs."""
    suffix = ".mkv" if encoding == "ffv1" else ".mp4"
    target = cache_dir() / "encoded" / f"{sha256}-{encoding}{suffix}"
    if not target.is_file():
        reencode(path, target, encoding, fps=probe(path).fps or FALLBACK_FPS)
    return target
