"""Headless Chromium over its debugging pipe: no driver, no port, no package beside the browser itself."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--autoplay-policy=no-user-gesture-required", "--remote-debugging-pipe",
)  # fmt: skip


def chromium() -> str | None:
    """The browser's path, or None on a machine without one."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Page:
    """One tab. `errors` are exceptions and console errors, `requests` every address that was asked for."""

    def __init__(self, pipe: Pipe, session: str) -> None:
        self._pipe, self._session = pipe, session
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.loaded = False

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._pipe.send(method, self._session, **parameters)

    def hear(self, method: str, parameters: dict[str, Any]) -> None:
        match method:
            case "Runtime.exceptionThrown":
                details = parameters["exceptionDetails"]
                self.errors.append(details.get("exception", {}).get("description", details["text"]))
            case "Runtime.consoleAPICalled" if parameters["type"] in ("error", "assert"):
                self.errors.append(str(parameters["args"]))
            case "Log.entryAdded" if parameters["entry"]["level"] == "error":
                self.errors.append(parameters["entry"]["text"])
            case "Network.requestWillBeSent":
                self.requests.append(parameters["request"]["url"])
            case "Page.loadEventFired":
                self.loaded = True

    def open(self, address: str, *, width: int, height: int = 900, dark: bool = False) -> None:
        """Loads a page at a size in CSS pixels; returns after its load event."""
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")
        mobile = width < 600
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])
        self.send("Page.navigate", url=address)
        self._pipe.until(lambda: self.loaded)

    def evaluate(self, expression: str) -> Any:
        """The JSON value of an expression; a promise is awaited."""
        found = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            raise AssertionError(found["exceptionDetails"])
        return found["result"].get("value")

    def wait(self, condition: str, seconds: float = 20) -> None:
        """Until an expression is true, looked at once a frame."""
        loop = f"const look = () => {{ if ({condition}) go(true); else if (performance.now() > end) go(false);"
        loop += " else requestAnimationFrame(look); }; look();"
        script = f"new Promise((go) => {{ const end = performance.now() + {seconds * 1000}; {loop} }})"
        if not self.evaluate(script):
            raise AssertionError(f"never true: {condition}")

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"]))


class Pipe:
    """The browser's end of the conversation: JSON messages that end in a zero byte."""

    def __init__(self, write: int, read: int) -> None:
        self._write, self._read = write, read
        self._buffer = b""
        self._last = 0
        self._answers: dict[int, dict[str, Any]] = {}
        self.pages: dict[str, Page] = {}

    def send(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        self._last += 1
        number = self._last
        message = {"id": number, "method": method, "params": parameters} | ({"sessionId": session} if session else {})
        os.write(self._write, json.dumps(message).encode() + b"\0")
        self.until(lambda: number in self._answers)
        answer = self._answers.pop(number)
        if "error" in answer:
            raise AssertionError(f"{method}: {answer['error']['message']}")
        return dict(answer["result"])

    def until(self, ready: Any, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not ready():
            if not select.select([self._read], [], [], max(0.0, end - time.monotonic()))[0]:
                raise AssertionError(f"the browser said nothing for {seconds} s")
            data = os.read(self._read, 1 << 20)
            if not data:
                raise AssertionError("the browser is gone")
            *whole, self._buffer = (self._buffer + data).split(b"\0")
            for text in whole:
                message = json.loads(text)
                if "id" in message:
                    self._answers[message["id"]] = message
                elif page := self.pages.get(message.get("sessionId", "")):
                    page.hear(message["method"], message["params"])


@contextmanager
def browser(profile: Path) -> Iterator[Pipe]:
    """A browser of its own, ended with the block."""
    program = chromium()
    assert program is not None, "ask chromium() first"
    ours_in, theirs_out = os.pipe()
    theirs_in, ours_out = os.pipe()
    # Away from 3 and 4, which the child must find its own ends under.
    ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (theirs_in, theirs_out)]
    command = f'exec 3<&{ends[0]} 4>&{ends[1]} {ends[0]}<&- {ends[1]}>&-; exec "$@"'
    child = subprocess.Popen(
        ["bash", "-c", command, "bash", program, *FLAGS, f"--user-data-dir={profile}"], pass_fds=ends,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    for end in (*ends, theirs_in, theirs_out):
        os.close(end)
    try:
        yield Pipe(ours_out, ours_in)
    finally:
        os.close(ours_out)
        os.close(ours_in)
        child.terminate()
        child.wait(timeout=20)


def open_page(pipe: Pipe, address: str, *, width: int, height: int = 900, dark: bool = False) -> Page:
    target = pipe.send("Target.createTarget", url="about:blank")["targetId"]
    session = pipe.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    page = pipe.pages[session] = Page(pipe, session)
    page.open(address, width=width, height=height, dark=dark)
    return page
