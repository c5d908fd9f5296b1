"""An HTTP server on loopback for tests: ranges, dropped connections, passing faults, and a package index."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType


@dataclass(frozen=True)
class Seen:
    path: str
    headers: Message


class Loopback:
    """Serves `files` by path; `drop_after` and `statuses` are used up one a request, in order."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.types: dict[str, str] = {}
        self.ranges = True
        self.drop_after: list[int] = []
        self.statuses: list[int] = []
        self.requests: list[Seen] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer._answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Loopback:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}{path}"

    def publish(self, project: str, archives: dict[str, bytes], *, style: str = "json") -> None:
        """Puts archives on a simple index at /simple."""
        for name, content in archives.items():
            self.files[f"/files/{name}"] = content
        digests = {name: hashlib.sha256(content).hexdigest() for name, content in archives.items()}
        page = f"/simple/{project}/"
        if style == "json":
            listed = [
                {"filename": name, "url": self.url(f"/files/{name}"), "hashes": {"sha256": digest}}
                for name, digest in digests.items()
            ]
            self.files[page] = json.dumps({"meta": {"api-version": "1.0"}, "name": project, "files": listed}).encode()
            self.types[page] = "application/vnd.pypi.simple.v1+json"
        else:
            links = [f'<a href="../../files/{name}#sha256={digest}">{name}</a>' for name, digest in digests.items()]
            self.files[page] = f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>".encode()
            self.types[page] = "text/html"

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.requests.append(Seen(handler.path, handler.headers))
        if self.statuses:
            self._empty(handler, self.statuses.pop(0))
            return
        content = self.files.get(handler.path)
        if content is None:
            self._empty(handler, 404)
            return
        etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        start = 0
        asked = handler.headers.get("Range")
        if asked and self.ranges and handler.headers.get("If-Range", etag) == etag:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                self._empty(handler, 416)
                return
        body = content[start:]
        handler.send_response(206 if start else 200)
        handler.send_header("Content-Type", self.types.get(handler.path, "application/octet-stream"))
        handler.send_header("Content-Length", str(len(body)))
        handler.send_header("ETag", etag)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        handler.end_headers()
        handler.wfile.write(body[: self.drop_after.pop(0)] if self.drop_after else body)

    def _empty(self, handler: BaseHTTPRequestHandler, status: int) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
