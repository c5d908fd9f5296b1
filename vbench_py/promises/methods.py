"""An adapter driven through everything that a run asks of it, on a tiny made-up sample of each task of its card."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from vbench_py.cards import ModeCard
from vbench_py.keys import canonical
from vbench_py.method import Method, method
from vbench_py.promises.clips import FPS, texture, write_inputs
from vbench_py.promises.finding import Finding, Skipped, demand, tried
from vbench_py.types import LADDER, TASKS, Adapter, Generated, Request, Resolved, Sample, Unsupported, UsageError

UNKNOWN = "no-such-option"
SIZE = (5, 24, 32)
"""Frames, height and width of the made-up input."""
SAME_LENGTH = ("vsr", "deblurring", "editing", "reconstruction")


@dataclass(frozen=True)
class Made:
    """One output, measured: sha256 by name, and the video's frames, height and width."""

    hashes: Mapping[str, str]
    seed_applied: bool
    shape: tuple[int, int, int] | None
    fps: float | None


@dataclass(frozen=True)
class Drive:
    """One mode of a method with the files of its made-up sample."""

    method: Method
    mode: ModeCard
    folder: Path
    device: str

    def request(self, seed: int = 0, *, without: str = "", identifier: str = "made-up") -> Request:
        """A request whose media are only named: their files are written by `inputs`, as a run does after planning."""
        paths = {role: self.folder / "in" / role for role in self.mode.required if role != without}
        prompt = "a red car on a road, the scene turned green"
        sample = Sample(identifier, self.mode.task, prompt=prompt, source_prompt="a red car on a road", seeds=(0, 1))
        return Request(sample=sample, seed=seed, media=paths, axes=self.method.axes)

    def inputs(self) -> dict[str, Path]:
        return write_inputs(self.folder / "in", self.mode.required, texture(*SIZE), self.mode.task)

    def generate(self, seeds: Sequence[int], media: Sequence[Mapping[str, Path]], name: str) -> list[Generated]:
        """What a fresh adapter gives for a batch, in the order asked for."""
        adapter = self.method.build()
        try:
            planned = [_planned(adapter, self.request(seed)) for seed in seeds]
            batch = [
                replace(resolved, request=replace(resolved.request, media=dict(paths)))
                for resolved, paths in zip(planned, media, strict=True)
            ]
            out = [self.folder / name / str(number) for number in range(len(batch))]
            for path in out:
                path.mkdir(parents=True)
            adapter.load(self.device)
            found = {id(made.resolved): made for made in adapter.generate(batch, out)}
        finally:
            adapter.close()
        lost = [number for number, resolved in enumerate(batch) if id(resolved) not in found]
        demand(not lost, f"items {lost} of a batch of {len(batch)} have no Generated whose `resolved` is the one given")
        return [found[id(resolved)] for resolved in batch]

    def made(self, seeds: Sequence[int], name: str) -> list[Made]:
        media = self.inputs()
        every = self.generate(seeds, [media] * len(seeds), name)
        return [self.measured(one, self.folder / name / str(number)) for number, one in enumerate(every)]

    def measured(self, made: Generated, folder: Path) -> Made:
        from vbench_py.video import file_sha256, probe

        if made.status != "ok":
            raise made.error or UsageError(f"status {made.status!r} without an error")
        given = {name.partition("/")[0] for name in made.outputs} | set(made.outputs)
        wanted = [name for name in self.mode.outputs if name not in given]
        demand(not wanted, f"outputs {sorted(made.outputs)}, and the card promises {wanted} too")
        for name, path in made.outputs.items():
            demand(Path(path).is_relative_to(folder), f"output {name!r} lies outside its folder: {path}")
            demand(Path(path).exists(), f"output {name!r} does not exist: {Path(path).name}")
        demand(all(value >= 0 for value in made.seconds.values()), f"negative seconds {dict(made.seconds)}")
        hashes = {name: file_sha256(Path(path)) for name, path in made.outputs.items()}
        info = probe(Path(made.outputs["video"])) if "video" in made.outputs else None
        shape = (info.frames, info.height, info.width) if info is not None else None
        if info is not None and made.timeline:
            last = made.timeline[-1].last
            demand(last == info.frames - 1, f"its timeline ends at frame {last}, the video at {info.frames - 1}")
        return Made(hashes, made.resolved.seed_applied, shape, info.fps if info is not None else None)


def method_promises(name: str, options: Mapping[str, Any] | None = None, device: str = "cpu") -> Iterator[Finding]:
    """Every promise of one method, mode by mode."""
    chosen = method(name, overrides=options)
    subject = f"method {chosen.card.id}"
    built = tried(subject, "it can be built from its card, and closed", lambda: _builds(chosen, options))
    yield built
    if not built.ok or built.skipped:
        return
    yield tried(subject, "it promises the modes of its card", lambda: _capabilities(chosen))
    yield tried(subject, "an unknown option is refused, or recorded", lambda: _unknown_option(chosen))
    for mode in chosen.card.modes:
        with tempfile.TemporaryDirectory(prefix="vbench-py-check-") as folder:
            drive = Drive(chosen, mode, Path(folder), device)
            for promise, check in _PROMISES:
                yield tried(subject, f"{mode.called}: {promise}", partial(check, drive))


def _builds(chosen: Method, options: Mapping[str, Any] | None) -> None:
    try:
        chosen.build().close()
    except UsageError as error:
        if options:
            raise
        raise Skipped(f"it needs options to be built: {error}") from error


def _capabilities(chosen: Method) -> None:
    promised = [(c.task, c.required, c.optional, c.outputs, c.deterministic) for c in chosen.build().capabilities()]
    carded = [(m.task, m.required, m.optional, m.outputs, m.deterministic) for m in chosen.card.modes]
    demand(promised == carded, f"capabilities() gives {promised}, the card {carded}")


def _unknown_option(chosen: Method) -> str:
    changed = replace(chosen, overrides={**chosen.overrides, UNKNOWN: 1})
    try:
        adapter = changed.build()
    except UsageError as error:
        demand(UNKNOWN in str(error), f"the error does not name the option: {error}")
        return "refused"
    mode = chosen.card.modes[0]
    request = Drive(chosen, mode, Path(), "cpu").request()
    demand(UNKNOWN in adapter.plan(request).parameters, "it is taken in silence; raise UsageError that names it")
    return "recorded"


def _planned(adapter: Adapter, request: Request) -> Resolved:
    try:
        return adapter.plan(request)
    except Unsupported as error:
        raise Skipped(f"it does not take the made-up sample: {error}") from error


def _plan_is_pure(drive: Drive) -> None:
    """The files do not exist yet, so that a plan that opens one fails."""
    adapter = drive.method.build()
    first, *others = (_planned(one, drive.request()) for one in (adapter, adapter, drive.method.build()))
    for second in others:
        demand(first == second, f"two plans of one request differ: {first} and {second}")
    demand(first.request == drive.request(), "the plan changed the request; put what differs into `parameters`")
    canonical(dict(first.parameters))


def _missing_role(drive: Drive) -> None:
    if not drive.mode.required:
        raise Skipped("it requires no role")
    for role in drive.mode.required:
        if not _served_without(drive, role):
            _refuses(drive.method.build(), drive.request(without=role), role)


def _served_without(drive: Drive, role: str) -> bool:
    """Whether another mode of the card serves the task with what is left."""
    left = set(drive.mode.required) - {role}
    others = (mode for mode in drive.method.card.modes if mode.task == drive.mode.task)
    return any(set(mode.required) <= left for mode in others)


def _other_task(drive: Drive) -> None:
    task = next((task for task in TASKS if task not in drive.method.card.tasks), None)
    if task is None:
        raise Skipped("it serves every task")
    request = drive.request()
    _refuses(drive.method.build(), replace(request, sample=replace(request.sample, task=task)), "task")


def _refuses(adapter: Adapter, request: Request, field: str) -> None:
    try:
        resolved = adapter.plan(request)
    except Unsupported as error:
        demand(error.field == field, f"Unsupported names {error.field!r}, not {field!r}")
    else:
        demand(False, f"without {field!r} the plan is {dict(resolved.parameters)}; raise Unsupported({field!r}, ...)")


def _well_formed(drive: Drive) -> str:
    _has_weights(drive)
    (made,) = drive.made([0], "one")
    if made.shape is None:
        return ", ".join(made.hashes)
    frames, height, width = made.shape
    task = drive.mode.task
    if task in SAME_LENGTH and drive.mode.required:
        demand(frames == SIZE[0], f"{frames} frames from an input of {SIZE[0]}")
    if task == "frame_interpolation" and drive.method.card.control not in LADDER:
        demand(frames > SIZE[0], f"{frames} frames from an input of {SIZE[0]}: nothing was put between")
    return f"{frames} frames of {width}x{height}" + (f" at {made.fps:g} a second" if made.fps else "")


def _geometry(drive: Drive) -> str:
    """Size policy native: what comes back must be what was asked, or what comes back without asking."""
    _has_weights(drive)
    media = drive.inputs()
    adapter = drive.method.build()
    asked = (SIZE[0], 48, 64)
    request = replace(drive.request(), media=media, frames=None, height=asked[1], width=asked[2], fps=FPS)
    folder = drive.folder / "geometry"
    folder.mkdir()
    try:
        resolved = _planned(adapter, request)
        adapter.load(drive.device)
        (made,) = adapter.generate([resolved], [folder])
    finally:
        adapter.close()
    if made.status == "unsupported":
        return f"refused: {made.error}"
    got = drive.measured(made, folder).shape
    (native,) = drive.made([0], "native")
    if got is None or native.shape is None:
        raise Skipped("it gives no video")
    fits = got[1:] in (asked[1:], native.shape[1:])
    sizes = [f"{width}x{height}" for _, height, width in (asked, got, native.shape)]
    demand(fits, "asked for {}, got {}, and natively {}".format(*sizes))
    return "as asked" if got[1:] == asked[1:] else "native"


def _same_bytes(drive: Drive) -> str:
    _has_weights(drive)
    if not drive.mode.deterministic:
        raise Skipped("its card does not say deterministic")
    batch = drive.made([0, 1], "batch")
    (alone,) = drive.made([0], "alone")
    demand(batch[0].hashes == alone.hashes, "seed 0 alone gives other bytes than seed 0 in a batch of two")
    return "alone and in a batch of two"


def _seeds(drive: Drive) -> str:
    _has_weights(drive)
    zero, one = drive.made([0, 1], "seeds")
    if zero.seed_applied:
        demand(zero.hashes != one.hashes, "seeds 0 and 1 give the same bytes, and the plan says seed_applied")
        return "other seed, other bytes"
    if not drive.mode.deterministic:
        raise Skipped("it is not deterministic, and says that seeds do not count")
    demand(zero.hashes == one.hashes, "seeds 0 and 1 give other bytes, and the plan says that seeds are not applied")
    return "seeds do not count"


def _broken_input(drive: Drive) -> str:
    _has_weights(drive)
    if not drive.mode.required:
        raise Skipped("it requires no role")
    good = drive.inputs()
    bad = drive.folder / "bad" / good[drive.mode.required[0]].name
    bad.parent.mkdir()
    bad.write_bytes(b"no picture at all")
    first, second = drive.generate([0, 0], [{**good, drive.mode.required[0]: bad}, good], "broken")
    demand(second.status == "ok", f"the sample after a broken one is {second.status}: {second.error}")
    if first.status == "ok":
        return "the input is not read"
    demand(first.error is not None, f"status {first.status!r} without an error")
    return f"{first.status}: {first.error}"


def _has_weights(drive: Drive) -> None:
    """Raises `Skipped` where weights are not on this machine: checking a card downloads nothing.

    An adapter may tell by `missing()`, in words, what it would have to fetch by itself.
    """
    from vbench_py.checkpoints.cache import find

    card, tell = drive.method.card, getattr(drive.method.build(), "missing", None)
    if tell and (absent := tell()):
        raise Skipped(absent)
    lacking = [checkpoint.name for checkpoint in card.checkpoints if find(checkpoint) is None]
    if lacking:
        raise Skipped(f"{', '.join(lacking)} not in the cache; run `vbench-py fetch {card.id}` first")


_PROMISES = (
    ("a plan is the same twice, opens no file and can be recorded", _plan_is_pure),
    ("a missing role is unsupported by its name", _missing_role),
    ("another task is unsupported", _other_task),
    ("the output is well formed, in its folder", _well_formed),
    ("the size is as asked, or native", _geometry),
    ("the same seed gives the same bytes", _same_bytes),
    ("another seed gives other bytes where seeds count", _seeds),
    ("a broken input fails alone", _broken_input),
)
