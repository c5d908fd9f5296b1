"""A server that fails in every way: each becomes a row with the reason, nothing is paid for twice, the rest goes on."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from tests.adapters import endpoint
from tests.adapters.endpoint import Clock, adapter, ask, failed, one_row
from tests.video_server import Reply, VideoServer, html
from vbench_py.adapters.server import Server

video, server, own_jobs = endpoint.video, endpoint.server, endpoint.own_jobs

TYPE = {"Content-Type": "application/json"}


# Too many requests, and servers that are busy


@pytest.mark.parametrize("status", [429, 503])
def test_a_request_that_was_not_taken_is_sent_again(status: int, server: VideoServer, tmp_path: Path) -> None:
    server.posts = [Reply(status), Reply(status)]
    assert one_row(adapter(server), tmp_path).status == "ok" and server.count("POST") == 3


def test_pauses_between_tries_double_and_end_at_the_most(server: VideoServer, tmp_path: Path) -> None:
    server.posts, clock = [Reply(429)] * 5, Clock()
    one_row(adapter(server, backoff_seconds=2.0, backoff_most_seconds=10.0), tmp_path, clock=clock)
    assert [wait for wait in clock.slept if wait] == [2.0, 4.0, 8.0, 10.0, 10.0]


def test_the_time_that_the_server_asks_for_is_kept(server: VideoServer, tmp_path: Path) -> None:
    server.posts, clock = [Reply(429, headers={"Retry-After": "30"})], Clock()
    assert one_row(adapter(server), tmp_path, clock=clock).status == "ok" and clock.now >= 30


def test_a_server_that_asks_for_too_long_a_pause_is_a_row(server: VideoServer, tmp_path: Path) -> None:
    server.posts = [Reply(429, headers={"Retry-After": "86400"})]
    failed(one_row(adapter(server), tmp_path), "429", "86400 s, longer than job_seconds")


def test_a_server_that_stays_busy_is_a_row(server: VideoServer, tmp_path: Path) -> None:
    server.posts = [Reply(429)] * 20
    failed(one_row(adapter(server, retries=3), tmp_path), "HTTP 429", "tried 4 times")
    assert server.count("POST") == 4


# Errors of the server


def test_a_failed_submission_is_not_repeated_as_it_may_have_been_taken(server: VideoServer, tmp_path: Path) -> None:
    server.posts = [Reply(500)]
    failed(one_row(adapter(server), tmp_path), "HTTP 500", "not known", "not asked for twice")
    assert server.count("POST") == 1


def test_with_an_idempotency_key_a_submission_is_repeated_under_the_same_key(
    server: VideoServer, tmp_path: Path
) -> None:
    server.posts = [Reply(500), Reply(fault="close")]
    made = one_row(adapter(server, idempotency_header="Idempotency-Key"), tmp_path)
    keys = {post.headers["Idempotency-Key"] for post in server.requests("POST")}
    assert made.status == "ok" and server.count("POST") == 3 and len(keys) == 1


def test_another_attempt_after_a_failed_job_has_another_idempotency_key(server: VideoServer, tmp_path: Path) -> None:
    server.extra = {"status": "failed"}
    for name in ("one", "two"):
        one_row(adapter(server, idempotency_header="Idempotency-Key"), tmp_path / name)
    assert len({post.headers["Idempotency-Key"] for post in server.requests("POST")}) == 2


@pytest.mark.parametrize("script", ["polls", "contents"])
@pytest.mark.parametrize("fault", [Reply(500), Reply(502), Reply(fault="close"), Reply(429)])
def test_what_only_reads_is_tried_again(script: str, fault: Reply, server: VideoServer, tmp_path: Path) -> None:
    setattr(server, script, [fault, fault])
    assert one_row(adapter(server), tmp_path).status == "ok" and server.count("POST") == 1


def test_a_server_that_always_fails_is_a_row(server: VideoServer, tmp_path: Path) -> None:
    server.polls = [Reply(500)] * 20
    failed(one_row(adapter(server, retries=2), tmp_path), "HTTP 500", "tried 3 times")


def test_an_error_is_told_in_the_servers_words(server: VideoServer, tmp_path: Path) -> None:
    server.posts = [Reply(400, {"error": {"message": "size 64x48 is not offered", "code": "bad_size"}})]
    failed(one_row(adapter(server), tmp_path), "HTTP 400", "size 64x48 is not offered", "(bad_size)")


def test_an_error_in_another_form_is_told_as_it_came(server: VideoServer, tmp_path: Path) -> None:
    server.posts = [Reply(422, {"detail": "prompt is required"}, TYPE)]
    failed(one_row(adapter(server), tmp_path), "HTTP 422", "prompt is required")


# Answers that are not what they should be


def test_a_page_instead_of_json_is_a_row_with_its_beginning(server: VideoServer, tmp_path: Path) -> None:
    server.posts = [html()]
    failed(one_row(adapter(server), tmp_path), "no JSON", "text/html", "We will be back soon")
    assert server.count("POST") == 1


def test_a_page_instead_of_a_status_is_passed_over(server: VideoServer, tmp_path: Path) -> None:
    server.polls = [html(), html()]
    assert one_row(adapter(server), tmp_path).status == "ok"


def test_json_of_another_shape_is_a_row(server: VideoServer, tmp_path: Path) -> None:
    server.posts = [Reply(200, {"task": {"uuid": 1}}, TYPE)]
    failed(one_row(adapter(server), tmp_path), "no job id at /id", '"uuid": 1')


def test_a_list_instead_of_a_table_is_a_row(server: VideoServer, tmp_path: Path) -> None:
    server.posts = [Reply(200, b"[1, 2]", TYPE)]
    failed(one_row(adapter(server), tmp_path), "no job id")


def test_an_unknown_status_word_is_a_row_that_says_where_to_name_it(server: VideoServer, tmp_path: Path) -> None:
    server.polls = [Reply(200, {"id": "video/0", "status": "frobnicating"}, TYPE)]
    failed(one_row(adapter(server), tmp_path), "'frobnicating'", "words.waiting")


def test_an_answer_without_end_is_cut_off(server: VideoServer, tmp_path: Path) -> None:
    server.posts = [Reply(200, b'{"id": "' + b"x" * (5 << 20), TYPE)]
    failed(one_row(adapter(server), tmp_path), "goes on beyond")


def test_an_id_that_was_given_twice_is_a_row_and_not_another_samples_video(server: VideoServer, tmp_path: Path) -> None:
    server.id_of_all = "the-only-one"
    made = ask(adapter(server, concurrency=1), tmp_path, ["a", "b"])
    assert made["a"].status == "ok"
    failed(made["b"], "the-only-one twice", "first for sample a (seed 0)")


def test_an_id_cannot_lead_to_another_path(server: VideoServer, tmp_path: Path) -> None:
    server.id_of_all = "../../admin?x=1#y"
    one_row(adapter(server), tmp_path)
    assert {get.path for get in server.requests("GET")} == {"/v1/videos/..%2F..%2Fadmin%3Fx%3D1%23y"}


# Jobs that come to nothing


def test_a_failed_job_is_a_row_with_the_servers_reason(server: VideoServer, tmp_path: Path) -> None:
    server.extra = {"status": "failed", "error": {"code": "oom", "message": "out of memory"}}
    failed(one_row(adapter(server), tmp_path), "the job failed: out of memory (oom)")


def test_an_error_that_is_a_plain_text_is_told(server: VideoServer, tmp_path: Path) -> None:
    server.extra = {"status": "failed", "error": "no GPU left"}
    failed(one_row(adapter(server), tmp_path), "no GPU left")


def test_a_failed_job_is_submitted_anew_by_the_next_run(server: VideoServer, tmp_path: Path) -> None:
    server.extra = {"status": "failed"}
    one_row(adapter(server), tmp_path / "one")
    server.extra = {}
    assert one_row(adapter(server), tmp_path / "two").status == "ok" and server.count("POST") == 2


def test_a_job_that_is_never_done_is_a_row_and_the_next_run_goes_on_waiting(
    server: VideoServer, tmp_path: Path
) -> None:
    server.polls_needed = 10**9
    patient = {"poll_seconds": 10.0, "job_seconds": 600.0}
    failed(one_row(adapter(server, **patient), tmp_path / "one"), "still 'in_progress'", "job_seconds = 600")
    server.polls_needed = 1
    assert one_row(adapter(server, **patient), tmp_path / "two").status == "ok" and server.count("POST") == 1


def test_polling_grows_slower_up_to_its_pause(server: VideoServer, tmp_path: Path) -> None:
    server.polls_needed, clock = 12, Clock()
    one_row(adapter(server, poll_seconds=10.0), tmp_path, clock=clock)
    assert clock.slept[0] == 1.0 and clock.slept == sorted(clock.slept) and clock.slept[-1] == 10.0


def test_a_job_that_the_server_loses_is_a_row(server: VideoServer, tmp_path: Path) -> None:
    server.polls = [Reply(404, {"error": {"message": "no"}}, TYPE)]
    failed(one_row(adapter(server), tmp_path), "does not know job video/0 any more")


# Refusals


@pytest.mark.parametrize(
    "refusal",
    [
        Reply(400, {"error": {"code": "moderation_blocked", "message": "not that"}}, TYPE),
        Reply(200, {"id": "x", "status": "failed", "error": {"code": "moderation_blocked", "message": "not that"}}),
    ],
)
def test_a_refusal_by_its_code_is_filtered(refusal: Reply, server: VideoServer, tmp_path: Path) -> None:
    server.posts = [refusal]
    made = one_row(adapter(server, provider="tiny"), tmp_path)
    assert (made.status, made.provenance["refusal"]) == ("filtered", "not that (moderation_blocked)")
    assert str(made.error) == "refused by tiny: not that (moderation_blocked)"


@pytest.mark.parametrize(
    "extra",
    [{"status": "moderated", "error": {"message": "not that"}}, {"status": "succeeded", "refusal": "not that"}],
)
def test_a_refusal_by_status_or_by_its_own_place_is_filtered(
    extra: dict[str, Any], server: VideoServer, tmp_path: Path
) -> None:
    server.extra = extra
    made = one_row(adapter(server, "polling-video"), tmp_path)
    assert (made.status, made.provenance["refusal"]) == ("filtered", "not that")


def test_the_rest_of_the_batch_goes_on_after_refusals_and_failures(server: VideoServer, tmp_path: Path) -> None:
    server.posts = [Reply(400, {"error": {"code": "moderation_blocked"}}, TYPE), Reply(400, {"error": "no"}, TYPE)]
    made = ask(adapter(server, concurrency=1), tmp_path, list("abcd"))
    assert [made[name].status for name in "abcd"] == ["filtered", "failed", "ok", "ok"]


# Servers that do not answer


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_server_that_is_not_there_is_given_up_for_all(tmp_path: Path) -> None:
    clock = Clock()
    one = adapter(f"http://127.0.0.1:{closed_port()}", give_up_after=4, retries=2)
    made = ask(one, tmp_path, [f"s{number}" for number in range(40)], clock=clock)
    for row in made.values():
        failed(row, "cannot connect to 127.0.0.1")
    assert sum("not asked any more" in str(row.error) for row in made.values()) >= 38 and len(clock.slept) <= 8


def test_a_server_that_comes_back_between_runs_is_asked_again(server: VideoServer, tmp_path: Path) -> None:
    one = adapter(server, give_up_after=1, retries=0)
    server.posts = [Reply(fault="never")]
    one.settings = one.settings.model_copy(update={"read_seconds": 0.2, "connect_seconds": 0.2})
    failed(one_row(one, tmp_path / "one"), "no answer from 127.0.0.1 in time")
    assert one_row(one, tmp_path / "two").status == "ok"


def test_a_submission_that_is_never_answered_is_a_row_and_not_repeated(server: VideoServer, tmp_path: Path) -> None:
    server.posts = [Reply(fault="never")] * 9
    failed(one_row(adapter(server, read_seconds=0.2), tmp_path), "no answer", "not asked for twice")
    assert server.count("POST") == 1


def test_a_status_byte_by_byte_ends_in_time(server: VideoServer, tmp_path: Path) -> None:
    server.polls = [Reply(200, b"x" * 4000, TYPE, fault="drip")]
    one = adapter(server, read_seconds=0.2, connect_seconds=0.2, retries=0)
    failed(one_row(one, tmp_path), "no answer from 127.0.0.1 in time")


def test_a_caller_that_stops_leaves_nothing_running(server: VideoServer, tmp_path: Path) -> None:
    import threading

    server.polls_needed = 10**9
    one: Server = adapter(server, concurrency=2)
    from tests.adapters.helpers import request

    server.posts = [Reply(400, {"error": {"message": "no"}}, TYPE)]
    asked = [one.plan(request("t2v", {}, tmp_path / "in", identifier=name)) for name in "ab"]
    one.load("cpu")
    stopped = one.generate(asked, [tmp_path, tmp_path])
    failed(next(stopped), "no")
    stopped.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "vbench-py-server"]
