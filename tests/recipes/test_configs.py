"""Keys and kinds of shipped settings."""

from __future__ import annotations

import pytest

from vbench_py.recipes.configs import keys_of
from vbench_py.types import UsageError


def keys(files: dict[str, str], path: str) -> dict[str, str]:
    return keys_of(path, files.get)


def test_yaml_keys_have_their_places_and_kinds() -> None:
    found = keys({"a.yaml": "model:\n  steps: 5\n  rate: 1e-4\nnames: [x]\nfrom: ${model.steps}\nnone:\n"}, "a.yaml")
    assert found == {
        "model": "map", "model.steps": "int", "model.rate": "float", "names": "list", "names.0": "str",
        "from": "unknown", "none": "none",
    }  # fmt: skip


def test_yaml_with_tags_of_its_own_is_read() -> None:
    assert keys({"a.yaml": "size: !!python/tuple [1, 2]\nmade: !new {a: 1}\n"}, "a.yaml")["made.a"] == "int"


def test_hydras_defaults_lie_below_their_group() -> None:
    files = {
        "conf/main.yaml": "defaults:\n  - base\n  - model: small\n  - _self_\nseed: 1\n",
        "conf/base.yaml": "steps: 5\n",
        "conf/model/small.yaml": "width: 64\n",
    }
    found = keys(files, "conf/main.yaml")
    assert (found["model.width"], found["steps"], found["seed"]) == ("int", "int", "int")


def test_a_global_package_lies_at_the_top() -> None:
    files = {"main.yaml": "defaults:\n  - exp: one\n", "exp/one.yaml": "# @package _global_\nsteps: 5\n"}
    assert keys(files, "main.yaml")["steps"] == "int"


def test_python_configs_are_read_with_their_bases() -> None:
    files = {"c/a.py": "_base_ = ['b.py']\nmodel = dict(kind='x', depth=f(3))\n", "c/b.py": "seed = 42\n"}
    found = keys(files, "c/a.py")
    assert (found["model.kind"], found["model.depth"], found["seed"]) == ("str", "unknown", "int")


def test_attributes_set_on_a_config_count_with_and_without_its_name() -> None:
    found = keys({"a.py": "cfg = EasyDict(__name__='c')\ncfg.train = EasyDict()\ncfg.train.steps = 5\n"}, "a.py")
    assert (found["cfg.train.steps"], found["train.steps"]) == ("int", "int")


def test_json_is_read() -> None:
    assert keys({"a.json": '{"a": {"b": true}}'}, "a.json")["a.b"] == "bool"


def test_an_absent_file_is_an_error() -> None:
    with pytest.raises(UsageError, match="no such file"):
        keys({}, "a.yaml")


def test_broken_yaml_is_an_error() -> None:
    with pytest.raises(UsageError, match="no valid YAML"):
        keys({"a.yaml": "a: [\n"}, "a.yaml")
