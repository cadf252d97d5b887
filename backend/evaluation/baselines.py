"""The simpler methods that ours is measured beside, each from the same given placing of the head."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from backend.channels import ARKIT_NAMES
from backend.errors import Refusal
from backend.evaluation.character import Character
from backend.evaluation.icp import Reference, fit_character, ict_reference, nearest_point_shapes
from backend.evaluation.metrics import ChannelFigures, Summary, compare, summarise
from backend.evaluation.nricp import bent_reference_shapes

Method = Callable[[Character, np.ndarray], np.ndarray]
"""From a character and the similarity of fit_character to the displacements (52, N, 3) of ARKIT_NAMES."""

BASELINES = ("icp", "nricp")


@dataclass(frozen=True)
class Baselines:
    """reference: the head that characters are placed on. methods: by name."""

    reference: Reference
    methods: Mapping[str, Method]


@dataclass(frozen=True)
class BaselineFigures:
    """What a baseline reached on one character. seconds: of the whole method, the placing included."""

    summary: Summary | None
    channels: tuple[ChannelFigures, ...]
    seconds: float


def load_baselines(path: Path, names: Sequence[str] = BASELINES) -> Baselines:
    """The named baselines on ICT-FaceKit from its .npz. Raises Refusal for a missing file or an unknown name."""
    unknown = [name for name in names if name not in BASELINES]
    if unknown:
        raise Refusal(
            "no-baseline", f"There is no baseline called {', '.join(unknown)}.", f"Use {' or '.join(BASELINES)}."
        )
    reference = ict_reference(path)
    methods: dict[str, Method] = {}
    if "icp" in names:
        methods["icp"] = partial(nearest_point_shapes, reference=reference)
    if "nricp" in names:
        methods["nricp"] = partial(bent_reference_shapes, reference=ict_reference(path, sockets=True))
    return Baselines(reference, methods)


def measure_baselines(character: Character, baselines: Baselines) -> dict[str, BaselineFigures]:
    """Every baseline's figures on a character, by name; none where the artist made no keys."""
    if not character.key_names or not baselines.methods:
        return {}
    started = time.perf_counter()
    placing = fit_character(character, baselines.reference)
    placed = time.perf_counter() - started
    figures = {}
    for name, method in baselines.methods.items():
        started = time.perf_counter()
        deltas = method(character, placing)
        seconds = placed + time.perf_counter() - started
        channels = compare(character, ARKIT_NAMES, deltas)
        figures[name] = BaselineFigures(summarise(channels), channels, seconds)
    return figures
