"""Videos on their way from an endpoint: broken off, cut, no videos at all, or from somewhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.adapters import endpoint
from tests.adapters.endpoint import KEY, KEY_VARIABLE, adapter, failed, one_row
from tests.adapters.helpers import waves
from tests.video_server import Reply, VideoServer, html
from vbench_py.video import write_video

video, server, own_jobs = endpoint.video, endpoint.server, endpoint.own_jobs

TYPE = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def mp4(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("video") / "made.mp4"
    write_video(path, waves(48), fps=8.0, encoding="h264-crf23")
    return path.read_bytes()


@pytest.mark.parametrize("fault", ["half", "chunks"])
def test_a_broken_download_begins_again(fault: Any, server: VideoServer, video: bytes, tmp_path: Path) -> None:
    server.contents = [Reply(200, video, fault=fault)] * 2
    made = one_row(adapter(server), tmp_path)
    assert made.outputs["video"].read_bytes() == video and server.count("GET", "/content") == 3


def test_half_a_file_every_time_is_a_row_and_no_file(server: VideoServer, video: bytes, tmp_path: Path) -> None:
    server.contents = [Reply(200, video, fault="half")] * 20
    failed(one_row(adapter(server, retries=1), tmp_path), "the connection to 127.0.0.1 broke", "tried 2 times")
    assert list((tmp_path / "out" / "0").iterdir()) == []


@pytest.mark.parametrize("place", ["half-mp4", "half-mkv"])
def test_half_a_video_sent_as_if_whole_is_a_row(
    place: str, server: VideoServer, video: bytes, mp4: bytes, tmp_path: Path
) -> None:
    content, kind = (mp4, "video/mp4") if place == "half-mp4" else (video, "video/x-matroska")
    server.contents = [Reply(200, content[: len(content) // 2], {"Content-Type": kind})]
    failed(one_row(adapter(server), tmp_path), "no whole video", kind)


def test_a_page_instead_of_a_video_is_a_row_with_its_beginning(server: VideoServer, tmp_path: Path) -> None:
    server.contents = [html()]
    failed(one_row(adapter(server), tmp_path), "no whole video", "text/html", "We will be back soon")


def test_an_empty_video_is_a_row(server: VideoServer, tmp_path: Path) -> None:
    server.contents = [Reply(200, b"", {"Content-Type": "video/mp4"})]
    failed(one_row(adapter(server), tmp_path), "empty (video/mp4)")


def test_a_download_that_is_forbidden_is_a_row(server: VideoServer, tmp_path: Path) -> None:
    server.contents = [Reply(403, {"error": {"message": "not yours"}}, TYPE)]
    failed(one_row(adapter(server), tmp_path), "download: HTTP 403", "not yours")


def test_a_file_larger_than_allowed_is_a_row_and_no_file(server: VideoServer, tmp_path: Path) -> None:
    failed(one_row(adapter(server, most_bytes=100), tmp_path), "most_bytes = 100")
    assert list((tmp_path / "out" / "0").iterdir()) == []


def test_a_file_that_comes_packed_unasked_is_a_row(server: VideoServer, tmp_path: Path) -> None:
    server.contents = [Reply(200, b"packed", {"Content-Encoding": "gzip"})]
    failed(one_row(adapter(server), tmp_path), "packed (gzip)")


def test_a_download_byte_by_byte_ends_in_time(server: VideoServer, tmp_path: Path) -> None:
    server.contents = [Reply(200, b"x" * 4000, fault="drip")]
    failed(one_row(adapter(server, download_seconds=0.3), tmp_path), "not whole within download_seconds = 0.3")


def test_a_finished_job_without_an_address_is_a_row(server: VideoServer, tmp_path: Path) -> None:
    server.extra = {"output": None}
    failed(one_row(adapter(server, "polling-video"), tmp_path), "no address of its video at /output/url")


# Other hosts


def elsewhere(server: VideoServer) -> str:
    return f"http://localhost:{server.port}/files/video%2F0"


def test_a_redirect_to_another_host_is_a_row_that_names_it(server: VideoServer, tmp_path: Path) -> None:
    server.contents = [Reply(302, headers={"Location": elsewhere(server)})]
    failed(one_row(adapter(server), tmp_path), "another host, localhost", "download_hosts=localhost")
    assert server.count("GET", "/files") == 0


def test_a_named_host_is_followed_without_the_key(
    server: VideoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    server.contents = [Reply(302, headers={"Location": elsewhere(server)})]
    made = one_row(adapter(server, key_env=KEY_VARIABLE, download_hosts=["localhost"]), tmp_path)
    assert made.status == "ok", made.error
    sent = {get.path: get.headers.get("Authorization") for get in server.requests("GET")}
    assert sent == {"/v1/videos/video%2F0": f"Bearer {KEY}", "/v1/videos/video%2F0/content": f"Bearer {KEY}",
                    "/files/video%2F0": None}  # fmt: skip


def test_an_address_on_another_host_in_the_answer_is_a_row(server: VideoServer, tmp_path: Path) -> None:
    server.extra = {"output": {"url": elsewhere(server)}}
    failed(one_row(adapter(server, "polling-video"), tmp_path), "download_hosts=localhost")


def test_a_redirect_within_the_endpoint_is_followed(server: VideoServer, tmp_path: Path) -> None:
    server.contents = [Reply(302, headers={"Location": "/files/video%2F0"})]
    assert one_row(adapter(server), tmp_path).status == "ok"


def test_redirects_in_a_circle_end(server: VideoServer, tmp_path: Path) -> None:
    server.contents = [Reply(302, headers={"Location": "/v1/videos/video%2F0/content"})] * 50
    failed(one_row(adapter(server), tmp_path), "more than 5 redirects")


def test_a_redirect_to_a_file_is_not_followed(server: VideoServer, tmp_path: Path) -> None:
    server.contents = [Reply(302, headers={"Location": "file:///etc/passwd"})]
    failed(one_row(adapter(server), tmp_path), "another host")


def test_a_redirected_submission_is_a_row(server: VideoServer, tmp_path: Path) -> None:
    server.posts = [Reply(307, headers={"Location": "/v2/videos"})]
    failed(one_row(adapter(server), tmp_path), "redirect", "set base_url")


def test_a_status_on_another_host_is_never_asked(server: VideoServer, tmp_path: Path) -> None:
    server.polls = [Reply(302, headers={"Location": elsewhere(server)})]
    failed(one_row(adapter(server, download_hosts=["localhost"]), tmp_path), "another host, localhost")
