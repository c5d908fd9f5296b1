"""What is missing, and what cannot be done and why, before any time is spent. Reads rows; runs nothing."""

from vbench_py.plan.numbers import (
    PlannedNumber,
    PlannedScore,
    facts_of,
    identities_of,
    output_path,
    place_of,
    plan_scores,
    set_identity,
    texts_of,
)
from vbench_py.plan.outputs import (
    PlannedOutput,
    current_outputs,
    plan_outputs,
    request_for,
    visible_media,
)
from vbench_py.plan.selection import Selection, parse_shard

__all__ = [
    "PlannedNumber",
    "PlannedOutput",
    "PlannedScore",
    "Selection",
    "current_outputs",
    "facts_of",
    "identities_of",
    "output_path",
    "parse_shard",
    "place_of",
    "plan_outputs",
    "plan_scores",
    "request_for",
    "set_identity",
    "texts_of",
    "visible_media",
]
