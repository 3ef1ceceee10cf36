"""Text for tiny models: a seeded language of topics, Zipfian words and preferred successors."""

from __future__ import annotations

import numpy as np

VOCAB = 512
TOPICS = 8
SUCCESSORS = 6


def language(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies (VOCAB,) and preferred successors (TOPICS, VOCAB, SUCCESSORS) of one language."""
    rng = np.random.default_rng([seed, 0])
    frequencies = 1 / np.arange(1, VOCAB + 1) ** 1.0
    frequencies = rng.permutation(frequencies / frequencies.sum())
    successors = rng.choice(VOCAB, size=(TOPICS, VOCAB, SUCCESSORS), p=frequencies)
    return frequencies, successors


def batches(language_seed: int, order_seed: int, *, steps: int, batch: int = 16, length: int = 48) -> np.ndarray:
    """Token ids (steps, batch, length): 85 % preferred successors of the topic, else a word by frequency."""
    frequencies, successors = language(language_seed)
    rng = np.random.default_rng([order_seed, 1])
    rows = steps * batch
    topic = rng.integers(TOPICS, size=rows)
    ids = np.empty((rows, length), np.int64)
    ids[:, 0] = rng.choice(VOCAB, size=rows, p=frequencies)
    for column in range(1, length):
        # Every fourth word looks two words back, so that attention has something to do.
        previous = ids[:, column - 2] if column % 4 == 3 else ids[:, column - 1]
        liked = successors[topic, previous, rng.integers(SUCCESSORS, size=rows)]
        free = rng.choice(VOCAB, size=rows, p=frequencies)
        ids[:, column] = np.where(rng.random(rows) < 0.85, liked, free)
    return ids.reshape(steps, batch, length)
