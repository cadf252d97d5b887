"""A skin for heads that have none: complexion, lips, brows, lids, eyes and hair, by place on the canonical head."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from matplotlib.path import Path as Outline
from scipy.spatial import KDTree

from backend.cloning.landmark_map import LEFT_LID, RIGHT_LID, canonical_landmarks
from backend.evaluation.truth.heads import TruthHead, sphere_centre
from backend.geometry.mesh import PARTS
from backend.geometry.operators import vertex_normals

LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
BROWS = (
    ((70, 46), (63, 53), (105, 52), (66, 65), (107, 55)),
    ((300, 276), (293, 283), (334, 282), (296, 295), (336, 285)),
)
"""mediapipe's rings and chains; a brow's upper and lower edge from outside to inside."""

TONES = np.array([[0.80, 0.52, 0.40], [0.66, 0.39, 0.27], [0.46, 0.25, 0.15], [0.24, 0.12, 0.07], [0.10, 0.05, 0.035]])
"""Linear light: pale to dark skin."""

HAIRS = np.array([[0.012, 0.009, 0.008], [0.05, 0.028, 0.016], [0.16, 0.085, 0.035], [0.30, 0.28, 0.26]])
IRISES_SEEN = np.array([[0.06, 0.03, 0.015], [0.10, 0.16, 0.22], [0.09, 0.12, 0.05]])
WHITE, PUPIL, TEETH, MOUTH = [0.68, 0.64, 0.60], [0.004, 0.004, 0.004], [0.62, 0.57, 0.47], [0.20, 0.04, 0.035]
IRIS_RADIUS, PUPIL_RADIUS = 0.0059, 0.0021
"""Metres; people's irises hardly differ."""

COARSE = 20_000
"""Triangles below which a head is made finer once more."""

BACK = 0.012
"""Metres behind the lips' outline from where skin is the inside of the mouth."""


@dataclass(frozen=True)
class Looks:
    """vertices: (n, 3) fine mesh's places as rows of weights on the head's: corners (n, 3) and weights (n, 3).
    triangles: (t, 3). colours: (n, 3) linear light. roughness: (n,). lift: (n,) metres outward, of hair."""

    corners: np.ndarray
    weights: np.ndarray
    triangles: np.ndarray
    colours: np.ndarray
    roughness: np.ndarray
    lift: np.ndarray


def paint(head: TruthHead, random: np.random.Generator, hair: bool, finer: bool = True) -> Looks:
    """Looks of a person drawn at random on a mesh finer than the head's, on the same surface. finer: four times more
    triangles, for large pictures."""
    times = int(len(head.triangles) < COARSE) + int(finer)
    corners, weights, triangles = _refined(head.triangles.astype(np.int64).tobytes(), times)

    def fine(values: np.ndarray) -> np.ndarray:
        return (values[corners] * weights[..., None]).sum(1)

    canonical, parts = fine(head.canonical.astype(np.float64)), head.parts[corners[:, 0]]
    shade = random.uniform(0, 4)
    tone = np.array([np.interp(shade, range(5), TONES[:, axis]) for axis in range(3)])
    tone *= random.uniform(0.85, 1.15)
    dark = HAIRS[random.integers(len(HAIRS))] if tone[0] > 0.35 else HAIRS[0]
    colours = np.tile(tone, (len(canonical), 1))
    roughness = np.full(len(canonical), random.uniform(0.35, 0.6))
    colours *= (1 + 0.10 * noise(canonical, 0.02, random) + 0.06 * noise(canonical, 0.004, random))[:, None]

    points = canonical_landmarks().astype(np.float64)
    for place in (points[50], points[280], points[4]):
        red = np.exp(-0.5 * (np.linalg.norm(canonical - place, axis=1) / 0.014) ** 2)
        colours *= 1 - 0.18 * red[:, None] * [0, 1, 0.9]
    lips = mask(canonical, points[list(LIPS)], 0.0008) * (canonical[:, 2] > points[61, 2] - BACK)
    blend(colours, tone * random.uniform(0.55, 0.85) * [1.0, 0.62, 0.62], lips)
    inner = (canonical[:, 2] < points[61, 2] - BACK) & (mask(canonical, 1.2 * points[list(LIPS)], 0.002) > 0.5)
    colours[inner] = MOUTH
    front = canonical[:, 2] > 0.03
    for brow in BROWS:
        chain = points[np.array(brow)].mean(1)
        half = random.uniform(0.0022, 0.0036) * np.interp(np.arange(41) / 10, [0, 1.5, 4], [0.4, 1.0, 1.15])
        line = np.stack([np.interp(np.arange(41) / 10, range(5), chain[:, axis]) for axis in range(3)], 1)
        distance, nearest = KDTree(line).query(canonical)
        strands = 0.25 * noise(canonical, 0.0012, random)
        blend(colours, dark, np.clip(1.5 - distance / half[nearest] + strands, 0, 0.9) * front)
    lids = np.concatenate([points[list(RIGHT_LID)], points[list(LEFT_LID)]])
    near = KDTree(lids[[*range(9, 16), *range(25, 32)]]).query(canonical)[0]
    blend(colours, 0.3 * dark + 0.1 * tone, np.exp(-((near / 0.0013) ** 2)) * front * random.uniform(0.4, 0.9))
    lift = np.zeros(len(canonical))
    if hair:
        cover = scalp(canonical, random)
        blend(colours, dark, cover)
        roughness = np.where(cover > 0.5, 0.7, roughness)
        waves = 1 + 0.35 * noise(canonical, 0.012, random) + 0.15 * noise(canonical, 0.003, random)
        lift = cover * random.uniform(0.003, 0.010) * waves
    other = {"teeth_upper": TEETH, "teeth_lower": TEETH, "tongue": MOUTH}
    for name, colour in other.items():
        colours[parts == PARTS.index(name)] = colour
    iris = IRISES_SEEN[random.integers(len(IRISES_SEEN))]
    for name in ("eye_left", "eye_right"):
        ball = parts == PARTS.index(name)
        places = fine(head.vertices.astype(np.float64))[ball]
        off = np.linalg.norm((places - sphere_centre(places))[:, :2], axis=1)
        ahead = places[:, 2] > places[:, 2].mean()
        colours[ball] = WHITE
        blend(colours, iris, spread(ball, np.clip((IRIS_RADIUS - off) / 0.0006 + 0.5, 0, 1) * ahead))
        blend(colours, np.array(PUPIL), spread(ball, np.clip((PUPIL_RADIUS - off) / 0.0004 + 0.5, 0, 1) * ahead))
        roughness[ball], lift[ball] = 0.08, 0
    skin = parts == PARTS.index("skin")
    lift[~skin] = 0
    return Looks(corners, weights, triangles, np.clip(colours, 0.002, 0.95), roughness, lift)


def dressed(head: TruthHead, looks: Looks, posed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(F, n, 3) float32 the fine mesh's vertices of poses (F, N, 3), and its normals."""
    vertices, normals = [], []
    for frame in posed.astype(np.float64):
        own = vertex_normals(frame, head.triangles)
        normal = (own[looks.corners] * looks.weights[..., None]).sum(1)
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
        place = (frame[looks.corners] * looks.weights[..., None]).sum(1) + normal * looks.lift[:, None]
        vertices.append(place.astype(np.float32))
        normals.append(normal.astype(np.float32))
    return np.stack(vertices), np.stack(normals)


def refined(triangles: np.ndarray, times: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every triangle of (t, 3) cut into four, so many times: corners (n, 3) and weights (n, 3) of each vertex on the
    first mesh, and triangles (t 4^times, 3)."""
    count = int(triangles.max()) + 1
    places = [{number: 1.0} for number in range(count)]
    for _ in range(times):
        edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
        unique, which = np.unique(edges, axis=0, return_inverse=True)
        middle = (which.reshape(3, -1) + len(places)).T
        for first, second in unique.tolist():
            mixed: dict[int, float] = {}
            for end in (first, second):
                for number, share in places[end].items():
                    mixed[number] = mixed.get(number, 0.0) + share / 2
            places.append(mixed)
        a, b, c = triangles.T
        ab, bc, ca = middle.T
        triangles = np.concatenate(
            [np.stack(part, 1) for part in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
        )
    corners, weights = np.zeros((len(places), 3), np.int64), np.zeros((len(places), 3))
    for row, place in enumerate(places):
        corners[row], weights[row, : len(place)] = [*place, *[next(iter(place))] * (3 - len(place))], [*place.values()]
    return corners, weights, triangles


@lru_cache(maxsize=4)
def _refined(triangles: bytes, times: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """refined(), which takes long, of the rows of int64 triangles: all people of a family have the same."""
    return refined(np.frombuffer(triangles, np.int64).reshape(-1, 3), times)


def mask(canonical: np.ndarray, outline: np.ndarray, edge: float) -> np.ndarray:
    """(n,) 0..1: how far within an outline (k, 3), seen from the front, points (n, 3) are, soft by edge metres."""
    dense = np.concatenate(
        [np.linspace(a, b, 12, endpoint=False) for a, b in zip(outline, np.roll(outline, -1, 0), strict=True)]
    )
    inside = Outline(outline[:, :2]).contains_points(canonical[:, :2])
    distance = KDTree(dense[:, :2]).query(canonical[:, :2])[0]
    return np.clip(np.where(inside, distance, -distance) / edge + 0.5, 0, 1) * (canonical[:, 2] > 0.03)


def scalp(canonical: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(n,) 0..1: where hair grows."""
    forward, up = canonical[:, 2], canonical[:, 1]
    line = 0.075 + random.uniform(-0.006, 0.008) - 0.9 * np.abs(canonical[:, 0]) ** 2 / 0.075
    over = np.clip((up - line - 0.35 * (forward - 0.085)) / 0.004, 0, 1)
    behind = np.clip((-0.035 - forward) / 0.004, 0, 1) * np.clip((up + random.uniform(0.01, 0.05)) / 0.004, 0, 1)
    return np.maximum(over, behind)


def noise(points: np.ndarray, size: float, random: np.random.Generator) -> np.ndarray:
    """(n,) a smooth random field of unit variance with features of size metres, by random waves."""
    waves = random.standard_normal((3, 24)) / size
    return np.sqrt(2 / 24) * np.cos(points @ waves + random.uniform(0, 2 * np.pi, 24)).sum(1)


def blend(colours: np.ndarray, colour: np.ndarray, share: np.ndarray) -> None:
    """colours (n, 3) turned to one colour by a share (n,), in place."""
    colours += share[:, None] * (colour - colours)


def spread(chosen: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(n,) values where chosen (n,), zero elsewhere."""
    result = np.zeros(len(chosen))
    result[chosen] = values
    return result
