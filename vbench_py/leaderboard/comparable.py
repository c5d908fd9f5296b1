"""Which runs may stand in one table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from vbench_py.records import RunRecords

LOSSLESS = frozenset({"", "lossless", "ffv1", "png", "npz", "npy", "rawvideo"})

Key = tuple[str, str, str, str]


def encoding_class(encoding: str) -> str:
    """Every lossless storage is one class, since it changes no pixel; a lossy one stands for itself.

    A run whose outputs differ names all, joined by "+".
    """
    return "+".join(sorted({"lossless" if part in LOSSLESS else part for part in encoding.split("+")}))


def comparable(runs: Sequence[RunRecords]) -> list[tuple[Key, list[RunRecords]]]:
    """Groups of runs that agree on suite@version, prompt policy, encoding class, and each shared metric's protocol.

    Suites stand in the order of their first runs here, all else by name. Controls have no prompt policy of their own:
    they join every policy of their suite that has methods.
    """
    keyed: dict[Key, list[RunRecords]] = defaultdict(list)
    controls: dict[tuple[str, str, str], list[RunRecords]] = defaultdict(list)
    for run in sorted(runs, key=lambda run: (run.suite, run.suite_version, run.name, str(run.folder))):
        encoding = encoding_class(run.encoding)
        if run.control:
            controls[run.suite, run.suite_version, encoding].append(run)
        else:
            keyed[run.suite, run.suite_version, run.prompt_policy, encoding].append(run)
    for (suite, version, encoding), found in controls.items():
        policies = [key[2] for key in keyed if (key[0], key[1], key[3]) == (suite, version, encoding)]
        for policy in policies or [found[0].prompt_policy]:
            keyed[suite, version, policy, encoding].extend(found)
    # Outputs as they were made stand before the same outputs re-encoded.
    place = {suite: number for number, suite in enumerate(dict.fromkeys(run.suite for run in runs))}
    order = sorted(keyed, key=lambda key: (place[key[0]], *key[1:3], key[3] != "lossless", key[3]))
    return [(key, part) for key in order for part in _split_by_protocol(keyed[key])]


def _split_by_protocol(runs: Sequence[RunRecords]) -> list[list[RunRecords]]:
    """Runs with more scores first choose the table; one joins the first table with which it shares every protocol."""
    parts: list[tuple[dict[str, tuple[str, str]], list[RunRecords]]] = []
    for run in sorted(runs, key=lambda run: (bool(run.control), -len(run.scores), run.name, str(run.folder))):
        identity = {name: (facts.version, facts.protocol) for name, facts in run.metrics.items()}
        fitting = [part for part in parts if all(part[0].get(name, it) == it for name, it in identity.items())]
        # A control serves every table that it fits; a method stands in one.
        for known, members in fitting if run.control else fitting[:1]:
            known.update(identity)
            members.append(run)
        if not fitting:
            parts.append((identity, [run]))
    return [members for _, members in parts]
