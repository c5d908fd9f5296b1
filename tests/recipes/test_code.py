"""Names, texts and signatures of Python files."""

from __future__ import annotations

from vbench_py.recipes.code import content, defines, signature
from vbench_py.recipes.facts import Parameter
from vbench_py.recipes.naming import pieces
from vbench_py.recipes.taking import refused_arguments

PREDICTOR = '''
class Predictor(BasePredictor):
    def setup(self):
        self.model = 1

    def predict(self, prompt: str = Input(description="d"), size: str = Input(default="a", choices=["a", "b"]),
                steps: int = Input(default=5)) -> Path:
        """docstring.mp4"""
        return f"{prompt}/out_{steps:04d}.mp4"
'''


def test_pieces_of_formatted_texts_are_texts() -> None:
    assert content(PREDICTOR).writes("/out_")


def test_docstrings_are_no_texts() -> None:
    assert not content(PREDICTOR).writes("docstring")


def test_percent_formats_are_texts() -> None:
    assert content("path = '%s_%05d.mp4' % (a, b)\n").writes(".mp4")


def test_names_of_arguments_and_attributes_are_names() -> None:
    assert {"predict", "model", "description", "steps"} <= content(PREDICTOR).names


def test_cogs_input_without_a_default_is_required() -> None:
    found = signature(PREDICTOR, "Predictor", "predict")
    assert found is not None and [parameter.default for parameter in found] == [False, True, True]


def test_an_argument_outside_the_choices_is_refused() -> None:
    found = signature(PREDICTOR, "Predictor", "predict") or ()
    assert list(refused_arguments(found, {"prompt": "p", "size": "c"})) == ["size = 'c' is none of a, b"]


def test_an_argument_that_nobody_has_is_refused() -> None:
    found = signature(PREDICTOR, "Predictor", "predict") or ()
    assert list(refused_arguments(found, {"prompt": "p", "seed": 1})) == ["it has no parameter 'seed'"]


def test_a_parameter_without_a_default_has_to_be_given() -> None:
    found = signature(PREDICTOR, "Predictor", "predict") or ()
    assert list(refused_arguments(found, {})) == ["its parameter 'prompt' is not handed over"]


def test_a_constructor_is_inherited_within_the_file() -> None:
    text = "class A:\n    def __init__(self, path, *rest): pass\nclass B(A): pass\n"
    assert signature(text, "B") == (Parameter(name="path"), Parameter(name="rest", star="*"))


def test_a_method_that_is_not_there_is_none() -> None:
    assert signature("class A: pass\n", "A", "predict") is None


def test_a_module_offers_what_it_imports() -> None:
    assert defines("from .inner import load as load_model\n", "load_model")


def test_an_output_name_is_taken_apart_without_what_we_fill_in() -> None:
    assert pieces("{out}/samples_separate/{index:03d}*_sample0.mp4") == ["samples_separate", "_sample", ".mp4"]
