"""The rules of a mode for frames and sizes, applied before anything loads; pure arithmetic over cards and requests."""

from __future__ import annotations

from collections.abc import Iterator

from vbench_py.method_card import FramesCard, SizeCard
from vbench_py.types import Request, Unsupported

Size = tuple[int, int]
"""(width, height) in pixels."""
Sides = tuple[int | None, int | None]


def frames_of(rule: FramesCard | None, request: Request, chosen: int | None = None) -> int | None:
    """How many frames to ask the model for; None where the input says it, or the model's own default holds.

    `chosen` is the user's own number and wins. Policy native gives the card's native count, nearest the allowed count
    nearest to the request's (the smaller of two), exact the request's. Raises `Unsupported("frames", ...)`.
    """
    if chosen is not None:
        return _chosen_frames(rule, chosen)
    asked = request.frames
    if rule is None:
        return None if request.size_policy == "native" else asked
    if rule.follows in request.media or (rule.follows and rule.native is None):
        return None
    if request.size_policy == "native" or asked is None:
        return rule.native if rule.native is not None else next(iter(rule.fixed), None)
    nearest = nearest_frames(rule, asked)
    if request.size_policy == "exact" and nearest != asked:
        raise Unsupported("frames", f"{asked} asked for; the model gives {told_frames(rule)}, the nearest is {nearest}")
    return nearest


def _chosen_frames(rule: FramesCard | None, chosen: int) -> int:
    if rule is None:
        return chosen
    most = max(rule.fixed) if rule.fixed else rule.most
    if most is not None and chosen > most:
        raise Unsupported("frames", f"{chosen} chosen; the model gives at most {most} ({told_frames(rule)})")
    if not rule.fixed and (chosen - rule.plus) % rule.multiple:
        reason = f"{chosen} chosen; the model gives {told_frames(rule)}, the nearest is {nearest_frames(rule, chosen)}"
        raise Unsupported("frames", reason)
    return chosen


def keeps_frames(rule: FramesCard | None, frames: int | None) -> bool:
    """Whether the count is one that the card names: a user may choose fewer."""
    return rule is None or frames is None or nearest_frames(rule, frames) == frames


def nearest_frames(rule: FramesCard, asked: int) -> int:
    """The allowed count nearest to `asked`; of two equally near ones the smaller."""
    if rule.fixed:
        return min(sorted(rule.fixed), key=lambda count: abs(count - asked))
    step, least = rule.multiple, _at_least(rule)
    lower = max(least, asked - (asked - rule.plus) % step)
    if rule.most is not None:
        lower = min(lower, rule.most - (rule.most - rule.plus) % step)
    upper = lower + step
    fits = upper - asked < asked - lower and (rule.most is None or upper <= rule.most)
    return upper if fits else lower


def frames_within(rule: FramesCard | None, given: int) -> int:
    """How many of `given` input frames the model can take: the greatest allowed count that is there.

    Raises `Unsupported("frames", ...)` when the input is too short.
    """
    if rule is None:
        return given
    if rule.fixed:
        fitting = [count for count in rule.fixed if count <= given]
        if not fitting:
            raise Unsupported("frames", f"the input has {given}; the model takes {told_frames(rule)}")
        return max(fitting)
    least = _at_least(rule)
    if given < least:
        raise Unsupported("frames", f"the input has {given}; the model takes {told_frames(rule)}")
    bound = given if rule.most is None else min(given, rule.most)
    return bound - (bound - rule.plus) % rule.multiple


def _at_least(rule: FramesCard) -> int:
    return rule.least + (rule.plus - rule.least) % rule.multiple


def told_frames(rule: FramesCard) -> str:
    """The rule in words: "14 or 25", "4k+1 from 5 to 81"."""
    if rule.fixed:
        return " or ".join(str(count) for count in rule.fixed)
    step = "any number" if rule.multiple == 1 else f"{rule.multiple}k" + (f"+{rule.plus}" if rule.plus else "")
    bounds = (f" from {rule.least}" if rule.least > 1 else "") + (f" to {rule.most}" if rule.most else "")
    follows = f" as the {rule.follows}" if rule.follows else ""
    return step + bounds + follows


def size_of(rule: SizeCard | None, request: Request, chosen: Sides = (None, None)) -> Size | None:
    """(width, height) to ask the model for, or None where the input says it, or the model's own default holds.

    `chosen` are the user's own sides and win; a side left open is the native one. Policies as for frames; a request of
    one side alone keeps the native shape. Raises `Unsupported("size", ...)`.
    """
    if chosen != (None, None):
        return _chosen_size(rule, chosen)
    native = _native(rule)
    asked = _asked(request, native)
    if rule is None:
        return None if request.size_policy == "native" else asked
    if rule.times > 1 and rule.follows in request.media:
        return None  # what enlarges its input gives that input's size, whatever is asked
    if request.size_policy == "native" or asked is None:
        return native
    nearest = nearest_size(rule, asked)
    if request.size_policy == "exact" and nearest != asked:
        reason = f"{_told(asked)} asked for; the model gives {told_size(rule)}, the nearest is {_told(nearest)}"
        raise Unsupported("size", reason)
    return nearest


def _native(rule: SizeCard | None) -> Size | None:
    if rule is None:
        return None
    return rule.native if rule.native is not None else next(iter(rule.fixed), None)


def _asked(request: Request, native: Size | None) -> Size | None:
    width, height = request.width, request.height
    if width and height:
        return width, height
    if not (width or height) or native is None:
        return None
    if width:
        return width, max(1, round(width * native[1] / native[0]))
    assert height is not None
    return max(1, round(height * native[0] / native[1])), height


def _chosen_size(rule: SizeCard | None, chosen: Sides) -> Size:
    native = _native(rule)
    width, height = chosen
    if native is not None:
        width, height = width or native[0], height or native[1]
    if width is None or height is None:
        raise Unsupported("size", f"width {width} and height {height} chosen; choose both, the card has no native size")
    size = width, height
    if rule is None:
        return size
    if not rule.fixed and any(side % rule.multiple for side in size):
        nearest = nearest_size(rule, size)
        reason = f"{_told(size)} chosen; the model gives {told_size(rule)}, the nearest is {_told(nearest)}"
        raise Unsupported("size", reason)
    if rule.most_pixels is not None and width * height > rule.most_pixels:
        raise Unsupported("size", f"{_told(size)} chosen; the model gives {told_size(rule)}")
    return size


def keeps_size(rule: SizeCard | None, size: Size | None) -> bool:
    """Whether the size is one that the card names."""
    return rule is None or size is None or nearest_size(rule, size) == size


def nearest_size(rule: SizeCard, asked: Size) -> Size:
    """The allowed size nearest to `asked`: of the fixed ones by shape and then by area, else by rounding the sides."""
    if rule.fixed:
        return min(rule.fixed, key=lambda size: (_misshape(size, asked), abs(size[0] * size[1] - asked[0] * asked[1])))
    return fitted_size(rule, asked)


def fitted_size(rule: SizeCard, given: Size) -> Size:
    """`given` with both sides rounded to the rule's multiple, shrunk in its own shape where it has too many pixels."""
    step = rule.multiple
    width, height = given[0] * rule.times, given[1] * rule.times
    if rule.most_pixels is not None and width * height > rule.most_pixels:
        scale = (rule.most_pixels / (width * height)) ** 0.5
        width, height = int(width * scale), int(height * scale)
        return max(step, width // step * step), max(step, height // step * step)
    size = max(step, round(width / step) * step), max(step, round(height / step) * step)
    if rule.most_pixels is not None and size[0] * size[1] > rule.most_pixels:
        return max(step, width // step * step), max(step, height // step * step)
    return size


def _misshape(size: Size, asked: Size) -> float:
    """How far two shapes are apart: the ratio of their aspect ratios, 1 for equal ones, in steps of a hundredth."""
    ratio = size[0] * asked[1] / (size[1] * asked[0])
    return round(max(ratio, 1 / ratio), 2)


def told_size(rule: SizeCard) -> str:
    """The rule in words: "1024x576", "multiples of 16 up to 921600 pixels"."""
    return " ".join(_words(rule))


def _words(rule: SizeCard) -> Iterator[str]:
    if rule.fixed:
        yield " or ".join(_told(size) for size in rule.fixed)
        return
    yield "any size" if rule.multiple == 1 else f"multiples of {rule.multiple}"
    if rule.most_pixels is not None:
        yield f"up to {rule.most_pixels} pixels"
    if rule.follows:
        yield f"as the {rule.follows}" + (f" {rule.times} times over" if rule.times > 1 else "")


def _told(size: Size) -> str:
    return f"{size[0]}x{size[1]}"
