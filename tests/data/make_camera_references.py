"""Makes camera_references.json: camera errors of seeded trajectories by the references' own functions.

python -m tests.data.make_camera_references CAMI2V WORLDSCORE, where CAMI2V is a checkout of ZGCTroy/CamI2V@c5d7b2f and
WORLDSCORE the text of WorldScore's camera error metric (`get_cameras_accuracy`); needs torch and cvxpy 1.9.3. Only the
functions are run, not the estimators around them.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any, Literal

import numpy as np

FOLDER = Path(__file__).parent
CAMI2V = ("relative_pose", "rt34_to_44", "normalize_t", "calc_roterr", "calc_transerr", "calc_cammc", "metric")
WORLDSCORE = ("compare_rotations", "get_cameras_accuracy")


def trajectories(seed: int, frames: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """World-to-camera poses (T, 3, 4) of an output, as asked: a curve, and it with noise and another scale."""
    stream = np.random.RandomState(seed)
    steps = 0.15 * stream.standard_normal((frames, 6)).cumsum(axis=0)
    asked = np.stack([_pose(step[:3], step[3:]) for step in steps])
    noise = 0.05 * stream.standard_normal((frames, 6))
    made = np.stack([_pose(a[:3] + b[:3], 0.4 * a[3:] + b[3:]) for a, b in zip(steps, noise, strict=True)])
    return made, asked


def _pose(turn: np.ndarray, place: np.ndarray) -> np.ndarray:
    """[R | t] with R by Rodrigues' formula."""
    angle = float(np.linalg.norm(turn))
    x, y, z = turn / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    rotation = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return np.concatenate([rotation, place[:, None]], axis=1)


def functions(texts: list[str], names: tuple[str, ...], known: dict[str, Any]) -> dict[str, Any]:
    """The functions of these names, and nothing else, of source texts."""
    for text in texts:
        parts = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name in names]
        exec(compile(ast.Module(parts, []), "reference", "exec"), known)
    return known


def main(cami2v: Path, worldscore: Path) -> None:
    import cvxpy
    import torch

    folder = cami2v / "evaluation"
    texts = [(folder / name).read_text() for name in ("utils/common.py", "glomap_evaluation.py")]
    theirs = functions(texts, CAMI2V, {"torch": torch, "Tensor": torch.Tensor, "Literal": Literal})
    other = functions([worldscore.read_text()], WORLDSCORE, {"torch": torch, "np": np, "cp": cvxpy})
    found = []
    for seed in range(4):
        poses = []
        for world_to_camera in trajectories(seed):
            square = theirs["rt34_to_44"](torch.from_numpy(world_to_camera))
            poses.append(theirs["relative_pose"](square.inverse(), mode="left"))
        made, asked = poses
        names = ("rot", "trans", "cammc", "trans-truth", "cammc-truth")
        numbers = dict(zip(names, theirs["metric"](asked.clone(), made.clone()), strict=True))
        with contextlib.redirect_stdout(io.StringIO()):
            rotation, translation = other["get_cameras_accuracy"](
                made[:, :3, :3], asked[:, :3, :3], made[:, :3, 3], asked[:, :3, 3]
            )
        found.append({"cami2v": numbers, "worldscore": {"rot": rotation, "trans": translation}})
    (FOLDER / "camera_references.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
