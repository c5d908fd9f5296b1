"""A method as it will be run: its card, the user's overrides and axes, its name on the leaderboard, and its
identity.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vbench_py import catalogue
from vbench_py.cards import AdapterCard, MethodCard
from vbench_py.keys import canonical, key
from vbench_py.types import Adapter, UsageError


@dataclass(frozen=True)
class Method:
    card: MethodCard
    adapter: AdapterCard
    name: str
    overrides: Mapping[str, Any] = field(default_factory=dict)
    axes: Mapping[str, Any] = field(default_factory=dict)

    def build(self) -> Adapter:
        """A fresh adapter. Constructing one validates the options and does no heavy work."""
        where = f"adapter {self.adapter.id!r}"
        adapter: Adapter = catalogue.implementation(self.adapter.entry, where)(
            self.card, {**self.card.defaults, **self.overrides}
        )
        return adapter

    def identity(self, adapter: Adapter) -> dict[str, Any]:
        """Everything about the method that changes its outputs; an adapter may say more through `identity()`."""
        told = getattr(adapter, "identity", None)
        return {
            "method": self.card.id,
            "adapter": [self.adapter.id, self.adapter.version],
            "code": [self.card.repository, self.card.commit],
            "weights": sorted(checkpoint.sha256 for checkpoint in self.card.checkpoints),
            "options": told() if told else {**self.card.defaults, **self.overrides},
            "axes": dict(self.axes),
        }

    def key(self, adapter: Adapter) -> str:
        return key("method", {**self.identity(adapter), "name": self.name})


def method(
    name: str, *, label: str = "", overrides: Mapping[str, Any] | None = None, axes: Mapping[str, Any] | None = None
) -> Method:
    """The method of that name (or card path); `label`, with the axes behind it, is what the leaderboard calls it."""
    card: MethodCard = catalogue.card("method", name)
    adapter: AdapterCard = catalogue.card("adapter", card.adapter)
    overrides, axes = dict(overrides or {}), dict(axes or {})
    # A label stands for the options; the axes tell runs of equal label apart.
    told = axes if label else {**overrides, **axes}
    plain = {k: v for k, v in told.items() if isinstance(v, str | int | float | bool)}
    changes = [f"{k}={Path(v).name if isinstance(v, str) and os.sep in v else v}" for k, v in plain.items()]
    label = (label or card.id) + (f" [{', '.join(changes)}]" if changes else "")
    for what, values in (("--set", overrides), ("--axis", axes)):
        for option, value in values.items():
            try:
                callable(value) or canonical(value)
            except TypeError as error:
                raise UsageError(f"{what} {option}: {error}") from error
    return Method(card, adapter, label, overrides, axes)
