"""Names that every format of the report gives to the same things."""

from __future__ import annotations

from vbench_py.leaderboard.board import Table


def control_label(control: str) -> str:
    """What stands beside a control's name, which already says how great a known damage is; "" for methods."""
    return "known damage" if control.startswith("damage-") else control


def colour(table: Table, row: int) -> str:
    """The colour class of a row: one of seven for methods, by rank; grey for controls."""
    return "c7" if table.rows[row].control else f"c{row % 7}"
