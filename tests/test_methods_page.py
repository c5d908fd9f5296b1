"""docs/methods.md tells the classes with tiny checkpoints as the tests have them."""

from __future__ import annotations

import pytest

from tests.checkout import ROOT, python
from vbench_py import catalogue


def test_classes_named_as_having_a_tiny_checkpoint_have_one() -> None:
    pytest.importorskip("diffusers")
    from tests.adapters.tiny import classes

    code = "import sys; sys.path.insert(0, 'docs'); import methods_page; print(*methods_page.checkpoints())"
    done = python("-c", code, cwd=ROOT)
    assert set(done.stdout.split()) == classes(), done.stderr


def test_every_method_stands_on_the_page_with_its_status() -> None:
    page = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
    for name, found in catalogue.entries("method").items():
        assert f"| `{name}` | {found.data['status']} |" in page
