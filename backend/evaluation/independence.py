"""Whether the same head gets the same shapes however it stands, however large, cropped or meshed it is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from backend.cloning.shapes import Shapes, build_shapes
from backend.errors import Refusal
from backend.evaluation.metrics import vertex_areas
from backend.evaluation.variations import Variation, variations
from backend.geometry.mesh import PARTS, FaceMesh
from backend.geometry.similarity import apply_transform

BuildShapes = Callable[[FaceMesh], Shapes]

FACE_BOX = np.array([[-0.08, -0.09, 0.0], [0.08, 0.13, 0.2]])
"""The face in the canonical frame, metres: from under the chin, above any border that holds the neck, to the hairline,
ear to ear."""

STILL = 0.0005
"""Metres at a real head's size: a shape whose largest motion on the skin of the face is smaller is left out."""

WAYS = {
    "the face was seen": "sight",
    "are cut into": "openings",
    "by its eyeballs": "eyeballs",
    "by its shape": "feel",
}
"""Part of the first reason of a confidence, and the way in which the head was placed."""


@dataclass(frozen=True)
class Difference:
    """A head in another guise against itself. channels: per shape the root mean square difference over the skin of the
    face as a share of the root mean square motion there; empty where it was refused. moved: metres, turned: degrees,
    grown: share, how far the two alignments lie apart in the canonical frame, at the middle of the face."""

    variation: str
    vertices: int
    channels: dict[str, float]
    confidence: float
    way: str
    moved: float
    turned: float
    grown: float
    refusal: str

    @property
    def mean(self) -> float:
        return float(np.mean(list(self.channels.values()))) if self.channels else np.nan

    @property
    def worst(self) -> tuple[str, float]:
        return max(self.channels.items(), key=lambda item: item[1]) if self.channels else ("", np.nan)


def compare_guises(mesh: FaceMesh, build: BuildShapes = build_shapes, only: str = "") -> Iterator[Difference]:
    """The differences of every guise of a mesh to the mesh as it is. only: part of the names of those wanted. Raises
    Refusal where the mesh itself is refused."""
    reference = build(mesh)
    for variation in variations(mesh, reference):
        if only not in variation.name:
            continue
        try:
            yield difference(variation, build(variation.mesh), reference)
        except Refusal as refusal:
            yield Difference(
                variation.name, len(variation.mesh.vertices), {}, 0.0, "", np.nan, np.nan, np.nan, str(refusal)
            )


def difference(variation: Variation, shapes: Shapes, reference: Shapes) -> Difference:
    """How far the shapes of a variation are from the reference's."""
    weights = _face_weights(variation, reference)
    counted = np.flatnonzero(weights)
    weights = weights[counted]
    origin = variation.origin[counted]
    back = np.linalg.inv(variation.turned).T
    scale = float(np.cbrt(np.linalg.det(reference.canonical_from_file[:3, :3])))
    channels = {}
    for name, delta, wanted in zip(reference.names, shapes.deltas, reference.deltas, strict=True):
        wanted = origin @ wanted.astype(np.float64)
        found = delta[counted].astype(np.float64) @ back
        if scale * np.linalg.norm(wanted, axis=1).max() > STILL:
            missed, motion = (float(weights @ np.square(field).sum(1)) for field in (found - wanted, wanted))
            channels[name] = float(np.sqrt(missed / motion))
    return Difference(
        variation.name,
        len(variation.mesh.vertices),
        channels,
        shapes.confidence,
        _way(shapes),
        *_alignment_difference(variation, shapes, reference),
        "",
    )


def _face_weights(variation: Variation, reference: Shapes) -> np.ndarray:
    """(n,) areas of the variation's vertices, zero outside of the skin of the reference's face."""
    places = apply_transform(reference.canonical_from_file, reference.vertices)
    inside = ((places > FACE_BOX[0]) & (places < FACE_BOX[1])).all(1) & (reference.parts == PARTS.index("skin"))
    whole = variation.origin @ inside.astype(np.float64) > 1 - 1e-9
    triangles = np.pad(variation.mesh.triangles, ((0, 0), (0, 1)), constant_values=-1)
    return vertex_areas(variation.origin @ places, triangles) * whole


def _alignment_difference(variation: Variation, shapes: Shapes, reference: Shapes) -> tuple[float, float, float]:
    """Metres at the middle of the face, degrees, share of the size."""
    linear = (
        shapes.canonical_from_file[:3, :3] @ variation.turned @ np.linalg.inv(reference.canonical_from_file[:3, :3])
    )
    grown = float(np.cbrt(np.linalg.det(linear)))
    turned = np.degrees(np.arccos(np.clip((np.trace(linear) / grown - 1) / 2, -1, 1)))
    places = apply_transform(reference.canonical_from_file, reference.vertices)
    found = apply_transform(shapes.canonical_from_file, shapes.vertices)
    weights = _face_weights(variation, reference)
    off = np.average(found - variation.origin @ places, axis=0, weights=weights)
    return float(np.linalg.norm(off)), float(turned), grown - 1


def _way(shapes: Shapes) -> str:
    return next((way for words, way in WAYS.items() if words in shapes.reasons[0]), shapes.reasons[0])


def independence_table(name: str, differences: list[Difference]) -> str:
    """One row per guise of one character."""
    lines = [
        f"{name:<34}{'verts':>8}{'mean':>8}{'worst':>8}  {'channel':<20}{'conf':>5}  {'placed by':<9}"
        f"{'mm':>7}{'deg':>7}{'size':>8}"
    ]
    for one in differences:
        if one.refusal:
            lines.append(f"  {one.variation:<32}{one.vertices:>8}  refused: {one.refusal}")
            continue
        channel, worst = one.worst
        lines.append(
            f"  {one.variation:<32}{one.vertices:>8}{one.mean:>8.1%}{worst:>8.1%}  {channel:<20}{one.confidence:>5.2f}"
            f"  {one.way:<9}{1000 * one.moved:>7.2f}{one.turned:>7.2f}{one.grown:>8.2%}"
        )
    return "\n".join(lines)
