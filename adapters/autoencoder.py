"""Video autoencoders as methods of reconstruction: encoded, decoded, and told how large the latents are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vbench_py.adapters.classical.job import Job
from vbench_py.adapters.hub_cache import lacking
from vbench_py.adapters.modes import capabilities, checked_options, choose_mode, resolve
from vbench_py.adapters.outputs import Clock, each, write_frames
from vbench_py.adapters.precomputed import fingerprint
from vbench_py.cards import MethodCard
from vbench_py.types import Capability, Generated, Request, Resolved, Unsupported, UsageError

if TYPE_CHECKING:
    from vbench_py.adapters.autoencoder_network import Network

CHOICES: Mapping[str, tuple[str, ...]] = {
    "dtype": ("float32", "float16", "bfloat16"),
    "posterior": ("mode", "sample"),
    "padding": ("edge", "refuse"),
}
ENCODE, DECODE = "encode_code", "decode_code"
"""Phases: from RGB frames to latents, and from latents to RGB frames, on the device; files left out."""


class Autoencoder:
    """Options: `network`, a class of diffusers whose encoder gives a distribution; its checkpoint `repo`, `revision`,
    `subfolder` or a local `folder`; `dtype`, `tiling`; `posterior` mode (the same latents each time) or sample.

    The network takes `frames_multiple` k + 1 frames and sides that are multiples of `sides_multiple`. With `padding`
    edge the last frame and the last row and column are repeated up to that and cut off after decoding; with refuse such
    a video is unsupported. `window` > 0 cuts the video into windows of so many frames that know nothing of each other;
    0 takes it whole. `decode_timestep` goes to decoders that have a timestep, and to no other.
    """

    def __init__(self, card: MethodCard, options: Mapping[str, Any]) -> None:
        self.card = card
        self.options = checked_options(card, options)
        for name, choices in CHOICES.items():
            if self.options[name] not in choices:
                raise UsageError(f"method {card.id}: {name} is {self.options[name]!r}; choose {' or '.join(choices)}")
        for name, least in (("frames_multiple", 1), ("sides_multiple", 1), ("window", 0)):
            if self.options[name] < least:
                raise UsageError(f"method {card.id}: {name} is {self.options[name]}; give {least} at least")
        self.network: Network | None = None

    def identity(self) -> dict[str, Any]:
        """The options without the folder's place, and a fingerprint of its files."""
        folder = Path(self.options["folder"]).expanduser() if self.options["folder"] else None
        return {**self._told(), "folder": fingerprint(folder) if folder and folder.is_dir() else ""}

    def capabilities(self) -> list[Capability]:
        return capabilities(self.card)

    def missing(self) -> str:
        """The repository, where its weights are neither a folder nor in the hub's cache; else ""."""
        if self.options["folder"]:
            return ""
        subfolder = self.options.get("subfolder") or ""
        name = lacking(self.options["repo"], self.options.get("revision") or "", f"{subfolder}/config.json".lstrip("/"))
        return f"{name} not in the hub's cache" if name else ""

    @staticmethod
    def faults(card: MethodCard) -> Iterator[str]:
        """What is wrong with a card for this adapter, for `vbench-py check`: checkpoint, window."""
        options = card.defaults
        if not (options.get("repo") or options.get("folder")):
            yield "it names neither repository nor folder"
        window, step = options.get("window", 0), options.get("frames_multiple", 1)
        if window and (window - 1) % step:
            yield f"window {window} is not {step}k+1"

    def plan(self, request: Request) -> Resolved:
        """The options; opens no file. Raises `Unsupported` for another task or a missing role."""
        choose_mode(self.card, request)
        return resolve(self.card, request, self._told(), seed_applied=self.options["posterior"] == "sample")

    def load(self, device: str) -> None:
        """Loads the network. Raises `CheckpointUnavailable` where its weights are not to be had."""
        try:
            from vbench_py.adapters.autoencoder_network import Network
        except ImportError as error:
            mend = "pip install 'vbench-py[diffusers]'"
            raise UsageError(f"method {self.card.id} runs through diffusers: {error}", mend=mend) from error
        self.network = Network(f"method {self.card.id}", self.options, device)

    def generate(self, batch: Sequence[Resolved], out: Sequence[Path]) -> Iterator[Generated]:
        return each(batch, out, self._one)

    def close(self) -> None:
        """Lets the network go."""
        self.network = None

    def _told(self) -> dict[str, Any]:
        return {name: Path(value).name if name == "folder" else value for name, value in self.options.items()}

    def _one(self, resolved: Resolved, folder: Path) -> Generated:
        job = Job(resolved.request, Clock())
        job.require_native_size("source")
        geometry = job.geometry("source")
        provenance: dict[str, Any] = {}
        self._of_allowed_shape(geometry.frames, geometry.height, geometry.width)
        frames = self._frames(job, provenance)
        made = write_frames(resolved, folder, frames, fps=geometry.fps, clock=job.clock)
        made.provenance = provenance
        made.peak_memory_bytes = provenance.pop("peak_memory_bytes")
        return made

    def _of_allowed_shape(self, frames: int, height: int, width: int) -> None:
        if self.options["padding"] == "edge":
            return
        step, multiple = self.options["frames_multiple"], self.options["sides_multiple"]
        if (frames - 1) % step:
            raise Unsupported("frames", f"the source has {frames}; the network takes {step}k+1 (padding is refuse)")
        if height % multiple or width % multiple:
            reason = f"the source is {width}x{height}; the network takes multiples of {multiple} (padding is refuse)"
            raise Unsupported("size", reason)

    def _frames(self, job: Job, provenance: dict[str, Any]) -> Iterator[np.ndarray]:
        """The source's frames as they come back; `provenance` is full when they all have.

        `code_bytes` are the latents' elements times the bytes of their type, as the network hands them over: nothing is
        quantised or entropy-coded, so that codecs' bytes are no like for like. `compression_ratio` is the source's
        8-bit values (frames x height x width x 3) for each latent element, and `byte_ratio` their bytes for each byte.
        """
        network = self.network
        assert network is not None, "load() comes first"
        network.begin(job.request.seed)
        values = 0
        shapes: list[list[int]] = []
        padded: list[list[int]] = []
        for window in windows(job.frames("source"), self.options["window"]):
            with job.clock.phase(ENCODE):
                latents, added = network.encode(window)
            with job.clock.phase(DECODE):
                back = network.decode(latents, window.shape, added)
            values += window.size
            shapes.append(list(latents.shape[1:]))
            padded.append(list(added))
            yield from back
        elements = sum(int(np.prod(shape)) for shape in shapes)
        provenance.update(
            code_bytes=elements * network.bytes_per_element,
            latent_shape=shapes[0],
            latent_windows=len(shapes),
            latent_dtype=self.options["dtype"],
            compression_ratio=values / elements,
            byte_ratio=values / (elements * network.bytes_per_element),
            padded=padded[-1],
            peak_memory_bytes=network.peak(),
        )


def windows(frames: Iterator[np.ndarray], length: int) -> Iterator[np.ndarray]:
    """Arrays (n, H, W, 3) of `length` frames in turn, the last one shorter; 0: one array of them all."""
    held: list[np.ndarray] = []
    for frame in frames:
        held.append(frame)
        if len(held) == length:
            yield np.stack(held)
            held = []
    if held:
        yield np.stack(held)
