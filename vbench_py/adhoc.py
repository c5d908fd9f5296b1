"""Videos without a suite: a folder, files or arrays become samples on the spot, scored where they lie, not copied."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vbench_py import derive
from vbench_py.cards import SuiteCard
from vbench_py.generate import error_of
from vbench_py.keys import key, slug
from vbench_py.plan import current_outputs
from vbench_py.samples import Suite
from vbench_py.session import Session
from vbench_py.store import Row
from vbench_py.types import BadMedia, Media, Sample, Step, UsageError

if TYPE_CHECKING:
    from vbench_py.video import VideoInfo

DEFAULT_METRICS = ("quick",)
TASK = "videos"


def folder_suite(
    videos: Mapping[str, Path],
    name: str,
    metrics: Sequence[str],
    media: Mapping[str, Mapping[str, Path]] | None = None,
    folder: Path | None = None,
    prompts: Mapping[str, str] | None = None,
) -> Suite:
    """A suite of existing videos by sample id.

    `media` by role (target, source, mask, camera, ...), then by sample id: each role has one for every video.
    `prompts` by sample id, for metrics that read them; videos of one prompt are one group.

    The videos of one `folder` stay one suite as files come and go; others are told apart by their paths.
    """
    beside = media or {}
    for role, found in beside.items():
        _refuse_missing(role, sorted(set(videos) - set(found)), found)
    from vbench_py.catalogue import bare, expand

    names = expand("metric", list(metrics))
    paths = sorted((sample, plain(_placed(path))) for sample, path in videos.items())
    place = key("folder", paths if folder is None else plain(folder.resolve()))[:8]
    card = SuiteCard.model_construct(
        id=f"videos-{slug(name, 40)}", version=place, title=f"Videos of {name}", task=TASK, licence="",
        summary="Videos that exist already, scored where they lie.", metrics=tuple(names),
        primary=bare(names[0]),
    )  # fmt: skip
    said = prompts or {}
    samples = [
        Sample(
            sample, TASK, prompt=said.get(sample, ""), group=said.get(sample) or sample,
            media={role: Media(found[sample]) for role, found in beside.items()},
        )
        for sample in sorted(videos)
    ]  # fmt: skip
    return Suite(card, tuple(samples))


def _refuse_missing(role: str, missing: Sequence[str], found: Mapping[str, Path]) -> None:
    if not missing:
        return
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    near = [name for name in found if name.casefold() == missing[0].casefold()]
    hint = f"did you mean {near[0]!r}?" if near else "give each the name of its video; the suffix may differ"
    raise UsageError(f"no {role} for {missing[0]!r}{more} among the {len(found)} {role}s", mend=hint)


def with_unit(path: Path, unit: str) -> Path:
    """Depth that does not say its unit (.npy) as a file that does, made once in the cache; other media as they are."""
    if not unit or path.suffix.lower() != ".npy":
        return path
    return derive.materialise(Media(path, steps=(Step("depth-maps", {"factor": 1.0, "unit": unit}),)))


def videos_in(place: Path) -> tuple[dict[str, Path], list[tuple[Path, str]]]:
    """Every video of a folder (or the one file) by sample id, and what was passed over with the reason."""
    from vbench_py.video import find_media

    if not place.exists():
        raise UsageError(f"{place} does not exist", mend="name a folder of videos, a video, a run folder or a suite")
    if place.is_file():
        return {place.stem: place}, []
    found, skipped = find_media(place, recursive=True)
    if not found:
        reasons = "; ".join(f"{path.name}: {reason}" for path, reason in skipped[:3])
        raise UsageError(f"{place}: no videos in it" + (f" ({reasons})" if reasons else ""))
    ids: dict[str, Path] = {}
    for path in found:
        relative = path.relative_to(place)
        sample = plain(relative if path.is_dir() else relative.with_suffix(""))
        if sample in ids:
            sample = plain(relative)
        ids[sample] = path
    return ids, list(skipped)


def register(session: Session, videos: Mapping[str, Path]) -> None:
    """Rows for videos in place: measured, hashed, a broken one with its reason. What is as it was is not read again."""
    current = current_outputs(session.run.rows("generated"))
    writer = session.run.writer("generated")
    session.progress.start("read", len(videos))
    try:
        for sample, seed in session.mine:
            path = _placed(videos[sample.id])
            row_key = key(
                "in-place", [sample.id, plain(path), _stamp(path), *([sample.prompt] if sample.prompt else [])]
            )
            known = current.get((sample.id, seed))
            if known is None or known["key"] != row_key or known["status"] == "failed":
                attempt = known.get("attempt", 0) + 1 if known else 1
                row: Row = {"key": row_key, "sample": sample.id, "seed": seed, "group": sample.group}
                row["prompt"] = sample.prompt
                row |= {"attempt": attempt, "created": time.time(), **_measured(path)}
                writer.append(row)
                if row["status"] != "ok":
                    session.failures.add("failed", sample.id, row["error"]["message"])
            session.progress.advance()
    finally:
        writer.close()


def plain(path: Path) -> str:
    """A path as text that can be written: bytes of a name that are no UTF-8 are spelt out."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _placed(path: Path) -> Path:
    """Where a path leads; of links in a circle as far as they lead, where `Path.resolve` would raise."""
    return Path(os.path.realpath(path))


def _stamp(path: Path) -> list[tuple[str, int, int]]:
    """Size and time of a file, or of each in a folder of images; nothing for a link that leads nowhere."""
    try:
        files = sorted(p for p in path.iterdir() if p.is_file()) if path.is_dir() else [path]
        return [(plain(Path(p.name)), p.stat().st_size, p.stat().st_mtime_ns) for p in files]
    except OSError:
        return []


def _measured(path: Path) -> dict[str, Any]:
    from vbench_py.video import file_sha256, probe

    try:
        if plain(path) != str(path):
            raise BadMedia(f"{plain(path)}: its name is not UTF-8", mend="rename it")
        info, sha256 = probe(path), file_sha256(path)
    except Exception as error:
        return {"status": "failed", "error": error_of(error)}
    return {
        "status": "ok", "outputs": _outputs(path, sha256, info), "identity": sha256[:32],
        "frames": info.frames, "fps": info.fps, "width": info.width, "height": info.height,
        "encoding": "lossless" if info.lossless else info.encoding, "seconds": {}, "timeline": [],
    }  # fmt: skip


def _outputs(path: Path, sha256: str, info: VideoInfo) -> dict[str, dict[str, str]]:
    """Outputs by name: the depth, the views, or else the video that lies there."""
    from vbench_py.video import file_sha256, view_outputs

    if info.members:
        return {name: {"path": str(file), "sha256": file_sha256(file)} for name, file in view_outputs(info).items()}
    name = {"depth": "depth", "camera": "poses"}.get(info.kind, "video")
    return {name: {"path": str(path), "sha256": sha256}}
