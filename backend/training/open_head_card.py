"""The open head's card: what it is, where it comes from and how close it is to its source, measured."""

import numpy as np

from backend.channels import FACE_NAMES
from backend.cloning.rim import Contour
from backend.geometry.closest import closest_points
from backend.geometry.mesh import PARTS
from backend.geometry.polyline import height_gap
from backend.training.ict import OPEN_SKIN_END, IctHead
from backend.training.open_head_assembly import Coarse
from backend.training.open_head_seals import ball_heights
from backend.training.open_head_topology import IctTopology
from backend.training.quad_chords import worst_corners


def gap_millimetres(positions: np.ndarray, contour: Contour) -> np.ndarray:
    """(49,) how far the upper chain of a contour lies above the lower, from corner to corner."""
    return 1000 * height_gap(positions[contour.upper], positions[contour.lower], contour.up, contour.outward)


def closures(
    vertices: np.ndarray, shapes: np.ndarray, contours: dict[str, Contour]
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The neutral gap and the gap of each closure, millimetres along the opening."""
    moved = {
        "eyeBlink_L": ("eye_left", ("eyeBlink_L",)),
        "eyeBlink_R": ("eye_right", ("eyeBlink_R",)),
        "jawOpen + mouthClose": ("mouth", ("jawOpen", "mouthClose")),
    }
    result = {}
    for name, (opening, channels) in moved.items():
        posed = vertices + sum(shapes[FACE_NAMES.index(channel)] for channel in channels)
        result[name] = tuple(gap_millimetres(points, contours[opening]) for points in (vertices, posed))
    return result


def lid_height(vertices: np.ndarray, shape: np.ndarray, coarse: Coarse, lids: np.ndarray) -> float:
    """The least, in millimetres, that the visible lids moved by a shape lie outside the left eyeball, at vertices and
    triangle middles; negative inside."""
    ball = coarse.triangles_of("eye_left")
    center = vertices[coarse.of("eye_left")].mean(0)
    moved = np.zeros(len(vertices), bool)
    moved[lids] = np.linalg.norm(shape[lids], axis=1) > 5e-4
    triangles = coarse.triangles()
    posed = vertices + shape
    points = np.concatenate([posed[moved], posed[triangles[moved[triangles].all(1)]].mean(1)])
    return float(1000 * ball_heights(points, vertices, ball, center).min())


def card(
    ict: IctHead,
    topology: IctTopology,
    coarse: Coarse,
    mean: np.ndarray,
    plain: np.ndarray,
    shapes: np.ndarray,
    contours: dict[str, Contour],
    lids: np.ndarray,
) -> dict[str, object]:
    """What the card's template says, but for the file's source and size.

    mean: (V, 3) metres. plain: (53, V, 3) the shapes before sealing. shapes: (54, V, 3) as stored. lids: the visible
    skin outside the sockets.
    """
    triangles = coarse.triangles_of("skin")
    full = np.arange(OPEN_SKIN_END)
    triangle, weights, distance = closest_points(ict.neutral[full].astype(np.float64), mean, triangles)
    own = triangles[triangle]
    rows = []
    share = 0.0
    for number, name in enumerate(FACE_NAMES[:53]):
        carried = (plain[number][own] * weights[..., None]).sum(1)
        error = 1000 * np.linalg.norm(carried - ict.shapes[number, full], axis=1)
        motion = 1000 * np.linalg.norm(ict.shapes[number, full], axis=1)
        share += float((error**2).sum() / (motion**2).sum()) / 53
        folded = worst_corners(coarse.quads, mean + shapes[number]) - worst_corners(coarse.quads, mean)
        reference = worst_corners(topology.faces, ict.neutral + ict.shapes[number])
        reference -= worst_corners(topology.faces, ict.neutral)
        moving = motion > 0.5
        typical, most = error[moving].mean(), np.quantile(error[moving], 0.99)
        rows.append(f"| {name} | {motion.max():.1f} | {typical:.2f} | {most:.2f} | {folded} | {reference} |")
    seals = []
    before, after = closures(mean, plain, contours), closures(mean, shapes, contours)
    for name, (neutral, gap) in before.items():
        spans = (f"{values.min():.2f} to {values.max():.2f}" for values in (neutral, gap, after[name][1]))
        seals.append(f"| {name} | {' | '.join(spans)} |")
    blink = FACE_NAMES.index("eyeBlink_L")
    return {
        "vertices": len(mean),
        "counts": ", ".join(f"{name} {len(coarse.of(name))}" for name in PARTS if len(coarse.of(name))),
        "faces": len(coarse.quads),
        "triangles": int((coarse.quads[:, 3] < 0).sum()),
        "modes": len(ict.identity),
        "mean_distance": 1000 * distance.mean(),
        "most_distance": 1000 * np.quantile(distance, 0.99),
        "max_distance": 1000 * distance.max(),
        "share": 100 * share,
        "seals": "\n".join(seals),
        "height_before": lid_height(mean, plain[blink], coarse, lids),
        "height_after": lid_height(mean, shapes[blink], coarse, lids),
        "source_faces": len(topology.faces),
        "shapes": "\n".join(rows),
    }
