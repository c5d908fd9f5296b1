"""File names as claims on samples."""

from __future__ import annotations

import unicodedata

import pytest

from vbench_py.adapters.names import NameIndex, Number, seeds_of, slug
from vbench_py.keys import slug as stored_name
from vbench_py.types import Sample, UsageError

LONG = "a very long prompt that goes on and on about the sea, the sky, and the ships that sail between them " * 3


def sample(identifier: str, prompt: str = "", seeds: tuple[int, ...] = (0,)) -> Sample:
    return Sample(id=identifier, task="t2v", prompt=prompt, seeds=seeds)


def claimed(samples: list[Sample], name: str) -> list[tuple[str, int | None]]:
    return [
        (claim.sample.id, claim.number.value if claim.number else None) for claim in NameIndex(samples).claims(name)
    ]


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("Sky/Over.Paris", None),
        ("sky-over-paris", None),
        ("Sky_Over_Paris-1", 1),
        ("sky-over-paris_1", 1),
        ("sky-over-paris__s1", 1),
        ("Sky/Over.Paris/1", 1),
        (f"{stored_name('Sky/Over.Paris')}__s1", 1),
        ('A "red" sky; over Paris', None),
        ("a red sky over paris-1", 1),
        ('A "red" sky; over Paris-0', 0),
    ],
)
def test_every_stated_spelling_claims_its_sample(name: str, number: int | None) -> None:
    samples = [sample("Sky/Over.Paris", 'A "red" sky; over Paris', (0, 1)), sample("other", "a blue sea", (0, 1))]
    assert claimed(samples, name) == [("Sky/Over.Paris", number)]


def test_an_exact_id_beats_another_id_with_a_number() -> None:
    samples = [sample("cat", seeds=(0, 1)), sample("cat-1", seeds=(0, 1))]
    assert claimed(samples, "cat-1") == [("cat-1", None)]


def test_prompts_that_differ_in_case_only_are_told_apart_by_exact_spelling() -> None:
    samples = [sample("upper", "A Cat"), sample("lower", "a cat")]
    assert claimed(samples, "a cat-0") == [("lower", 0)]


def test_prompts_that_differ_in_case_only_are_ambiguous_when_the_name_fits_neither_exactly() -> None:
    with pytest.raises(UsageError, match=r"'upper'.*'lower'"):
        claimed([sample("upper", "A Cat"), sample("lower", "a cat")], "A CAT-0")


def test_one_prompt_of_two_samples_serves_both() -> None:
    samples = [sample("colour/1", "a red car"), sample("object/7", "a red car")]
    assert claimed(samples, "a red car-0") == [("colour/1", 0), ("object/7", 0)]


def test_decomposed_unicode_fits_composed() -> None:
    assert claimed([sample("s", "Élan vital")], unicodedata.normalize("NFD", "Élan vital-0")) == [("s", 0)]


def test_scripts_without_case_are_matched() -> None:
    assert claimed([sample("s", "一只猫,在跑。")], "一只猫_在跑-0") == [("s", 0)]


def test_a_prompt_cut_off_by_the_file_system_is_found() -> None:
    assert claimed([sample("s", LONG)], LONG[:180] + "-0") == [("s", 0)]


def test_a_short_beginning_of_a_prompt_is_no_claim() -> None:
    assert claimed([sample("s", LONG)], LONG[:20]) == []


def test_a_cut_off_that_fits_two_prompts_is_ambiguous() -> None:
    with pytest.raises(UsageError, match=r"'one'.*'two'"):
        claimed([sample("one", LONG + "day"), sample("two", LONG + "night")], LONG[:180])


def test_a_number_beyond_the_seeds_is_no_claim() -> None:
    assert claimed([sample("s", seeds=(0, 1))], "s-4") == []


def test_a_number_after_the_seed_mark_is_never_a_position() -> None:
    assert claimed([sample("s", seeds=(41, 42))], "s__s1") == []


def plain(*values: int) -> list[Number | None]:
    return [Number(value, "seed or position") for value in values]


def test_numbers_that_are_all_seeds_are_seeds() -> None:
    assert list(seeds_of(sample("s", seeds=(41, 42)), plain(42, 41)).values()) == [41, 42]


def test_numbers_that_are_no_seeds_are_positions() -> None:
    assert list(seeds_of(sample("s", seeds=(41, 42)), plain(0, 1)).values()) == [41, 42]


def test_numbers_that_may_be_either_are_refused() -> None:
    with pytest.raises(UsageError, match=r"the numbers 1 .*\[1, 2\]"):
        seeds_of(sample("s", seeds=(1, 2)), plain(1))


def test_numbers_that_are_neither_all_seeds_nor_all_positions_are_refused() -> None:
    with pytest.raises(UsageError, match=r"0, 5"):
        seeds_of(sample("s", seeds=(5, 6)), plain(0, 5))


def test_a_name_without_a_number_is_the_first_seed() -> None:
    assert seeds_of(sample("s", seeds=(7, 8)), [None]) == {None: 7}


def test_slugs_are_stable_under_slugging() -> None:
    assert slug(slug("Straße № 5: “Ünter”")) == slug("Straße № 5: “Ünter”")
