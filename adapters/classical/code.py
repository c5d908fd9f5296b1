"""Video through a codec and back: the baselines of learned tokenizers and autoencoders, with their true rates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import cv2
import numpy as np

from vbench_py.adapters.classical.job import Job, Stream
from vbench_py.adapters.classical.libav import CODECS, compressed
from vbench_py.types import BadMedia, UsageError

ENCODE, DECODE = "encode_code", "decode_code"
"""Phases: from RGB frames to bytes, and from bytes to RGB frames; reading and writing of files left out."""

OPERATIONS = ("code-jpeg", "code-video")


def check(parameters: Mapping[str, Any]) -> None:
    """Raises `UsageError` for an unknown codec, or a quality or rate factor that it does not have."""
    if not 1 <= parameters.get("quality", 50) <= 100:
        raise UsageError(f"quality is {parameters['quality']}; give 1 (worst) to 100")
    if "codec" in parameters:
        codec = CODECS.get(parameters["codec"])
        if codec is None:
            raise UsageError(f"codec is {parameters['codec']!r}; choose among {', '.join(CODECS)}")
        if not 0 <= parameters["crf"] <= codec.highest_crf:
            raise UsageError(f"crf is {parameters['crf']}; {codec.encoder} has 0 (best) to {codec.highest_crf}")


def stream(operation: str, job: Job, parameters: Mapping[str, Any]) -> Stream:
    """The source, encoded and decoded; size, length and rate stay.

    Provenance: `code_bytes`, the bytes of the code without a container, and `codec`, what made it.
    """
    job.require_native_size("source")
    geometry = job.geometry("source")
    provenance: dict[str, Any] = {"code_bytes": 0, "codec": {}}
    if operation == "code-jpeg":
        return Stream(_jpeg(job, parameters["quality"], provenance), geometry.fps, provenance=provenance)

    def frames() -> Iterator[np.ndarray]:
        with compressed(job.frames("source"), parameters, geometry.fps, partial(job.clock.phase, ENCODE)) as code:
            provenance.update(code_bytes=code.size, codec=code.settings)
            yield from job.clock.timed(DECODE, code.frames())

    return Stream(frames(), geometry.fps, provenance=provenance)


def _jpeg(job: Job, quality: int, provenance: dict[str, Any]) -> Iterator[np.ndarray]:
    """Each frame a baseline JPEG of its own: 4:2:0, the standard's tables scaled by `quality`, as libjpeg does."""
    provenance["codec"] = {"library": "opencv", "quality": quality, "pixel_format": "yuv420p"}
    sampling = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420]
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality, *sampling]
    for index, frame in enumerate(job.frames("source")):
        with job.clock.phase(ENCODE):
            done, code = cv2.imencode(".jpg", frame[..., ::-1], settings)
        if not done:
            raise BadMedia(f"frame {index} of {frame.shape[1]}x{frame.shape[0]} does not fit into a JPEG")
        provenance["code_bytes"] += int(code.size)
        with job.clock.phase(DECODE):
            decoded = cv2.imdecode(code, cv2.IMREAD_COLOR)
        if decoded is None:
            raise BadMedia(f"frame {index}: its JPEG cannot be decoded")
        yield np.ascontiguousarray(decoded[..., ::-1])
