"""`--parse`: the program itself, on stubs, up to its own parser."""

from __future__ import annotations

import sys

import pytest

from tests.recipes.repository import PROGRAM, Repository, told
from vbench_py.promises.finding import Finding
from vbench_py.recipes import parse

NEEDY = "import torch, numpy as np\nfrom einops import rearrange\nfrom lib.model import Net\n" + PROGRAM
LIBRARY = "import torch\n\n\nclass Net(torch.nn.Module):\n    @torch.no_grad()\n    def run(self): pass\n"


@pytest.fixture(autouse=True)
def _this_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of parsers is built from the package registry; argparse and PyYAML are here, too."""
    monkeypatch.setattr(parse, "_python", lambda: [sys.executable])


def said(repository: Repository) -> Finding:
    """What the check says about the program's own parser."""
    findings = repository.prove(at=repository.folder, parse=True)
    return next(finding for finding in findings if "own parser" in finding.promise)


def test_the_programs_own_parser_takes_our_words(repository: Repository) -> None:
    repository.write(inference=NEEDY, lib__model=LIBRARY)
    finding = said(repository)
    assert finding.ok and not finding.skipped and finding.detail == "6 names by argparse"


def test_a_refusal_comes_in_the_programs_own_words(repository: Repository) -> None:
    repository.change("steps = 25", 'steps = "many"')
    assert "argument --steps: invalid int value: 'many'" in said(repository).detail


def test_a_program_that_breaks_before_its_parser_is_not_tried(repository: Repository) -> None:
    repository.write(inference="import torch\na, b = torch.cuda.mem_get_info()\n" + PROGRAM)
    finding = said(repository)
    assert finding.skipped and "not enough values to unpack" in finding.detail


def test_nothing_is_run_after_the_parser(repository: Repository) -> None:
    mark = repository.folder.parent / "ran"
    repository.write(inference=PROGRAM.replace("def main(args):", f"def main(args):\n    open({str(mark)!r}, 'w')"))
    said(repository)
    assert not mark.exists()


def test_settings_are_read_by_the_program_before_it_is_stopped(repository: Repository) -> None:
    text = PROGRAM.replace("--steps", "--config").replace("type=int, default=50", "type=str")
    body = "    import yaml\n    yaml.safe_load(open(args.config))\n    raise SystemExit(3)\n"
    repository.write(inference=text.replace("def main(args):\n", f"def main(args):\n{body}"))
    repository.change('"--steps" = "{option.steps}"', '"--config" = "{inputs.config}"')
    repository.recipe += '[recipe.run.inputs.config]\nkind = "yaml"\npath = "config.yaml"\nbase = "configs/base.yaml"\n'
    repository.recipe += 'values = { "model.steps" = 5 }\n'
    assert said(repository).detail == "6 names by argparse, read config.yaml"


def test_what_a_parser_said_is_kept_until_the_words_change(repository: Repository) -> None:
    repository.prove(at=repository.folder, parse=True, record=True)
    kept = repository.again(at=repository.folder, record=True)
    assert told(kept) == "" and any("own parser" in finding.promise for finding in kept)


def test_what_a_parser_said_does_not_count_for_other_words(repository: Repository) -> None:
    repository.prove(at=repository.folder, parse=True, record=True)
    file = repository.cards / "cards.toml"
    file.write_text(file.read_text().replace("steps = 25", "steps = 26"))
    assert "other words were tried" in told(repository.again())


def test_no_network_is_there_for_the_program(repository: Repository) -> None:
    reach = "import socket\nsocket.create_connection(('127.0.0.1', 9))\n"
    repository.write(inference=reach + PROGRAM)
    assert "no network here" in said(repository).detail
