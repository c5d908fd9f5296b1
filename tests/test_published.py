"""Published numbers: every file is whole, names a method that has a card, and is shown beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.checkout import vbench_py
from vbench_py import catalogue
from vbench_py.published import published, published_methods, read_published
from vbench_py.types import UsageError

GOOD = """
[[result]]
method = "cmd"
metric = "FVD"
value = 1.0
protocol = "p"
version = "v1"
where = "abstract"
url = "https://example.org"
"""


@pytest.mark.parametrize("name", published_methods())
def test_a_file_is_valid_and_its_method_has_a_card(name: str) -> None:
    results = published(name)
    assert results and name in catalogue.entries("method")
    assert [result.our_metric for result in results if not known(result.our_metric)] == []


def known(metric: str) -> bool:
    return not metric or catalogue.bare(metric) in catalogue.entries("metric")


def test_a_method_without_published_numbers_has_none() -> None:
    assert published("bicubic") == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD.replace('"cmd"', '"svd"'), "result of method 'svd'"),
        (GOOD.replace("value = 1.0", 'value = "low"'), "result.0.value"),
        (GOOD.replace('url = "https://example.org"', 'url = ""'), "result.0.url"),
        (GOOD + "table = 3\n", "result.0.table"),
        ("", "result: Field required"),
        ("[[result", "not valid TOML"),
    ],
)
def test_a_malformed_file_is_named_with_its_key(text: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "cmd.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=told) as error:
        read_published(file)
    assert "cmd.toml" in str(error.value)


def test_show_prints_them(tmp_path: Path) -> None:
    done = vbench_py("show", "cmd", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [row["value"] for row in json.loads(done.stdout)["published"]] == [212.7, 3.1]


def test_show_of_a_method_in_words_names_number_and_source(tmp_path: Path) -> None:
    done = vbench_py("show", "cmd", cwd=tmp_path)
    assert "212.7" in done.stdout and "sihyun.me/CMD" in done.stdout
