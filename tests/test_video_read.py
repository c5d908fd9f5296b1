"""Reading: exact frames, exact counts, bounded memory."""

from __future__ import annotations

import gc
import importlib.util
import subprocess
import sys
import tracemalloc
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image, ImageSequence

from tests.metrics.parity import agree
from tests.video_fixtures import encode, moving_texture, numbered_frames
from vbench_py.types import BadMedia, UsageError
from vbench_py.video import probe, read, read_chunks, read_image, write_video
from vbench_py.video.seek import find_seek_point

CONTAINERS = {
    "clip.mp4": ("libx264", "yuv420p"),
    "clip.mov": ("libx264", "yuv420p"),
    "clip.mkv": ("libx264", "yuv420p"),
    "clip.avi": ("mpeg4", "yuv420p"),
    "clip.webm": ("libvpx-vp9", "yuv420p"),
    "vp8.webm": ("libvpx", "yuv420p"),
    "hevc.mp4": ("libx265", "yuv420p"),
    "ten.mp4": ("libx264", "yuv420p10le"),
    "prores.mov": ("prores_ks", "yuv422p10le"),
    "clip.gif": ("gif", "rgb8"),
}


def opencv_frames(path: Path) -> np.ndarray:
    capture = cv2.VideoCapture(str(path))
    frames = []
    while True:
        there, frame = capture.read()
        if not there:
            return np.stack(frames)
        frames.append(frame[..., ::-1])


@pytest.mark.parametrize("name", CONTAINERS)
def test_count_equals_what_reading_yields(tmp_path: Path, name: str) -> None:
    codec, pixel_format = CONTAINERS[name]
    path = encode(tmp_path / name, moving_texture(20), codec=codec, pixel_format=pixel_format)
    assert probe(path).frames == len(read(path)) == 20


@pytest.mark.parametrize("name", [name for name in CONTAINERS if name != "clip.gif"])
def test_frames_equal_those_of_opencv(tmp_path: Path, name: str) -> None:
    codec, pixel_format = CONTAINERS[name]
    path = encode(tmp_path / name, moving_texture(12), codec=codec, pixel_format=pixel_format)
    agree(read(path), opencv_frames(path), of="pyav", against="opencv VideoCapture", stage="decode")


@pytest.mark.parametrize("size", [(48, 64), (38, 54), (90, 160)])
@pytest.mark.skipif(importlib.util.find_spec("decord") is None, reason="decord has wheels for x86-64 only")
def test_decord_and_pyav_give_identical_frames_on_h264(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    path = encode(tmp_path / "clip.mp4", moving_texture(24, *size))
    by_pyav = read(path)
    monkeypatch.setenv("VBENCH_PY_READER", "decord")
    assert probe(path).reader == "decord"
    agree(read(path), by_pyav, of="decord", against="pyav", stage="decode")


@pytest.mark.skipif(importlib.util.find_spec("decord") is None, reason="decord has wheels for x86-64 only")
@pytest.mark.parametrize("pixel_format", ["yuv420p10le", "yuv444p"])
def test_decord_is_not_asked_for_what_it_reads_differently(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pixel_format: str
) -> None:
    monkeypatch.setenv("VBENCH_PY_READER", "decord")
    assert probe(encode(tmp_path / "clip.mp4", moving_texture(8), pixel_format=pixel_format)).reader == "pyav"


@pytest.mark.parametrize("name", ["clip.gif", "clip.mp4", "clip.mkv", "folder", "clip.npz"])
def test_a_range_equals_the_same_slice_of_the_whole(tmp_path: Path, name: str) -> None:
    frames, path = moving_texture(16), tmp_path / name
    if name == "folder":
        write_video(path, frames, fps=24, encoding="png")
    elif name == "clip.npz":
        np.savez_compressed(path, video=frames)
    else:
        codec, pixel_format = CONTAINERS[name]
        encode(path, frames, codec=codec, pixel_format=pixel_format)
    np.testing.assert_array_equal(read(path, 5, 11), read(path)[5:11])


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("closed.mp4", {"g": "20"}),
        ("short.mp4", {"x264-params": "keyint=3:bframes=2"}),
        ("open.mp4", {"x264-params": "open-gop=1:keyint=20"}),
        ("refresh.mp4", {"x264-params": "intra-refresh=1:keyint=30"}),
        ("closed.mkv", {"g": "20"}),
    ],
)
def test_late_starts_give_the_frames_of_decoding_from_the_front(
    tmp_path: Path, name: str, options: dict[str, str]
) -> None:
    path = encode(tmp_path / name, moving_texture(120), options=options)
    whole = read(path)
    for start in range(48, 120, 9):
        np.testing.assert_array_equal(read(path, start, start + 3), whole[start : start + 3])


def test_late_starts_in_ffv1_are_exact(tmp_path: Path) -> None:
    frames = moving_texture(90, 37, 53)
    write_video(tmp_path / "clip.mkv", frames, fps=24)
    np.testing.assert_array_equal(read(tmp_path / "clip.mkv", 77, 80), frames[77:80])


def test_seeking_is_refused_where_key_frames_do_not_reset(tmp_path: Path) -> None:
    path = encode(
        tmp_path / "refresh.mp4", moving_texture(80), options={"x264-params": "intra-refresh=1:keyint=20:bframes=0"}
    )
    with av.open(str(path)) as container:
        assert find_seek_point(container, container.streams.video[0], 70) is None


def test_chunks_hold_to_their_bytes(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip.mp4", moving_texture(20, 48, 64))
    frame_bytes = 48 * 64 * 3
    sizes = [len(chunk) for chunk in read_chunks(path, chunk_bytes=6 * frame_bytes + 5)]
    assert sizes == [6, 6, 6, 2]


def test_chunks_hold_one_frame_at_least(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip.mp4", moving_texture(3))
    assert [len(chunk) for chunk in read_chunks(path, chunk_bytes=1)] == [1, 1, 1]


def test_chunk_size_does_not_change_the_frames(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip.mp4", moving_texture(20))
    np.testing.assert_array_equal(np.concatenate(list(read_chunks(path, chunk_bytes=30_000))), read(path))


def test_long_clip_never_sits_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    still = moving_texture(1, 360, 640)
    write_video(path, (still for _ in range(240)), fps=24, encoding="h264-crf40")
    chunk_bytes = 8 << 20
    tracemalloc.start()
    try:
        total = sum(len(chunk) for chunk in read_chunks(path, chunk_bytes=chunk_bytes))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == 240
    assert peak < 3 * chunk_bytes < 240 * 360 * 640 * 3 / 6


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files through /proc, which only Linux has")
@pytest.mark.parametrize("encoding", ["ffv1", "h264-crf20"])
def test_closing_early_frees_the_decoder(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "clip.mkv"
    write_video(path, moving_texture(40), fps=24, encoding=encoding)
    chunks = read_chunks(path, chunk_bytes=1)
    next(chunks)
    chunks.close()
    gc.collect()
    held = [item.resolve() for item in Path("/proc/self/fd").iterdir()]
    assert path.resolve() not in held


def test_importing_loads_no_decoder() -> None:
    code = (
        "import sys, vbench_py.video; sys.exit(any(name in sys.modules for name in ('av', 'cv2', 'decord', 'torch')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_stop_past_the_end_ends_at_the_end(tmp_path: Path) -> None:
    assert len(read(encode(tmp_path / "clip.mp4", moving_texture(6)), 2, 99)) == 4


def test_start_past_the_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadMedia, match="no frame 9, it has 6"):
        read(encode(tmp_path / "clip.mp4", moving_texture(6)), 9)


def test_negative_start_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="count from 0"):
        read(encode(tmp_path / "clip.mp4", moving_texture(6)), -2)


def test_gif_with_partial_frames_and_transparency_equals_pillow(tmp_path: Path) -> None:
    pictures = [Image.new("P", (40, 30)) for _ in range(4)]
    for index, picture in enumerate(pictures):
        picture.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
        picture.paste(1 + index % 3, (4 * index, 3 * index, 4 * index + 9, 3 * index + 8))
    path = tmp_path / "clip.gif"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=40, disposal=1, optimize=False)
    with Image.open(path) as image:
        expected = np.stack([np.array(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)])
    np.testing.assert_array_equal(read(path), expected)


def test_image_folder_is_read_in_natural_order(tmp_path: Path) -> None:
    levels = [10, 90, 200]
    for number, level in zip((1, 2, 10), levels, strict=True):
        Image.new("RGB", (8, 6), (level, level, level)).save(tmp_path / f"frame{number}.png")
    (tmp_path / ".DS_Store").write_bytes(b"\0\1")
    (tmp_path / "._frame3.png").write_bytes(b"\0\1")
    assert read(tmp_path)[:, 0, 0, 0].tolist() == levels


def test_single_image_is_one_frame(tmp_path: Path) -> None:
    frame = moving_texture(1, 21, 33)[0]
    Image.fromarray(frame).save(tmp_path / "still.png")
    np.testing.assert_array_equal(read(tmp_path / "still.png"), frame[None])


def test_image_orientation_is_applied(tmp_path: Path) -> None:
    frame = moving_texture(1, 20, 30)[0]
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(frame).save(tmp_path / "turned.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "turned.png"), np.rot90(frame, -1))


def test_sixteen_bit_grey_spans_the_whole_range(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 257, 32896, 65535]], dtype=np.uint16)).save(tmp_path / "deep.png")
    assert read_image(tmp_path / "deep.png")[0, :, 0].tolist() == [0, 1, 128, 255]


@pytest.mark.parametrize("suffix", [".npz", ".npy"])
def test_arrays_come_back_exactly(tmp_path: Path, suffix: str) -> None:
    frames, path = moving_texture(7, 11, 13), tmp_path / f"clip{suffix}"
    if suffix == ".npz":
        np.savez_compressed(path, frames)
    else:
        np.save(path, frames)
    np.testing.assert_array_equal(read(path), frames)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_float_arrays_scale_to_255(tmp_path: Path, dtype: type) -> None:
    levels = np.arange(256).reshape(1, 16, 16, 1).repeat(3, axis=3)
    np.save(tmp_path / "clip.npy", (levels / 255).astype(dtype))
    np.testing.assert_array_equal(read(tmp_path / "clip.npy"), levels.astype(np.uint8))


def test_variable_rate_frames_come_as_stored(tmp_path: Path) -> None:
    times = [0, 40, 200, 240, 600, 640, 700, 1500]
    path = encode(tmp_path / "clip.mkv", numbered_frames(8), codec="ffv1", pixel_format="bgr0", times=times)
    assert read(path)[:, 0, 0, 0].tolist() == [0, 10, 20, 30, 40, 50, 60, 70]


def test_damage_in_the_middle_is_not_papered_over(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip.mp4", moving_texture(24, 96, 128))
    with av.open(str(path)) as container:
        packet = [packet for packet in container.demux(video=0) if packet.size][12]
        place = packet.pos + packet.size // 3
        length = packet.size // 2
    data = bytearray(path.read_bytes())
    data[place : place + length] = bytes(length)
    path.write_bytes(data)
    with pytest.raises(BadMedia, match="damaged: frame"):
        read(path)


def test_a_change_of_size_inside_a_stream_is_refused(tmp_path: Path) -> None:
    parts = [
        encode(tmp_path / f"{height}.h264", moving_texture(6, height, 64), container="h264") for height in (32, 48)
    ]
    path = tmp_path / "clip.h264"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    with pytest.raises(BadMedia, match="changes from 64x32 to 64x48 at frame 6"):
        read(path)


def test_tagged_matrix_is_honoured(tmp_path: Path) -> None:
    flat = np.full((4, 32, 32, 3), (30, 160, 90), dtype=np.uint8)
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=24, options={"crf": "1"})
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        stream.codec_context.colorspace, stream.codec_context.color_range = 1, 1
        for frame in flat:
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            output.mux(stream.encode(picture.reformat(format="yuv420p", dst_colorspace="ITU709")))
        output.mux(stream.encode())
    assert np.abs(read(path).astype(int) - flat).max() <= 3
