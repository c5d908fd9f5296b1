"""A Python function as a method."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.adapters.helpers import method, request, run, waves
from vbench_py.adapters.callable import Call, Callable
from vbench_py.types import Generated, UsageError
from vbench_py.video import probe, read, write_video

CLIP = waves(20)


def returning(result: Any, folder: Path, **rest: Any) -> Generated:
    return called(lambda call: result, folder, **rest)


def called(function: Any, folder: Path, **rest: Any) -> Generated:
    options = rest.pop("options", {})
    media = rest.pop("media", {})
    adapter = Callable(method("callable"), {"function": function, **options})
    (made,) = run(adapter, [request("t2v", media, folder / "in", **rest)], folder / "out")
    return made


def give_back(call: Call) -> np.ndarray:
    return call.read("source")


class Generator:
    """An object with a method of its own, as a loaded pipeline is."""

    def __call__(self, call: Call) -> np.ndarray:
        return CLIP


def test_the_function_reads_its_inputs_and_its_frames_are_stored_exactly(tmp_path: Path) -> None:
    made = called(give_back, tmp_path, media={"source": CLIP})
    np.testing.assert_array_equal(read(made.outputs["video"]), CLIP)


def test_the_function_sees_the_request(tmp_path: Path) -> None:
    seen: list[Call] = []

    def look(call: Call) -> np.ndarray:
        seen.append(call)
        return CLIP

    asked = {"prompt": "a sea", "seed": 7, "frames": 20, "fps": 12.0, "width": 32, "height": 24, "axes": {"step": 5}}
    called(look, tmp_path, options={"cfg": 7.5}, parameters={"steps": 30}, **asked)
    (call,) = seen
    got = {name: getattr(call, name) for name in asked}
    assert (got, call.parameters, call.id) == (asked, {"cfg": 7.5, "steps": 30}, "s")


def test_an_image_role_is_one_frame(tmp_path: Path) -> None:
    def shape(call: Call) -> np.ndarray:
        return call.image("first")[None]

    from PIL import Image

    from vbench_py.types import Request, Sample

    Image.fromarray(CLIP[0]).save(tmp_path / "first.png")
    asked = Request(sample=Sample(id="s", task="i2v"), seed=0, media={"first": tmp_path / "first.png"})
    (made,) = run(Callable(method("callable"), {"function": shape}), [asked], tmp_path / "out")
    np.testing.assert_array_equal(read(made.outputs["video"]), CLIP[:1])


@pytest.mark.parametrize(("result", "asked", "fps"), [((CLIP, 30), 12.0, 30.0), (CLIP, 12.0, 12.0), (CLIP, None, 8.0)])
def test_the_rate_is_the_functions_then_the_requests_then_8(
    result: Any, asked: float | None, fps: float, tmp_path: Path
) -> None:
    assert probe(returning(result, tmp_path, fps=asked).outputs["video"]).fps == pytest.approx(fps)


def test_a_returned_path_is_taken_as_it_is_and_stays(tmp_path: Path) -> None:
    write_video(tmp_path / "mine.mp4", CLIP, fps=8.0, encoding="h264-crf23")
    made = returning(str(tmp_path / "mine.mp4"), tmp_path)
    assert made.outputs["video"].read_bytes() == (tmp_path / "mine.mp4").read_bytes()


def test_a_returned_lossy_path_carries_its_encoding(tmp_path: Path) -> None:
    write_video(tmp_path / "mine.mp4", CLIP, fps=8.0, encoding="h264-crf23")
    assert returning(tmp_path / "mine.mp4", tmp_path).encoding == "h264"


def test_outputs_by_name_are_files_by_name(tmp_path: Path) -> None:
    made = returning({"video": CLIP, "view/030": (CLIP[:2], 4)}, tmp_path)
    assert {name: probe(path).frames for name, path in made.outputs.items()} == {"video": 20, "view/030": 2}


def test_a_stream_has_a_timeline_of_chunks(tmp_path: Path) -> None:
    def stream(call: Call) -> Iterator[np.ndarray]:
        yield from CLIP

    made = called(stream, tmp_path)
    times = [chunk.emitted_at for chunk in made.timeline]
    assert [(chunk.first, chunk.last) for chunk in made.timeline] == [(0, 15), (16, 19)] and times == sorted(times)


def test_a_whole_video_at_once_has_no_timeline(tmp_path: Path) -> None:
    assert returning(CLIP, tmp_path).timeline == ()


def test_generating_and_encoding_are_timed_apart(tmp_path: Path) -> None:
    assert set(returning(CLIP, tmp_path).seconds) == {"generate", "encode"}


def test_an_exception_is_a_failed_row_and_the_next_request_is_served(tmp_path: Path) -> None:
    def moody(call: Call) -> np.ndarray:
        if call.id == "first":
            raise RuntimeError("out of luck")
        return CLIP

    adapter = Callable(method("callable"), {"function": moody})
    asked = [request("t2v", {}, tmp_path / "in", identifier=name) for name in ("first", "second")]
    made = list(run(adapter, asked, tmp_path / "out"))
    assert [(item.status, str(item.error)) for item in made] == [("failed", "out of luck"), ("ok", "None")]


def test_wrong_values_half_way_leave_no_file(tmp_path: Path) -> None:
    made = returning(iter([CLIP[0], CLIP[1] * 2.0]), tmp_path)
    assert (made.status, list((tmp_path / "out" / "0").iterdir())) == ("failed", [])


def test_the_identity_names_the_function_and_its_source() -> None:
    name, _, source = Callable(method("callable"), {"function": give_back}).identity().partition("@")
    assert (name, len(source)) == (f"{__name__}:give_back", 64)


def test_another_option_is_another_identity() -> None:
    one, two = (Callable(method("callable"), {"function": give_back, "cfg": cfg}).identity() for cfg in (5.0, 7.5))
    assert one != two


def test_another_body_is_another_identity() -> None:
    one = Callable(method("callable"), {"function": lambda call: CLIP}).identity()
    two = Callable(method("callable"), {"function": lambda call: CLIP[::-1]}).identity()
    assert one != two


@pytest.mark.parametrize(
    ("function", "name"), [(functools.partial(give_back), "give_back"), (Generator(), "Generator")]
)
def test_partials_go_by_their_function_and_objects_by_their_class(function: Any, name: str) -> None:
    identity = Callable(method("callable"), {"function": function}).identity()
    assert identity.startswith(f"{__name__}:{name}@")


def test_a_function_without_source_goes_by_its_name() -> None:
    assert Callable(method("callable"), {"function": len}).identity() == "builtins:len"


def test_no_function_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="option function is None"):
        Callable(method("callable"), {})


DEPTH = np.linspace(1, 5, 2 * 6 * 8, dtype=np.float32).reshape(2, 6, 8)


@pytest.mark.parametrize("result", [(DEPTH, "metres"), {"depth": (DEPTH, "metres")}])
def test_depth_is_floats_with_a_unit(result: Any, tmp_path: Path) -> None:
    made = returning(result, tmp_path)
    assert list(made.outputs) == ["depth"] and probe(made.outputs["depth"]).unit == "metres"
    np.testing.assert_array_equal(read(made.outputs["depth"])[..., 0], DEPTH)


def test_another_unit_is_refused(tmp_path: Path) -> None:
    made = returning((DEPTH, "feet"), tmp_path)
    assert made.status == "failed" and "'feet'" in str(made.error) and "metres" in str(made.error)


def test_views_are_outputs_by_name(tmp_path: Path) -> None:
    made = returning({"view/000": CLIP, "view/090": CLIP[:, ::-1]}, tmp_path)
    assert probe(made.outputs["view/000"].parent).views == ("000", "090")
