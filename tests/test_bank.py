"""Kept arrays come back as they were, survive what a crash leaves, and are told apart by what changes them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vbench_py.features.asks import aimed, array_key, ask_key
from vbench_py.features.bank import FeatureBank
from vbench_py.types import PAIR, Ask, Geometry, Series, View

SERIES = Series(
    np.arange(3), {"features": np.random.RandomState(0).rand(3, 5).astype(np.float32), "count": np.array([1, 2, 3])}
)


def same(first: Series | None, second: Series) -> bool:
    if first is None or not np.array_equal(first.index, second.index):
        return False
    pairs = [(first.values[name], second.values[name]) for name in second.values]
    return all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in pairs)


def test_what_is_put_comes_back(tmp_path: Path) -> None:
    bank = FeatureBank(tmp_path)
    bank.put("x", "k", SERIES)
    assert same(bank.get("x", "k"), SERIES)
    bank.close()
    assert same(FeatureBank(tmp_path).get("x", "k"), SERIES)


def test_what_was_never_put_is_not_there(tmp_path: Path) -> None:
    assert FeatureBank(tmp_path).get("x", "k") is None
    assert ("x", "k") not in FeatureBank(tmp_path)


def test_an_empty_series_is_kept(tmp_path: Path) -> None:
    empty = Series(np.zeros(0, np.int64), {"value": np.zeros((0, 4), np.float32)})
    bank = FeatureBank(tmp_path)
    bank.put("x", "k", empty)
    assert same(bank.get("x", "k"), empty)


@pytest.mark.parametrize("suffix", [".arrays", ".jsonl"])
@pytest.mark.parametrize("cut", [1, 10, 40])
def test_a_torn_record_is_as_if_never_kept_and_the_others_stay(tmp_path: Path, suffix: str, cut: int) -> None:
    bank = FeatureBank(tmp_path)
    bank.put("x", "first", SERIES)
    bank.put("x", "second", SERIES)
    bank.close()
    (file,) = (tmp_path / "x").glob(f"*{suffix}")
    file.write_bytes(file.read_bytes()[:-cut])
    again = FeatureBank(tmp_path)
    assert same(again.get("x", "first"), SERIES)
    assert again.get("x", "second") is None
    again.put("x", "second", SERIES)
    assert same(FeatureBank(tmp_path).get("x", "second"), SERIES)


def test_a_flipped_bit_is_found(tmp_path: Path) -> None:
    bank = FeatureBank(tmp_path)
    bank.put("x", "k", SERIES)
    bank.close()
    (file,) = (tmp_path / "x").glob("*.arrays")
    data = bytearray(file.read_bytes())
    data[20] ^= 1
    file.write_bytes(bytes(data))
    assert FeatureBank(tmp_path).get("x", "k") is None


def _put_many(folder: Path, start: int) -> None:
    bank = FeatureBank(folder)
    for number in range(start, start + 50):
        bank.put("x", str(number), Series(np.array([number]), {"value": np.array([float(number)])}))


def test_processes_share_a_bank_without_locks(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_put_many, args=(tmp_path, start)) for start in (0, 25)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    bank = FeatureBank(tmp_path)
    for number in range(75):
        kept = bank.get("x", str(number))
        assert kept is not None and kept.values["value"][0] == number


def test_refresh_shows_what_others_added(tmp_path: Path) -> None:
    ours, theirs = FeatureBank(tmp_path), FeatureBank(tmp_path)
    assert ours.get("x", "k") is None
    theirs.put("x", "k", SERIES)
    assert ours.get("x", "k") is None
    ours.refresh()
    assert same(ours.get("x", "k"), SERIES)


def test_packing_keeps_every_whole_record_in_one_pair_of_files(tmp_path: Path) -> None:
    for number in range(4):
        bank = FeatureBank(tmp_path)
        bank.put("x", str(number), SERIES)
        bank.close()
    torn = sorted((tmp_path / "x").glob("*.arrays"))[0]
    torn.write_bytes(torn.read_bytes()[:-5])
    records, before, after = FeatureBank(tmp_path).compact()
    assert records == 3 and after < before
    assert len(list((tmp_path / "x").iterdir())) == 2
    again = FeatureBank(tmp_path)
    assert [same(again.get("x", key), SERIES) for key in ("0", "1", "2", "3")].count(True) == 3


ASK = Ask("pair-difference", ("video",), PAIR)
OF = {"video": "aa", "target": "bb"}


def kept_under(ask: Ask, identities: Mapping[str, str]) -> str:
    return array_key(ask_key(ask), ask, identities)


def test_the_key_is_of_content_not_of_roles() -> None:
    assert kept_under(ASK, OF) == kept_under(aimed(ASK, "video", "target"), {"target": "aa"})


@pytest.mark.parametrize(
    "other",
    [
        replace(ASK, view=View(length=2, stride=2)),
        replace(ASK, view=View(length=2, sampling="fps:8")),
        replace(ASK, view=View(length=2, geometry=Geometry((8, 8)))),
        replace(ASK, options=(("crop", 8),)),
        replace(ASK, extractor="flow-difference", on=("video", "target")),
    ],
)
def test_what_changes_the_arrays_changes_the_key(other: Ask) -> None:
    assert kept_under(other, OF) != kept_under(ASK, OF)


def test_other_content_or_another_order_is_another_key() -> None:
    assert kept_under(ASK, {"video": "cc"}) != kept_under(ASK, OF)
    both = Ask("flow-difference", ("video", "target"), PAIR)
    assert kept_under(both, OF) != kept_under(both, {"video": "bb", "target": "aa"})
