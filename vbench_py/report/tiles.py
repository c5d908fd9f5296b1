"""The pictures of one sample: its inputs, the ground truth, every method's output, and what is laid over them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from vbench_py.leaderboard.board import Row, Table
from vbench_py.records import OutputRecord, ScoreRecord
from vbench_py.report import profiles
from vbench_py.report.media import STILLS, Gallery, Recipe, Shown, captions
from vbench_py.report.words import colour, control_label
from vbench_py.types import METRIC_ONLY_ROLES

TARGET = "target"
NO_PICTURE = ("audio", "latent", "poses", "camera", "tracks", "actions", "schedule")
"""Outputs and roles, by the beginning of their name, that nobody can look at."""

MASKED = {"mask": ("source", "first"), "subject_mask": ("target",), "reference_mask": ("reference",)}
"""Which pictures a mask may belong to: it is drawn on the first of them that is there."""

NOTHING = Shown("none")
TRACKED = ("first", "reference")


@dataclass(frozen=True)
class Tile:
    """One picture of the grid. `row` is the run's place in its table, None for inputs and targets; `colour` its class.

    `error` and `profile` are further pictures of the same output, None where there are none. `ratio` ("16 / 9") holds
    the place of a video that is not loaded yet.
    """

    name: str
    role: str
    shown: Shown = NOTHING
    row: int | None = None
    colour: str = ""
    facts: tuple[str, ...] = ()
    score: str = ""
    fps: float | None = None
    status: str = "ok"
    ratio: str = ""
    error: Shown | None = None
    profile: Shown | None = None


@dataclass(frozen=True)
class Draft:
    """A tile and how its pictures are made."""

    tile: Tile
    recipe: Recipe | None = None
    error: Recipe | None = None
    profile: Recipe | None = None

    @property
    def recipes(self) -> list[Recipe]:
        return [it for it in (self.recipe, self.error, self.profile) if it is not None]

    def drawn(self, gallery: Gallery) -> Tile:
        tile = self.tile if self.recipe is None else replace(self.tile, shown=gallery.show(self.recipe))
        error = gallery.show(self.error) if self.error and tile.shown.kind == "video" else None
        profile = gallery.show(self.profile) if self.profile else None
        return replace(tile, error=error, profile=profile if profile and profile.url else None)


class Sitting:
    """One sample at one seed: `media` are its inputs and truth by role, `outputs` and `scores` those of each row."""

    def __init__(
        self,
        table: Table,
        outputs: Sequence[OutputRecord | None],
        scores: Sequence[Mapping[str, ScoreRecord]],
        gallery: Gallery,
    ) -> None:
        self._table, self._outputs, self._scores, self._gallery = table, outputs, scores, gallery
        media: dict[str, str] = {}
        for output in outputs:
            for role, path in output.media.items() if output is not None else ():
                media.setdefault(role, path)
        self._media = {role: Path(path) for role, path in media.items()}
        # Depth and folders of images have no clock of their own: the first video's is theirs.
        rates = (output.fps for output in outputs if output is not None and output.fps)
        infos = (gallery.info(path) for path in self._media.values())
        self.fps: float | None = next(chain(rates, (info.fps for info in infos if info and info.fps)), None)
        target = gallery.info(self._media[TARGET]) if TARGET in self._media else None
        self.kind = target.kind if target else ""
        self._depth_unit = target.unit if target and target.kind == "depth" else ""

    def tiles(self) -> tuple[Tile, ...]:
        """Inputs, ground truth, methods, controls; all their pictures are made."""
        methods = [
            (row.control, draft) for number, row in enumerate(self._table.rows) for draft in self._methods(row, number)
        ]
        drafts = [*self._roles(False), *self._roles(True)]
        drafts += [draft for control, draft in methods if not control]
        drafts += [draft for control, draft in methods if control]
        self._gallery.prepare(recipe for draft in drafts for recipe in draft.recipes)
        return tuple(draft.drawn(self._gallery) for draft in drafts)

    def _roles(self, truth: bool) -> Iterator[Draft]:
        """Tiles of the inputs, or of what only metrics see. Masks and tracks stand on the picture that they are of."""
        for role in sorted(self._media, key=lambda role: role != TARGET):
            if (role in METRIC_ONLY_ROLES) != truth or not self._visible(role) or self._base(role) is not None:
                continue
            path = self._media[role]
            info = self._gallery.info(path)
            drawn, facts = self._drawn_on(role)
            if info is not None:
                many = info.frames if info.frames > 1 else None
                clock = info.fps if many else None
                told = captions(info.width, info.height, clock, many, *([info.encoding] if not info.unit else []))
                facts = (*told, *views_told(info.views), *self._depth(path, None), *facts)
            name = "ground truth" if role == TARGET else role
            recipe = drawn or Recipe((path,), self.fps)
            profile = Recipe((path,), self.fps, "profile") if role == TARGET and self._profiled else None
            yield Draft(Tile(name, "only for metrics" if truth else "input", facts=facts), recipe, profile=profile)

    def _visible(self, role: str) -> bool:
        info = self._gallery.info(self._media[role])
        if info is not None:
            return info.kind not in ("camera", "tracks")
        return not role.startswith(NO_PICTURE) and self._media[role].suffix.lower() != ".json"

    def _base(self, role: str) -> str | None:
        """The role whose picture the mask in `role` is drawn on; None for what is no mask or fits no picture."""
        mask = self._gallery.info(self._media[role])
        for base in MASKED.get(role, ()):
            info = self._gallery.info(self._media[base]) if base in self._media else None
            if info and mask and (info.width, info.height, info.views) == (mask.width, mask.height, mask.views):
                return base if mask.frames in (1, info.frames) and info.kind == mask.kind == "video" else None
        return None

    def _drawn_on(self, role: str) -> tuple[Recipe | None, tuple[str, ...]]:
        """What is laid over the picture of a role, and its caption."""
        path = self._media[role]
        masks = [name for name in MASKED if name in self._media and self._base(name) == role]
        if masks:
            return Recipe((path, self._media[masks[0]]), self.fps, "outline"), (f"outline: {masks[0]}",)
        tracks = self._gallery.info(self._media["tracks"]) if "tracks" in self._media else None
        if tracks and tracks.kind == "tracks" and not tracks.views and role in TRACKED and path.suffix in STILLS:
            return Recipe((path, self._media["tracks"]), self.fps, "trails"), (
                f"tracks that are asked: {tracks.points}",
            )
        return None, ()

    def _methods(self, row: Row, number: int) -> Iterator[Draft]:
        output, scores = self._outputs[number], self._scores[number]
        tile = Tile(row.name, control_label(row.control), row=number, colour=colour(self._table, number))
        if output is None or output.status != "ok":
            status = "missing" if output is None else output.status
            reason = "not generated" if output is None else output.reason or status
            yield Draft(replace(tile, shown=Shown("none", reason=reason), status=status))
            return
        facts = captions(output.width, output.height, output.fps, output.frames, f"seed {output.seed}", output.encoding)
        tile = replace(tile, facts=facts, score=self._score(scores), fps=output.fps or self.fps)
        found = pictures(output)
        if not found:
            yield Draft(replace(tile, shown=Shown("none", reason="no picture among its outputs")))
        for name, (file, views) in found.items():
            path = row.run.folder / file
            size = (output.width, output.height) if output.width and output.height else None
            depth = self._depth(path, self._media.get(TARGET)) if path.suffix == ".npz" else ()
            compared = TARGET in self._media and path.suffix.lower() not in STILLS
            yield Draft(
                replace(
                    tile,
                    name=row.name if name in ("video", "views", "depth") else f"{row.name} · {name}",
                    facts=(*facts, *views_told(views), *depth),
                    ratio=_ratio(size, len(views)),
                ),
                Recipe((path, self._media[TARGET]) if depth and self._depth_unit else (path,), output.fps or self.fps),
                Recipe((path, self._media[TARGET]), output.fps or self.fps, "error") if compared else None,
                Recipe((path,), output.fps, "profile") if name == "video" and self._profiled else None,
            )

    @property
    def _profiled(self) -> bool:
        return self._table.task in profiles.TASKS

    def _score(self, scores: Mapping[str, ScoreRecord]) -> str:
        column = self._table.primary
        score = scores.get(column.id) if column else None
        if column is None or score is None:
            return ""
        value = "—" if score.value is None else f"{column.text(score.value)} {column.facts.unit}".strip()
        return f"{column.id} {value}"

    def _depth(self, path: Path, truth: Path | None) -> tuple[str, ...]:
        """The unit of depth and what its colours stand for; () of other media."""
        info = self._gallery.info(path)
        if info is None or info.kind != "depth":
            return ()
        shared = truth is not None and info.unit == self._depth_unit
        ends = self._gallery.depth_ends(truth if shared and truth else path)
        if ends is None:
            return (info.unit,)
        own = "" if truth is None else ", as ground truth" if shared else ", a range of its own"
        near = "near is bright" if info.unit == "metres" else "high is bright"
        return (info.unit, f"colours {ends[0]:.3g}–{ends[1]:.3g}{own}, {near}")


def pictures(output: OutputRecord) -> dict[str, tuple[str, tuple[str, ...]]]:
    """The files of an output that stand in the grid, with their views: its video, or else all that can be seen.

    Its views are one picture together, which their folder stands for.
    """
    files = {name: path for name, path in output.files.items() if not name.startswith(NO_PICTURE)}
    views = {name: path for name, path in files.items() if name.startswith("view/")}
    found: dict[str, tuple[str, tuple[str, ...]]] = {
        name: (path, ()) for name, path in files.items() if name not in views
    }
    if views:
        found["views"] = (str(Path(next(iter(views.values()))).parent), tuple(sorted(it[5:] for it in views)))
    return {"video": found["video"]} if "video" in found else found


def views_told(views: Sequence[str]) -> tuple[str, ...]:
    """The caption of a grid; () without one."""
    from vbench_py.video.preview import TILES

    if not views:
        return ()
    count = f"{TILES} of {len(views)}" if len(views) > TILES else f"{len(views)}"
    return (f"{count} views, {views[0]} to {views[-1]}",)


def _ratio(size: tuple[int, int] | None, views: int) -> str:
    from vbench_py.video.preview import shape

    columns, rows = shape(views)
    return f"{size[0] * columns:d} / {size[1] * rows:d}" if size else ""
