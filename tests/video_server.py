"""A video endpoint on loopback for tests: it does its job, or fails in every way that servers fail."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal

Fault = Literal["", "half", "never", "drip", "close", "chunks"]


@dataclass(frozen=True)
class Reply:
    """A scripted answer. `fault`: half of the promised body, no answer at all, bytes one by one for ever, a closed
    connection, a chunked body that breaks off.
    """

    status: int = 200
    body: bytes | dict[str, Any] = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Fault = ""

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Seen:
    """A request as it came: `fields` of its form or JSON, `files` of its form as (name, type, bytes)."""

    method: str
    path: str
    headers: Message
    content: bytes
    fields: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, tuple[str, str, bytes]] = field(default_factory=dict)


def html(status: int = 200) -> Reply:
    return Reply(status, b"<html><body>We will be back soon</body></html>", {"Content-Type": "text/html"})


class VideoServer:
    """Answers as an OpenAI-style endpoint, and below /jobs as one with a polling recipe.

    `posts`, `polls` and `contents` are answers used up one a request before the usual ones; `polls_needed` is how often
    a job is asked for before it is done. `most` is the greatest number of jobs that were under way at once.
    """

    def __init__(self, video: bytes, *, polls_needed: int = 1) -> None:
        self.video = video
        self.polls_needed = polls_needed
        self.posts: list[Reply] = []
        self.polls: list[Reply] = []
        self.contents: list[Reply] = []
        self.seen: list[Seen] = []
        self.id_of_all = ""
        self.extra: dict[str, Any] = {}
        self.most = 0
        self._jobs: dict[str, int] = {}
        self._under_way: set[str] = set()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body in one packet: else each answer waits 40 ms for the client's acknowledgement.
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                outer._answer(self, "GET")

            def do_POST(self) -> None:
                outer._answer(self, "POST")

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> VideoServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def count(self, method: str, part: str = "") -> int:
        """How many requests of that method had `part` in their path."""
        return sum(seen.method == method and part in seen.path for seen in self.seen)

    def requests(self, method: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.method == method]

    def _answer(self, handler: BaseHTTPRequestHandler, method: str) -> None:
        content = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        fields, files = parsed(handler.headers, content)
        with self._lock:
            self.seen.append(Seen(method, handler.path, handler.headers, content, fields, files))
            reply = self._reply(method, handler.path)
        self._send(handler, reply)

    def _reply(self, method: str, path: str) -> Reply:
        content = path.startswith("/files/") or path.endswith("/content")
        script = self.posts if method == "POST" else self.contents if content else self.polls
        if script:
            return script.pop(0)
        if method == "POST":
            name = self.id_of_all or f"video/{len(self._jobs)}"
            self._jobs[name] = 0
            self._under_way.add(name)
            self.most = max(self.most, len(self._under_way))
            return self._job(path, name, "queued")
        name = path.removeprefix("/files/").removeprefix("/v1/videos/").removeprefix("/jobs/").removesuffix("/content")
        name = name.replace("%2F", "/")
        if name not in self._jobs:
            return Reply(404, {"error": {"message": "no such video"}})
        if content:
            self._under_way.discard(name)
            return Reply(200, self.video, {"Content-Type": "video/x-matroska"})
        self._jobs[name] += 1
        return self._job(path, name, "completed" if self._jobs[name] >= self.polls_needed else "in_progress")

    def _job(self, path: str, name: str, status: str) -> Reply:
        document = {"id": name, "object": "video", "status": status, "model": "tiny-1-2026", "created_at": 1763600000}
        if path.startswith("/jobs"):
            document["output"] = {"url": f"/files/{name.replace('/', '%2F')}"}
        headers = {"x-request-id": f"request-{len(self.seen)}", "Content-Type": "application/json"}
        return Reply(200, {**document, **self.extra}, headers)

    def _send(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        if reply.fault in ("never", "close"):
            if reply.fault == "never":
                self._closing.wait(30)
            handler.close_connection = True
            return
        content = reply.content
        handler.send_response(reply.status)
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        if reply.fault == "chunks":
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            half = content[: len(content) // 2]
            handler.wfile.write(f"{len(half):x}\r\n".encode() + half + b"\r\n")
            handler.close_connection = True
            return
        if "Content-Length" not in reply.headers:
            handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        if reply.fault == "drip":
            try:
                for byte in content:
                    handler.wfile.write(bytes([byte]))
                    handler.wfile.flush()
                    if self._closing.wait(0.02):
                        break
            except OSError:
                pass
            handler.close_connection = True
            return
        handler.wfile.write(content[: len(content) // 2] if reply.fault == "half" else content)
        if reply.fault == "half":
            handler.close_connection = True


def parsed(headers: Message, content: bytes) -> tuple[dict[str, Any], dict[str, tuple[str, str, bytes]]]:
    """Fields and files of a form, or the fields of JSON."""
    kind = headers.get("Content-Type", "")
    if not kind.startswith("multipart/"):
        return (json.loads(content) if content else {}), {}
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + content)
    fields: dict[str, Any] = {}
    files: dict[str, tuple[str, str, bytes]] = {}
    for part in message.iter_parts():  # type: ignore[attr-defined]
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if part.get_filename():
            files[name] = (part.get_filename(), part.get_content_type(), payload)
        else:
            fields[name] = payload.decode()
    return fields, files
