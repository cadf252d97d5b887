"""Shapes built as a user would build them, measured against the artist's keys and beside simpler methods."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.cloning.model import WEIGHTS
from backend.cloning.result import SealFigure, Shapes
from backend.cloning.shapes import build_shapes
from backend.errors import Refusal
from backend.evaluation.baselines import BaselineFigures, Baselines, measure_baselines
from backend.evaluation.character import Character, load_character
from backend.evaluation.metrics import ChannelFigures, Summary, compare, rank_correlation, summarise
from backend.evaluation.nfs import measure_nfs
from backend.evaluation.sides import by_motion, wrong_sided
from backend.geometry.read import read_head
from third_party.nfs.checkpoint import Checkpoint

BuildShapes = Callable[[Path], Shapes]
"""From a character.npz to its ARKit shapes."""


@dataclass(frozen=True)
class Evaluation:
    """One character. keyed: whether the artist made keys. ours: means over the artist's channels, None for neutral
    meshes and refusals; channels: ours, one by one. baselines: the simpler methods' figures, by name. seconds: from the
    file to the shapes. refusal: the sentence, when it was refused; then confidence is 0 and there are no seals.
    wrong_sided: the artist's keys that move the other side of the face than their names say; by_motion: ours, with
    these counted for the side that they move."""

    name: str
    vertices: int
    keyed: bool
    ours: Summary | None
    channels: tuple[ChannelFigures, ...]
    baselines: Mapping[str, BaselineFigures]
    confidence: float
    reasons: tuple[str, ...]
    seconds: float
    seals: tuple[SealFigure, ...]
    refusal: str
    wrong_sided: tuple[str, ...] = ()
    by_motion: Summary | None = None


def product_shapes(path: Path, weights: Path = WEIGHTS) -> Shapes:
    """What `python -m backend shapes` makes of the file, or would make with other weights of the cloning network."""
    return build_shapes(read_head(path), "arkit", weights=weights)


def evaluate_character(
    path: Path, baselines: Baselines | None, build: BuildShapes = product_shapes, nfs: Checkpoint | None = None
) -> Evaluation:
    """Measure one character.npz; nfs: a checkpoint to measure beside, from our alignment. Raises Refusal only for a
    file that is no character, or a mesh that NFS cannot take; a head that the product refuses is a result."""
    character = load_character(path)
    started = time.perf_counter()
    shapes, refusal = _build_or_sentence(path, build)
    seconds = time.perf_counter() - started
    channels = _channels(character, shapes)
    figures = measure_baselines(character, baselines) if baselines else {}
    if nfs and character.key_names:
        figures["nfs"] = measure_nfs(nfs, character, shapes)
    return Evaluation(
        name=character.name,
        vertices=len(character.vertices),
        keyed=bool(character.key_names),
        ours=summarise(channels),
        channels=channels,
        baselines=figures,
        confidence=shapes.confidence if shapes else 0.0,
        reasons=shapes.reasons if shapes else (),
        seconds=seconds,
        seals=shapes.seals if shapes else (),
        refusal=refusal,
        wrong_sided=wrong_sided(character),
        by_motion=summarise(_channels(by_motion(character), shapes)),
    )


def behind(evaluations: Sequence[Evaluation]) -> list[str]:
    """Names of the keyed characters where ours is refused or no better than a baseline, by mean cosine."""
    return [
        one.name
        for one in evaluations
        if any(
            figures.summary and (one.ours is None or one.ours.cosine <= figures.summary.cosine)
            for figures in one.baselines.values()
        )
    ]


def confidence_rank(evaluations: Sequence[Evaluation]) -> float | None:
    """Spearman's correlation of confidence with mean cosine over the keyed characters, a refusal being 0 in both; None
    where it is undefined."""
    keyed = [one for one in evaluations if one.keyed]
    return rank_correlation([one.confidence for one in keyed], [one.ours.cosine if one.ours else 0.0 for one in keyed])


def _build_or_sentence(path: Path, build: BuildShapes) -> tuple[Shapes | None, str]:
    try:
        return build(path), ""
    except Refusal as refusal:
        return None, str(refusal)


def _channels(character: Character, shapes: Shapes | None) -> tuple[ChannelFigures, ...]:
    return compare(character, shapes.names, shapes.deltas) if shapes else ()
