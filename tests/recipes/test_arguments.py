"""Command lines read from texts: what each kind of parser declares."""

from __future__ import annotations

import pytest

from vbench_py.recipes.arguments import interface_of
from vbench_py.recipes.facts import Interface, Option
from vbench_py.recipes.taking import missing_flags, refusal, refused_flags


def only(interface: Interface, name: str) -> Option:
    found = interface.flag(name)
    assert len(found) == 1, found
    return found[0]


def argparse_line(arguments: str) -> Option:
    text = f"import argparse\ndef make():\n    p = argparse.ArgumentParser()\n    p.add_argument({arguments})\n"
    return interface_of(text).options[0]


def test_argparse_in_a_function_is_found() -> None:
    assert argparse_line('"--steps", "-s", type=int, default=5').names == ("--steps", "-s")


def test_argparse_in_a_group_is_found() -> None:
    text = "parser.add_argument_group('a').add_argument('--cfg', type=float)\n"
    assert only(interface_of(text), "--cfg").type == "float"


def test_a_word_without_a_type_is_a_text() -> None:
    assert argparse_line('"--out"').type == "str"


def test_a_type_of_the_authors_own_is_unknown() -> None:
    assert argparse_line('"--fast", type=str2bool').type == "unknown"


def test_a_store_true_takes_no_value() -> None:
    assert refusal(argparse_line('"--fast", action="store_true"'), "yes") == "it takes no value"


def test_type_bool_takes_false_for_true() -> None:
    assert "takes every word for true" in refusal(argparse_line('"--fast", type=bool'), "False")


def test_choices_given_by_a_constant_are_known() -> None:
    text = "MODES = {'a': 1, 'b': 2}\nparser.add_argument('--mode', choices=list(MODES.keys()))\n"
    assert only(interface_of(text), "--mode").choices == ("a", "b")


def test_choices_out_of_code_are_unknown() -> None:
    assert argparse_line('"--mode", choices=make_modes()').choices is None


@pytest.mark.parametrize(
    ("arguments", "value", "taken"),
    [
        ('"--size", type=int, nargs=2', [512, 320], True),
        ('"--size", type=int, nargs=2', [512], False),
        ('"--size", type=int, nargs=2', 512, False),
        ('"--names", nargs="+"', ["a", "b"], True),
        ('"--names"', ["a", "b"], False),
        ('"--names", action="append"', ["a"], True),
        ('"--scale", type=int', 7.5, False),
        ('"--scale", type=float', 7, True),
        ('"--scale", type=int, choices=[1, 2]', 2, True),
        ('"--scale", type=int, choices=[1, 2]', 3, False),
    ],
)
def test_values_are_taken_as_argparse_takes_them(arguments: str, value: object, taken: bool) -> None:
    assert (refusal(argparse_line(arguments), value) == "") is taken


def test_a_flag_of_another_subcommand_is_not_declared() -> None:
    text = "subs = p.add_subparsers()\nrun = subs.add_parser('run')\nrun.add_argument('--a', required=True)\n"
    assert list(refused_flags(interface_of(text), {"--a": "x"}, ["other"])) == ["--a is declared nowhere"]


def test_a_required_flag_of_another_subcommand_is_not_asked_for() -> None:
    text = "subs = p.add_subparsers()\nrun = subs.add_parser('run')\nrun.add_argument('--a', required=True)\n"
    assert list(missing_flags(interface_of(text), {}, ["other"])) == []


def test_a_flag_declared_in_a_loop_makes_the_file_partial() -> None:
    text = "for name in names:\n    parser.add_argument(f'--{name}')\n"
    assert interface_of(text, "inference.py").partial == ("inference.py",)


def test_a_remainder_takes_any_word() -> None:
    assert interface_of("p.add_argument('opts', nargs=argparse.REMAINDER)\n").rest


def test_words_left_over_count_where_they_are_read() -> None:
    text = "args, rest = parser.parse_known_args()\nmerge(rest)\n"
    assert interface_of(text + "parser.add_argument('--a')\n").rest


def test_words_left_over_and_dropped_are_no_flags() -> None:
    text = "args, _ = parser.parse_known_args()\nparser.add_argument('--a')\n"
    assert list(refused_flags(interface_of(text), {"--b": 1})) == ["--b is declared nowhere"]


def test_click_options_are_found() -> None:
    text = (
        "import click\n@click.command()\n@click.option('--mode', type=click.Choice(['a', 'b']), required=True)\n"
        "@click.option('--fast/--slow')\n@click.option('--n', default=4)\n@click.argument('path')\n"
        "def main(mode, fast, n, path): pass\n"
    )
    found = interface_of(text)
    assert (only(found, "--mode").choices, only(found, "--mode").required) == (("a", "b"), True)
    assert (only(found, "--slow").action, only(found, "--n").type, found.positionals[0].names) == (
        "flag",
        "int",
        ("path",),
    )


def test_fire_takes_a_functions_parameters() -> None:
    found = interface_of("import fire\ndef main(prompt, steps=50): pass\nfire.Fire(main)\n")
    assert only(found, "--prompt").required and not only(found, "--steps").required


def test_absl_flags_are_found() -> None:
    found = interface_of("from absl import flags\nflags.DEFINE_integer('steps', 5, 'help')\n")
    assert only(found, "--steps").type == "int"


def test_dataclasses_become_flags_under_tyro() -> None:
    text = "import tyro\nclass Inner:\n    size: int = 1\nclass Args:\n    out_dir: str\n    inner: Inner\n"
    found = interface_of(text + "tyro.cli(Args)\n")
    assert only(found, "--out-dir").required and only(found, "--inner.size").type == "int"


def test_a_dataclass_of_another_file_is_found_there() -> None:
    text = "from transformers import HfArgumentParser\nfrom args import Args\nparser = HfArgumentParser((Args,))\n"
    found = interface_of(text, "run.py", {"args.py": "class Args:\n    steps: int = 3\n"})
    assert only(found, "--steps").type == "int"


def test_hydra_takes_overrides_and_its_own_flags() -> None:
    found = interface_of("import hydra\n@hydra.main(config_path='c', config_name='d')\ndef main(cfg): pass\n")
    assert found.overrides and only(found, "--config-name")


def test_omegaconf_takes_overrides() -> None:
    assert interface_of("from omegaconf import OmegaConf\nargs = OmegaConf.from_cli()\n").overrides


def test_a_file_that_is_no_python_is_partial() -> None:
    assert interface_of("print 'two'\n", "old.py").partial == ("old.py",)
