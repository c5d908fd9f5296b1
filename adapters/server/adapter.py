"""One class for all endpoints: a card's recipe says what is sent and where the answers say what."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vbench_py.adapters.modes import capabilities, changes, choose_mode, layered
from vbench_py.adapters.server import body, planning
from vbench_py.adapters.server.addresses import addresses, is_loopback
from vbench_py.adapters.server.calls import Caller
from vbench_py.adapters.server.errors import Over, Refused, ServerError
from vbench_py.adapters.server.job import Job
from vbench_py.adapters.server.ledger import Ledger
from vbench_py.adapters.server.loop import at_once
from vbench_py.adapters.server.pace import Breaker, Pace, World
from vbench_py.adapters.server.reading import Reader
from vbench_py.adapters.server.secret import Secret, lacking, secret
from vbench_py.adapters.server.settings import Settings, settings
from vbench_py.cards import MethodCard, ModeCard
from vbench_py.checkpoints import cache_dir, is_offline
from vbench_py.keys import key
from vbench_py.types import Capability, Generated, Request, Resolved, StorageError, Unsupported, UsageError, VbenchError


@dataclass(frozen=True)
class Ended:
    """A sample with its outcome, and the name of its job in the ledger."""

    key: str
    generated: Generated


class Server:
    """Options are those of `Settings`: the card's defaults, a mode's on top, the user's on both, nested ones by dots.

    Raises `UsageError` for an unknown option, a recipe that cannot work, and an address that is none or not safe.
    `together` is how many samples one call of `generate` should get at least: they are on their way side by side.
    """

    together = 1024
    independent = True
    """No sample knows of those beside it."""

    def __init__(self, card: MethodCard, options: Mapping[str, Any]) -> None:
        self.card = card
        self.where = f"method {card.id}"
        changed = changes(card, options)
        self.settings = settings(self.where, layered(card.defaults, changed))
        self.modes: dict[str, tuple[ModeCard, Settings]] = {}
        for mode in card.modes:
            name = mode.called
            chosen = settings(self.where, layered(card.defaults, mode.defaults, changed))
            if found := list(planning.faults(chosen, mode, planning.roles_of(*card.modes))):
                raise UsageError(f"{self.where}: mode {name}: {'; '.join(found)}")
            self.modes[name] = (mode, chosen)
        limits = self.settings
        self.addresses = addresses(self.where, limits.base_url, limits.download_hosts, limits.allow_http)
        self.provider = limits.provider or self.addresses.host
        self.world = World()
        self._secret = Secret()
        self._owners: dict[str, str] = {}
        self._ledger = Ledger(None)

    def __repr__(self) -> str:
        return f"Server({self.card.id!r}, provider={self.provider!r})"

    def identity(self) -> dict[str, Any]:
        """Provider and recipe by mode; neither the port, nor the key, nor how patient we are."""
        return {"provider": self.provider, **{name: planning.told(chosen) for name, (_, chosen) in self.modes.items()}}

    def capabilities(self) -> list[Capability]:
        return capabilities(self.card)

    @staticmethod
    def faults(card: MethodCard) -> Iterator[str]:
        """What is wrong with a card for this adapter, for `vbench-py check`."""
        for mode in card.modes:
            name = mode.called
            try:
                chosen = settings(f"mode {name}", layered(card.defaults, mode.defaults))
                roles = planning.roles_of(*card.modes)
                yield from (f"mode {name}: {fault}" for fault in planning.faults(chosen, mode, roles))
            except UsageError as error:
                yield str(error)

    def missing(self) -> str:
        """What the environment lacks, in words: checking a card must not spend money without a key."""
        return lacking(self.settings)

    def plan(self, request: Request) -> Resolved:
        """The rules of the mode applied, and the body as it will be sent, media as placeholders. Pure.

        Raises `Unsupported` for a task, role or text the card does not serve, and where a rule forbids what is asked.
        """
        mode, chosen = self._mode(request)
        shape = planning.shape(chosen, mode, request)
        media = body.named(request, planning.roles_of(mode))
        sent = body.fill(chosen.body, body.values(request, chosen.model, shape), media) or {}
        return Resolved(
            request=request,
            parameters={"mode": mode.called, "provider": self.provider, **shape, "body": sent},
            seed_applied=planning.seeded(chosen, mode),
            prompt_used=request.sample.prompt,
            prompt_policy=self.card.prompt_policy,
        )

    def load(self, device: str) -> None:
        """Reads the key and the list of jobs that are still under way. Raises `UsageError` before any request."""
        if is_offline() and not is_loopback(self.addresses.host):
            raise UsageError(f"{self.where}: --offline, and {self.addresses.host} is another machine")
        self._secret = secret(self.where, self.settings)
        if self._ledger.path is None and self.settings.resume_jobs:
            self._ledger = Ledger(cache_dir() / "server")

    def generate(self, batch: Sequence[Resolved], out: Sequence[Path]) -> Iterator[Generated]:
        """Up to `concurrency` jobs at once, each given back when it is finished, in any order."""
        import httpx2

        jobs = list(zip(batch, out, strict=True))
        chosen, world = self.settings, self.world
        pace = Pace(chosen.submits_per_minute, world), Pace(chosen.calls_per_minute, world)
        breaker, trust = Breaker(chosen.give_up_after), httpx2.create_ssl_context()
        timeout = httpx2.Timeout(chosen.read_seconds, connect=chosen.connect_seconds)

        # A client for each line of jobs: one for all looks through all its connections at every request.
        @asynccontextmanager
        async def opened() -> AsyncIterator[Callable[[tuple[Resolved, Path]], Awaitable[Ended]]]:
            async with httpx2.AsyncClient(timeout=timeout, verify=trust) as client:
                caller = Caller(client, chosen, self.addresses, self._secret.headers, world, *pace, breaker)
                yield lambda item: self._one(caller, *item)

        with closing(at_once(jobs, opened, chosen.concurrency)) as finished:
            for ended in finished:
                yield ended.generated
                # Only now the row is written: a crash before this line finds the job again.
                if ended.generated.status in ("ok", "filtered") or getattr(ended.generated.error, "over", False):
                    self._ledger.ended(ended.key)

    def close(self) -> None:
        """Forgets the key."""
        self._secret = Secret()

    async def _one(self, caller: Caller, resolved: Resolved, folder: Path) -> Ended:
        mode, chosen = self._mode(resolved.request)
        name = self._key(resolved)
        reader = Reader(chosen, self.provider, {"provider": self.provider, "model_asked": chosen.model})
        job = Job(caller, chosen, reader, planning.roles_of(mode), resolved, name, self._ledger, self._owners)
        made = Generated(resolved=resolved)
        try:
            received, info = await job.run(folder)
            made.outputs = {"video": received.path}
            made.encoding = "lossless" if info.lossless else info.encoding
        except StorageError:
            raise
        except Refused as error:
            made.status, made.error = "filtered", error
        except Unsupported as error:
            made.status, made.error = "unsupported", error
        except Exception as error:
            made.status, made.error = "failed", error
        made.seconds = job.seconds
        made.provenance = self._secret.hidden(reader.told)
        if made.error is not None:
            made.error = self._hidden(made.error)
        return Ended(name, made)

    def _hidden(self, error: BaseException) -> BaseException:
        """The error, unless the server or a library repeats the key in it."""
        text = str(error)
        if (hidden := self._secret.hidden(text)) == text:
            return error
        if isinstance(error, Refused):
            return Refused(self.provider, self._secret.hidden(error.text))
        kind = Over if getattr(error, "over", False) else ServerError
        return kind(hidden if isinstance(error, VbenchError) else f"{type(error).__name__}: {hidden}")

    def _key(self, resolved: Resolved) -> str:
        request = resolved.request
        media = sorted((role, path.stat().st_size, path.name) for role, path in request.media.items() if path.exists())
        asked = [dict(resolved.parameters), request.sample.id, request.seed, media]
        return key("server-job", asked)

    def _mode(self, request: Request) -> tuple[ModeCard, Settings]:
        mode = choose_mode(self.card, request)
        return self.modes[mode.called]
