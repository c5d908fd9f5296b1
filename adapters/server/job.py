"""The life of one job: submitted, waited for, downloaded, checked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vbench_py.adapters.server import body
from vbench_py.adapters.server.calls import Answer, Caller
from vbench_py.adapters.server.download import Received, checked, download
from vbench_py.adapters.server.errors import Gone, Over, Passing, ServerError
from vbench_py.adapters.server.ledger import Ledger
from vbench_py.adapters.server.reading import Reader
from vbench_py.adapters.server.settings import Settings
from vbench_py.types import Resolved
from vbench_py.video.info import VideoInfo

_FORGOTTEN = frozenset({404, 410})
_FIRST_POLL = 0.1
_POLL_GROWTH = 1.5


@dataclass
class Job:
    """One sample at one endpoint. `key` names the request in the ledger.

    `seconds` are those of its phases: "generate" from sending the job to the poll that found it done, without pauses
    for rates and failed tries before; not there for a job that an earlier run submitted.
    `owners` says which sample a job's id belongs to, over all jobs of the adapter.
    """

    caller: Caller
    settings: Settings
    reader: Reader
    roles: frozenset[str]
    resolved: Resolved
    key: str
    ledger: Ledger
    owners: dict[str, str]
    seconds: dict[str, float] = field(default_factory=dict)

    async def run(self, folder: Path) -> tuple[Received, VideoInfo]:
        """The video in `folder`. Raises `Refused`, `ServerError`, and what broken input media raise."""
        now = self.caller.world.now
        identifier, answer = await self._taken() or await self._submitted()
        self._own(identifier)
        document = await self._waited(identifier, answer)
        done = now()
        if not self.reader.told.get("resumed"):
            self.seconds["generate"] = done - answer.began
        received = await download(self.caller, self._video_url(identifier, document), folder)
        info, sha256 = await asyncio.to_thread(checked, received)
        self.seconds["download"] = now() - done
        self.reader.told.update(content_type=received.content_type, bytes=received.size, sha256=sha256)
        return received, info

    async def _taken(self) -> tuple[str, Answer] | None:
        """The job that an earlier run submitted and did not see the end of, if the server still knows it."""
        known = self.ledger.taken(self.key)
        if known is None:
            return None
        try:
            answer = await self._status(known["id"], known["status_url"])
        except Gone:
            self.ledger.ended(self.key)
            return None
        self.reader.told["resumed"] = True
        return known["id"], answer

    async def _submitted(self) -> tuple[str, Answer]:
        settings, request = self.settings, self.resolved.request
        multipart = settings.send == "multipart" or (settings.send == "either" and self._uploads())
        values = body.values(request, settings.model, self.resolved.parameters)
        media = body.loaded(request, self.roles, multipart=multipart)
        filled = await self._filled(values, media)
        headers = dict(settings.headers)
        if settings.idempotency_header:
            headers[settings.idempotency_header] = f"{self.key}-{self.ledger.rounds(self.key)}"
        kind, content = body.encoded(filled, multipart=multipart)
        url = self.caller.addresses.of(settings.submit)
        answer = await self.caller.post(url, {**headers, "Content-Type": kind}, content)
        document = self.reader.document(answer, "submitting")
        identifier = self.reader.identifier(document)
        self.ledger.accepted(self.key, identifier, self.reader.status_url(document))
        return identifier, answer

    async def _filled(self, values: dict[str, Any], media: body.Media) -> Any:
        if self.roles & set(self.resolved.request.media):  # files are read and checked, which takes its time
            return await asyncio.to_thread(body.fill, self.settings.body, values, media) or {}
        return body.fill(self.settings.body, values, media) or {}

    def _uploads(self) -> bool:
        media = self.roles & set(self.resolved.request.media)
        return any(name in media and not form for name, form in body.names(self.settings.body))

    def _own(self, identifier: str) -> None:
        self.reader.told["job"] = identifier
        name = f"{self.resolved.request.sample.id} (seed {self.resolved.request.seed})"
        owner = self.owners.setdefault(identifier, name)
        if owner != name:
            raise Over(f"the server gave job id {identifier} twice, first for sample {owner}")

    async def _waited(self, identifier: str, answer: Answer) -> Any:
        """The document of the finished job."""
        settings, world = self.settings, self.caller.world
        ends = world.now() + settings.job_seconds
        wait = settings.poll_seconds * _FIRST_POLL
        known = self.ledger.taken(self.key)
        status_url = known["status_url"] if known else ""
        polls = 0
        while not self.reader.done(document := self.reader.document(answer, "waiting")):
            if world.now() >= ends:
                raise ServerError(
                    f"job {identifier} is still {self.reader.word(document)!r} "
                    f"after job_seconds = {settings.job_seconds:g}",
                    mend="the same command again goes on waiting for it" if settings.resume_jobs else "",
                )
            await world.sleep(wait)
            wait = min(settings.poll_seconds, wait * _POLL_GROWTH)
            answer = await self._status(identifier, status_url)
            polls += 1
        self.reader.told["polls"] = polls
        return document

    async def _status(self, identifier: str, status_url: str) -> Answer:
        addresses = self.caller.addresses
        if status_url:
            url = addresses.follow(addresses.of(self.settings.submit), status_url, download=False)
        else:
            url = addresses.of(self.settings.status, identifier)

        async def once() -> Answer:
            answer = await self.caller.whole("GET", url, headers=self.settings.headers)
            try:
                answer.document()
            except ServerError as error:
                if answer.status == 200:  # a page of a proxy in between may be gone at the next try
                    raise Passing(str(error), unsent=True) from error
            return answer

        answer = await self.caller.tried(once, repeatable=True)
        if answer.status in _FORGOTTEN:
            raise Gone(f"the server does not know job {identifier} any more (HTTP {answer.status})")
        return answer

    def _video_url(self, identifier: str, document: Any) -> str:
        addresses = self.caller.addresses
        if target := self.reader.video_url(document):
            return addresses.follow(addresses.of(self.settings.status, identifier), target, download=True)
        return addresses.of(self.settings.content, identifier)
