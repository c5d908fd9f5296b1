"""Makes physics_iq_references.json: Physics-IQ's own code on seeded clips, with and without its mp4v files for masks.

python -m tests.data.make_physics_iq_references CHECKOUT, the work tree of google-deepmind/physics-IQ-benchmark@e457754.
Stand-ins replace what the measured functions do not need (plots, progress bars) and, for the exact values, OpenCV's
video files: frames are kept in memory, so that no codec stands between the reference and ours.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tests.metrics.clips import noisy, texture

FPS = 8
SCENES = ("drop", "roll")
VIEWS = ("perspective-left", "perspective-center", "perspective-right")
STORED = Path(__file__).with_name("physics_iq_references.json")
MEASURES = {
    "spatial-iou": ("spatial_iou_v1", "variance_spatial"),
    "spatiotemporal-iou": ("spatiotemporal_iou_v1", "variance_spatiotemporal_iou"),
    "weighted-spatial-iou": ("weighted_spatial_iou_v1", "variance_weighted_spatial"),
    "mse": ("v1_mse", "variance_mse"),
}


def clip(seed: int, speed: tuple[int, int], frames: int = 5 * FPS, height: int = 120, width: int = 176) -> np.ndarray:
    """A box that moves over a still texture, bouncing off the sides: (T, H, W, 3) uint8 RGB."""
    still = texture(1, height, width, seed)[0]
    box = 255 - texture(1, height // 4, width // 4, seed + 100)[0]
    rooms = (height - box.shape[0], width - box.shape[1])
    made = np.repeat(still[None], frames, axis=0)
    for t, frame in enumerate(made):
        y, x = (room - abs(step * t % (2 * room) - room) for step, room in zip(speed, rooms, strict=True))
        frame[y : y + box.shape[0], x : x + box.shape[1]] = box
    return made


def clips() -> Iterator[tuple[str, str, dict[str, np.ndarray]]]:
    """(scene, view, clips by role) of every scenario: two takes of one size and an output of another."""
    for i, scene in enumerate(SCENES):
        for j, view in enumerate(VIEWS):
            seed = 10 * i + j
            target = clip(seed, (2 + i, 5 + j))
            take2 = noisy(clip(seed, (2 + i, 5 + j + (j == 1))), 3, seed)
            video = noisy(clip(seed, (1 + i, 4 + 2 * j), height=96, width=160), 6, seed + 1)
            yield scene, view, {"video": video, "target": target, "take2": take2}


class MemoryReader:
    """`cv2.VideoCapture` of frames kept in `files`."""

    files: dict[str, list[np.ndarray]] = {}  # noqa: RUF012

    def __init__(self, path: str) -> None:
        self.frames = self.files[str(Path(path))]
        self.at = 0

    def isOpened(self) -> bool:
        return True

    def read(self) -> tuple[bool, np.ndarray | None]:
        if self.at >= len(self.frames):
            return False, None
        self.at += 1
        return True, self.frames[self.at - 1].copy()

    def get(self, what: int) -> float:
        height, width = self.frames[0].shape[:2]
        return {
            cv2.CAP_PROP_FPS: float(FPS), cv2.CAP_PROP_FRAME_WIDTH: width, cv2.CAP_PROP_FRAME_HEIGHT: height,
            cv2.CAP_PROP_FRAME_COUNT: len(self.frames),
        }[what]  # fmt: skip

    def release(self) -> None:
        """Nothing to close."""


class MemoryWriter:
    """`cv2.VideoWriter` into `MemoryReader.files`: grey frames are read back with three channels."""

    def __init__(self, path: str, *_: Any, **__: Any) -> None:
        Path(path).touch()
        self.frames = MemoryReader.files.setdefault(str(Path(path)), [])

    def write(self, frame: np.ndarray) -> None:
        self.frames.append(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))

    def release(self) -> None:
        """Nothing to close."""


def store(path: Path, frames: np.ndarray) -> None:
    """One clip under the name of `path`, in memory and as an empty file that the reference can list."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    MemoryReader.files[str(path)] = [frame[..., ::-1] for frame in frames]


def layout(root: Path) -> None:
    """All clips under the names that the reference expects."""
    for number, (scene, view, roles) in enumerate(clips(), 1):
        one, two = f"{number:04d}", f"{number + 100:04d}"
        store(root / "real" / f"{one}_testing-videos_{FPS}FPS_{view}_take-1_{scene}.mp4", roles["target"])
        store(root / "real" / f"{two}_testing-videos_{FPS}FPS_{view}_take-2_{scene}.mp4", roles["take2"])
        store(root / "generated" / f"{one}_{view}_{scene}.mp4", roles["video"])


def run(root: Path, codec: bool) -> dict[str, Any]:
    """The reference's table and total; with `codec` its masks go through its own mp4v files."""
    import binary_mask_generator as masks
    import calculate_and_write_metrics_to_csv as measures
    import calculate_iq_score as total
    import pandas as pd

    layout(root)
    real_reader, real_writer = cv2.VideoCapture, cv2.VideoWriter

    def reader(path: str) -> Any:
        """Frames in memory, or a real mask file."""
        return MemoryReader(path) if str(Path(path)) in MemoryReader.files else real_reader(path)

    cv2.VideoCapture = reader  # type: ignore[misc, assignment]
    cv2.VideoWriter = real_writer if codec else MemoryWriter  # type: ignore[misc, assignment]
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            masks.generate_binary_masks(str(root / "real"), str(root / "masks"), True)
            masks.generate_binary_masks(str(root / "generated"), str(root / "masks_generated"), False)
            measures.process_videos(
                str(root / "real"), str(root / "generated"), str(root / "masks"), str(root / "masks_generated"),
                str(root / "table.csv"), FPS,
            )  # fmt: skip
    finally:
        cv2.VideoCapture, cv2.VideoWriter = real_reader, real_writer  # type: ignore[misc]
    table = pd.read_csv(root / "table.csv").set_index("scenario")
    found: dict[str, Any] = {"total": total.calculate_iq_score(str(root / "table.csv"))[0]}
    for measure, columns in MEASURES.items():
        for kind, column in zip(("model", "takes"), columns, strict=True):
            values = {f"{s}/{v}": table.loc[f"{s}.mp4", f"{column}_{v}"] for s in SCENES for v in VIEWS}
            found[f"{kind}/{measure}"] = {
                name: float(np.mean(json.loads(value))) if isinstance(value, str) else float(str(value))
                for name, value in values.items()
            }
    return found


def main(checkout: Path) -> None:
    sys.path.insert(0, str(checkout / "code"))
    plots = {"model_to_plotting_name": None, "model_to_color": None, "FuncFormatter": None}
    for name in ("matplotlib", "matplotlib.pyplot", "matplotlib.ticker", "plot_settings"):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__dict__.update(plots)
    made = {}
    for name, codec in (("exact", False), ("mp4v", True)):
        MemoryReader.files.clear()
        with tempfile.TemporaryDirectory() as folder:
            made[name] = run(Path(folder), codec)
    STORED.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
