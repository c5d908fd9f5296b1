"""Camera trajectories: where cameras stand, poses as seen from the first one, angles between them, common scales."""

from __future__ import annotations

import numpy as np


def camera_to_world(world_to_camera: np.ndarray) -> np.ndarray:
    """Rigid inverse of (T, 3, 4) poses; NaN stays NaN."""
    rotations = world_to_camera[:, :, :3].transpose(0, 2, 1)
    centres = -np.einsum("tij,tj->ti", rotations, world_to_camera[:, :, 3])
    return np.concatenate([rotations, centres[:, :, None]], axis=2)


def from_first(poses: np.ndarray) -> np.ndarray:
    """Camera-to-world poses (T, 3, 4) with the first camera as the world: the first is exactly the identity."""
    back = poses[0, :, :3].T
    rotations = back @ poses[:, :, :3]
    centres = (poses[:, :, 3] - poses[0, :, 3]) @ back.T
    moved = np.concatenate([rotations, centres[:, :, None]], axis=2)
    moved[0] = np.where(np.isfinite(poses[0]), np.eye(3, 4), np.nan)
    return np.asarray(moved)


def angles(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Angle between rotations (T, 3, 3) each, in radians 0..pi: (T,); exactly 0 for equal ones.

    The arc cosine of (trace - 1) / 2 that papers write, in a form that keeps its digits for small angles.
    """
    half_sine = np.linalg.norm(first - second, axis=(1, 2)) / np.sqrt(8)
    trace = np.einsum("tij,tij->t", first, second)
    return np.asarray(2 * np.arctan2(half_sine, np.sqrt(np.maximum(1 + trace, 0)) / 2))


def largest_norm(centres: np.ndarray) -> float:
    """The largest distance from the origin of (T, 3) places."""
    return float(np.linalg.norm(centres, axis=1).max())


def least_norm_scale(centres: np.ndarray, truth: np.ndarray) -> float:
    """The c that makes the sum over t of |truth_t - c centres_t| smallest, (T, 3) each; 1 where all centres are 0.

    Each term is smallest at its own c, so the sum's place lies between them; its slope only rises, and is halved in on.
    """
    squares = np.einsum("ti,ti->t", centres, centres)
    there = squares > 0
    if not there.any():
        return 1.0
    own = np.einsum("ti,ti->t", centres, truth)[there] / squares[there]
    low, high = float(own.min()), float(own.max())
    for _ in range(200):
        middle = (low + high) / 2
        apart = middle * centres[there] - truth[there]
        lengths = np.linalg.norm(apart, axis=1)
        slopes = np.einsum("ti,ti->t", apart, centres[there]) / np.where(lengths > 0, lengths, np.inf)
        if not low < middle < high:
            break
        low, high = (low, middle) if slopes.sum() > 0 else (middle, high)
    return (low + high) / 2
