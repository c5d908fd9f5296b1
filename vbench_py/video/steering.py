"""What steers a generation over time: actions a frame, and prompts with the frame at which each begins."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vbench_py.types import BadMedia
from vbench_py.video.npz import member_names, small_member, whole_member
from vbench_py.video.npz_write import label, write_npz
from vbench_py.video.opening import check_present
from vbench_py.video.storage import writing

_ACTIONS = "store `actions` (T, A) finite floats and `names` (A,) strings that differ"
_SCHEDULE = "store a list of [frame, prompt], frames as whole numbers that rise from 0, prompts that say something"


@dataclass(frozen=True)
class Actions:
    """`actions` (T, A) float64, one row a frame, one column for each of `names`."""

    actions: np.ndarray
    names: tuple[str, ...]


def read_actions(path: Path | str) -> Actions:
    """Actions of an .npz with `actions` (T, A) floats and `names` (A,) strings. Raises BadMedia."""
    path = Path(path)
    check_present(path)
    missing = {"actions", "names"} - set(member_names(path))
    if missing:
        raise BadMedia(f"{path}: has no {' and no '.join(sorted(missing))}", mend=_ACTIONS)
    names = small_member(path, "names")
    return _checked(path, whole_member(path, "actions"), names.tolist() if names.dtype.kind == "U" else None)


def write_actions(path: Path | str, actions: np.ndarray, names: Sequence[str]) -> None:
    """Write (T, A) floats and their names as .npz.

    Raises BadMedia for what `read_actions` would refuse, StorageError.
    """
    found = _checked(Path(path), actions, list(names))
    write_npz(Path(path), {"actions": found.actions, "names": label(found.names)})


def read_schedule(path: Path | str) -> tuple[tuple[int, str], ...]:
    """(frame, prompt) pairs of a .json list; each prompt holds from its frame to the next one's. Raises BadMedia."""
    path = Path(path)
    check_present(path)
    try:
        found = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadMedia(f"{path}: is no JSON ({error})", mend=_SCHEDULE) from error
    return _checked_schedule(path, found)


def write_schedule(path: Path | str, schedule: Sequence[tuple[int, str]]) -> None:
    """Write (frame, prompt) pairs as .json. Raises BadMedia for what `read_schedule` would refuse, StorageError."""
    path = Path(path)
    pairs = _checked_schedule(path, [list(pair) for pair in schedule])
    with writing(path) as part:
        part.write_text(json.dumps(pairs, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _checked(path: Path, actions: np.ndarray, names: Any) -> Actions:
    if actions.ndim != 2 or min(actions.shape) < 1 or actions.dtype.kind != "f":
        raise BadMedia(f"{path}: actions of shape {actions.shape}, dtype {actions.dtype}", mend=_ACTIONS)
    if not isinstance(names, list) or len(names) != actions.shape[1] or len(set(names)) != len(names):
        raise BadMedia(f"{path}: names {names!r} for {actions.shape[1]} actions", mend=_ACTIONS)
    bad = ~np.isfinite(actions)
    if bad.any():
        frame, column = np.argwhere(bad)[0]
        raise BadMedia(f"{path}: {names[column]} is {actions[frame, column]} in frame {frame}", mend=_ACTIONS)
    return Actions(actions.astype(np.float64), tuple(names))


def _checked_schedule(path: Path, found: Any) -> tuple[tuple[int, str], ...]:
    if not isinstance(found, list) or not found:
        raise BadMedia(f"{path}: no list of prompts", mend=_SCHEDULE)
    pairs: list[tuple[int, str]] = []
    for index, entry in enumerate(found):
        frame, prompt = entry if isinstance(entry, list) and len(entry) == 2 else (None, None)
        if type(frame) is not int or not isinstance(prompt, str) or not prompt.strip():
            raise BadMedia(f"{path}: entry {index} is {json.dumps(entry)[:80]}", mend=_SCHEDULE)
        if frame <= pairs[-1][0] if pairs else frame != 0:
            before = f"after frame {pairs[-1][0]}" if pairs else "at the beginning"
            raise BadMedia(f"{path}: entry {index} begins at frame {frame}, {before}", mend=_SCHEDULE)
        pairs.append((frame, prompt))
    return tuple(pairs)
