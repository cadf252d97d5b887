"""What must hold of shapes whatever an artist would say: nothing moves that should not, sides mirror each other,
surfaces do not fold, eyes close and lips meet. Measured on the written shapes alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.cloning.contours import find_contours
from backend.cloning.eyeballs import Eyeball
from backend.cloning.neck import BEHIND, BELOW
from backend.cloning.rim import Contour, behind_rim
from backend.cloning.shapes import Shapes, build_shapes
from backend.errors import Refusal
from backend.evaluation.closures import Opening, penetration, visible_height
from backend.evaluation.independence import FACE_BOX, STILL
from backend.evaluation.symmetry import mirror_errors
from backend.geometry.clean import CleanMesh, clean
from backend.geometry.edges import border_vertices
from backend.geometry.mesh import PARTS, FaceMesh
from backend.geometry.operators import turned_over, vertex_areas
from backend.geometry.read import read_head
from backend.geometry.similarity import apply_transform
from backend.geometry.sphere import fit_sphere
from backend.geometry.symmetry import find_mirror
from backend.report import HEAD_HEIGHT

BuildShapes = Callable[[FaceMesh], Shapes]

BEYOND = np.array([[-np.inf, -0.145, -0.01], [np.inf, 0.13, np.inf]])
"""Canonical frame, metres: below the throat, above the hairline and behind the jaw's angles nothing belongs to the
face."""

FOLDS: dict[str, tuple[str, ...]] = {
    "eyeBlink": ("eyeBlinkLeft", "eyeBlinkRight"),
    "jawOpen": ("jawOpen",),
    "mouthSmile": ("mouthSmileLeft", "mouthSmileRight"),
    "mouthPucker": ("mouthPucker",),
    "cheekPuff": ("cheekPuff",),
}
"""Shapes in which inverted triangles are counted, and the keys that make them."""

SPHERE = 0.2
"""Share of its radius up to which a piece may part from a sphere and be an eyeball to measure with; others are
painted."""

MOUTH_OPENED = 1e-3
"""Metres that jawOpen must show of the mouth for there to be anything to close."""


@dataclass(frozen=True)
class Closing:
    """One eye under its blink, or the mouth under jawOpen and mouthClose. before: the widest gap of the unsealed
    prediction, as sealing measured it; after, half: what shows of the sealed opening at full and at half weight; all as
    shares of what shows in the neutral eye, or under jawOpen alone. depth, half_depth: of lids in the eyeball, as
    shares of its radius, None where there is none. crossing: how far the lips pass through each other beyond the
    neutral, in widths of the mouth; None for eyes."""

    name: str
    before: float | None
    after: float
    half: float
    depth: float | None
    half_depth: float | None
    crossing: float | None


@dataclass(frozen=True)
class Exactness:
    """One character.

    zero: see zero_code; nothing but 0 is right. neck: the largest motion of any shape on open borders below the chin,
    None where there are none; beyond: of any vertex outside of the face; both in heights of a head. mirror: by shape
    how much the two sides differ (mirror_errors), None where the neutral is not symmetric. folded: by shape the share
    of the face's triangles that turn over. closings: of eyes and mouth that are open, or can be. refusal: the sentence,
    when it was refused.
    """

    name: str
    zero: float
    neck: float | None
    beyond: float
    mirror: Mapping[str, float] | None
    folded: Mapping[str, float]
    closings: tuple[Closing, ...]
    refusal: str


def evaluate_exactness(path: Path, build: BuildShapes = build_shapes) -> Exactness:
    """Measure the character in a file. A head that the product refuses is a result."""
    mesh = read_head(path)
    try:
        shapes = build(mesh)
    except Refusal as refusal:
        return Exactness(path.parent.name, np.nan, None, np.nan, None, {}, (), str(refusal))
    return measure(path.parent.name, mesh, shapes)


def measure(name: str, mesh: FaceMesh, shapes: Shapes) -> Exactness:
    """The figures of shapes with ARKit's names for a mesh."""
    prepared = clean(mesh)
    first = prepared.first_user
    points = apply_transform(shapes.canonical_from_file, prepared.vertices)
    moved = shapes.deltas[:, first].astype(np.float64) @ shapes.canonical_from_file[:3, :3].T
    roles = shapes.parts[first]
    skin = prepared.triangles[(roles == PARTS.index("skin"))[prepared.triangles].all(1)]
    within = ((points > FACE_BOX[0]) & (points < FACE_BOX[1])).all(1)
    face = skin[within[skin].all(1)]
    own = np.unique(skin)
    found = find_mirror(points[own], np.searchsorted(own, np.unique(face)))
    areas = vertex_areas(points, face)[own]
    return Exactness(
        name,
        zero_code(shapes, prepared),
        neck_motion(points, skin, moved),
        beyond_motion(points, roles, moved),
        None if found is None else mirror_errors(found, shapes.names, moved[:, own], areas, STILL),
        {
            shape: folded(points, face, sum_of(shapes.names, moved, keys)) if len(face) else 0.0
            for shape, keys in FOLDS.items()
        },
        tuple(_closings(prepared, shapes, first, points, moved, skin)),
        "",
    )


def zero_code(shapes: Shapes, prepared: CleanMesh) -> float:
    """What moves where nothing should, in the file's units: the largest motion of vertices in no face, and infinity
    where a shape is not finite, because zero times that is not zero."""
    if not all(np.isfinite(delta).all() for delta in shapes.deltas):
        return np.inf
    return float(np.abs(shapes.deltas[:, prepared.from_user < 0]).max(initial=0.0))


def neck_motion(points: np.ndarray, skin: np.ndarray, moved: np.ndarray) -> float | None:
    """The largest motion (K, n, 3) of any shape on the skin's open borders below the chin and behind it."""
    border = border_vertices(skin, len(points)) & (points[:, 1] < BELOW) & (points[:, 2] < BEHIND)
    return float(np.linalg.norm(moved[:, border], axis=2).max()) / HEAD_HEIGHT if border.any() else None


def beyond_motion(points: np.ndarray, roles: np.ndarray, moved: np.ndarray) -> float:
    """The largest motion (K, n, 3) of any shape outside of the face: on skin and on what has no role."""
    counted = np.isin(roles, [PARTS.index("skin"), PARTS.index("other")])
    outside = counted & ((points < BEYOND[0]) | (points > BEYOND[1])).any(1)
    return float(np.linalg.norm(moved[:, outside], axis=2).max(initial=0.0)) / HEAD_HEIGHT


def folded(points: np.ndarray, face: np.ndarray, moved: np.ndarray) -> float:
    """The share of triangles (t, 3) that displacements (n, 3) turn by more than 90 degrees."""
    return float(turned_over(points, face, moved).mean())


def sum_of(names: tuple[str, ...], moved: np.ndarray, keys: tuple[str, ...]) -> np.ndarray:
    """(n, 3) the displacements of some keys together."""
    return moved[[names.index(key) for key in keys]].sum(0)


def _closings(
    prepared: CleanMesh,
    shapes: Shapes,
    first: np.ndarray,
    points: np.ndarray,
    moved: np.ndarray,
    skin: np.ndarray,
) -> list[Closing]:
    assert shapes.canonical is not None
    canonical = np.nan_to_num(shapes.canonical[first], nan=9.0)
    roles = shapes.parts[first]
    balls = [_of_roles(prepared, roles, (role,)) for role in ("eye_left", "eye_right")]
    eyes = (_eyeball(points, balls[0]), _eyeball(points, balls[1]))
    contours = find_contours(points, skin, canonical, None, eyes)
    before = {seal.name: seal.gap_before for seal in shapes.seals}
    found = []
    for side, ball, eye in zip(("Left", "Right"), balls, eyes, strict=True):
        contour = contours[f"eye_{side.lower()}"]
        if contour.state != "open":
            continue
        opening = _opening(points, skin, ball, contour, points, eye)
        blink = sum_of(shapes.names, moved, (f"eyeBlink{side}",))
        neutral, after, half = (visible_height(opening, weight * blink) for weight in (0.0, 1.0, 0.5))
        depth, half_depth = (penetration(opening, weight * blink) for weight in (1.0, 0.5))
        given = before.get(f"eyeBlink_{side[0]}")
        if neutral > 0:
            name = f"eyeBlink{side}"
            found.append(Closing(name, given, after / neutral, half / neutral, depth, half_depth, None))
    if contours["mouth"].state in ("open", "closed"):
        mouth = _mouth(prepared, shapes, roles, points, moved, skin, contours["mouth"])
        found += [] if mouth is None else [mouth]
    return found


def _mouth(
    prepared: CleanMesh,
    shapes: Shapes,
    roles: np.ndarray,
    points: np.ndarray,
    moved: np.ndarray,
    skin: np.ndarray,
    contour: Contour,
) -> Closing | None:
    """None where jawOpen does not open it."""
    jaw, close = (sum_of(shapes.names, moved, (key,)) for key in ("jawOpen", "mouthClose"))
    inside = _of_roles(prepared, roles, ("teeth_upper", "teeth_lower", "tongue"))
    opening = _opening(points, skin, inside, contour, points + jaw)
    widest = visible_height(opening, jaw)
    if widest < MOUTH_OPENED:
        return None
    after, half = (visible_height(opening, jaw + weight * close) / widest for weight in (1.0, 0.5))
    crossing = max(rim_crossing(points + jaw + close, contour) - max(rim_crossing(points, contour), 0.0), 0.0)
    before = {seal.name: seal.gap_before for seal in shapes.seals}.get("jawOpen+mouthClose")
    return Closing("jawOpen + mouthClose", before, after, half, None, None, crossing)


def rim_crossing(points: np.ndarray, contour: Contour) -> float:
    """How far the upper rim reaches below the lower one at the worst of its vertices, in widths of the opening;
    negative where it stays above. Each vertex of either is compared with the line through those beside it of the
    other."""
    across = np.cross(contour.up, contour.outward)
    upper, lower = (points[chain] @ np.stack([across, contour.up], axis=1) for chain in (contour.upper, contour.lower))
    deepest = -np.inf
    for own, other, sign in ((upper, lower, 1.0), (lower, upper, -1.0)):
        order = np.argsort(other[:, 0])
        inner = own[1:-1]
        level = np.interp(inner[:, 0], other[order, 0], other[order, 1])
        deepest = max(deepest, float((sign * (level - inner[:, 1])).max()))
    return deepest / contour.width


def _opening(
    points: np.ndarray,
    skin: np.ndarray,
    inside: np.ndarray,
    contour: Contour,
    widest: np.ndarray,
    eye: Eyeball | None = None,
) -> Opening:
    behind = behind_rim(points, skin, contour)
    return Opening(points, skin, inside, behind, widest[contour.loop], contour.outward, eye)


def _of_roles(prepared: CleanMesh, roles: np.ndarray, wanted: tuple[str, ...]) -> np.ndarray:
    own = np.isin(roles, [PARTS.index(role) for role in wanted])
    return prepared.triangles[own[prepared.triangles].all(1)]


def _eyeball(points: np.ndarray, ball: np.ndarray) -> Eyeball | None:
    if len(ball) < 4:
        return None
    center, radius, off = fit_sphere(points[np.unique(ball)])
    return Eyeball(center, radius, off / radius) if off < SPHERE * radius else None
