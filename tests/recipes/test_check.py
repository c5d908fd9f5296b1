"""`vbench-py check recipe` on made-up repositories: what fits is green, and each kind of mistake is named."""

from __future__ import annotations

import pytest

from tests.recipes.repository import CONFIG, PROGRAM, RECIPE, Repository, told
from vbench_py import catalogue
from vbench_py.recipes.proving import prove
from vbench_py.types import UsageError


def test_a_recipe_that_fits_its_repository_keeps_every_promise(repository: Repository) -> None:
    assert repository.broken() == ""


def test_a_flag_that_is_declared_nowhere_is_named(repository: Repository) -> None:
    repository.change('"--seed" =', '"--sed" =')
    assert "--sed is declared nowhere" in repository.broken()


def test_a_value_of_the_wrong_type_is_named(repository: Repository) -> None:
    repository.change("steps = 25", "steps = 25.5")
    assert "'25.5' is no int" in repository.broken()


def test_a_value_that_is_no_choice_is_named_with_the_choices(repository: Repository) -> None:
    repository.change('pace = "slow"', 'pace = "quick"')
    assert "'quick' is none of fast, slow" in repository.broken()


def test_a_value_for_a_flag_without_values_is_refused(repository: Repository) -> None:
    repository.change('"--seed" = "{seed}"', '"--seed" = "{seed}"\n"--loop" = "yes"')
    assert "--loop = 'yes': it takes no value" in repository.broken()


def test_a_flag_that_wants_a_value_and_gets_none_is_refused(repository: Repository) -> None:
    repository.change('"{option.steps}"', "true")
    assert "--steps = True: it wants a value" in repository.broken()


def test_a_required_flag_that_is_left_out_is_named(repository: Repository) -> None:
    repository.change('"--prompt_file" = "{inputs.prompts}"\n', "")
    assert "--prompt_file is required" in repository.broken()


def test_an_input_that_nothing_leads_to_is_named(repository: Repository) -> None:
    repository.change('"{inputs.prompts}"', '"other.txt"')
    assert "prompts is written to prompts.txt, and nothing that is handed over leads there" in repository.broken()


def test_an_entry_that_is_not_there_is_named(repository: Repository) -> None:
    repository.change('entry = "inference.py"', 'entry = "infer.py"')
    assert "not in the checkout: infer.py" in repository.broken()


def test_a_piece_of_an_output_name_that_nobody_writes_is_named(repository: Repository) -> None:
    repository.change("clip_*.mp4", "sample_*.mp4")
    assert "'sample_' is neither handed over nor written in inference.py" in repository.broken()


def test_an_output_named_by_the_code_needs_a_proof(repository: Repository) -> None:
    repository.recipe = RECIPE.partition("[recipe.run.proofs")[0]
    assert "is named by the code: say in proofs where" in repository.broken()


def test_a_proof_that_the_code_does_not_hold_is_named(repository: Repository) -> None:
    repository.change('".mp4"]', '".gif"]')
    assert "name: inference.py has no '.gif'" in repository.broken()


def test_a_comment_is_no_proof(repository: Repository) -> None:
    repository.write(inference=PROGRAM + "# writes .gif\n")
    repository.change('".mp4"]', '".gif"]')
    assert "has no '.gif'" in repository.broken()


def test_a_patch_that_does_not_apply_is_told_in_gits_words(repository: Repository) -> None:
    diff = "--- a/inference.py\n+++ b/inference.py\n@@ -3 +3 @@\n-no such line\n+another\n"
    repository.recipe += f"[[recipe.patches]]\nreason = \"it cannot run without\"\ndiff = '''\n{diff}'''\n"
    assert "patch failed: inference.py:3" in repository.broken()


def test_facts_are_gathered_from_the_patched_code(repository: Repository) -> None:
    diff = "--- a/inference.py\n+++ b/inference.py\n@@ -9 +9 @@\n"
    line = '    parser.add_argument("--steps", type=int, default=50)\n'
    repository.write(inference=PROGRAM.replace(line, "").replace("    return parser", "    return parser"))
    number = PROGRAM.replace(line, "").splitlines().index('    parser.add_argument("--seed", type=int, default=123)')
    diff = f"--- a/inference.py\n+++ b/inference.py\n@@ -{number},0 +{number + 1} @@\n+{line}"
    repository.recipe += f"[[recipe.patches]]\nreason = \"the flag is missing\"\ndiff = '''\n{diff}'''\n"
    assert repository.broken() == ""


def test_the_checkout_stays_as_it_was_when_patches_are_tried(repository: Repository) -> None:
    diff = "--- a/inference.py\n+++ b/inference.py\n@@ -2 +2 @@\n-import argparse\n+import argparse, os\n"
    repository.recipe += f"[[recipe.patches]]\nreason = \"why\"\ndiff = '''\n{diff}'''\n"
    assert repository.broken() == ""
    assert repository.git("status", "--porcelain") == ""


YAML_INPUT = """
[recipe.run.inputs.config]
kind = "yaml"
path = "config.yaml"
base = "configs/base.yaml"
[recipe.run.inputs.config.values]
"model.steps" = "{option.steps}"
"""


def _with_config(repository: Repository, more: str = "") -> None:
    repository.write(inference=PROGRAM.replace("--steps", "--config").replace("type=int, default=50", "type=str"))
    repository.change('"--steps" = "{option.steps}"', '"--config" = "{inputs.config}"')
    repository.recipe += YAML_INPUT + more


def test_a_config_key_that_the_file_ships_is_fine(repository: Repository) -> None:
    _with_config(repository)
    assert repository.broken() == ""


def test_a_config_key_that_no_file_ships_is_named(repository: Repository) -> None:
    _with_config(repository, '"model.eta" = 1.0\n')
    assert "configs/base.yaml has no model.eta" in repository.broken()


def test_an_added_key_has_to_stand_in_the_code(repository: Repository) -> None:
    _with_config(repository, '"model.eta" = 1.0\n')
    repository.change('base = "configs/base.yaml"', 'base = "configs/base.yaml"\nadded = ["model.eta"]')
    assert "no file of the code names eta" in repository.broken()


def test_an_added_key_that_the_code_reads_is_fine(repository: Repository) -> None:
    _with_config(repository, '"model.eta" = 1.0\n')
    repository.write(sampler="def sample(config):\n    return config.model.eta\n")
    repository.change('base = "configs/base.yaml"', 'base = "configs/base.yaml"\nadded = ["model.eta"]')
    assert repository.broken() == ""


def test_a_config_value_of_another_kind_is_named(repository: Repository) -> None:
    _with_config(repository, 'sizes = "512x320"\n')
    assert "sizes: '512x320' is text, the shipped one a list" in repository.broken()


def test_an_override_is_looked_up_in_the_shipped_configs(repository: Repository) -> None:
    repository.write(inference=PROGRAM + "\nfrom omegaconf import OmegaConf\nOmegaConf.from_cli()\n")
    repository.change('entry = "inference.py"', 'entry = "inference.py"\nconfigs = ["configs/base.yaml"]')
    repository.recipe += '[recipe.run.overrides]\n"model.guidance" = 3.5\n"model.cfg" = 1\n'
    assert "configs/base.yaml have no model.cfg" in repository.broken()


def test_a_placeholder_nobody_knows_is_named(repository: Repository) -> None:
    repository.change('"{seed}"', '"{sede}"')
    assert "{sede} is no placeholder" in repository.broken()


def test_an_option_without_a_default_is_named(repository: Repository) -> None:
    repository.change('"{option.pace}"', '"{option.quality}"')
    assert "quality stands in the defaults of neither the method card nor its mode" in repository.broken()


def test_a_text_that_the_mode_requires_and_nobody_hands_over_is_named(repository: Repository) -> None:
    repository.change('each = "{prompt}"', 'each = "a car"')
    assert "the mode requires prompt, and the run does not hand it over" in repository.broken()


def test_a_role_that_the_mode_has_not_is_named(repository: Repository) -> None:
    repository.change('"--seed" = "{seed}"', '"--seed" = "{seed}"\n"--pace" = "{media.first}"')
    repository.change('"--pace" = "{option.pace}"\n', "")
    assert "role first is used, and the mode has none" in repository.broken()


def test_a_seed_that_is_not_handed_over_is_named(repository: Repository) -> None:
    repository.change('"--seed" = "{seed}"\n', "")
    assert "the mode says seed per-sample, and no {seed} is handed over" in repository.broken()


def test_an_output_that_the_mode_has_not_is_named(repository: Repository) -> None:
    repository.change('path = "{out}/results/clip_*.mp4"', 'path = "{out}/results/clip_*.mp4"\noutput = "depth"')
    assert "depth is found, and the mode has no such output" in repository.broken()


def test_a_mode_without_a_run_is_named(repository: Repository) -> None:
    repository.recipe = repository.recipe.replace("[recipe.run", "[recipe.modes.i2v")
    assert "no run serves made-up, t2v" in repository.broken()


def test_another_commit_on_the_method_card_is_named(repository: Repository) -> None:
    repository.change('commit = "COMMIT"\nstatus', f'commit = "{"0" * 40}"\nstatus')
    assert f"method made-up says https://example.org/owner/made-up@{'0' * 40}" in repository.broken()


def test_local_changes_in_a_file_that_it_relies_on_are_told(repository: Repository) -> None:
    repository.prove()
    (repository.folder / "inference.py").write_text(PROGRAM + "\n# mine\n")
    assert told(repository.again(at=repository.folder)).endswith("local changes in inference.py")


def test_a_work_tree_at_another_commit_is_told(repository: Repository) -> None:
    repository.prove()
    before = repository.git("rev-parse", "HEAD").strip()
    repository.commit()
    assert f"the recipe wants {before}" in told(repository.again(at=repository.folder))


def test_a_git_directory_is_read_at_the_recipes_commit(repository: Repository) -> None:
    repository.prove()
    repository.write(inference="print('another program')\n")
    repository.commit()
    assert told(repository.again(at=repository.folder / ".git")) == ""


def test_a_git_directory_without_the_commit_says_which_it_has(repository: Repository) -> None:
    repository.commit()
    repository.recipe = repository.recipe.replace("COMMIT", "1" * 40)
    said = repository.broken(at=repository.folder / ".git")
    assert f"it has {repository.git('rev-parse', 'HEAD').strip()}" in said


def test_a_folder_without_git_cannot_tell_its_commit(
    repository: Repository, tmp_path_factory: pytest.TempPathFactory
) -> None:
    plain = tmp_path_factory.mktemp("plain")
    (plain / "inference.py").write_text(PROGRAM)
    assert "there is no git to tell its commit" in repository.broken(at=plain)


def test_stored_facts_give_the_same_answer_without_the_source(repository: Repository) -> None:
    repository.prove(record=True)
    assert told(repository.again()) == ""


def test_stored_facts_speak_against_a_recipe_changed_since(repository: Repository) -> None:
    repository.prove(record=True)
    _edit(repository, '"--seed" =', '"--loop" = true\n"--seed" =')
    assert "--loop: not in the stored facts; run with --source --record" in told(repository.again())


def test_stored_facts_hold_none_of_the_code(repository: Repository) -> None:
    repository.prove(record=True)
    text = (repository.cards / "facts" / "made-up.json").read_text()
    assert "sink.write" not in text and "add_argument" not in text and len(text) < 6_000


def test_nothing_is_recorded_while_a_promise_is_broken(repository: Repository) -> None:
    repository.change('"--seed" =', '"--sed" =')
    findings = repository.prove(record=True)
    assert not (repository.cards / "facts").exists()
    assert "nothing was recorded" in findings[-1].detail


def test_a_recipe_that_was_never_checked_says_so(repository: Repository) -> None:
    assert "not in the stored facts" in repository.broken(source=False)


def test_record_without_a_source_is_wrong_usage(repository: Repository) -> None:
    with pytest.raises(UsageError, match="look into a checkout"):
        repository.prove(source=False, record=True)


def test_checkouts_are_found_by_owner_and_name(repository: Repository) -> None:
    repository.prove()
    named = repository.folder.with_name("owner+made-up")
    repository.folder.rename(named)
    catalogue._index.cache_clear()
    assert all(finding.ok for finding in prove("all", sources=named.parent) if finding.subject == "recipe made-up")


def test_a_config_that_is_no_yaml_is_not_taken_for_an_empty_one(repository: Repository) -> None:
    _with_config(repository)
    repository.write(configs__base_yaml=CONFIG + "  : [\n")
    assert "configs/base.yaml" in repository.broken()


def _edit(repository: Repository, old: str, new: str) -> None:
    file = repository.cards / "cards.toml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_an_option_that_hides_the_adapters_own_is_named(repository: Repository) -> None:
    repository.change('pace = "slow"', 'pace = "slow", mode = "slow"')
    assert "option 'mode' has a name of the adapter's" in repository.broken()


KEYED = """
import sys

CONFIG, savedir = {}, 1
for word in sys.argv:
    CONFIG[word] = "/results/clip_" + word + ".mp4"
"""


def _with_keys(repository: Repository) -> None:
    repository.write(inference=KEYED)
    repository.change('entry = "inference.py"', 'entry = "inference.py"\nconfigs = ["base.py"]\nflags_are_keys = true')
    names = ("prompt_file", "savedir", "steps", "seed", "pace")
    repository.write(base="".join(f"{name} = {1 if name in ('steps', 'seed') else 'None'}\n" for name in names))


def test_flags_that_are_keys_are_looked_up_in_the_shipped_settings(repository: Repository) -> None:
    _with_keys(repository)
    assert repository.broken() == ""


def test_a_flag_that_is_no_key_is_named(repository: Repository) -> None:
    _with_keys(repository)
    repository.change('"--seed" = "{seed}"', '"--seed" = "{seed}"\n"--sampler.eta" = 1')
    assert "--sampler.eta is declared nowhere" in repository.broken()


def test_a_key_that_the_code_adds_is_fine(repository: Repository) -> None:
    _with_keys(repository)
    repository.write(sampler="def sample(config):\n    return config.sampler.eta\n")
    repository.change("flags_are_keys = true", 'flags_are_keys = true\nadded_keys = ["sampler.eta"]')
    repository.change('"--seed" = "{seed}"', '"--seed" = "{seed}"\n"--sampler.eta" = 1')
    assert repository.broken() == ""


def test_a_word_where_the_shipped_settings_have_a_number_is_named(repository: Repository) -> None:
    _with_keys(repository)
    repository.change("steps = 25", 'steps = "many"')
    assert "--steps: 'many' is no float" in repository.broken()
