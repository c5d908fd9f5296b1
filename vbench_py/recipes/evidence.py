"""Facts as they are stored beside the recipes, with the day on which they were gathered."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from vbench_py import catalogue
from vbench_py.recipes.facts import Facts, from_text, to_text
from vbench_py.types import StorageError


def place(recipe: str) -> Path:
    """The file for the facts of a recipe: `facts/NAME.json` beside its card."""
    found = catalogue.find("recipe", recipe)
    return found.file.parent / "facts" / f"{found.id}.json"


def stored(recipe: str) -> Facts | None:
    """What was recorded, None where nothing was. Raises `UsageError` for a file that is broken."""
    file = place(recipe)
    return from_text(file.read_text(encoding="utf-8"), file) if file.is_file() else None


def store(recipe: str, facts: Facts, checked: list[str]) -> Path:
    """Writes the facts with today's date (UTC) and the promises that were kept; gives the file."""
    file = place(recipe)
    today = datetime.now(UTC).date().isoformat()
    dated = facts.model_copy(update={"date": today, "checked": tuple(sorted(set(checked)))})
    try:
        file.parent.mkdir(exist_ok=True)
        file.write_text(to_text(dated), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{file}: the facts cannot be written: {error.strerror}") from error
    return file
