"""The options of a card for an endpoint: where it is, what is sent, where the answers say what, and how patient we are.

The defaults are the OpenAI-style endpoint: openai/openai-python at 02cf7cd (`types/video_create_params.py`, what is
sent) and 3e19420 (`types/video.py`, what is answered).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from vbench_py.card import Card
from vbench_py.types import UsageError

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRET = re.compile(r"authorization|cookie|key|token|secret|password", re.IGNORECASE)


class Places(Card):
    """Where the JSON answers say what: RFC 6901 pointers ("/error/code") or dotted paths ("error.code"); "": nowhere.

    `status_url` is where to poll and `url` where the video lies, for servers that say so; `refusal` is a place that
    holds text only when the provider refused; `prompt` is that of a prompt that the provider rewrote.
    """

    id: str = "/id"
    status: str = "/status"
    status_url: str = ""
    url: str = ""
    progress: str = "/progress"
    error: str = "/error/message"
    code: str = "/error/code"
    refusal: str = ""
    model: str = "/model"
    created: str = "/created_at"
    price: str = ""
    currency: str = ""
    prompt: str = ""


class Words(Card):
    """Which status words mean what, compared without regard to case."""

    waiting: tuple[str, ...] = ("queued", "in_progress")
    done: tuple[str, ...] = ("completed",)
    failed: tuple[str, ...] = ("failed",)
    refused: tuple[str, ...] = ()


class Settings(Card):
    """All options.

    `submit`, `status` and `content` are paths below `base_url`; `{id}` is the job's. `body` is what is sent:
    see `vbench_py.adapters.server.body` for its placeholders. `send`: "either" is multipart where media are sent.
    `codes` are error codes that mean a refusal. `headers` are sent with every request; `kept` are headers of the
    answers that go into the row. `lengths` are the clip lengths in seconds that the server takes, () any.
    """

    base_url: str = ""
    provider: str = ""
    model: str = ""
    key_env: str = ""
    key_header: str = "Authorization"
    key_prefix: str = "Bearer "
    headers: dict[str, str] = Field(default_factory=dict)
    submit: str = "/v1/videos"
    status: str = "/v1/videos/{id}"
    content: str = "/v1/videos/{id}/content"
    send: Literal["json", "multipart", "either"] = "multipart"
    body: dict[str, Any] = Field(default_factory=dict)
    seed_field: str = ""
    answers: Places = Places()
    words: Words = Words()
    codes: tuple[str, ...] = ()
    currency: str = ""
    kept: tuple[str, ...] = ("x-request-id",)
    lengths: tuple[float, ...] = ()
    frames: int | None = Field(default=None, ge=1)
    fps: float | None = Field(default=None, gt=0)
    width: int | None = Field(default=None, ge=1)
    height: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0)

    concurrency: int = Field(default=4, ge=1, le=1024)
    submits_per_minute: NotNegative = 0.0
    calls_per_minute: NotNegative = 0.0
    retries: int = Field(default=5, ge=0)
    backoff_seconds: Positive = 1.0
    backoff_most_seconds: Positive = 60.0
    connect_seconds: Positive = 10.0
    read_seconds: Positive = 60.0
    poll_seconds: NotNegative = 5.0
    job_seconds: Positive = 1800.0
    download_seconds: Positive = 600.0
    most_bytes: int = Field(default=2 << 30, ge=1)
    give_up_after: int = Field(default=8, ge=1)
    idempotency_header: str = ""
    download_hosts: tuple[str, ...] = ()
    allow_http: bool = False
    resume_jobs: bool = True


WHERE = frozenset({"base_url", "key_env", "key_header", "key_prefix", "headers"})
PATIENCE = frozenset(
    {
        "concurrency",
        "submits_per_minute",
        "calls_per_minute",
        "retries",
        "backoff_seconds",
        "backoff_most_seconds",
        "connect_seconds",
        "read_seconds",
        "poll_seconds",
        "job_seconds",
        "download_seconds",
        "most_bytes",
        "give_up_after",
        "idempotency_header",
        "download_hosts",
        "allow_http",
        "resume_jobs",
    }
)
"""What decides how we ask, not what is made."""


def settings(where: str, options: Mapping[str, Any]) -> Settings:
    """`options` checked. Raises `UsageError` that names the option; values of options that may hold a key are not told.

    `seed_field` is written into the body here.
    """
    given = dict(options)
    if isinstance(hosts := given.get("download_hosts"), str):
        given["download_hosts"] = [host.strip() for host in hosts.split(",") if host.strip()]
    try:
        found = Settings.model_validate(given)
    except ValidationError as error:
        raise UsageError("; ".join(_told(where, one) for one in error.errors())) from None
    if found.key_env and not _VARIABLE.fullmatch(found.key_env):
        raise UsageError(
            f"{where}: option key_env does not look like the name of an environment variable",
            mend="put the key into a variable and give the variable's name",
        )
    for name in found.headers:
        if _SECRET.search(name):
            raise UsageError(
                f"{where}: option headers names {name!r}, which looks like a secret and would stand in every row",
                mend="give the variable that holds it with key_env, and its header with key_header and key_prefix",
            )
    if found.seed_field:
        found = found.model_copy(update={"body": {**found.body, found.seed_field: "{seed}"}})
    return found


def _told(where: str, error: Any) -> str:
    name = ".".join(str(step) for step in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{where}: unknown option {name!r}; known options: {', '.join(sorted(Settings.model_fields))}"
    shown = "" if _SECRET.search(name) else f" is {error['input']!r}"
    return f"{where}: option {name}{shown}: {error['msg'].lower()}"
