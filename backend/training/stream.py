"""An endless, reproducible stream of training heads, made by a second process while the first one trains."""

import multiprocessing
from collections.abc import Iterator

import numpy as np

from backend.cloning.predict import OTHER_SIDE
from backend.training.synthesise import TrainingHead, synthesise
from backend.training.template import Template

_templates: list[Template] = []


def training_head(templates: list[Template], seed: int, index: int) -> TrainingHead:
    """Head number `index` of the stream with this seed; the families take turns."""
    return synthesise(templates[index % len(templates)], OTHER_SIDE, np.random.default_rng([seed, index]))


def head_stream(templates: list[Template], seed: int, first: int, workers: int = 1) -> Iterator[TrainingHead]:
    """Heads first, first + 1, ... in order. The workers are forks and share the templates' memory; they stay a little
    ahead and wait."""
    _templates[:] = templates
    context = multiprocessing.get_context("fork")
    with context.Pool(workers) as pool:
        ahead = [pool.apply_async(_make, (seed, first + number)) for number in range(4 * workers)]
        index = first + len(ahead)
        try:
            while True:
                yield ahead.pop(0).get()
                ahead.append(pool.apply_async(_make, (seed, index)))
                index += 1
        finally:
            # A worker that is ended while it hands a head over keeps the lock that the pool then waits for.
            for one in ahead:
                one.wait()


def _make(seed: int, index: int) -> TrainingHead:
    return training_head(_templates, seed, index)
