"""Writing: exact where promised, the same bytes twice, nothing left behind."""

from __future__ import annotations

import errno
from pathlib import Path

import av
import numpy as np
import pytest

from tests.video_fixtures import encode, moving_gradient, moving_texture
from vbench_py.types import BadMedia, StorageError, Unsupported, UsageError
from vbench_py.video import (
    VideoWriter,
    copy_audio,
    file_sha256,
    find_media,
    probe,
    read,
    reencode,
    storage,
    write_preview,
    write_video,
)

SIZES = [(48, 64), (37, 53), (1, 1), (2, 3), (3, 2), (17, 33)]


def with_sound(path: Path, seconds: float = 1.0) -> Path:
    """A clip with a sine in AAC."""
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=24)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound = output.add_stream("aac", rate=16000, layout="mono")
        for frame in moving_texture(round(24 * seconds)):
            output.mux(video.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        output.mux(video.encode())
        wave = np.sin(np.arange(round(16000 * seconds)) / 9).astype(np.float32)[None]
        for start in range(0, wave.shape[1], 1024):
            block = av.AudioFrame.from_ndarray(wave[:, start : start + 1024], format="fltp", layout="mono")
            block.sample_rate, block.pts = 16000, start
            output.mux(sound.encode(block))
        output.mux(sound.encode())
    return path


def packets(path: Path, kind: str) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(**{kind: 0}) if packet.size]


@pytest.mark.parametrize("size", SIZES)
def test_ffv1_is_exact_at_any_size(tmp_path: Path, size: tuple[int, int]) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (5, *size, 3), dtype=np.uint8)
    write_video(tmp_path / "clip.mkv", frames, fps=24)
    np.testing.assert_array_equal(read(tmp_path / "clip.mkv"), frames)


def test_png_folder_is_exact(tmp_path: Path) -> None:
    frames = moving_texture(12, 21, 33)
    write_video(tmp_path / "clip", frames, fps=24, encoding="png")
    np.testing.assert_array_equal(read(tmp_path / "clip"), frames)


@pytest.mark.parametrize("size", SIZES)
def test_h264_keeps_the_size_exactly(tmp_path: Path, size: tuple[int, int]) -> None:
    frames = moving_texture(4, *size)
    write_video(tmp_path / "clip.mp4", frames, fps=24, encoding="h264-crf18")
    assert read(tmp_path / "clip.mp4").shape == frames.shape


def test_h264_at_crf_10_is_within_35_db(tmp_path: Path) -> None:
    frames = moving_gradient(8)
    write_video(tmp_path / "clip.mp4", frames, fps=24, encoding="h264-crf10")
    error = np.square(read(tmp_path / "clip.mp4").astype(float) - frames).mean()
    assert 10 * np.log10(255**2 / error) > 35


@pytest.mark.parametrize("size", [(64, 96), (48, 64), (38, 54), (37, 53)])
@pytest.mark.parametrize("encoding", ["ffv1", "h264-crf20", "png"])
def test_same_frames_give_same_bytes(tmp_path: Path, encoding: str, size: tuple[int, int]) -> None:
    frames = moving_texture(30, *size)
    for number in range(6):
        write_video(tmp_path / f"{number}.mkv", frames, fps=24, encoding=encoding)
    assert len({file_sha256(tmp_path / f"{number}.mkv") for number in range(6)}) == 1


def test_bytes_do_not_depend_on_how_frames_were_handed_over(tmp_path: Path) -> None:
    frames = moving_texture(9)
    write_video(tmp_path / "one.mkv", frames, fps=24)
    write_video(tmp_path / "two.mkv", iter(frames), fps=24)
    assert file_sha256(tmp_path / "one.mkv") == file_sha256(tmp_path / "two.mkv")


@pytest.mark.parametrize("encoding", ["ffv1", "h264-crf20", "png"])
def test_an_exception_leaves_nothing_behind(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(KeyError), VideoWriter(tmp_path / "clip.mkv", fps=24, encoding=encoding) as writer:
        writer.write(moving_texture(3))
        raise KeyError("the generator broke")
    assert list(tmp_path.iterdir()) == []


def test_an_exception_keeps_the_older_file(tmp_path: Path) -> None:
    write_video(tmp_path / "clip.mkv", moving_texture(3), fps=24)
    with pytest.raises(KeyError), VideoWriter(tmp_path / "clip.mkv", fps=24) as writer:
        writer.write(moving_texture(2))
        raise KeyError("the generator broke")
    assert len(read(tmp_path / "clip.mkv")) == 3


def test_no_frames_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no frame was written"), VideoWriter(tmp_path / "clip.mkv", fps=24):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("frames", [np.zeros((2, 4, 4), np.uint8), np.zeros((2, 4, 4, 3), np.float32)])
def test_wrong_frames_are_refused(tmp_path: Path, frames: np.ndarray) -> None:
    with pytest.raises(UsageError, match=r"write \(n, H, W, 3\) uint8 RGB"):
        write_video(tmp_path / "clip.mkv", frames, fps=24)


def test_a_change_of_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="frame size went from"):
        write_video(tmp_path / "clip.mkv", [moving_texture(1, 8, 8), moving_texture(1, 8, 10)], fps=24)


@pytest.mark.parametrize("encoding", ["h265", "h264-crf52", "h264", "FFV1"])
def test_unknown_encodings_are_refused(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(UsageError, match="is unknown"):
        VideoWriter(tmp_path / "clip.mkv", fps=24, encoding=encoding)


def test_a_folder_in_the_way_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "clip.mkv").mkdir()
    (tmp_path / "clip.mkv" / "notes.txt").touch()
    with pytest.raises(UsageError, match="is a folder with something in it"):
        write_video(tmp_path / "clip.mkv", moving_texture(2), fps=24)
    assert (tmp_path / "clip.mkv" / "notes.txt").exists()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
@pytest.mark.parametrize("kind", [OSError, av.error.OSError])
def test_storage_trouble_is_named(tmp_path: Path, code: int, kind: type) -> None:
    with pytest.raises(StorageError, match=r"clip\.mkv"), storage.writing(tmp_path / "clip.mkv"):
        raise kind(code, "as the system says")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's full disk")
@pytest.mark.parametrize("frames", [1, 40])
@pytest.mark.parametrize("encoding", ["ffv1", "h264-crf0"])
def test_a_full_disk_is_a_storage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, frames: int
) -> None:
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    monkeypatch.setattr(storage, "_part", lambda path: full)
    noise = np.random.default_rng(0).integers(0, 256, (frames, 64, 64, 3), dtype=np.uint8)
    with pytest.raises(StorageError, match=r"clip\.mkv: .*no space left"):
        write_video(tmp_path / "clip.mkv", noise, fps=24, encoding=encoding)


@pytest.mark.parametrize("size", [(37, 53), (480, 1000), (1, 1)])
def test_previews_are_even_small_and_playable(tmp_path: Path, size: tuple[int, int]) -> None:
    write_video(tmp_path / "clip.mkv", moving_texture(4, *size), fps=10)
    write_preview(tmp_path / "clip.mkv", tmp_path / "preview.mp4")
    info = probe(tmp_path / "preview.mp4")
    assert (info.codec, info.pixel_format, info.fps, info.frames) == ("h264", "yuv420p", 10.0, 4)
    assert info.width % 2 == info.height % 2 == 0
    assert info.width <= 480


def test_previews_have_their_index_in_front(tmp_path: Path) -> None:
    write_video(tmp_path / "clip.mkv", moving_texture(4), fps=10)
    write_preview(tmp_path / "clip.mkv", tmp_path / "preview.mp4")
    data = (tmp_path / "preview.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_previews_look_like_the_source(tmp_path: Path) -> None:
    frames = moving_texture(4)
    write_video(tmp_path / "clip.mkv", frames, fps=10)
    write_preview(tmp_path / "clip.mkv", tmp_path / "preview.mp4")
    assert np.abs(read(tmp_path / "preview.mp4").astype(int) - frames).mean() < 8


def test_reencoding_to_ffv1_keeps_every_pixel(tmp_path: Path) -> None:
    source = encode(tmp_path / "clip.mp4", moving_texture(10), fps=12)
    reencode(source, tmp_path / "clip.mkv", "ffv1")
    np.testing.assert_array_equal(read(tmp_path / "clip.mkv"), read(source))
    assert probe(tmp_path / "clip.mkv").fps == 12.0


def test_reencoding_without_a_clock_asks_for_one(tmp_path: Path) -> None:
    write_video(tmp_path / "clip", moving_texture(2), fps=24, encoding="png")
    with pytest.raises(UsageError, match="pass fps"):
        reencode(tmp_path / "clip", tmp_path / "clip.mkv", "ffv1")


@pytest.mark.parametrize(("video", "destination"), [("ffv1", "out.mkv"), ("h264-crf20", "out.mp4")])
def test_audio_packets_are_carried_byte_for_byte(tmp_path: Path, video: str, destination: str) -> None:
    source = with_sound(tmp_path / "source.mp4")
    silent = tmp_path / f"silent{Path(destination).suffix}"
    write_video(silent, moving_texture(24), fps=24, encoding=video)
    copy_audio(source, silent, tmp_path / destination)
    assert packets(tmp_path / destination, "audio") == packets(source, "audio")


def test_pictures_are_unchanged_beside_audio(tmp_path: Path) -> None:
    source = with_sound(tmp_path / "source.mp4")
    frames = moving_texture(24, 37, 53)
    write_video(tmp_path / "silent.mkv", frames, fps=24)
    copy_audio(source, tmp_path / "silent.mkv", tmp_path / "out.mkv")
    np.testing.assert_array_equal(read(tmp_path / "out.mkv"), frames)
    assert probe(tmp_path / "out.mkv").has_audio


def test_pictures_that_cannot_be_carried_are_never_dropped(tmp_path: Path) -> None:
    source = with_sound(tmp_path / "source.mp4")
    # Matroska keeps no decoding times, so H.264 with B-frames lacks some
    silent = encode(tmp_path / "silent.mkv", moving_texture(24))
    with pytest.raises(Unsupported, match="no decoding time"):
        copy_audio(source, silent, tmp_path / "out.mkv")


def test_audio_from_a_silent_source_is_an_error(tmp_path: Path) -> None:
    write_video(tmp_path / "silent.mkv", moving_texture(4), fps=24)
    with pytest.raises(BadMedia, match="has no audio track"):
        copy_audio(tmp_path / "silent.mkv", tmp_path / "silent.mkv", tmp_path / "out.mkv")


def test_audio_that_a_container_cannot_hold_is_refused(tmp_path: Path) -> None:
    source = with_sound(tmp_path / "source.mp4")
    write_video(tmp_path / "silent.mkv", moving_texture(4), fps=24)
    with pytest.raises(Unsupported, match="cannot hold"):
        copy_audio(source, tmp_path / "silent.mkv", tmp_path / "out.webm")
    assert not (tmp_path / "out.webm").exists()


def test_media_are_found_in_natural_order(tmp_path: Path) -> None:
    for name in ("clip10.mp4", "clip2.MP4", "clip1.gif"):
        (tmp_path / name).touch()
    found, _ = find_media(tmp_path)
    assert [path.name for path in found] == ["clip1.gif", "clip2.MP4", "clip10.mp4"]


def test_what_is_skipped_has_a_reason(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "deeper").mkdir()
    _, skipped = find_media(tmp_path)
    assert {path.name: reason.split()[0] for path, reason in skipped} == {
        ".DS_Store": "hidden",
        "notes.txt": "no",
        "deeper": "a",
    }


def test_image_folders_are_media(tmp_path: Path) -> None:
    write_video(tmp_path / "clip", moving_texture(2), fps=24, encoding="png")
    assert find_media(tmp_path)[0] == [tmp_path / "clip"]


def test_recursion_looks_into_folders(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "clip.mp4").touch()
    assert find_media(tmp_path, recursive=True)[0] == [tmp_path / "a" / "b" / "clip.mp4"]


def test_recursion_survives_a_folder_that_links_to_its_parent(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "clip.mp4").touch()
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    assert find_media(tmp_path, recursive=True)[0] == [tmp_path / "a" / "clip.mp4"]


def test_folder_hash_ignores_hidden_files_and_sees_names(tmp_path: Path) -> None:
    write_video(tmp_path / "clip", moving_texture(2), fps=24, encoding="png")
    before = file_sha256(tmp_path / "clip")
    (tmp_path / "clip" / ".DS_Store").touch()
    assert file_sha256(tmp_path / "clip") == before
    (tmp_path / "clip" / "000001.png").rename(tmp_path / "clip" / "000002.png")
    assert file_sha256(tmp_path / "clip") != before
