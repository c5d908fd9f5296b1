"""Numbers in file names that count from a start: which item one stands for, and the error when the start is another."""

from __future__ import annotations

from collections.abc import Collection

from vbench_py.types import UsageError


def position(number: int, first: int, count: int) -> int | None:
    """The place, from 0, of what carries `number` among `count`, or None beyond them."""
    place = number - first
    return place if 0 <= place < count else None


def beyond(number: int, first: int, count: int, what: str) -> str:
    """Why `number` is none of them."""
    last = first + count - 1
    return f"number {number}: there are {count} {what}, {first} to {last}"


def check_start(numbers: Collection[int], first: int, count: int, where: str, *, mend: str = "") -> None:
    """Raises `UsageError` when `numbers` look as if counted from one more, or one less, than `first`.

    `mend` is what to do about it, where `--set first=N` is not the answer.
    """
    for other, above in ((first + 1, True), (first - 1, False)):
        edge, absent = (first + count, first) if above else (first - 1, first + count - 1)
        if edge in numbers and absent not in numbers:
            raise UsageError(
                f"{where}: its files count from {other}, the layout from {first} ({count} in all)",
                mend=mend or f"rename them, or say --set first={other}",
            )
