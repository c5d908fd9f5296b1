"""Metrics of grids: cells against torchmetrics and lpips' card, runs as plain I3D, views of scenes that are known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from tests.metrics.clips import blurred, noisy, texture
from tests.metrics.parity import agree
from tests.metrics.running import METRICS, arrays, build, entry, metric, score
from vbench_py.features.geometry import apply
from vbench_py.metrics.extractors.reprojection import Reprojection, bilinear
from vbench_py.types import BadMedia, Facts, Score, Series, SetRow, Unsupported

CELLS = ["psnr-4d", "ssim-4d", "lpips-alex-4d", "lpips-vgg-4d", "clip-i-4d"]
RUNS = {"fvd-f": "time", "fvd-v": "view", "fvd-diag": "diagonal", "fv4d": "raster"}
METRES = np.array(["metres"] * 8)
HEIGHT, WIDTH, FOCAL = 60, 80, 70.0


def of_cells(name: str, views: np.ndarray, target: np.ndarray) -> Score:
    """The score of cells (N, H, W, 3) against true ones."""
    roles = {"views": views, "target": target}
    arrays = {}
    for need, ask in metric(name).needs.items():
        windows = [apply(ask.view.geometry, roles[role])[:, None] for role in ask.on]
        arrays[need] = Series(np.arange(len(views)), build(ask)(*windows))
    return metric(name).score(arrays, Facts({}))  # type: ignore[no-any-return]


def pair() -> tuple[np.ndarray, np.ndarray]:
    target = texture(6, 48, 64)
    return noisy(blurred(target, 1), 12), target


def test_psnr_is_that_of_torchmetrics() -> None:
    import torch
    from torchmetrics.functional.image import peak_signal_noise_ratio

    views, target = pair()
    both = [torch.from_numpy(cells).permute(0, 3, 1, 2).double() / 255 for cells in (views, target)]
    theirs = [float(peak_signal_noise_ratio(a, b, data_range=1.0)) for a, b in zip(*both, strict=True)]
    agree(of_cells("psnr-4d", views, target).value, np.mean(theirs), of="psnr-4d", stage="whole", atol=1e-5)


def test_ssim_is_that_of_scikit_image() -> None:
    from skimage.metrics import structural_similarity

    views, target = pair()
    settings = {"channel_axis": -1, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    theirs = [
        structural_similarity(a / 255, b / 255, data_range=1, **settings) for a, b in zip(views, target, strict=True)
    ]
    agree(of_cells("ssim-4d", views, target).value, np.mean(theirs), of="ssim-4d", stage="whole", atol=1e-5)


def test_ssim_is_the_inner_part_of_the_map_of_torchmetrics() -> None:
    import torch
    from torchmetrics.functional.image import structural_similarity_index_measure

    views, target = pair()
    both = [torch.from_numpy(cells).permute(0, 3, 1, 2).double() / 255 for cells in (views, target)]
    _, maps = structural_similarity_index_measure(*both, data_range=1.0, return_full_image=True)
    ours, theirs = of_cells("ssim-4d", views, target).value, float(maps[..., 5:-5, 5:-5].mean())
    agree(ours, theirs, of="ssim-4d", stage="whole", against="torchmetrics==1.9.0", atol=1e-5)


@pytest.mark.parametrize(("name", "plain"), [("lpips-alex-4d", "lpips-alex"), ("lpips-vgg-4d", "lpips-vgg")])
def test_lpips_asks_as_for_videos(name: str, plain: str) -> None:
    (ours,), (theirs,) = metric(name).needs.values(), metric(plain).needs.values()
    assert (ours.extractor, ours.options, ours.view.geometry) == (
        theirs.extractor,
        theirs.options,
        theirs.view.geometry,
    )
    assert ours.on == ("views", "target")


def test_clip_i_is_the_mean_cosine() -> None:
    features = np.random.RandomState(0).standard_normal((2, 5, 8))
    arrays = {
        role: Series(np.arange(5), {"features": f}) for role, f in zip(("views", "target"), features, strict=True)
    }
    expected = [float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)) for a, b in zip(*features, strict=True)]
    made = metric("clip-i-4d").score(arrays, Facts({}))
    agree(made.value, np.mean(expected), of="clip-i-4d", stage="algebra", against="its formula", atol=1e-12)
    short = Series(np.arange(4), {"features": features[1][:4]})
    with pytest.raises(BadMedia, match="5 cells"):
        metric("clip-i-4d").score({**arrays, "target": short}, Facts({}))


@pytest.mark.parametrize("name", CELLS)
def test_cells_pass_view_after_view(name: str) -> None:
    assert all((ask.view.unit, ask.view.path) == ("window", "time") for ask in metric(name).needs.values())


@pytest.mark.parametrize("name", CELLS)
def test_the_truth_is_perfect_and_noise_is_worse(name: str) -> None:
    _, target = pair()
    found = [of_cells(name, noisy(target, amplitude), target).value for amplitude in (0, 8, 40)]
    lower = METRICS[name].direction == "lower"
    assert found == sorted(found, reverse=not lower)
    assert found[0] == pytest.approx({"psnr-4d": 100.0}.get(name, 0.0 if lower else 1.0), abs=1e-5)


def runs(count: int, frames: int, seed: int = 0) -> np.ndarray:
    """(B, n, 224, 224, 3) uint8."""
    return np.stack([texture(frames, 224, 224, seed + i) for i in range(count)])


@pytest.mark.parametrize("name", RUNS)
def test_runs_follow_their_path(name: str) -> None:
    (ask,) = metric(name).needs.values()
    assert (ask.view.unit, ask.view.path, ask.on) == ("run", RUNS[name], ("views",))
    assert dict(ask.options) == {"short_orbit": METRICS[name].protocol["short_orbit"]}
    assert ask.view.geometry == metric("fvd").needs["windows"].view.geometry


def test_a_run_is_a_clip_of_i3d() -> None:
    clips = runs(1, 10)
    run, plain = build(metric("fvd-v").needs["windows"]), build(metric("fvd").needs["windows"])
    agree(run(clips)["logits"], plain(clips)["logits"], of="i3d-run", stage="network", against="i3d-k400", atol=0)


def test_a_short_orbit_goes_round_again() -> None:
    orbit = runs(1, 4)
    again = orbit[:, [0, 1, 2, 3, 0, 1, 2, 3, 0]]
    run = build(metric("fvd-v").needs["windows"])
    np.testing.assert_array_equal(run(orbit)["logits"], run(again)["logits"])
    with pytest.raises(Unsupported, match="at least 9 frames, not 4"):
        build(metric("fvd-f").needs["windows"])(orbit)


@pytest.mark.parametrize("name", RUNS)
def test_the_distance_is_that_of_fvd(name: str) -> None:
    """Of vectors, several a grid where the card says so; true grids against themselves are at 0."""
    from tests.metrics.set_clouds import compute

    stream = np.random.RandomState(0)
    made, real = stream.standard_normal((2, 3, 5, 40))

    def rows(values: np.ndarray) -> list[SetRow]:
        return [
            SetRow(f"s{i}", 0, f"s{i}", {"windows": Series(np.arange(5), {"logits": grid})})
            for i, grid in enumerate(values)
        ]

    judge = entry(METRICS[name].entry)(METRICS[name], METRICS[name].protocol)
    ours = judge.compute(rows(made), rows(real)).value
    theirs = compute("fvd", made, real).value
    agree(ours, theirs, of=name, stage="algebra", against="fvd", rtol=1e-12)
    assert judge.compute(rows(real), rows(real)).value == pytest.approx(0, abs=1e-9)


def camera(azimuth: float) -> np.ndarray:
    """(3, 7) [K | R t] of a camera at distance 4 from the origin that looks at it from this side, in radians."""
    c, s = np.cos(azimuth), np.sin(azimuth)
    rotation = np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])
    intrinsics = np.array([[FOCAL, 0, WIDTH / 2], [0, FOCAL, HEIGHT / 2], [0, 0, 1]])
    return np.concatenate([intrinsics, rotation, [[0], [0], [4.0]]], axis=1)


def shown(matrix: np.ndarray, ball: bool = True, moment: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """A wall, with a ball before it, as the camera sees them: (H, W, 3) uint8 and depth (H, W, 1) float32."""
    columns, rows = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    rays = np.stack([columns, rows, np.ones_like(columns)], -1) @ np.linalg.inv(matrix[:, :3]).T
    rotation, place = matrix[:, 3:6], -matrix[:, 3:6].T @ matrix[:, 6]
    towards = rays @ rotation
    wall = (1.5 - place[2]) / towards[..., 2]
    middle = np.array([0.4 * np.sin(moment), 0.0, 0.0])
    a = (towards**2).sum(-1)
    b = towards @ (place - middle)
    root = b * b - a * (((place - middle) ** 2).sum() - 0.36)
    near = np.where(root > 0, (-b - np.sqrt(np.maximum(root, 0))) / a, np.inf)
    ours = (near < wall) & ball
    depth = np.where(ours, near, wall)
    points = place + towards * depth[..., None] - np.where(ours[..., None], middle, 0)
    x, y, z = (4 * points).transpose(2, 0, 1)
    colour = [np.sin(x + phase) * np.cos(1.3 * y - phase) + np.sin(z * ours + phase) for phase in (0.0, 1.0, 2.0)]
    levels = 127.5 + 60 * np.stack(colour, axis=-1)
    return np.rint(levels).astype(np.uint8), depth[..., None].astype(np.float32)


def grid(moments: int = 2, views: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Runs over views: (moments, V, H, W, 3), depth (moments, V, H, W, 1), cameras (moments, V, 3, 7, 1)."""
    cameras = np.stack([camera(0.15 * v) for v in range(views)])
    cells = [[shown(matrix, moment=t) for matrix in cameras] for t in range(moments)]
    colours, depths = (np.array([[cell[part] for cell in row] for row in cells]) for part in (0, 1))
    return colours, depths, np.broadcast_to(cameras[None, ..., None], (moments, views, 3, 7, 1))


def consistency(views: np.ndarray, depth: np.ndarray, cameras: np.ndarray) -> Score:
    judge = metric("cross-view-consistency")
    found = build(judge.needs["runs"])(views, depth, cameras, METRES[: len(views)])
    return judge.score({"runs": Series(np.arange(len(views)), found)}, Facts({}))  # type: ignore[no-any-return]


def test_true_views_agree_up_to_reading_between_pixels() -> None:
    made = consistency(*grid())
    assert 45 < made.value < 55 and made.details["mean_absolute"] < 2
    assert 0.6 < made.details["valid_share"] < 0.95 and made.details["moments_left_out"] == 0


def test_what_is_hidden_in_the_other_view_does_not_count() -> None:
    views, depth, cameras = grid()
    loose = Reprojection({"tolerance": 10.0, "closed": False}, {})(views, depth, cameras, METRES[:2])
    assert loose["psnr"].max() < 30 < consistency(views, depth, cameras).value


def test_views_that_disagree_are_worse() -> None:
    views, depth, cameras = grid()
    found = [consistency(noisy(views, amplitude), depth, cameras).value for amplitude in (0, 4, 16, 48)]
    assert found == sorted(found, reverse=True)
    shifted = views.copy()
    shifted[:, 1::2] = np.roll(shifted[:, 1::2], 3, axis=3)
    repeated = np.broadcast_to(views[:, :1], views.shape)
    assert max(consistency(shifted, depth, cameras).value, consistency(repeated, depth, cameras).value) < found[0] - 8


def test_moments_do_not_mix_and_batches_do_not_matter() -> None:
    views, depth, cameras = grid(3)
    whole = consistency(views, depth, cameras)
    assert whole.curve is not None
    for t in range(3):
        alone = consistency(views[t : t + 1], depth[t : t + 1], cameras[t : t + 1])
        assert alone.value == whole.curve.values[t]


def test_a_closed_orbit_has_a_pair_more() -> None:
    views, depth, cameras = grid(1, 3)
    cameras = np.concatenate([cameras[:, :2], cameras[:, :1]], axis=1)
    views, depth = views[:, [0, 1, 0]], depth[:, [0, 1, 0]]
    made = Reprojection({"tolerance": 0.02, "closed": True}, {})(views, depth, cameras, METRES[:1])
    open_ = Reprojection({"tolerance": 0.02, "closed": False}, {})(views, depth, cameras, METRES[:1])
    assert made["psnr"][0] > open_["psnr"][0] + 10, "the last view is the first: that pair agrees fully"


def test_unknown_depth_does_not_count() -> None:
    views, depth, cameras = grid(1)
    holes = depth.copy()
    holes[..., : WIDTH // 2, :] = np.nan
    assert consistency(views, holes, cameras).details["valid_share"] < 0.6
    with pytest.raises(Unsupported, match="no two neighbouring views"):
        consistency(views, np.full_like(depth, np.nan), cameras)


def test_one_view_has_no_neighbour() -> None:
    views, depth, cameras = grid(1, 1)
    with pytest.raises(Unsupported, match="there is 1"):
        consistency(views, depth, cameras)


def test_sizes_that_differ_are_refused() -> None:
    views, depth, cameras = grid(1)
    with pytest.raises(BadMedia, match="do not belong together"):
        consistency(views[:, :, :-1], depth, cameras)


def test_depth_without_a_length_is_refused() -> None:
    views, depth, cameras = grid(1)
    with pytest.raises(BadMedia, match="depth in relative"):
        Reprojection({"tolerance": 0.02, "closed": False}, {})(views, depth, cameras, np.array(["relative"]))


def test_reading_between_pixels() -> None:
    image = np.arange(12.0).reshape(3, 4, 1)
    np.testing.assert_allclose(bilinear(image, np.array([0.5, 3.0]), np.array([1.0, 2.0]))[:, 0], [4.5, 11.0])


def test_every_metric_of_grids_is_tested_here() -> None:
    named: Mapping[str, object] = {**dict.fromkeys(CELLS), **RUNS, "cross-view-consistency": None}
    assert {name for name, card in METRICS.items() if "views" in card.roles} <= set(named)


def whole_grid() -> dict[str, np.ndarray]:
    """The scene as the harness hands it on: views (V, T, H, W, 3), depth and cameras likewise."""
    roles = zip(("views", "depth_target", "camera"), grid(3), strict=True)
    return {role: np.ascontiguousarray(np.swapaxes(cells, 0, 1)) for role, cells in roles}


def test_a_grid_through_the_harness() -> None:
    made = score("cross-view-consistency", whole_grid())
    assert made.value == consistency(*grid(3)).value
    views = whole_grid()["views"]
    assert score("psnr-4d", {"views": views, "target": views}).value == 100
    worse = views.copy()
    worse[1, 2] = 255 - worse[1, 2]
    found = score("psnr-4d", {"views": worse, "target": views}).curve
    assert found is not None and np.flatnonzero(found.values < 100).tolist() == [1 * 3 + 2], "view after view"


@pytest.mark.parametrize(("name", "count"), [("fvd-v", 3), ("fvd-diag", 1), ("fv4d", 1)])
def test_runs_through_the_harness(name: str, count: int) -> None:
    views = whole_grid()["views"]
    found = arrays(name, {"views": views})["windows"].values["logits"]
    paths = {
        "fvd-v": np.swapaxes(views, 0, 1),
        "fvd-diag": views[[0, 1, 2, 3], [0, 1, 2, 0]][None],
        "fv4d": np.concatenate([views[:, 0], views[::-1, 1], views[:, 2]])[None],
    }
    ask = metric(name).needs["windows"]
    expected = [build(ask)(apply(ask.view.geometry, run)[None])["logits"][0] for run in paths[name]]
    assert len(found) == count
    np.testing.assert_allclose(found, expected, atol=1e-5)
