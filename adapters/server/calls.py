"""One request to the server at a time: tried again with pauses where that is safe, its answer read with a bound."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar

from vbench_py.adapters.server.addresses import Addresses
from vbench_py.adapters.server.errors import Passing, ServerError
from vbench_py.adapters.server.pace import Breaker, Pace, World, backoff
from vbench_py.adapters.server.settings import Settings

if TYPE_CHECKING:
    import httpx2

Found = TypeVar("Found")
_NOT_TAKEN = frozenset({429, 503})
"""The server says that it did not take the request."""
_PASSING = frozenset({408, 425, 500, 502, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_MOST_TEXT = 4 << 20
_BEGINNING = 200


@dataclass(frozen=True)
class Answer:
    """What a server said, whole, to a request that went out at `began` on the clock of the world."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    began: float

    def document(self) -> Any:
        """The JSON in it. Raises `ServerError` with the content type and the beginning of what came instead."""
        try:
            return json.loads(self.content)
        except ValueError:
            raise ServerError(f"the answer is no JSON but {self.told()}") from None

    def told(self) -> str:
        return beginning(self.headers.get("content-type", ""), self.content)


def beginning(content_type: str, content: bytes) -> str:
    """Content type and beginning, for people: `text/html: '<html>...'`."""
    shown = " ".join(content[:_BEGINNING].decode("utf-8", "replace").split())
    if not content:
        return f"empty ({content_type or 'no content type'})"
    return f"{content_type or 'no content type'}, beginning {shown!r}"


@dataclass
class Caller:
    """Asks one endpoint. `secret` are the headers with the key, sent to the endpoint's own origin only."""

    client: httpx2.AsyncClient
    settings: Settings
    addresses: Addresses
    secret: Mapping[str, str]
    world: World
    submits: Pace
    calls: Pace
    breaker: Breaker

    async def post(self, url: str, headers: Mapping[str, str], content: bytes) -> Answer:
        """A new job. Tried again only where the server has certainly not taken it, or `headers` hold a key by which it
        knows the second try.
        """

        async def once() -> Answer:
            await self.submits.turn()
            return await self.whole("POST", url, headers=headers, content=content)

        return await self.tried(once, repeatable=bool(self.settings.idempotency_header), held=self.submits)

    async def tried(self, once: Callable[[], Awaitable[Found]], *, repeatable: bool, held: Pace | None = None) -> Found:
        """What `once` gives. Raises `ServerError` with the last reason when no try is left, or another is not safe."""
        import httpx2

        attempt = 0
        while True:
            self.breaker.check()
            await self.calls.turn()
            try:
                found = await once()
            except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError) as error:
                passing = Passing(f"cannot connect to {self.addresses.host}: {_named(error)}", unsent=True)
                self.breaker.silent(passing.reason)
            except (httpx2.ReadTimeout, httpx2.WriteTimeout, TimeoutError) as error:
                passing = Passing(f"no answer from {self.addresses.host} in time ({_named(error)})", unsent=False)
                self.breaker.silent(passing.reason)
            except (httpx2.UnsupportedProtocol, httpx2.LocalProtocolError, httpx2.InvalidURL) as error:
                raise ServerError(f"the request cannot be sent: {_named(error)}") from None
            except httpx2.RequestError as error:
                passing = Passing(f"the connection to {self.addresses.host} broke: {_named(error)}", unsent=False)
            except Passing as error:
                passing = error
                self.breaker.answered()
            else:
                self.breaker.answered()
                return found
            if not (passing.unsent or repeatable):
                raise ServerError(
                    f"{passing.reason}; whether the job was taken is not known, so it is not asked for twice",
                    mend="see the provider's list of jobs, then run the same command again",
                )
            if attempt >= self.settings.retries:
                raise ServerError(f"{passing.reason} (tried {attempt + 1} times)")
            await self._pause(attempt, passing, held)
            attempt += 1

    async def _pause(self, attempt: int, passing: Passing, held: Pace | None) -> None:
        wait = backoff(attempt, self.settings.backoff_seconds, self.settings.backoff_most_seconds, self.world)
        if passing.wait is not None:
            if passing.wait > self.settings.job_seconds:
                raise ServerError(f"{passing.reason}: it asks to wait {passing.wait:g} s, longer than job_seconds")
            (held or self.calls).hold(passing.wait)
            wait += passing.wait
        await self.world.sleep(wait)

    async def whole(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None = None) -> Answer:
        """One exchange, its answer read to the end; a redirect of a GET is followed within the endpoint's origin."""
        for _ in range(_MOST_REDIRECTS):
            began = self.world.now()
            async with (
                asyncio.timeout(self.settings.read_seconds + self.settings.connect_seconds),
                self.client.stream(method, url, headers={**self.secret, **headers}, content=content) as response,
            ):
                check_passing(response)
                text = bytearray()
                async for chunk in response.aiter_bytes():
                    text += chunk
                    if len(text) > _MOST_TEXT:
                        raise ServerError(f"the answer goes on beyond {_MOST_TEXT} bytes, and should be a short JSON")
                answer = Answer(response.status_code, response.headers, bytes(text), began)
            if answer.status not in _REDIRECTS:
                return answer
            target = self.addresses.follow(url, answer.headers.get("location", ""), download=False)
            if method != "GET":
                raise ServerError(f"a new job was answered with a redirect to {target}", mend="set base_url to it")
            url = target
        raise ServerError(f"more than {_MOST_REDIRECTS} redirects")


def check_passing(response: httpx2.Response) -> None:
    """Raises `Passing` for a status that another try may mend."""
    status = response.status_code
    if status in _NOT_TAKEN | _PASSING:
        reason = f"HTTP {status} {response.reason_phrase}".rstrip()
        wait = asked_wait(response.headers.get("retry-after", ""))
        raise Passing(reason, unsent=status in _NOT_TAKEN, wait=wait)


def asked_wait(text: str) -> float | None:
    """Seconds in a Retry-After header, given as a number or as a date; None where it says nothing."""
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
