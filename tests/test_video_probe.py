"""Probing: facts, and refusals that name what, where and the mend."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from tests.video_fixtures import encode, moving_texture
from vbench_py.types import BadMedia
from vbench_py.video import probe, read, write_video
from vbench_py.video.packets import is_variable


def cut(path: Path, share: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def turned(path: Path, matrix: tuple[int, int, int, int]) -> Path:
    """Patch the display matrix (a, b, c, d) of the video track into an MP4's tkhd box."""
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 4 + 40
    a, b, c, d = (value * 0x10000 for value in matrix)
    data[place : place + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000)
    path.write_bytes(data)
    return path


def test_facts_of_an_h264_file(tmp_path: Path) -> None:
    info = probe(encode(tmp_path / "clip.mp4", moving_texture(18, 48, 64), fps=12))
    assert (info.frames, info.width, info.height, info.fps, info.duration) == (18, 64, 48, 12.0, 1.5)


def test_labels_of_an_ffv1_file(tmp_path: Path) -> None:
    write_video(tmp_path / "clip.mkv", moving_texture(4), fps=24)
    info = probe(tmp_path / "clip.mkv")
    assert (info.encoding, info.codec, info.lossless, info.reader) == ("ffv1", "ffv1", True, "pyav")


@pytest.mark.parametrize(("fps", "frames"), [(24, 20), (30, 31), (8, 5), (60, 50)])
@pytest.mark.parametrize("name", ["clip.mkv", "clip.mp4"])
def test_rate_is_the_stated_one(tmp_path: Path, name: str, fps: int, frames: int) -> None:
    info = probe(encode(tmp_path / name, moving_texture(frames, 16, 16), fps=fps))
    assert (info.fps, info.variable_frame_rate) == (fps, False)


def test_ntsc_rate_is_kept(tmp_path: Path) -> None:
    write_video(tmp_path / "clip.mkv", moving_texture(30, 16, 16), fps=30000 / 1001)
    assert probe(tmp_path / "clip.mkv").fps == pytest.approx(30000 / 1001, rel=1e-9)


def test_variable_rate_is_seen_and_averaged(tmp_path: Path) -> None:
    times = [0, 40, 200, 240, 600, 640, 700, 1500]
    info = probe(encode(tmp_path / "clip.mkv", moving_texture(8), codec="ffv1", pixel_format="bgr0", times=times))
    assert info.variable_frame_rate
    assert info.fps == pytest.approx(8 / 1.54, rel=0.05)


def test_rounding_to_milliseconds_is_no_variable_rate() -> None:
    assert not is_variable(tuple(round(index * 1000 / 24) for index in range(100)), coarse_clock=False)


def test_dropped_frame_on_a_frame_clock_is_variable() -> None:
    assert is_variable((0, 1, 2, 4, 5, 6), coarse_clock=False)


def test_gif_rounding_to_centiseconds_is_no_variable_rate() -> None:
    assert not is_variable(tuple(round(index * 100 / 30) for index in range(40)), coarse_clock=True)


def test_ten_bits_are_reported(tmp_path: Path) -> None:
    info = probe(encode(tmp_path / "clip.mp4", moving_texture(4), pixel_format="yuv420p10le"))
    assert (info.bit_depth, info.pixel_format) == (10, "yuv420p10le")


@pytest.mark.parametrize(
    ("matrix", "rotation"),
    [((1, 0, 0, 1), 0), ((0, 1, -1, 0), 90), ((-1, 0, 0, -1), 180), ((0, -1, 1, 0), 270)],
)
def test_rotation_is_reported_clockwise(tmp_path: Path, matrix: tuple[int, int, int, int], rotation: int) -> None:
    info = probe(turned(encode(tmp_path / "clip.mp4", moving_texture(4, 32, 48)), matrix))
    assert (info.rotation, info.width, info.height) == (rotation, *((48, 32) if rotation % 180 == 0 else (32, 48)))


@pytest.mark.parametrize("matrix", [(0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0)])
def test_rotation_is_applied_as_opencv_does(tmp_path: Path, matrix: tuple[int, int, int, int]) -> None:
    path = turned(encode(tmp_path / "clip.mp4", moving_texture(4, 32, 48)), matrix)
    np.testing.assert_array_equal(read(path)[0], cv2.VideoCapture(str(path)).read()[1][..., ::-1])


def test_mirroring_is_applied(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip.mp4", moving_texture(4, 32, 48))
    straight = read(path)
    np.testing.assert_array_equal(read(turned(path, (-1, 0, 0, 1))), straight[:, :, ::-1])


def test_alpha_is_flagged_and_dropped(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 6), (200, 10, 30, 7)).save(tmp_path / "clear.png")
    assert probe(tmp_path / "clear.png").has_alpha
    assert read(tmp_path / "clear.png")[0, 0, 0].tolist() == [200, 10, 30]


def test_alpha_of_a_video_is_flagged(tmp_path: Path) -> None:
    assert probe(encode(tmp_path / "clip.mov", moving_texture(3), codec="qtrle", pixel_format="argb")).has_alpha


def test_edit_list_is_honoured(tmp_path: Path) -> None:
    source = encode(tmp_path / "source.mp4", moving_texture(30), options={"g": "30"})
    path = tmp_path / "edited.mp4"
    with av.open(str(source)) as media, av.open(str(path), "w") as output:
        stream = output.add_stream_from_template(media.streams.video[0])
        shift = round(10 / 24 / media.streams.video[0].time_base)
        for packet in media.demux(video=0):
            if packet.dts is not None:
                packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, stream
                output.mux(packet)
    np.testing.assert_array_equal(read(path), read(source)[10:])
    assert probe(path).frames == 20


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(BadMedia, match=r"gone\.mp4: does not exist; check the path"):
        probe(tmp_path / "gone.mp4")


def test_link_that_leads_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").symlink_to(tmp_path / "b.mp4")
    (tmp_path / "b.mp4").symlink_to(tmp_path / "a.mp4")
    with pytest.raises(BadMedia, match="leads nowhere"):
        probe(tmp_path / "a.mp4")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.mp4")
    with pytest.raises(BadMedia, match="no regular file"):
        probe(tmp_path / "a.mp4")


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").touch()
    with pytest.raises(BadMedia, match=r"clip\.mp4: is empty \(0 bytes\)"):
        probe(tmp_path / "clip.mp4")


@pytest.mark.parametrize(
    "text", ["hello\n" * 99, '{"error": 404}', "<html><body>no</body></html>", "ffconcat version 1.0\nfile a.mp4\n"]
)
def test_text_in_a_videos_clothes(tmp_path: Path, text: str) -> None:
    encode(tmp_path / "a.mp4", moving_texture(2))
    (tmp_path / "clip.mp4").write_text(text)
    with pytest.raises(BadMedia, match="is text, not a video"):
        probe(tmp_path / "clip.mp4")


def test_large_file_pointer(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    with pytest.raises(BadMedia, match="is a Git LFS pointer"):
        probe(tmp_path / "clip.mp4")


def test_noise_in_a_videos_clothes(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(np.random.default_rng(0).bytes(4000))
    with pytest.raises(BadMedia, match="is no video that FFmpeg knows"):
        probe(tmp_path / "clip.mp4")


def test_sound_without_pictures(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("aac", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 16000
        output.mux(stream.encode(frame))
        output.mux(stream.encode())
    with pytest.raises(BadMedia, match=r"has no video stream \(it holds audio\)"):
        probe(path)


def test_mp4_without_its_index(tmp_path: Path) -> None:
    with pytest.raises(BadMedia, match=r"truncated: the index \(moov box\) is missing"):
        probe(cut(encode(tmp_path / "clip.mp4", moving_texture(16)), 0.5))


def test_mp4_that_ends_early_says_how_many_frames_are_left(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w", options={"movflags": "faststart"}) as output:
        stream = output.add_stream("libx264", rate=24, options={"g": "1"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for frame in moving_texture(16):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        output.mux(stream.encode())
    with pytest.raises(BadMedia, match=r"truncated: [1-9]\d* of 16 frames decode"):
        probe(cut(path, 0.6))


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format"),
    [
        ("clip.mkv", "ffv1", "bgr0"),
        ("clip.webm", "libvpx-vp9", "yuv420p"),
        ("clip.avi", "mpeg4", "yuv420p"),
        ("clip.gif", "gif", "rgb8"),
    ],
)
@pytest.mark.parametrize("share", [0.6, 0.98])
def test_other_containers_that_end_early(
    tmp_path: Path, name: str, codec: str, pixel_format: str, share: float
) -> None:
    path = encode(tmp_path / name, moving_texture(20), codec=codec, pixel_format=pixel_format)
    with pytest.raises(BadMedia, match="truncated: "):
        probe(cut(path, share))


def test_folder_without_images(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").write_bytes(b"\0")
    with pytest.raises(BadMedia, match="the folder holds no images"):
        probe(tmp_path)


def test_images_of_unequal_size(tmp_path: Path) -> None:
    Image.new("RGB", (8, 6)).save(tmp_path / "1.png")
    Image.new("RGB", (9, 6)).save(tmp_path / "2.png")
    with pytest.raises(BadMedia, match=r"2\.png is 9x6, 1\.png is 8x6"):
        probe(tmp_path)


def test_broken_image(tmp_path: Path) -> None:
    Image.fromarray(moving_texture(1)[0]).save(tmp_path / "1.png")
    cut(tmp_path / "1.png", 0.5)
    with pytest.raises(BadMedia, match=r"1\.png: the image does not decode"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros((4, 5, 3), np.uint8), "shape"),
        (np.zeros((2, 4, 5, 4), np.uint8), "shape"),
        (np.zeros((2, 4, 5, 3), np.int32), "dtype int32"),
        (np.array([{}], dtype=object), "pickled objects"),
    ],
)
def test_arrays_that_are_no_clip(tmp_path: Path, array: np.ndarray, reason: str) -> None:
    np.save(tmp_path / "clip.npy", array, allow_pickle=True)
    with pytest.raises(BadMedia, match=reason):
        probe(tmp_path / "clip.npy")


def test_float_array_out_of_range(tmp_path: Path) -> None:
    np.save(tmp_path / "clip.npy", np.full((2, 4, 5, 3), 1.5))
    with pytest.raises(BadMedia, match=r"outside \[0, 1\]"):
        read(tmp_path / "clip.npy")


def test_archive_of_many_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "clip.npz", left=np.zeros(3), right=np.zeros(3))
    with pytest.raises(BadMedia, match="holds arrays left, right"):
        probe(tmp_path / "clip.npz")


def test_cut_array(tmp_path: Path) -> None:
    np.save(tmp_path / "clip.npy", moving_texture(8))
    with pytest.raises(BadMedia, match="truncated"):
        probe(cut(tmp_path / "clip.npy", 0.5))


def test_names_that_look_like_protocols_are_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encode(tmp_path / "a.mp4", moving_texture(3)).rename(tmp_path / "concat:a.mp4")
    monkeypatch.chdir(tmp_path)
    assert probe("concat:a.mp4").frames == 3
