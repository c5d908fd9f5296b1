"""An endpoint on loopback with an adapter in front of it, on a clock of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.helpers import method, request, run, waves
from tests.video_server import VideoServer
from vbench_py.adapters.server import Server
from vbench_py.adapters.server.pace import World
from vbench_py.types import Generated
from vbench_py.video import write_video

KEY = "sk-very-secret-0123456789"
KEY_VARIABLE = "TINY_VIDEO_KEY"
CLIP = waves(5)
QUICK = {"poll_seconds": 0.0, "connect_seconds": 2.0, "read_seconds": 5.0, "model": "tiny-1"}


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("video") / "made.mkv"
    write_video(path, CLIP, fps=8.0)
    return path.read_bytes()


@pytest.fixture
def server(video: bytes) -> Iterator[VideoServer]:
    with VideoServer(video) as made:
        yield made


@pytest.fixture(autouse=True)
def own_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VBENCH_PY_CACHE", str(tmp_path / "cache"))


@dataclass
class Clock:
    """Time that jumps to whoever wakes next; jitter is always the most. `slept` are the sleeps asked for."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)
    _wakes: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        until = self.now + seconds
        self._wakes.append(until)
        await asyncio.sleep(0)
        while self.now < until and min(self._wakes) < until:
            await asyncio.sleep(0)
        self._wakes.remove(until)
        self.now = max(self.now, until)

    @property
    def world(self) -> World:
        return World(now=lambda: self.now, sleep=self.sleep, jitter=lambda most: most)


def adapter(server: VideoServer | str, card: str = "openai-video", **options: Any) -> Server:
    """An adapter with short times; dots in the names of options are written as two underscores."""
    url = server if isinstance(server, str) else server.url
    given = {"base_url": url, **QUICK, **{name.replace("__", "."): value for name, value in options.items()}}
    loaded = method(card)
    return Server(loaded, {**loaded.defaults, **given})


def ask(
    one: Server, folder: Path, names: Sequence[str] = ("a",), *, clock: Clock | None = None, **rest: Any
) -> dict[str, Generated]:
    """What comes back for a text-to-video sample of each name, by name."""
    one.world = (clock or Clock()).world
    task, media = rest.pop("task", "t2v"), rest.pop("media", {})
    asked = [request(task, media, folder / "in" / name, identifier=name, **rest) for name in names]
    return {made.resolved.request.sample.id: made for made in run(one, asked, folder / "out")}


def one_row(one: Server, folder: Path, *, clock: Clock | None = None, **rest: Any) -> Generated:
    (made,) = ask(one, folder, clock=clock, **rest).values()
    return made


def failed(made: Generated, *words: str) -> None:
    """Asserts that it is a failed row whose reason has all of `words` in it."""
    assert made.status == "failed", made
    assert [word for word in words if word not in str(made.error)] == [], str(made.error)
