"""Nouns and seams of the harness: what a sample, an output, a view and a score are, and who owes what to whom.

Plain frozen dataclasses and Protocols; imports nothing of ours, no torch, and NumPy only for type checkers, as every
verb imports this module. Arrays at the seams are NumPy: `torch.from_numpy` shares their memory, and arithmetic metrics
then never pay for importing torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np

Parameters = Mapping[str, Any]

TASKS: Mapping[str, str] = {
    "t2v": "a prompt becomes a video",
    "i2v": "a first image (and a prompt) becomes a video",
    "long_video": "a prompt or a schedule of prompts becomes a video of many windows",
    "editing": "a source video and a target prompt become an edited video",
    "vsr": "a low-resolution video becomes a high-resolution one",
    "deblurring": "a blurred video becomes a sharp one",
    "frame_interpolation": "a video with missing frames gets them back",
    "depth": "a video becomes depth for every frame",
    "novel_view_4d": "a video becomes the same moments from other cameras",
    "reconstruction": "a video goes through a codec or autoencoder and comes back",
    "customization": "reference images of a subject and a prompt become a video of that subject",
    "motion_control": "an image or prompt and a motion signal become a video that follows it",
    "storytelling": "a story becomes several shots of the same characters",
}

METRIC_ONLY_ROLES = frozenset({"target", "baseline", "depth_target", "subject_mask", "take2"})
"""Roles that no method may see: ground truth, and another run's output for the same sample and seed."""

LADDER = ("ceiling", "damage-1", "damage-2", "damage-3")
"""Controls that are made from the ground truth, and see it: the truth itself, and known damage, worse and worse."""

CONTROLS = (*LADDER, "floor")


class VbenchError(Exception):
    """An error for people: names what, where and the mend. `mend` may be empty when the message already says it."""

    def __init__(self, message: str, *, mend: str = "") -> None:
        super().__init__(f"{message}; {mend}" if mend else message)
        self.mend = mend


class UsageError(VbenchError):
    """Wrong usage (unknown name, bad flag, malformed card): exit code 2, raised before work starts."""


class BadMedia(VbenchError):
    """A video, image or array that cannot be read, or is not what was promised: becomes a row with the reason."""


class StorageError(VbenchError):
    """The results folder cannot be written (full disk, read-only): nothing can be recorded, so the command stops."""


class Unsupported(VbenchError):
    """A method cannot serve a request, or a metric an output. `field` names what stands in the way."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


@dataclass(frozen=True)
class Step:
    """One named, versioned operator of `derive` with its parameters: `Step("imresize", {"scale": 0.25})`."""

    operator: str
    parameters: Parameters = field(default_factory=dict)


@dataclass(frozen=True)
class Media:
    """A piece of media by path, or a recipe that `derive.materialise` makes into the cache. Never pixels.

    `path` is a video file, an image file, a folder of images or an .npz; `sha256` its content hash (None: not yet
    known). `steps` are applied to it in order; an empty tuple means the file itself.
    """

    path: Path
    sha256: str | None = None
    steps: tuple[Step, ...] = ()
    seed: int = 0


@dataclass(frozen=True)
class Sample:
    """One item of a suite. `id` is stable, never a position or a file name; `group` is the cluster for statistics."""

    id: str
    task: str
    prompt: str = ""
    negative_prompt: str = ""
    source_prompt: str = ""
    prompt_schedule: tuple[tuple[int, str], ...] = ()
    class_label: str = ""
    media: Mapping[str, Media] = field(default_factory=dict)
    seeds: tuple[int, ...] = (0,)
    group: str = ""
    tags: tuple[str, ...] = ()
    facts: Parameters = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What is asked of a method: a sample, a seed, parameters, and the axes that tell runs apart (step = 40000).

    `media` holds ready paths by role, without the roles that only metrics see; `frames`, `fps`, `width`, `height` are
    what the suite asks for (None: the method's native value).
    """

    sample: Sample
    seed: int
    media: Mapping[str, Path] = field(default_factory=dict)
    parameters: Parameters = field(default_factory=dict)
    axes: Parameters = field(default_factory=dict)
    frames: int | None = None
    fps: float | None = None
    width: int | None = None
    height: int | None = None
    size_policy: Literal["native", "nearest", "exact"] = "native"


@dataclass(frozen=True)
class Resolved:
    """What will really be used after the method's own rules. `group` says which requests may share a batch."""

    request: Request
    parameters: Parameters = field(default_factory=dict)
    seed_applied: bool = True
    prompt_used: str = ""
    prompt_policy: str = "verbatim"
    group: str = ""


@dataclass(frozen=True)
class Capability:
    """What one mode of a method needs and gives: its input roles and its outputs, which the plan can check."""

    mode: str
    task: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ("video",)
    deterministic: bool = False


@dataclass(frozen=True)
class Chunk:
    """Frames first..last (inclusive) became available `emitted_at` seconds after the start of generation."""

    first: int
    last: int
    emitted_at: float


@dataclass
class Generated:
    """One sample's outputs by name (video, depth, view/030, audio): files inside the folder the adapter was given."""

    resolved: Resolved
    outputs: Mapping[str, Path] = field(default_factory=dict)
    status: Literal["ok", "failed", "unsupported", "filtered"] = "ok"
    error: BaseException | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    timeline: tuple[Chunk, ...] = ()
    peak_memory_bytes: int | None = None
    encoding: str = "lossless"
    provenance: Parameters = field(default_factory=dict)


class Adapter(Protocol):
    """One way of running methods, built from a method card and the user's overrides; `plan` is pure, without torch."""

    def capabilities(self) -> list[Capability]: ...
    def plan(self, request: Request) -> Resolved: ...
    def load(self, device: str) -> None: ...
    def generate(self, batch: Sequence[Resolved], out: Sequence[Path]) -> Iterator[Generated]: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class Geometry:
    """How frames are brought to the size a network takes: a resize, then a centre crop.

    `fit`: `exact` stretches to `size` = (height, width); `short` and `long` bring that side to `size` = (side,) and
    keep the shape; `floor` makes both sides multiples of `size`. `only_shrink` leaves smaller frames as they are.
    `crop` = (height, width) is cut from the middle afterwards.
    `library` names whose pixels are meant: torch (`interpolate`, half-pixel centres: float32, not clipped), tf1
    (`resize_bilinear` with its old pixel centres: float32), pil (8-bit, always antialiased), pil-float (the same
    filter on float channels: float32), cv2 (8-bit). `clip` cuts float pixels to 0..255. `ceil` rounds the free
    side up and the crop's offset down, where the rule is otherwise torchvision's (down, and to the nearest).
    """

    size: tuple[int, ...]
    fit: Literal["exact", "short", "long", "floor"] = "exact"
    kernel: Literal["bilinear", "bicubic", "lanczos", "area"] = "bilinear"
    antialias: bool = False
    library: Literal["torch", "tf1", "pil", "pil-float", "cv2"] = "torch"
    crop: tuple[int, int] | None = None
    only_shrink: bool = False
    clip: bool = False
    ceil: bool = False


@dataclass(frozen=True)
class View:
    """How an extractor sees a stream: which frames, at which size, in which pieces.

    `unit` window: `length` consecutive frames of the sampled ones, a window starting at offset, offset + stride, ...
    (frame: length 1; pair: length 2; a whole clip of 16 is one window of length 16).
    `unit` run: one window is a whole run of the `path` (see below), or the whole clip where there is no path: for short
    runs, and for small frames such as cameras. `length` and `stride` do not matter then.
    `unit` file: the extractor gets paths and decodes by itself. `unit` text: it gets strings (a sample's prompt).
    `path` is the order in which the cells of a grid of views x time go past: time (view after view), view (moment after
    moment, each over the views), diagonal (cell k is view k at time k, both modulo their number), raster (moment after
    moment, over the views forwards and backwards in turn).
    `sampling` picks frames before windows are cut (see `features.sampling`): all, first:16, middle:8, fps:8, ...
    `geometry` None: source size, uint8.
    """

    unit: Literal["window", "run", "file", "text"] = "window"
    length: int = 1
    stride: int = 1
    offset: int = 0
    sampling: str = "all"
    geometry: Geometry | None = None
    path: Literal["", "time", "view", "diagonal", "raster"] = ""


FRAME = View()
PAIR = View(length=2)
FILE = View(unit="file")
TEXT = View(unit="text")


@dataclass(frozen=True)
class Ask:
    """What a metric asks of an extractor. Hashable: the union over the chosen metrics is a set.

    `on` are roles ("video",) ("video", "target"), texts of the sample ("prompt",), or outputs of another extractor on
    the same view, made once for the batch in hand: "flow:raft-things" is its `flow` from the first frame of each pair
    to the second, "flow:raft-things@source" that of another role, "backflow:raft-things" from second to first.
    "unit:depth" is the unit that a role's values are in, a string a window.
    `options` are sorted (name, value) pairs handed to the extractor.
    """

    extractor: str
    on: tuple[str, ...]
    view: View = FRAME
    options: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Series:
    """What an extractor gave for one output: `index` (W,) int64, each window's first source frame, and arrays (W, ...).

    For file units `index` is whatever the extractor reports (one entry a frame); for texts it is [0].
    """

    index: np.ndarray
    values: Mapping[str, np.ndarray]


class Extractor(Protocol):
    """Turns windows into small arrays. Arithmetic (PSNR, flicker, optical-flow error) is an extractor too.

    `__call__` for window units: one (B, n, H, W, C) array per role in `Ask.on`, uint8 at source size and where the
    view's geometry rounds, else float32 in 0..255, not clipped (a read-only view, windows may overlap in memory); a
    dense output comes as (B, H, W, C). Gives arrays whose first axis is B. Results must not depend on B.
    For file units: paths; gives `index` and arrays with one entry a frame. For texts: one list of B strings a role.

    Frames are (H, W, 3) uint8 for videos and masks (0 or 255), (H, W, 1) float32 for depth and (H, W, 2) for flow, NaN
    where nothing is known, (3, 7, 1) float64 [K | R t] for cameras, (N, 3, 1) float32 (x, y, visible) for tracks.

    An extractor may be fitted to the whole sequence first, in `rounds` streamed passes (an attribute, 0 without): each
    calls `fit(*windows)` and then `fitted(arrays, before) -> (k,)` with what the windows gave, in order: arrays named
    "sum_..." added over the windows, the others with the windows as first axis; `before` is the last round's answer.
    From the second round on, `fit`, and `__call__` in the end, get the answer as one more argument (B, k).

    With the attribute `unequal = True` its roles may have unlike pixel sizes, which are its own business.

    An extractor may carry `batch_windows` (after `load`): so many windows are gathered, across videos, before it is
    called; without it, windows never wait for another video. With `finite = False` NaN is an answer ("no valid pixel");
    else NaN or infinity fails the output.
    """

    def load(self, device: str) -> None: ...
    def bytes_per_window(self, shape: tuple[int, ...]) -> int: ...
    def __call__(self, *windows: Any) -> Mapping[str, np.ndarray]: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class Facts:
    """The facts a metric's card says it reads (fps, frames, seconds, timeline ...), of one output."""

    values: Parameters = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def get(self, name: str, default: Any = None) -> Any:
        return self.values.get(name, default)


@dataclass(frozen=True)
class Curve:
    """A value per window: `index` (W,) first frames, `values` (W,) floats; for plots and for the worst second."""

    index: np.ndarray
    values: np.ndarray


@dataclass(frozen=True)
class Score:
    """`value` is ranked; `details` are further numbers (margin to a threshold, counts); `curve` is by window.

    `interval` is a 95 % interval of the value, which only metrics of a set give; others get theirs from the spread of
    values.
    """

    value: float
    details: Mapping[str, float] = field(default_factory=dict)
    curve: Curve | None = None
    interval: tuple[float, float] | None = None


class Metric(Protocol):
    """One number or more for one output."""

    needs: Mapping[str, Ask]

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score: ...


@dataclass(frozen=True)
class SetRow:
    """What a set metric reads of one output or of one clip of the reference: arrays by the metric's needs."""

    sample: str
    seed: int
    group: str
    arrays: Mapping[str, Series]


class SetMetric(Protocol):
    """One number for a set: FVD, KVD, precision and recall, diversity over seeds.

    `rows` come sorted by (sample, seed): the same for any worker, order and resume. `reference` are the rows of the
    reference set for metrics whose card says `reference_set = true`, else empty. A metric whose card says
    `over = "group"` is called once for each prompt group, with its seeds.
    """

    needs: Mapping[str, Ask]

    def compute(self, rows: Sequence[SetRow], reference: Sequence[SetRow]) -> Score: ...


@dataclass(frozen=True)
class Task:
    """A unit of work handed to an engine; `id` identifies its outcome, `payload` is the worker's business."""

    id: str
    payload: Any


@dataclass(frozen=True)
class Outcome:
    """What became of a task: `value` when it went well, `error` when it did not."""

    task: Task
    value: Any = None
    error: BaseException | None = None


class Worker(Protocol):
    """Takes tasks as they come (so that it can batch across them) and yields outcomes in any order."""

    def __call__(self, tasks: Iterator[Task]) -> Iterator[Outcome]: ...
    def close(self) -> None: ...


@runtime_checkable
class Engine(Protocol):
    """Where work runs. Every task gets an outcome, retried when its worker dies; a bounded number are in flight."""

    def run(self, make_worker: Any, tasks: Iterable[Task], *, workers: int = 1) -> Iterator[Outcome]: ...
