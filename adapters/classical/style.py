"""Learned styles painted over a video frame by frame: a real editor that knows nothing of time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vbench_py.adapters.classical.job import Job, Stream
from vbench_py.types import UsageError

OPERATIONS = ("edit-style",)
STYLES = 26
MULTIPLE = 4
"""The network halves its input twice."""
Network = Callable[[np.ndarray, np.ndarray], np.ndarray]


def network(path: Path) -> tuple[Network, str]:
    """The ONNX file at `path` ready to run, and what runs it: (1, 3, H, W) float32 in [0, 1] and style weights (26,)
    float32 -> (1, 3, H, W) float32.

    By onnxruntime where it is installed, on one thread, else by OpenCV 5. Raises `UsageError` where neither is there.
    """
    if find_spec("onnxruntime"):
        onnxruntime = import_module("onnxruntime")

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        return (
            lambda image, weights: np.asarray(session.run(None, {"image": image, "style_weights": weights})[0]),
            f"onnxruntime {onnxruntime.__version__}",
        )
    # OpenCV's older engine reads the file, and crashes on it.
    engine = getattr(cv2.dnn, "ENGINE_NEW", None)
    if engine is None or int(cv2.__version__.split(".")[0]) < 5:
        raise UsageError(f"OpenCV {cv2.__version__} cannot run {path.name}", mend="pip install onnxruntime")
    net = cv2.dnn.readNetFromONNX(str(path), engine)

    def run(image: np.ndarray, weights: np.ndarray) -> np.ndarray:
        net.setInput(image, "image")
        net.setInput(weights, "style_weights")
        return np.asarray(net.forward())

    return run, f"opencv {cv2.__version__}"


def stylised(run: Network, frame: np.ndarray, weights: np.ndarray, strength: float) -> np.ndarray:
    """(H, W, 3) uint8 -> (H, W, 3) uint8: the frame mirrored to sides of a multiple of 4, painted, cropped, mixed."""
    height, width = frame.shape[:2]
    edges = ((0, -height % MULTIPLE), (0, -width % MULTIPLE), (0, 0))
    padded = np.pad(frame, edges, mode="symmetric").astype(np.float32) / 255
    painted = run(np.ascontiguousarray(padded.transpose(2, 0, 1))[None], weights)[0].transpose(1, 2, 0)
    painted = painted[:height, :width] * 255
    mixed = frame + strength * (painted - frame)
    return np.asarray(np.clip(np.rint(mixed), 0, 255), np.uint8)


def check(parameters: Mapping[str, Any]) -> None:
    """Raises `UsageError` for a style outside 0 to 25 or a strength outside [0, 1]."""
    if not 0 <= parameters["style"] < STYLES:
        raise UsageError(f"style is {parameters['style']}; give 0 to {STYLES - 1}")
    if not 0 <= parameters["strength"] <= 1:
        raise UsageError(f"strength is {parameters['strength']}; give a share between 0 and 1")


def stream(operation: str, job: Job, parameters: Mapping[str, Any]) -> Stream:
    """The source's frames in the style of that number, whatever the prompt says; size, length and rate stay."""
    job.require_native_size("source")
    (path,) = job.weights.values()
    run, runtime = network(path)
    weights = np.eye(STYLES, dtype=np.float32)[parameters["style"]]

    def frames() -> Iterator[np.ndarray]:
        for frame in job.frames("source"):
            yield stylised(run, frame, weights, parameters["strength"])

    return Stream(frames(), job.geometry("source").fps, provenance={"runtime": runtime})
