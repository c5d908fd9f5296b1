"""A recipe against the facts of its repository: every promise tried, each told with what was seen or what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from vbench_py.promises.finding import Finding, Skipped, demand, tried
from vbench_py.recipe_card import RecipeCard, RunCard
from vbench_py.recipes import agreement
from vbench_py.recipes.facts import PARSED, Facts, Interface, RunFacts
from vbench_py.recipes.gather import (
    config_keys,
    digest,
    flag_keys,
    named_words,
    override_key,
    passed,
    program_imports,
    program_text,
    signatures,
)
from vbench_py.recipes.handed import handed_digest
from vbench_py.recipes.made_up import Use, fields, uses
from vbench_py.recipes.naming import chosen_by_us, pieces_to_find
from vbench_py.recipes.taking import (
    ANYTHING,
    missing_flags,
    refused_arguments,
    refused_flags,
    refused_words,
    unlike,
    unread,
)
from vbench_py.recipes.values import fill, placeholders

STALE = "not in the stored facts; run with --source --record"
Check = tuple[str, Callable[[], str | None]]


def check_recipe(recipe: RecipeCard, facts: Facts | None) -> Iterator[Finding]:
    """Findings about the recipe; without facts only what its cards show, and one that says so."""
    subject = f"recipe {recipe.id}"
    served = list(uses(recipe))
    for promise, check in _of_cards(recipe, served):
        yield tried(subject, promise, check)
    if not recipe.repository:
        yield tried(subject, "its code is ours", lambda: _programs_only(recipe))
    if facts is None:
        yield Finding(subject, "it was checked against its repository", False, STALE)
        return
    for promise, check in _of_source(recipe, facts):
        yield tried(subject, promise, check)
    for mode in recipe.runs:
        told = f"{mode}: " if mode else ""
        there = facts.runs.get(mode)
        if there is None:
            yield Finding(subject, f"{told}it was checked against its repository", False, STALE)
            continue
        mine = [use for use in served if use.run == mode]
        for promise, check in _of_run(recipe, mode, there, mine):
            yield tried(subject, told + promise, check)


def _programs_only(recipe: RecipeCard) -> str:
    return ", ".join(dict.fromkeys(run.program for run in recipe.runs.values()))


def _of_cards(recipe: RecipeCard, served: list[Use]) -> Iterator[Check]:
    yield "method cards name it, with the same code and modes", lambda: agreement.together(recipe, served)
    yield "its environment has a card", lambda: agreement.environment(recipe)
    yield "its weights are to be had, and used", lambda: agreement.weights(recipe)
    for use in served:
        run = recipe.runs.get(use.run)
        if run is None:
            continue
        asked, media = (
            partial(agreement.asked_placeholders, recipe, run, use),
            partial(agreement.media_and_seed, run, use),
        )
        yield f"{use.told}: placeholders and texts stand for what the mode has", asked
        yield f"{use.told}: roles, seed and batches are the mode's", media
        yield f"{use.told}: its outputs are the mode's", partial(agreement.outputs, run, use)
    for mode, run in recipe.runs.items():
        told = f"{mode}: " if mode else ""
        yield f"{told}what is written for the program is handed to it", partial(agreement.inputs_used, run)


def _of_source(recipe: RecipeCard, facts: Facts) -> Iterator[Check]:
    def same_code() -> str:
        demand(facts.repository == recipe.repository, f"the facts are of {facts.repository}; {STALE}")
        demand(facts.commit == recipe.commit, f"the facts are of commit {facts.commit}; {STALE}")
        demand(bool(facts.head), "there is no git to tell its commit: give a clone, or a mirror, as --source")
        demand(facts.head == recipe.commit, f"the source is at {facts.head}, the recipe wants {recipe.commit}")
        return f"{facts.commit[:12]}{', ' + facts.date if facts.date else ''}"

    def unchanged() -> None:
        demand(not facts.changed, f"local changes in {', '.join(facts.changed)}")

    def patches() -> str | None:
        if not recipe.patches:
            raise Skipped("it has none")
        wrong = []
        for patch in recipe.patches:
            fate = facts.patches.get(digest(patch.diff))
            if fate is None:
                wrong.append(f"{patch.reason[:50]!r}: {STALE}")
            elif not fate.applies:
                wrong.append(f"{patch.reason[:50]!r}: {fate.detail}")
        demand(not wrong, "; ".join(wrong))
        return f"{len(recipe.patches)}"

    if recipe.repository:
        yield "the source is its repository at its commit", same_code
        yield "the files that it relies on are as committed", unchanged
        yield "its patches apply", patches


def _of_run(recipe: RecipeCard, mode: str, facts: RunFacts, served: list[Use]) -> Iterator[Check]:
    run = recipe.runs[mode]
    tables = [table for use in served for table in fields(recipe, run, use)]
    yield "its files are there", lambda: _files(run, facts)
    if run.exec == "worker":
        yield "what it calls takes our arguments", lambda: _target(run, facts, tables)
        if run.program and recipe.repository:
            yield "the repository has what our program imports", lambda: _imported(run, facts)
    else:
        yield "its flags are declared, and take our values", lambda: _flags(run, facts, tables)
        yield "what its command line requires is handed over", lambda: _required(run, facts, tables)
    yield "the settings that it changes exist", lambda: _keys(run, facts, tables)
    yield "names that no settings file ships stand in the code", lambda: _words(run, facts)
    yield "the code holds what its proofs say", lambda: _proofs(run, facts)
    yield "its outputs are named as the code names them", lambda: _naming(run, facts)
    if facts.parsed is not None:
        yield PARSED, lambda: _parsed(recipe, mode, facts)


def _files(run: RunCard, facts: RunFacts) -> str:
    given = (given.base for given in run.inputs.values())
    asked = {path for path in (run.entry, *run.parsers, *run.configs, *given) if path}
    asked |= {proof.file for proof in run.proofs.values()}
    lacking = sorted(asked - set(facts.files))
    demand(not lacking, f"{', '.join(lacking)}: {STALE}")
    absent = sorted(path for path, there in facts.files.items() if not there)
    demand(not absent, f"not in the checkout: {', '.join(absent)}")
    if run.module and not facts.files:
        raise Skipped(f"module {run.module} is no file of the repository")
    return f"{len(facts.files)}"


def _filled(values: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, Any]:
    """Values with their placeholders filled; ANYTHING where one of them is not known."""
    return {name: _value(value, table) for name, value in values.items()}


def _value(value: Any, table: Mapping[str, Any]) -> Any:
    return fill(value, table.__getitem__) if placeholders(value) <= table.keys() else ANYTHING


def _flags(run: RunCard, facts: RunFacts, tables: list[dict[str, Any]]) -> str | None:
    flags = passed(run)
    if not flags and not run.words and not run.trailing:
        raise Skipped("it has none")
    interface = facts.interface
    demand(interface is not None, "no file that declares them is known: name it in parsers")
    assert interface is not None
    strict = interface.model_copy(update={"loose": interface.loose and not run.flags_are_keys})
    wrong = dict.fromkeys(f"{name}: {STALE}" for name in flags if name not in facts.flags)
    for table in tables or [{}]:
        words = [_value(word, table) for word in (*run.words, *run.trailing)]
        known = {name: value for name, value in flags.items() if name in facts.flags}
        left = {name: value for name, value in known.items() if not _is_key(run, facts, interface, name)}
        wrong |= dict.fromkeys(refused_flags(strict, _filled(left, table), words))
        wrong |= dict.fromkeys(_unlike_keys(run, facts, interface, _filled(known, table)))
        overrides = bool(run.overrides)
        refused = refused_words(interface, [word for word in words if not _is_flag(word)], overrides)
        wrong |= {refused: None} if refused else {}
    told = "; ".join(wrong)
    if told and not interface.by and not interface.overrides:
        told += f" (no parser was found in {', '.join(run.parsers) or run.entry})"
    elif told and interface.partial:
        told += f" (in {', '.join(interface.partial)} something is declared that only running it shows)"
    demand(not wrong, told)
    return f"{len(flags)} by {', '.join(interface.by) or 'any words'}"


def _unlike_keys(run: RunCard, facts: RunFacts, interface: Interface, flags: Mapping[str, Any]) -> Iterator[str]:
    """Why flags that are keys of shipped settings have values of another kind."""
    for key, name in flag_keys(run).items():
        kinds = [kind for path in run.configs if (kind := facts.keys.get(path, {}).get(key))]
        number = next((kind for kind in kinds if kind in ("int", "float")), None)
        if number and name in flags and not interface.flag(name) and (reason := unread("float", None, flags[name])):
            yield f"{name}: {reason}, and the shipped one is"


def _is_key(run: RunCard, facts: RunFacts, interface: Interface, name: str) -> bool:
    """Whether an undeclared flag is a key of the shipped settings, or one of added_keys, or known to the parser."""
    key = next((key for key, flag in flag_keys(run).items() if flag == name), None)
    if key is None or interface.flag(name):
        return False
    shipped = any(facts.keys.get(path, {}).get(key) for path in run.configs)
    return shipped or key in run.added_keys or ("." not in key and facts.words.get(key, False))


def _is_flag(word: Any) -> bool:
    return isinstance(word, str) and word.startswith("--")


def _required(run: RunCard, facts: RunFacts, tables: list[dict[str, Any]]) -> str | None:
    if facts.interface is None:
        raise Skipped("it has no command line of its own")
    table = tables[0] if tables else {}
    named = {word: True for word in (*run.words, *run.trailing) if _is_flag(word)}
    flags, words = {**_filled(run.flags, table), **named}, [_value(word, table) for word in run.words]
    missing = list(missing_flags(facts.interface, flags, words))
    demand(not missing, "; ".join(missing))
    return None


def _keys(run: RunCard, facts: RunFacts, tables: list[dict[str, Any]]) -> str | None:
    table, wrong, count = (tables[0] if tables else {}), [], 0
    for given in run.inputs.values():
        if not given.base or given.kind not in ("yaml", "json", "python"):
            continue
        there = facts.keys.get(given.base, {})
        for key, value in config_keys(given).items():
            count += 1
            if key in given.added:
                if there.get(key) is not None:
                    wrong.append(f"{key} is among added, and {given.base} ships it")
            elif key not in there:
                wrong.append(f"{key}: {STALE}")
            elif there[key] is None:
                wrong.append(f"{given.base} has no {key}")
            elif reason := unlike(there[key] or "", [] if isinstance(value, dict) and value else _value(value, table)):
                wrong.append(f"{given.base}, {key}: {reason}")
    for name, value in run.overrides.items() if run.configs else ():
        key = override_key(name)
        if key.split(".")[0] == "hydra" and facts.interface is not None and "hydra" in facts.interface.by:
            continue  # Hydra's own settings
        count += 1
        kinds = [facts.keys.get(path, {}).get(key) for path in run.configs]
        if not any(key in facts.keys.get(path, {}) for path in run.configs):
            wrong.append(f"{key}: {STALE}")
        elif not any(kinds):
            if not name.startswith("+") and key not in run.added_keys:
                wrong.append(f"{', '.join(run.configs)} have no {key}")
        elif key in run.added_keys:
            wrong.append(f"{key} is among added_keys, and {', '.join(run.configs)} ship it")
        elif reason := unlike(next(kind for kind in kinds if kind), _value(value, table)):
            wrong.append(f"{key}: {reason}")
    demand(not wrong, "; ".join(wrong))
    if not count:
        raise Skipped("it changes no shipped settings")
    return f"{count}"


def _words(run: RunCard, facts: RunFacts) -> str | None:
    wanted = named_words(run)
    if not wanted:
        raise Skipped("there are none")
    wrong = [f"{word}: {STALE}" for word in wanted if word not in facts.words]
    wrong += [f"no file of the code names {word}" for word in wanted if facts.words.get(word) is False]
    demand(not wrong, "; ".join(wrong))
    return f"{len(wanted)}"


def _proofs(run: RunCard, facts: RunFacts) -> str | None:
    if not run.proofs:
        raise Skipped("it has none")
    wrong = []
    for name, proof in run.proofs.items():
        demand(bool(proof.strings or proof.names), f"{name} names neither strings nor names")
        for told, found in ((proof.strings, facts.strings), (proof.names, facts.names)):
            there = found.get(proof.file, {})
            wrong += [f"{name}, {word!r}: {STALE}" for word in told if word not in there]
            wrong += [f"{name}: {proof.file} has no {word!r}" for word in told if there.get(word) is False]
    demand(not wrong, "; ".join(wrong))
    return ", ".join(run.proofs)


def _naming(run: RunCard, facts: RunFacts) -> str | None:
    pieces = pieces_to_find(run)
    wrong = [f"{piece!r}: {STALE}" for piece in pieces if piece not in facts.naming]
    wrong += [
        f"{piece!r} is neither handed over nor written in {', '.join(facts.files) or 'any file named'}"
        for piece in pieces if piece in facts.naming and facts.naming[piece] is None
    ]  # fmt: skip
    free = [output.path for output in run.outputs.values() if not chosen_by_us(run, output.path)]
    if free and not run.proofs and not run.program:
        wrong.append(f"{free[0]} is named by the code: say in proofs where")
    demand(not wrong, "; ".join(wrong))
    return ", ".join(output.path for output in run.outputs.values())


def _target(run: RunCard, facts: RunFacts, tables: list[dict[str, Any]]) -> str | None:
    ours = run.program  # read anew, as it may change without its recipe
    found = (signatures(run, program_text(run)) if ours else facts.signatures).get(ours or run.target)
    demand(found is not None, STALE)
    assert found is not None
    there = {method: parameters for method, parameters in found.items() if parameters is not None}
    demand(bool(there), f"{run.program or run.target} is not there")
    wrong = []
    for table in tables or [{}]:
        setup, call = _filled(run.setup, table), _filled(run.call, table)
        for method, arguments in ((run.setup_method or "__init__", setup), (run.method, call)):
            parameters = there.get(method)
            if parameters is None:
                if method != "__init__" or arguments:
                    wrong.append(f"it has no {method}")
                continue
            plain = {name: _plain(value) for name, value in arguments.items()}
            wrong += [f"{method}: {reason}" for reason in refused_arguments(parameters, plain)]
    demand(not wrong, "; ".join(dict.fromkeys(wrong)))
    return None


def _plain(value: Any) -> Any:
    """A typed argument ({ path = ... }) as nothing that a type or choice could refuse."""
    return ANYTHING if isinstance(value, dict) else value


def _imported(run: RunCard, facts: RunFacts) -> str | None:
    wanted = [f"{module}:{name}" for module, name in program_imports(run)]
    new = [name for name in wanted if name not in facts.imports]
    demand(not new, f"{', '.join(new)}: {STALE}")
    absent = sorted(name for name, there in facts.imports.items() if there is False)
    demand(not absent, f"it has no {', '.join(absent)}")
    return ", ".join(name for name, there in facts.imports.items() if there)


def _parsed(recipe: RecipeCard, mode: str, facts: RunFacts) -> str:
    parsed = facts.parsed
    assert parsed is not None
    demand(parsed.words == handed_digest(recipe, mode), "other words were tried; run with --source --record --parse")
    demand(not parsed.refused, parsed.detail or "it did not")
    if not parsed.ok:
        raise Skipped(f"its parser was not reached: {parsed.detail}")
    return parsed.detail
