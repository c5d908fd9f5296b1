"""What a recipe hands to a program, as one digest: evidence of a parser counts for the words that it saw, no others."""

from __future__ import annotations

import hashlib
import json

from vbench_py.recipe_card import RecipeCard
from vbench_py.recipes.gather import digest
from vbench_py.recipes.made_up import Use, uses


def handed_digest(recipe: RecipeCard, mode: str, served: list[Use] | None = None) -> str:
    """A digest of all that decides which words a run is handed: its card, its options, its patches."""
    served = list(uses(recipe)) if served is None else served
    use = next((use for use in served if use.run == mode), None)
    told = {
        "run": recipe.runs[mode].model_dump(mode="json", exclude={"proofs", "outputs", "parsers", "configs"}),
        "options": use.mode.defaults if use is not None else {},
        "patches": [digest(patch.diff) for patch in recipe.patches if patch.serves(mode)],
        "commit": recipe.commit,
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()
