"""Which addresses may be asked: the endpoint's own origin, and for downloads the hosts that the user named."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote, urljoin, urlsplit

from vbench_py.adapters.server.errors import ServerError
from vbench_py.types import UsageError

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Addresses:
    """`base` is scheme, host and path of the endpoint without a slash at the end."""

    base: str
    download_hosts: tuple[str, ...] = ()
    allow_http: bool = False

    @property
    def host(self) -> str:
        return urlsplit(self.base).hostname or ""

    def of(self, path: str, identifier: str = "") -> str:
        """The URL of a path of the recipe; `{id}` in it becomes the job's id, quoted."""
        return self.base + "/" + path.replace("{id}", quote(identifier, safe="")).lstrip("/")

    def own(self, url: str) -> bool:
        """Whether `url` has the endpoint's own origin: only there the key is sent."""
        return origin(url) == origin(self.base)

    def follow(self, url: str, target: str, *, download: bool) -> str:
        """`target`, as an answer from `url` gave it, as a whole URL. Raises `ServerError` where it may not be asked."""
        try:
            whole = urljoin(url, target)
            scheme, host, port = origin(whole)
        except ValueError as error:
            raise ServerError(f"{self.host} names an address that is none: {target[:200]!r}") from error
        if (scheme, host, port) == origin(self.base):
            return whole
        named = any(_matches(pattern, host, port) for pattern in self.download_hosts)
        if not (download and named):
            mend = f"if that is right, pass --set download_hosts={host}" if download else "set base_url to it"
            raise ServerError(f"{self.host} sends us on to another host, {host} (port {port})", mend=mend)
        if scheme != "https" and not (scheme == "http" and (self.allow_http or is_loopback(host))):
            raise ServerError(f"{self.host} sends us on to {scheme}://{host}", mend="only https is followed")
        return whole


def addresses(where: str, base_url: str, download_hosts: tuple[str, ...], allow_http: bool) -> Addresses:
    """The checked endpoint. Raises `UsageError`, which never tells credentials that stand in the URL."""
    mend = "give the server's address, such as --set base_url=http://127.0.0.1:8000"
    try:
        parts = urlsplit(base_url)
        scheme, host, _ = origin(base_url)
    except ValueError:
        raise UsageError(f"{where}: option base_url is no address", mend=mend) from None
    if "@" in parts.netloc:
        raise UsageError(
            f"{where}: option base_url holds a user or password", mend="put the key into a variable, see key_env"
        )
    if parts.query or parts.fragment:
        raise UsageError(f"{where}: option base_url has a ? or #", mend="put a query into submit, status and content")
    if scheme not in _PORTS or not host:
        raise UsageError(f"{where}: option base_url is {base_url!r}", mend=mend)
    if scheme == "http" and not (allow_http or is_loopback(host)):
        raise UsageError(
            f"{where}: option base_url is plain http to {host}: key and prompts could be read on the way",
            mend="use https, or pass --set allow_http=true on a network you trust",
        )
    return Addresses(base_url.rstrip("/"), download_hosts, allow_http)


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port. Raises `ValueError` for what is no URL."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(scheme, 0)


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _matches(pattern: str, host: str, port: int) -> bool:
    """ "cdn.example" any port, "cdn.example:8443" that port, "*.example" every host below it."""
    name, _, wanted = pattern.lower().partition(":")
    if wanted and wanted != str(port):
        return False
    return host.endswith(name[1:]) if name.startswith("*.") else host == name
