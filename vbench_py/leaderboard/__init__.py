"""Leaderboards: pure functions of records."""

from vbench_py.leaderboard.board import Board, Cell, Column, Row, Table
from vbench_py.leaderboard.build import leaderboard

__all__ = ["Board", "Cell", "Column", "Row", "Table", "leaderboard"]
