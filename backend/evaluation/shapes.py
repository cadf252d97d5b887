"""Shapes built as a user would build them, measured against the artist's keys and beside the nearest-point baseline."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.channels import ARKIT_NAMES
from backend.cloning.seal import SealFigure
from backend.cloning.shapes import Shapes, build_shapes
from backend.errors import Refusal
from backend.evaluation.character import Character, load_character
from backend.evaluation.icp import Reference, nearest_point_shapes
from backend.evaluation.metrics import ChannelFigures, Summary, compare, summarise
from backend.geometry.read import read_head

BuildShapes = Callable[[Path], Shapes]
"""From a character.npz to its ARKit shapes."""


@dataclass(frozen=True)
class Evaluation:
    """One character. ours, baseline: means over the artist's channels, None for neutral meshes and refusals; channels:
    ours, one by one, with the baseline's in baseline_channels. seconds: from the file to the shapes. refusal: the
    sentence, when it was refused; then confidence is 0 and there are no seals."""

    name: str
    vertices: int
    ours: Summary | None
    baseline: Summary | None
    channels: tuple[ChannelFigures, ...]
    baseline_channels: tuple[ChannelFigures, ...]
    confidence: float
    reasons: tuple[str, ...]
    seconds: float
    seals: tuple[SealFigure, ...]
    refusal: str


def product_shapes(path: Path) -> Shapes:
    """What `python -m backend shapes` makes of the file."""
    return build_shapes(read_head(path), "arkit")


def evaluate_character(path: Path, reference: Reference | None, build: BuildShapes = product_shapes) -> Evaluation:
    """Measure one character.npz; without a reference the baseline is left out. Raises Refusal only for a file that is
    no character; a head that the product refuses is a result."""
    character = load_character(path)
    baseline_channels: tuple[ChannelFigures, ...] = ()
    if reference and character.key_names:
        baseline_channels = compare(character, ARKIT_NAMES, nearest_point_shapes(character, reference))
    started = time.perf_counter()
    shapes, refusal = _build_or_sentence(path, build)
    seconds = time.perf_counter() - started
    channels = _channels(character, shapes)
    return Evaluation(
        name=character.name,
        vertices=len(character.vertices),
        ours=summarise(channels),
        baseline=summarise(baseline_channels),
        channels=channels,
        baseline_channels=baseline_channels,
        confidence=shapes.confidence if shapes else 0.0,
        reasons=shapes.reasons if shapes else (),
        seconds=seconds,
        seals=shapes.seals if shapes else (),
        refusal=refusal,
    )


def lost_channels(evaluations: Sequence[Evaluation]) -> list[str]:
    """Names of the keyed characters where ours is refused or no better than the baseline, by mean cosine."""
    return [
        one.name for one in evaluations if one.baseline and (one.ours is None or one.ours.cosine <= one.baseline.cosine)
    ]


def _build_or_sentence(path: Path, build: BuildShapes) -> tuple[Shapes | None, str]:
    try:
        return build(path), ""
    except Refusal as refusal:
        return None, str(refusal)


def _channels(character: Character, shapes: Shapes | None) -> tuple[ChannelFigures, ...]:
    return compare(character, shapes.names, shapes.deltas) if shapes else ()
