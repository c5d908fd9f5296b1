"""Sharpening of single frames without learned weights: the baselines of deblurring."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

import cv2
import numpy as np
import scipy.fft

from vbench_py.adapters.classical.blur import blur_sigma
from vbench_py.adapters.classical.job import Job, Stream
from vbench_py.types import UsageError

PSFS = ("estimated", "gaussian", "linear")
FRAMES_ESTIMATED = 8


def unsharp_mask(frame: np.ndarray, *, sigma: float, amount: float) -> np.ndarray:
    """Adds `amount` times the difference to a Gaussian blur of `sigma` pixels. (H, W, 3) uint8 -> (H, W, 3) uint8."""
    pixels = frame.astype(np.float32)
    detail = pixels - cv2.GaussianBlur(pixels, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    return _rounded(pixels + amount * detail)


def wiener(
    frame: np.ndarray, *, psf: str, sigma: float, length: float, angle: float, noise_to_signal: float
) -> np.ndarray:
    """Wiener deconvolution with a known point-spread function and a flat noise-to-signal power ratio. Shapes as above.

    Filter conj(P) / (|P|^2 + noise_to_signal), each channel by itself, in float32, mirrored beyond the border.
    """
    kernel = point_spread(psf, sigma=sigma, length=length, angle=angle)
    margin = max(16, 2 * kernel.shape[0])
    height, width = frame.shape[0] + 2 * margin, frame.shape[1] + 2 * margin
    rows, columns = scipy.fft.next_fast_len(height, real=True), scipy.fft.next_fast_len(width, real=True)
    edges = ((margin, rows - height + margin), (margin, columns - width + margin), (0, 0))
    padded = np.pad(frame.astype(np.float32), edges, mode="symmetric")
    centred = np.zeros((rows, columns), np.float32)
    centred[: kernel.shape[0], : kernel.shape[1]] = kernel
    centred = np.roll(centred, (-(kernel.shape[0] // 2), -(kernel.shape[1] // 2)), axis=(0, 1))
    spread = scipy.fft.rfft2(centred)
    inverse = np.conj(spread) / (np.abs(spread) ** 2 + np.float32(noise_to_signal))
    spectrum = scipy.fft.rfft2(padded, axes=(0, 1)) * inverse[..., None]
    restored = scipy.fft.irfft2(spectrum, s=(rows, columns), axes=(0, 1))
    # The ratio damps the mean level as well, by 1 / (1 + ratio): put it back.
    restored *= 1 + noise_to_signal
    return _rounded(restored[margin : margin + frame.shape[0], margin : margin + frame.shape[1]])


def point_spread(psf: str, *, sigma: float, length: float, angle: float) -> np.ndarray:
    """(k, k) float32 of sum 1, k odd: a Gaussian of `sigma` pixels, or a line of `length` pixels at `angle` degrees.

    The angle counts anticlockwise from the horizontal, as in MATLAB's fspecial("motion").
    """
    if psf == "gaussian":
        radius = max(1, int(np.ceil(4 * sigma)))
        profile = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
        kernel = np.outer(profile, profile)
    else:
        radius = max(1, int(np.ceil(length / 2)))
        y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1].astype(np.float64)
        along = x * np.cos(np.radians(angle)) - y * np.sin(np.radians(angle))
        across = x * np.sin(np.radians(angle)) + y * np.cos(np.radians(angle))
        beyond = np.maximum(np.abs(along) - (length - 1) / 2, 0)
        kernel = np.maximum(0, 1 - np.hypot(across, beyond))
    return (kernel / kernel.sum()).astype(np.float32)


OPERATIONS: Mapping[str, Callable[..., np.ndarray]] = {"deblur-unsharp-mask": unsharp_mask, "deblur-wiener": wiener}


def check(parameters: Mapping[str, Any]) -> None:
    """Raises `UsageError` for an unknown point-spread function, or a width or ratio that is not positive."""
    if parameters.get("psf", PSFS[0]) not in PSFS:
        raise UsageError(f"psf is {parameters['psf']!r}; choose among {', '.join(PSFS)}")
    for name in ("sigma", "length", "noise_to_signal"):
        if parameters.get(name, 1.0) <= 0:
            raise UsageError(f"{name} is {parameters[name]}; give a number above 0")


def stream(operation: str, job: Job, parameters: Mapping[str, Any]) -> Stream:
    """The source's frames, each sharpened by itself; size, length and rate stay.

    With the point-spread function `estimated`, one Gaussian is measured on the clip's first frames and serves all, so
    that nothing flickers; a clip that measures sharp passes as it is.
    """
    job.require_native_size("source")
    sharpen = OPERATIONS[operation]

    def frames() -> Iterator[np.ndarray]:
        source, settings = job.frames("source"), dict(parameters)
        if settings.get("psf") == "estimated":
            first = list(islice(source, FRAMES_ESTIMATED))
            source = chain(first, source)
            settings |= {"psf": "gaussian", "sigma": blur_sigma(first)}
            if settings["sigma"] == 0:
                yield from source
                return
        for frame in source:
            yield sharpen(frame, **settings)

    return Stream(frames(), job.geometry("source").fps)


def _rounded(pixels: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
