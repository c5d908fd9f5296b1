"""From arrays to numbers: of each output, of prompt groups and of whole sets; every number becomes a row."""

from vbench_py.scoring.rows import score
from vbench_py.scoring.sets import members_of, score_sets
from vbench_py.scoring.worker import ScoreWorker

__all__ = ["ScoreWorker", "members_of", "score", "score_sets"]
