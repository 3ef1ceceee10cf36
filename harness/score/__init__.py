"""Requests become log-probabilities and texts: client, pool, journal, preflight."""

from harness.score.journal import Journal
from harness.score.scorer import Scorer
from harness.score.tokens import Tokenizer

__all__ = ["Journal", "Scorer", "Tokenizer"]
