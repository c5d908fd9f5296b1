"""From a recipe and a checkout to the facts that the recipe relies on, and no others."""

from __future__ import annotations

import ast
import hashlib
import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vbench_py import catalogue
from vbench_py.recipe_card import InputCard, PatchCard, RecipeCard, RunCard
from vbench_py.recipes.arguments import interface_of
from vbench_py.recipes.code import content, defines, signature
from vbench_py.recipes.configs import keys_of
from vbench_py.recipes.facts import Facts, Interface, Parameter, PatchFact, RunFacts, merge
from vbench_py.recipes.naming import pieces_to_find
from vbench_py.recipes.syntax import parse
from vbench_py.recipes.tree import Tree, open_tree, patched
from vbench_py.recipes.values import placeholders
from vbench_py.types import UsageError


def gather(recipe: RecipeCard, source: Path | None) -> tuple[Facts, dict[str, Tree]]:
    """The facts, and the patched tree of each run. Without a source nothing is found in the repository.

    Raises `UsageError` where the source cannot be read at all.
    """
    tree = open_tree(source, recipe.commit) if source is not None else Tree()
    fates: dict[str, PatchFact] = {}
    runs, trees = {}, {}
    for mode, run in recipe.runs.items():
        trees[mode] = _with_patches(tree, [p for p in recipe.patches if p.serves(mode)], fates)
        runs[mode] = _run_facts(run, trees[mode])
    touched = {path for facts in runs.values() for path in facts.files}
    facts = Facts(
        recipe=recipe.id,
        repository=recipe.repository,
        commit=recipe.commit,
        head=tree.head,
        changed=tuple(tree.changed(touched)),
        patches=fates,
        runs=runs,
    )
    return facts, trees


def digest(diff: str) -> str:
    return hashlib.sha256(diff.encode()).hexdigest()


def _with_patches(tree: Tree, patches: list[PatchCard], fates: dict[str, PatchFact]) -> Tree:
    for patch in patches:
        tree, why_not = patched(tree, patch.diff)
        key = digest(patch.diff)
        if key not in fates or fates[key].applies:
            fates[key] = PatchFact(applies=not why_not, detail=why_not)
    return tree


def entry_file(run: RunCard, tree: Tree | None = None) -> str:
    """The file that is started or holds the target; "" for programs of ours and modules of installed packages."""
    if run.entry or not (run.module or run.target):
        return run.entry
    name = run.module or run.target.partition(":")[0]
    if name.endswith(".py"):
        return name
    stem = name.replace(".", "/")
    roots = roots_of(run)
    tries = [posixpath.normpath(posixpath.join(root, stem + end)) for root in roots for end in _ENDS]
    there = (path for path in tries if tree is not None and tree.read(path) is not None)
    return next(there, "" if run.module and tree is not None else tries[0])


_ENDS = (".py", "/__main__.py", "/__init__.py")


def roots_of(run: RunCard) -> list[str]:
    """Where the run's imports are looked up inside the checkout."""
    path = run.variables.get("PYTHONPATH", "").split(":")
    named = [part.replace("{folder}", run.folder).replace("{checkout}", "").strip("/") for part in path if part]
    beside = posixpath.dirname(run.entry or (run.target.partition(":")[0] if ".py:" in run.target else ""))
    return list(dict.fromkeys([run.folder, *named, "", beside]))


def _run_facts(run: RunCard, tree: Tree) -> RunFacts:
    entry = entry_file(run, tree)
    parsers = run.parsers or ((entry,) if entry else ())
    bases = [given.base for given in run.inputs.values() if given.base]
    proofs = list(run.proofs.values())
    files = {path for path in (entry, *parsers, *run.configs, *bases, *(proof.file for proof in proofs)) if path}
    contents = {path: content(text, path) for path in sorted(files) if (text := tree.read(path)) is not None}
    strings: dict[str, dict[str, bool]] = {}
    names: dict[str, dict[str, bool]] = {}
    for proof in proofs:
        held = contents.get(proof.file)
        strings.setdefault(proof.file, {}).update({s: held is not None and held.writes(s) for s in proof.strings})
        names.setdefault(proof.file, {}).update({n: held is not None and n in held.names for n in proof.names})
    pieces = pieces_to_find(run)
    naming = {piece: next((path for path, held in contents.items() if held.writes(piece)), None) for piece in pieces}
    interface = _interface(run, parsers, tree)
    return RunFacts(
        files={path: tree.read(path) is not None for path in sorted(files)},
        interface=interface,
        flags={name: bool(interface.flag(name)) for name in passed(run)} if interface is not None else {},
        keys=_keys(run, tree),
        words=_words(run, tree),
        strings={path: told for path, told in strings.items() if told},
        names={path: told for path, told in names.items() if told},
        naming=naming,
        signatures=signatures(run, tree.read(entry) if run.target else program_text(run)),
        imports=dict(_imports(run, tree)),
    )


def passed(run: RunCard) -> dict[str, Any]:
    """Flags that are not left out."""
    return {name: value for name, value in run.flags.items() if value is not None and value is not False}


def _interface(run: RunCard, parsers: tuple[str, ...], tree: Tree) -> Interface | None:
    if run.exec == "worker" or not parsers:
        return None
    texts = {path: text for path in parsers if (text := tree.read(path)) is not None}
    whole = merge([interface_of(text, path, texts) for path, text in texts.items() if path.endswith(".py")])
    asked = set(passed(run))
    kept = [o for o in whole.options if o.required or asked & set(o.names) or not o.names[0].startswith("-")]
    return whole.model_copy(update={"options": tuple(_once(kept))})


def _once(options: list[Any]) -> list[Any]:
    return [option for place, option in enumerate(options) if option not in options[:place]]


def config_keys(given: InputCard) -> dict[str, Any]:
    """Dotted keys that an input sets, down to what is no table; a table with `each` alone is a list.

    A key made from the sample counts as the table that it stands in.
    """
    return {key.rstrip("."): value for key, value in _flat(given.values, "") if key}


def _flat(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if placeholders(name):
            yield prefix, {}
        elif isinstance(value, Mapping) and set(value) != {"each"} and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def override_key(name: str) -> str:
    return name.lstrip("+~").replace("/", ".").partition("@")[0]


def _keys(run: RunCard, tree: Tree) -> dict[str, dict[str, str | None]]:
    found: dict[str, dict[str, str | None]] = {}
    for given in run.inputs.values():
        if given.base and given.kind in ("yaml", "json", "python"):
            shipped = _shipped(given.base, tree)
            found.setdefault(given.base, {}).update({key: shipped.get(key) for key in config_keys(given)})
    for path in run.configs:
        shipped = _shipped(path, tree)
        found.setdefault(path, {}).update(
            {key: shipped.get(key) for key in [*map(override_key, run.overrides), *flag_keys(run)]}
        )
    return found


def _shipped(path: str, tree: Tree) -> dict[str, str]:
    try:
        return keys_of(path, tree.read)
    except UsageError:
        return {}


def flag_keys(run: RunCard) -> dict[str, str]:
    """Flags that may be keys of a settings file: key to flag."""
    return {name.lstrip("-").replace("-", "_"): name for name in passed(run)} if run.flags_are_keys else {}


def named_words(run: RunCard) -> list[str]:
    """Names that only the code can vouch for: keys added to a shipped file, and keys of files made from nothing."""
    keys = []
    for given in run.inputs.values():
        keys += list(given.added)
        own = given.kind in ("yaml", "json", "jsonl", "python") or (given.kind == "csv" and given.header)
        if own and not given.base:
            keys += list(config_keys(given))
    keys += [name for name in run.overrides if name.startswith("+") or not run.configs]
    keys = [key for key in keys if not key.lstrip("+").startswith("hydra.")]
    keys += list(run.added_keys)
    words = [part for key in keys for part in [override_key(key).rpartition(".")[2]] if not part.isdigit()]
    return list(dict.fromkeys(words))


def _words(run: RunCard, tree: Tree) -> dict[str, bool]:
    wanted, aliases = named_words(run), [key for key in flag_keys(run) if "." not in key]
    texts = [text for _, text in tree.texts()] if wanted else []
    near = [text for path in run.parsers or (run.entry,) if (text := tree.read(path)) is not None]
    found = {word: _stands(word, near) for word in aliases}
    return found | {word: _stands(word, texts) for word in wanted}


def _stands(word: str, texts: list[str]) -> bool:
    return any(re.search(rf"\b{re.escape(word)}\b", text) for text in texts)


def signatures(run: RunCard, text: str | None) -> dict[str, dict[str, tuple[Parameter, ...] | None]]:
    """Of what a worker calls, which stands in the file of this text (None: there is no such file)."""
    if not (run.program or run.target):
        return {}
    name = program_class(text or "") if run.program else run.target.partition(":")[2]
    methods = dict.fromkeys(["__init__", *([run.setup_method] if run.setup_method else []), run.method])
    return {run.program or run.target: {m: signature(text, name, m) if text is not None else None for m in methods}}


def program_file(name: str) -> Path | None:
    """The file of a program of ours."""
    folder = catalogue._package_folder("vbench_py.adapters.programs")
    return folder / f"{name}.py" if folder is not None and (folder / f"{name}.py").is_file() else None


def program_class(text: str) -> str:
    """The class that a program offers: its last public one."""
    tree = parse(text)
    nodes = [node for node in tree.body if isinstance(node, ast.ClassDef)] if tree is not None else []
    return next((node.name for node in reversed(nodes) if not node.name.startswith("_")), "")


def program_text(run: RunCard) -> str | None:
    file = program_file(run.program) if run.program else None
    return file.read_text(encoding="utf-8") if file is not None else None


def program_imports(run: RunCard) -> list[tuple[str, str]]:
    """(module, name) of everything that a program of ours imports; the name is "" for `import module`."""
    module = parse(program_text(run) or "")
    found: list[tuple[str, str]] = []
    for node in ast.walk(module) if module is not None else ():
        if isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found += [(node.module, name.name) for name in node.names]
        elif isinstance(node, ast.Import):
            found += [(name.name, "") for name in node.names]
    return list(dict.fromkeys(found))


def _imports(run: RunCard, tree: Tree) -> Iterator[tuple[str, bool | None]]:
    """Whether the repository has what a program of ours imports; None for what is not the repository's."""
    wanted, roots = program_imports(run), roots_of(run)
    there = tree.files() if wanted else []
    inside = [path[len(root) + 1 if root else 0 :] for root in roots for path in there if path.startswith(root)]
    tops = {path.split("/")[0].removesuffix(".py") for path in inside if path.endswith(".py")}
    for module, name in wanted:
        known = module.split(".")[0] in tops
        yield f"{module}:{name}", _offers(tree, roots, module, name) if known else None


def _offers(tree: Tree, roots: list[str], module: str, name: str) -> bool:
    stem = module.replace(".", "/")
    for root in roots:
        for end in (".py", "/__init__.py", f"/{name}.py", f"/{name}/__init__.py"):
            text = tree.read(posixpath.normpath(posixpath.join(root, stem + end)))
            if text is not None and (not name or end.startswith(f"/{name}") or defines(text, name)):
                return True
    return False
