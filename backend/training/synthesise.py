"""One training head: an identity of a family, stylised, cropped, decimated, with the answer for every vertex."""

from dataclasses import dataclass

import numpy as np

from backend.geometry.decimate import decimate
from backend.geometry.mesh import PARTS
from backend.geometry.operators import Operators, operators, vertex_normals
from backend.training.stylise import apply_style, random_style
from backend.training.template import Template

EIGENPAIRS = 64
SKIN = PARTS.index("skin")
OPTIONAL_PARTS = {
    "eye_left": 0.6,
    "eye_right": 0.6,
    "teeth_upper": 0.4,
    "teeth_lower": 0.4,
    "tongue": 0.4,
    "lashes": 0.3,
}
"""How often a head comes with each part; both eyes and both rows of teeth share one draw."""


@dataclass(frozen=True)
class TrainingHead:
    """vertices: (n, 3) near the canonical frame. triangles: (t, 3). parts: (n,). canonical: (n, 3). shapes: (53, n,
    3) float16 in the canonical frame. landmarks: (478, 3), exact. operators: of the vertices."""

    vertices: np.ndarray
    triangles: np.ndarray
    parts: np.ndarray
    canonical: np.ndarray
    shapes: np.ndarray
    landmarks: np.ndarray
    operators: Operators


def synthesise(template: Template, mirrored_channels: np.ndarray, random: np.random.Generator) -> TrainingHead:
    """A random head of the family. mirrored_channels: (53,), the channel that each becomes in a mirror."""
    vertices = template.vertices + template.identity(random)
    if random.uniform() < 0.3:
        vertices = vertices + random.uniform(0, 0.35) * template.jaw
    vertices = apply_style(vertices.astype(np.float64), random_style(random))
    landmarks = vertices[template.landmarks]
    keep = _crop(template, vertices, random)
    chosen, triangles = _tessellate(template, vertices, keep, random)
    points = vertices[chosen]
    canonical, shapes, parts = template.canonical[chosen], template.shapes[:, chosen], template.parts[chosen]
    if random.uniform() < 0.3:
        noise = random.normal(0, random.uniform(1e-4, 6e-4), len(points))
        points = points + vertex_normals(points, triangles) * noise[:, None]
    if random.uniform() < 0.5:
        mirror = np.array([-1.0, 1.0, 1.0])
        points, canonical, landmarks = points * mirror, canonical * mirror, landmarks * mirror
        shapes = shapes[mirrored_channels] * mirror
        triangles = triangles[:, ::-1]
        parts = _MIRRORED_PARTS[parts]
        landmarks = landmarks[_mirrored_landmarks(template)]
    points = points.astype(np.float32)
    triangles = np.ascontiguousarray(triangles, np.int32)
    return TrainingHead(
        points,
        triangles,
        parts.astype(np.int64),
        canonical.astype(np.float32),
        shapes.astype(np.float16),
        landmarks.astype(np.float32),
        operators(points, triangles, EIGENPAIRS),
    )


_MIRRORED_PARTS = np.array(
    [PARTS.index({"eye_left": "eye_right", "eye_right": "eye_left"}.get(part, part)) for part in PARTS]
)


def _mirrored_landmarks(template: Template) -> np.ndarray:
    """(478,) the landmark on the other side of the canonical face."""
    places = template.canonical[template.landmarks]
    other_side = places * np.array([-1.0, 1.0, 1.0])
    return ((other_side[:, None] - places[None]) ** 2).sum(2).argmin(1)


def _crop(template: Template, vertices: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(n,) bool: the vertices that this head keeps."""
    keep = np.ones(len(vertices), bool)
    with_eyes, with_teeth = random.uniform(size=2)
    for part, share in OPTIONAL_PARTS.items():
        draw = with_eyes if "eye" in part else with_teeth if "teeth" in part else random.uniform()
        if draw > share:
            keep[template.parts == PARTS.index(part)] = False
    if random.uniform() < 0.4:
        keep[template.sockets] = False
    kind = random.uniform()
    if kind < 0.35:
        keep &= template.canonical[:, 1] > random.uniform(-0.18, -0.1)
    elif kind < 0.6:
        centre = np.array([0.0, 0.0, 0.03])
        radius = random.uniform(0.1, 0.16)
        keep &= (((template.canonical - centre) * [1.0, 0.8, 0.8]) ** 2).sum(1) < radius**2
    return keep


def _tessellate(
    template: Template, vertices: np.ndarray, keep: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Decimates skin and other parts to random densities. Returns the chosen vertices' numbers (m,) and triangles
    (t, 3) among them. Every chosen vertex is one of the template's, so that its answer is exact."""
    wanted_skin = int(np.exp(random.uniform(np.log(500), np.log(3500))))
    chosen, triangles = [], []
    total = 0
    for part in np.unique(template.parts[keep]):
        members = np.flatnonzero(keep & (template.parts == part))
        renumber = np.full(len(vertices), -1)
        renumber[members] = np.arange(len(members))
        own = renumber[template.triangles]
        own = own[(own >= 0).all(1)]
        if len(own) < 4:
            continue
        wanted = wanted_skin if part == SKIN else int(random.uniform(60, 200))
        used = np.unique(own)
        if wanted < len(used):
            own = used[decimate(vertices[members[used]], np.searchsorted(used, own), wanted)[0]]
            used = np.unique(own)
        chosen.append(members[used])
        triangles.append(np.searchsorted(used, own) + total)
        total += len(used)
    return np.concatenate(chosen), np.concatenate(triangles)
