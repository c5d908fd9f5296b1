"""The parts of the adapter for endpoints, each by itself: rates, addresses, pointers, bodies, jobs that are kept."""

from __future__ import annotations

import asyncio
import pickle
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.adapters.endpoint import KEY, Clock
from tests.video_server import parsed
from vbench_py.adapters.server import body, pointers
from vbench_py.adapters.server.addresses import Addresses, addresses
from vbench_py.adapters.server.calls import asked_wait
from vbench_py.adapters.server.errors import ServerError, Unreachable
from vbench_py.adapters.server.ledger import Ledger
from vbench_py.adapters.server.loop import at_once
from vbench_py.adapters.server.pace import Breaker, Pace, World, backoff
from vbench_py.adapters.server.secret import Secret
from vbench_py.types import UsageError

DOCUMENT = {"id": 7, "data": [{"url": "u0"}, {"url": "u1"}], "a/b": {"m~n": True}, "none": None}


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("/id", 7),
        ("id", 7),
        ("/data/1/url", "u1"),
        ("data.1.url", "u1"),
        ("/a~1b/m~0n", True),
        ("/data/2/url", None),
        ("/id/deeper", None),
        ("/nothing", None),
        ("", None),
    ],
)
def test_pointers_and_dotted_paths_find_values(place: str, value: Any) -> None:
    assert pointers.found(DOCUMENT, place) == value


def test_what_is_no_text_is_told_as_json() -> None:
    assert [pointers.text(DOCUMENT, place) for place in ("id", "data.0", "none")] == ["7", '{"url": "u0"}', ""]


@given(per_minute=some.floats(0.5, 600), waits=some.lists(some.floats(0, 30), min_size=1, max_size=60))
def test_no_minute_holds_more_turns_than_allowed(per_minute: float, waits: list[float]) -> None:
    clock, turns = Clock(), []
    pace = Pace(per_minute, clock.world)

    async def everybody() -> None:
        for wait in waits:
            clock.now += wait
            await asyncio.gather(*(one() for _ in range(2)))

    async def one() -> None:
        await pace.turn()
        turns.append(clock.now)

    asyncio.run(everybody())
    turns.sort()
    for start in turns:
        within = [turn for turn in turns if start <= turn < start + 60 - 1e-6]
        assert len(within) <= max(1, -(-per_minute // 1))


def test_without_a_rate_nobody_waits() -> None:
    clock = Clock()
    asyncio.run(Pace(0, clock.world).turn())
    assert clock.slept == []


def test_a_held_pace_lets_nobody_through_before_its_time() -> None:
    clock = Clock()
    pace = Pace(0, clock.world)
    pace.hold(12)
    asyncio.run(pace.turn())
    assert clock.now == 12


@given(attempt=some.integers(0, 1000), share=some.floats(0, 1))
def test_backoff_lies_between_nothing_and_the_doubled_pause(attempt: int, share: float) -> None:
    world = World(jitter=lambda most: share * most)
    assert 0 <= backoff(attempt, 1.0, 60.0, world) <= min(60.0, 2.0 ** min(attempt, 32))


def test_pauses_of_many_clients_differ() -> None:
    assert len({backoff(3, 1.0, 60.0, World()) for _ in range(50)}) > 40


def test_a_breaker_opens_after_silence_in_a_row_only() -> None:
    breaker = Breaker(2)
    breaker.silent("x")
    breaker.answered()
    breaker.silent("x")
    breaker.check()
    breaker.silent("cannot connect")
    with pytest.raises(Unreachable, match="cannot connect, 2 times in a row"):
        breaker.check()


def test_a_pause_may_be_asked_for_as_a_date() -> None:
    wait = asked_wait(format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True))
    assert wait is not None and 90 < wait <= 100


@pytest.mark.parametrize(("text", "wait"), [("7", 7.0), ("-3", 0.0), ("", None), ("soon", None)])
def test_a_pause_may_be_asked_for_as_a_number(text: str, wait: float | None) -> None:
    assert asked_wait(text) == wait


def at(base: str = "https://video.example/api", *hosts: str, allow_http: bool = False) -> Addresses:
    return addresses("method m", base, hosts, allow_http)


def test_paths_are_put_below_the_base() -> None:
    assert at().of("/v1/videos/{id}", "a b/c") == "https://video.example/api/v1/videos/a%20b%2Fc"


@pytest.mark.parametrize(
    ("target", "hosts"),
    [
        ("https://video.example/x", ()),
        ("/x", ()),
        ("https://cdn.example/x", ("cdn.example",)),
        ("https://a.b.cdn.example/x", ("*.cdn.example",)),
        ("https://cdn.example:8443/x", ("cdn.example:8443",)),
        ("https://CDN.example/x", ("cdn.EXAMPLE",)),
    ],
)
def test_downloads_may_come_from_here_and_from_named_hosts(target: str, hosts: tuple[str, ...]) -> None:
    at("https://video.example/api", *hosts).follow("https://video.example/api/v1", target, download=True)


@pytest.mark.parametrize(
    ("target", "hosts"),
    [
        ("https://cdn.example/x", ()),
        ("https://evilcdn.example/x", ("*.cdn.example",)),
        ("https://cdn.example/x", ("*.cdn.example",)),
        ("https://cdn.example.evil.example/x", ("cdn.example",)),
        ("https://cdn.example:22/x", ("cdn.example:8443",)),
        ("https://video.example:8443/x", ()),
        ("http://video.example/x", ()),
        ("http://cdn.example/x", ("cdn.example",)),
        ("https://video.example@evil.example/x", ()),
        ("file:///etc/passwd", ("*.example",)),
        ("ftp://cdn.example/x", ("cdn.example",)),
        ("https://[::1/x", ()),
    ],
)
def test_downloads_from_anywhere_else_are_refused(target: str, hosts: tuple[str, ...]) -> None:
    with pytest.raises(ServerError):
        at("https://video.example/api", *hosts).follow("https://video.example/api/v1", target, download=True)


@pytest.mark.parametrize("base", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"])
def test_plain_http_is_for_this_machine(base: str) -> None:
    assert at(base).base == base


def test_plain_http_to_others_is_a_choice() -> None:
    with pytest.raises(UsageError, match="allow_http"):
        at("http://video.example")
    assert at("http://video.example", allow_http=True)


@pytest.mark.parametrize("base", ["http://", "video.example", "https://host:99999", "https://[::1", ""])
def test_what_is_no_address_is_refused(base: str) -> None:
    with pytest.raises(UsageError, match="base_url"):
        at(base)


VALUES = {"prompt": "a {seed} sea", "seed": 3, "width": None, "height": 4, "empty": ""}


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("{seed}", 3),
        ("number {seed}", "number 3"),
        ("{width}x{height}", None),
        ("{empty}", None),
        ({"a": {"b": "{width}"}, "c": 1}, {"c": 1}),
        (["{width}", "{seed}"], [3]),
        ({}, {}),
        ("{prompt}", "a {seed} sea"),
        ("said: {prompt}", "said: a {seed} sea"),
        (True, True),
    ],
)
def test_a_template_is_filled_and_what_has_no_value_is_left_out(template: Any, filled: Any) -> None:
    assert body.fill(template, VALUES, lambda role, form: None) == filled


def test_a_form_has_texts_numbers_tables_and_files() -> None:
    upload = body.Upload("a.png", "image/png", b"x")
    filled = {"prompt": "sea 🚗", "seed": 3, "sound": True, "lora": {"scale": 0.5}, "first": upload}
    kind, content = body.encoded(filled, multipart=True)
    message = Message()
    message["Content-Type"] = kind
    fields, files = parsed(message, content)
    assert fields == {"prompt": "sea 🚗", "seed": "3", "sound": "true", "lora": '{"scale": 0.5}'}
    assert files == {"first": ("a.png", "image/png", b"x")}


def test_a_kept_job_is_there_after_a_restart(tmp_path: Path) -> None:
    Ledger(tmp_path).accepted("k", "job-1", "")
    assert Ledger(tmp_path).taken("k") == {"id": "job-1", "status_url": ""}


def test_an_ended_job_is_forgotten_and_counted(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.accepted("k", "job-1", "")
    ledger.ended("k")
    again = Ledger(tmp_path)
    assert again.taken("k") is None and again.rounds("k") == 1


def test_a_torn_line_is_passed_over(tmp_path: Path) -> None:
    Ledger(tmp_path).accepted("k", "job-1", "")
    with (tmp_path / "jobs.jsonl").open("ab") as file:
        file.write(b'{"key": "l", "sta')
    assert Ledger(tmp_path).taken("k") is not None and Ledger(tmp_path).taken("l") is None


def test_only_the_user_may_read_the_kept_jobs(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.accepted("k", "job-1", "")
    assert ledger.path is not None and ledger.path.stat().st_mode & 0o077 == 0


def test_a_key_has_no_readable_form() -> None:
    secret = Secret(KEY)
    assert KEY not in repr(secret) and KEY not in str(secret)
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_a_key_is_taken_out_of_tables_and_lists() -> None:
    hidden = Secret(KEY).hidden({"a": [f"x {KEY} y", 3], KEY: None})
    assert hidden == {"a": ["x [key] y", 3], "[key]": None}


@given(count=some.integers(0, 40), most=some.integers(1, 9))
def test_work_is_done_once_each_and_never_too_much_at_once(count: int, most: int) -> None:
    from collections.abc import AsyncIterator
    from contextlib import asynccontextmanager

    under_way, greatest = 0, 0

    async def do(job: int) -> int:
        nonlocal under_way, greatest
        under_way += 1
        greatest = max(greatest, under_way)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        under_way -= 1
        return job

    @asynccontextmanager
    async def work() -> AsyncIterator[Any]:
        yield do

    assert sorted(at_once(range(count), work, most)) == list(range(count))
    assert greatest <= most and (greatest == min(most, count))


def test_what_work_raises_is_raised_here() -> None:
    from collections.abc import AsyncIterator
    from contextlib import asynccontextmanager

    async def do(job: int) -> int:
        raise OSError(28, "no space")

    @asynccontextmanager
    async def work() -> AsyncIterator[Any]:
        yield do

    with pytest.raises(OSError, match="no space"):
        list(at_once([1, 2], work, 2))
