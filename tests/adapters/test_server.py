"""Endpoints over HTTP: what is sent, what comes back, what stands in the row."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.adapters import endpoint
from tests.adapters.endpoint import CLIP, KEY, KEY_VARIABLE, Clock, adapter, ask, one_row
from tests.adapters.helpers import method, request, run, waves
from tests.video_server import Reply, VideoServer
from vbench_py.adapters.server import Server
from vbench_py.keys import canonical
from vbench_py.types import Request, Sample, Unsupported, UsageError
from vbench_py.video import read, write_video

video, server, own_jobs = endpoint.video, endpoint.server, endpoint.own_jobs

CARDS = ("openai-video", "polling-video", "vllm-omni-video", "sglang-video")


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    return KEY


def plan(card: str = "openai-video", *, options: dict[str, Any] | None = None, **rest: Any) -> Any:
    asked = Request(Sample("a", "t2v", prompt=rest.pop("prompt", "a sea")), rest.pop("seed", 0), **rest)
    return adapter("http://127.0.0.1:1", card, **(options or {})).plan(asked)


@pytest.mark.parametrize("card", CARDS)
def test_a_prompt_becomes_the_video_that_the_server_made(card: str, server: VideoServer, tmp_path: Path) -> None:
    made = one_row(adapter(server, card), tmp_path)
    assert (made.status, made.error) == ("ok", None)
    np.testing.assert_array_equal(read(made.outputs["video"]), CLIP)


def test_the_bytes_on_disk_are_those_that_came(server: VideoServer, video: bytes, tmp_path: Path) -> None:
    made = one_row(adapter(server), tmp_path)
    assert made.outputs["video"].read_bytes() == video
    assert made.provenance["sha256"] == hashlib.sha256(video).hexdigest()


def test_the_row_says_who_made_it_and_what_it_cost(server: VideoServer, tmp_path: Path) -> None:
    server.extra = {"cost": {"amount": 0.4, "currency": "USD"}, "revised_prompt": "a blue sea at dawn"}
    made = one_row(adapter(server, "polling-video", provider="tiny", kept=["x-request-id"]), tmp_path)
    wanted = {
        "provider": "tiny", "model_asked": "tiny-1", "model": "tiny-1-2026", "job": "video/0", "created": 1763600000,
        "price": 0.4, "currency": "USD", "prompt_rewritten": "a blue sea at dawn", "polls": 1,
    }  # fmt: skip
    assert {name: made.provenance[name] for name in wanted} == wanted
    assert made.provenance["headers"]["x-request-id"].startswith("request-")


def test_a_lossy_file_tells_its_encoding(tmp_path: Path) -> None:
    write_video(tmp_path / "made.mp4", waves(5), fps=8.0, encoding="h264-crf23")
    with VideoServer((tmp_path / "made.mp4").read_bytes()) as server:
        assert one_row(adapter(server), tmp_path).encoding == "h264"


def test_the_content_type_names_the_file(server: VideoServer, tmp_path: Path) -> None:
    assert one_row(adapter(server), tmp_path).outputs["video"].name == "video.mkv"


def test_generation_and_download_are_timed_apart(server: VideoServer, tmp_path: Path) -> None:
    made = one_row(adapter(server), tmp_path)
    assert set(made.seconds) == {"generate", "download"} and min(made.seconds.values()) >= 0


def test_the_form_holds_what_the_card_says(server: VideoServer, tmp_path: Path) -> None:
    shape = {"frames": 32, "fps": 8.0, "width": 64, "height": 48, "size_policy": "nearest"}
    one_row(adapter(server), tmp_path, prompt='a "red" {car}\nand 🚗', **shape)
    (post,) = server.requests("POST")
    assert post.path == "/v1/videos" and not post.files
    wanted = {"model": "tiny-1", "prompt": 'a "red" {car}\nand 🚗', "seconds": "4", "size": "64x48"}
    assert post.fields == wanted


def test_what_the_request_leaves_open_is_not_sent(server: VideoServer, tmp_path: Path) -> None:
    one_row(adapter(server), tmp_path, prompt="a sea")
    assert set(server.requests("POST")[0].fields) == {"model", "prompt"}


def test_json_keeps_numbers_and_tables(server: VideoServer, tmp_path: Path) -> None:
    shape = {"frames": 16, "fps": 8.0, "width": 64, "height": 48, "size_policy": "nearest"}
    one_row(adapter(server, "polling-video"), tmp_path, prompt="a sea", seed=7, **shape)
    wanted = {"prompt": "a sea", "seed": 7, "frames": 16, "fps": 8, "width": 64, "height": 48}
    assert server.requests("POST")[0].fields == {"model": "tiny-1", "input": wanted}


def test_further_fields_are_sent_as_they_are_given(server: VideoServer, tmp_path: Path) -> None:
    one_row(adapter(server, "vllm-omni-video", body__num_inference_steps=40), tmp_path)
    assert server.requests("POST")[0].fields["num_inference_steps"] == "40"


def test_a_first_image_is_uploaded(server: VideoServer, tmp_path: Path) -> None:
    picture = image(tmp_path / "first.png")
    made = i2v(adapter(server), picture, tmp_path)
    assert made.status == "ok", made.error
    assert server.requests("POST")[0].files["input_reference"] == ("first.png", "image/png", picture.read_bytes())


def test_a_first_image_is_a_data_url_in_json(server: VideoServer, tmp_path: Path) -> None:
    i2v(adapter(server, "polling-video"), image(tmp_path / "first.png"), tmp_path)
    assert server.requests("POST")[0].fields["input"]["image"].startswith("data:image/png;base64,iVBOR")


def test_sglang_gets_json_without_an_image_and_a_form_with_one(server: VideoServer, tmp_path: Path) -> None:
    one_row(adapter(server, "sglang-video"), tmp_path / "t2v")
    i2v(adapter(server, "sglang-video"), image(tmp_path / "first.png"), tmp_path / "i2v")
    kinds = [post.headers["Content-Type"].partition(";")[0] for post in server.requests("POST")]
    assert kinds == ["application/json", "multipart/form-data"]


def test_an_image_of_a_rare_format_is_sent_as_png(server: VideoServer, tmp_path: Path) -> None:
    i2v(adapter(server), image(tmp_path / "first.bmp"), tmp_path)
    name, kind, content = server.requests("POST")[0].files["input_reference"]
    assert (name, kind, content[:4]) == ("first.png", "image/png", b"\x89PNG")


def test_a_broken_image_fails_before_anything_is_paid_for(server: VideoServer, tmp_path: Path) -> None:
    (tmp_path / "first.png").write_bytes(b"no picture")
    made = i2v(adapter(server), tmp_path / "first.png", tmp_path)
    assert made.status == "failed" and server.seen == []


def test_a_broken_source_fails_before_anything_is_paid_for(server: VideoServer, tmp_path: Path) -> None:
    (tmp_path / "source.mp4").write_bytes(b"no video")
    one = adapter(server, "polling-video")
    asked = replace(request("editing", {}, tmp_path / "in"), media={"source": tmp_path / "source.mp4"})
    (made,) = run(one, [asked], tmp_path / "out")
    assert made.status == "failed" and server.seen == []


def test_a_folder_of_frames_cannot_be_sent(server: VideoServer, tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    asked = replace(request("editing", {}, tmp_path / "in"), media={"source": tmp_path / "frames"})
    (made,) = run(adapter(server, "polling-video"), [asked], tmp_path / "out")
    assert made.status == "unsupported" and "one video file" in str(made.error)


def test_a_source_video_is_sent_for_editing(server: VideoServer, tmp_path: Path) -> None:
    made = one_row(adapter(server, "polling-video"), tmp_path, task="editing", media={"source": CLIP})
    assert made.status == "ok", made.error
    assert server.requests("POST")[0].fields["input"]["video"].startswith("data:video/x-matroska;base64,")


def test_the_seed_is_applied_where_it_is_sent() -> None:
    assert plan("vllm-omni-video").seed_applied and plan("polling-video").seed_applied


def test_the_seed_is_not_applied_where_the_endpoint_takes_none() -> None:
    assert not plan().seed_applied


def test_a_user_may_name_the_field_of_the_seed(server: VideoServer, tmp_path: Path) -> None:
    made = one_row(adapter(server, seed_field="seed"), tmp_path, seed=3)
    assert made.resolved.seed_applied and server.requests("POST")[0].fields["seed"] == "3"


def test_the_plan_shows_the_body_as_it_will_be_sent() -> None:
    assert plan("vllm-omni-video", seed=5).parameters["body"] == {"model": "tiny-1", "prompt": "a sea", "seed": 5}


def test_lengths_are_those_that_the_endpoint_gives() -> None:
    asked = {"frames": 50, "fps": 10.0, "size_policy": "nearest"}
    assert plan(options={"lengths": [4, 8, 12]}, **asked).parameters["seconds"] == 4


def test_an_exact_length_that_the_endpoint_has_not_is_unsupported() -> None:
    with pytest.raises(Unsupported, match="4 or 8 seconds"):
        plan(options={"lengths": [4, 8]}, frames=50, fps=10.0, size_policy="exact")


def test_what_no_field_says_is_not_claimed() -> None:
    asked = {"frames": 16, "fps": 8.0, "width": 64, "height": 48, "size_policy": "nearest"}
    found = plan(**asked).parameters
    assert [found[name] for name in ("frames", "fps", "seconds", "width", "height")] == [None, None, 2.0, 64, 48]


def test_an_exact_size_that_no_field_says_is_unsupported() -> None:
    with pytest.raises(Unsupported, match="takes no size"):
        plan(options={"body.size": None}, width=64, height=48, size_policy="exact")


@pytest.mark.parametrize("card", CARDS)
def test_a_card_has_no_faults(card: str) -> None:
    assert list(Server.faults(method(card))) == []


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"no_such_option": 1}, "unknown option 'no_such_option'"),
        ({"body.picture": "{picture}"}, r"\{picture\}, which is no field"),
        ({"concurrency": 0}, "option concurrency"),
        ({"base_url": ""}, "option base_url"),
        ({"base_url": "ftp://host"}, "option base_url"),
        ({"base_url": "http://video.example"}, "allow_http"),
        ({"base_url": "https://video.example/v1?key=abc"}, "has a \\? or #"),
        ({"frames": 16, "body.seconds": None}, "frames is set, and body has no"),
        ({"words.failed": ["completed"]}, "means both done and failed"),
        ({"headers": {"X-Api-Key": "abc"}}, "looks like a secret"),
    ],
)
def test_a_recipe_that_cannot_work_is_refused_at_once(options: dict[str, Any], reason: str) -> None:
    card = method("openai-video")
    with pytest.raises(UsageError, match=reason):
        Server(card, {**card.defaults, "base_url": "http://127.0.0.1:1", **options})


def test_credentials_in_the_address_are_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        adapter("https://me:hush@video.example")
    assert "hush" not in str(caught.value)


def test_a_key_given_in_place_of_its_variable_is_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        adapter("https://video.example", key_env=KEY)
    assert KEY not in str(caught.value)


def test_a_missing_key_is_told_before_any_request(server: VideoServer) -> None:
    one = adapter(server, key_env=KEY_VARIABLE)
    with pytest.raises(UsageError, match=f"{KEY_VARIABLE}.* is not set"):
        one.load("cpu")
    assert KEY_VARIABLE in one.missing() and server.seen == []


def test_offline_asks_no_other_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VBENCH_PY_OFFLINE", "1")
    with pytest.raises(UsageError, match=r"--offline, and video\.example is another machine"):
        adapter("https://video.example").load("cpu")


def test_the_key_is_sent_with_every_request(key: str, server: VideoServer, tmp_path: Path) -> None:
    one_row(adapter(server, key_env=KEY_VARIABLE), tmp_path)
    assert {seen.headers["Authorization"] for seen in server.seen} == {f"Bearer {key}"} and len(server.seen) == 3


def test_the_key_may_go_into_another_header(key: str, server: VideoServer, tmp_path: Path) -> None:
    one_row(adapter(server, key_env=KEY_VARIABLE, key_header="X-Api-Key", key_prefix=""), tmp_path)
    assert {seen.headers["X-Api-Key"] for seen in server.seen} == {key}


def test_the_key_is_in_no_text_that_we_make(
    key: str, server: VideoServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.posts = [Reply(401, {"error": {"message": f"Incorrect API key provided: {key}"}})]
    server.extra = {"model": f"tiny for {key}"}
    one = adapter(server, key_env=KEY_VARIABLE, kept=["x-request-id"])
    failed, made = ask(one, tmp_path, ["a", "b"], clock=None).values()
    one.load("cpu")
    texts = [repr(one), repr(vars(one)), str(failed.error), canonical(one.identity()), canonical(dict(made.provenance))]
    assert "[key]" in str(failed.error) and not [text for text in [*texts, caplog.text] if key in text]


def test_another_port_is_the_same_method() -> None:
    one, two = (adapter(f"http://127.0.0.1:{port}") for port in (1, 2))
    assert canonical(one.identity()) == canonical(two.identity())


@pytest.mark.parametrize("options", [{"model": "other"}, {"provider": "other"}, {"body__style": "x"}])
def test_what_changes_the_video_changes_the_identity(options: dict[str, Any]) -> None:
    one, two = adapter("http://127.0.0.1:1"), adapter("http://127.0.0.1:1", **options)
    assert canonical(one.identity()) != canonical(two.identity())


def test_patience_is_no_part_of_the_identity() -> None:
    one, two = adapter("http://127.0.0.1:1"), adapter("http://127.0.0.1:1", concurrency=9, retries=1)
    assert canonical(one.identity()) == canonical(two.identity())


def test_jobs_are_under_way_side_by_side_and_never_too_many(video: bytes, tmp_path: Path) -> None:
    with VideoServer(video, polls_needed=3) as server:
        made = ask(adapter(server, concurrency=3), tmp_path, [f"s{number}" for number in range(12)])
        assert {one.status for one in made.values()} == {"ok"} and server.most == 3


def test_submitting_keeps_the_rate(server: VideoServer, tmp_path: Path) -> None:
    clock = Clock()
    ask(adapter(server, submits_per_minute=6, concurrency=2), tmp_path, list("abcde"), clock=clock)
    assert server.count("POST") == 5 and clock.now == pytest.approx(40.0)


def test_a_job_of_a_crashed_run_is_waited_for_and_not_paid_for_again(server: VideoServer, tmp_path: Path) -> None:
    first = adapter(server)
    asked = request("t2v", {}, tmp_path / "in", identifier="a")
    first.load("cpu")
    (tmp_path / "out0").mkdir()
    crashing = first.generate([first.plan(asked)], [tmp_path / "out0"])
    assert next(crashing).status == "ok"
    crashing.close()
    made = one_row(adapter(server), tmp_path)
    assert made.status == "ok" and made.provenance["resumed"] and server.count("POST") == 1
    assert "generate" not in made.seconds


def test_a_recorded_job_is_submitted_anew(server: VideoServer, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert one_row(adapter(server), tmp_path / name).status == "ok"
    assert server.count("POST") == 2


def test_a_job_that_the_server_forgot_is_submitted_anew(server: VideoServer, tmp_path: Path) -> None:
    server.contents = [Reply(500)] * 6
    assert one_row(adapter(server), tmp_path / "one").status == "failed"
    server.polls = [Reply(404, {"error": {"message": "gone"}})]
    made = one_row(adapter(server), tmp_path / "two")
    assert made.status == "ok" and server.count("POST") == 2


def test_other_seeds_are_other_jobs(server: VideoServer, tmp_path: Path) -> None:
    server.contents = [Reply(500)] * 6
    one_row(adapter(server), tmp_path / "one", seed=0)
    one_row(adapter(server), tmp_path / "two", seed=1)
    assert server.count("POST") == 2


def test_jobs_are_not_kept_on_request(server: VideoServer, tmp_path: Path) -> None:
    server.contents = [Reply(500)] * 6
    one_row(adapter(server, resume_jobs=False), tmp_path / "one")
    one_row(adapter(server, resume_jobs=False), tmp_path / "two")
    assert server.count("POST") == 2 and not (tmp_path / "cache").exists()


def image(path: Path) -> Path:
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(CLIP[0]).save(path)
    return path


def i2v(one: Server, first: Path, folder: Path) -> Any:
    one.world = Clock().world
    asked = replace(request("i2v", {}, folder / "in"), media={"first": first})
    (made,) = run(one, [asked], folder / "out")
    return made
