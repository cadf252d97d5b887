"""Which of ICT-FaceKit's vertices and edge loops the open head keeps."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.optimize import linear_sum_assignment
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

from backend.faces.open_head import IRIS, PUPIL
from backend.geometry.sphere import fit_sphere
from backend.training.build_contours import LID_RING, LIP_RING, boundary_loops, edge_ring
from backend.training.ict import OPEN_SKIN_END, SKIN_END
from backend.training.quad_chords import FEATURE, PINNED, Guide, QuadMesh, coarsen, edge_keys, labels, strips

MILLIMETRES = 1000
BUDGETS = {"skin": 5000, "gums_tongue": 620, "tooth": 30, "eyeball": 290, "lash": 44}
"""Vertices to keep: of the whole skin, of gums with tongue, of one tooth, one eyeball and one strip of lashes."""

FACE_END, HEAD_END = 9409, 11248
COMPONENTS_OF_FEATURES = 32


@dataclass(frozen=True)
class IctTopology:
    """ICT-FaceKit's polygons. faces, face_uv: (26384, 4), -1 pads. uv: (28911, 2). parts: name to (first, last)
    vertex."""

    faces: np.ndarray
    face_uv: np.ndarray
    uv: np.ndarray
    parts: dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Rings:
    """Closed vertex rings: the lid margins, the line where the lips meet, and the borders of the holes behind them."""

    eye_left: np.ndarray
    eye_right: np.ndarray
    mouth: np.ndarray
    borders: tuple[np.ndarray, ...]


def find_rings(neutral: np.ndarray, faces: np.ndarray) -> Rings:
    """The rings of ICT-FaceKit's own mesh. neutral: (n, 3) metres. faces: (m, 4)."""
    skin = faces[(faces < OPEN_SKIN_END).all(1)]
    found: dict[str, np.ndarray] = {}
    borders = []
    for loop in boundary_loops(skin):
        if len(loop) in (42, 74):
            borders.append(loop)
            side = "left" if neutral[loop, 0].mean() > 0 else "right"
            name = "mouth" if len(loop) == 74 else f"eye_{side}"
            found[name] = edge_ring(skin, loop, LIP_RING if name == "mouth" else LID_RING)
    return Rings(**found, borders=tuple(borders))


def mirror_map(neutral: np.ndarray, vertices: np.ndarray) -> np.ndarray:
    """(n,) the vertex at each one's mirror image among `vertices`; others stand for themselves. One to one."""
    mirror = np.arange(len(neutral))
    points = neutral[vertices]
    nearest = vertices[KDTree(points).query(points * [-1, 1, 1])[1]]
    mirror[vertices] = nearest
    lone = vertices[mirror[mirror[vertices]] != vertices]
    if len(lone):
        distance = np.linalg.norm(neutral[lone][:, None] * [-1, 1, 1] - neutral[lone][None], axis=2)
        mirror[lone] = lone[linear_sum_assignment(distance + distance.T)[1]]
    if (mirror[mirror[vertices]] != vertices).any():
        raise ValueError("the mesh is not its own mirror image")
    return mirror


def seam_edges(faces: np.ndarray, face_uv: np.ndarray, count: int) -> np.ndarray:
    """(K, 2) the edges where texture coordinates split or the surface ends."""
    strip = strips(faces, count)
    size = np.where(faces[:, 3] < 0, 3, 4)
    keys, at = [], []
    for slot in range(4):
        real = np.nonzero(slot < size)[0]
        after = np.where(slot + 1 < size, slot + 1, 0)[real]
        swap = faces[real, slot] > faces[real, after]
        pair = np.stack([face_uv[real, slot], face_uv[real, after]], axis=1)
        keys.append(np.where(swap[:, None], pair[:, ::-1], pair))
        at.append(strip.face_edge[real, slot])
    edge, pairs = np.concatenate(at), np.concatenate(keys)
    uses = np.bincount(edge, minlength=len(strip.edges))
    differing = np.zeros(len(strip.edges), bool)
    order = np.argsort(edge, kind="stable")
    same = edge[order][1:] == edge[order][:-1]
    unlike = (pairs[order][1:] != pairs[order][:-1]).any(1)
    differing[edge[order][1:][same & unlike]] = True
    return strip.edges[differing | (uses == 1)]


def shape_features(neutral: np.ndarray, shapes: np.ndarray, modes: np.ndarray, vertices: np.ndarray) -> np.ndarray:
    """(n, D) millimetres, zero off `vertices`: position, shapes (K, n, 3) and modes (I, n, 3) in the few directions
    that hold them."""
    blocks = [neutral[vertices], *(0.55 * shapes[:, vertices]), *(0.5 * modes[:, vertices])]
    table = np.concatenate(blocks, axis=1).astype(np.float64) * MILLIMETRES
    table -= table.mean(0)
    _, directions = np.linalg.eigh(table.T @ table)
    features = np.zeros((len(neutral), COMPONENTS_OF_FEATURES))
    features[vertices] = table @ directions[:, -COMPONENTS_OF_FEATURES:]
    return features


def skin_spacing(points: np.ndarray, rings: Rings) -> tuple[np.ndarray, np.ndarray]:
    """Wanted edge length (n,) in millimetres and the weight (n,) of errors, from points (n, 3) in millimetres: fine at
    lids and lips, coarse on skull, neck and shoulders and inside mouth and sockets."""
    mouth = KDTree(points[rings.mouth]).query(points)[0]
    lids = KDTree(points[np.concatenate([rings.eye_left, rings.eye_right])]).query(points)[0]
    spacing = np.clip(np.minimum(2 + 0.14 * mouth, 2 + 0.16 * lids), 2, 6.5)
    number = np.arange(len(points))
    weight = np.ones(len(points))
    spacing[number >= FACE_END], weight[number >= FACE_END] = 11, 0.15
    spacing[number >= HEAD_END], weight[number >= HEAD_END] = 7, 0.03
    bust = points[:, 1] < -90
    return np.where(bust, 18, spacing), np.where(bust, 0.1, weight)


def coarse_skin(
    neutral: np.ndarray, shapes: np.ndarray, modes: np.ndarray, topology: IctTopology, rings: Rings
) -> QuadMesh:
    """The skin with sockets. Keeps the lid margins, the lip line, the seams and the middle line as edge loops."""
    vertices = np.arange(SKIN_END)
    own = ((topology.faces < SKIN_END) & (topology.faces >= 0)).all(1)
    faces, face_uv = topology.faces[own], topology.face_uv[own]
    mirror = mirror_map(neutral, vertices)
    count = len(neutral)
    loops = [rings.mouth, rings.eye_left, rings.eye_right, *rings.borders]
    seams = both_sides(seam_edges(faces, face_uv, count), mirror)
    middle = (mirror == np.arange(count)) & (np.arange(count) < SKIN_END)
    edges = strips(faces, count).edges
    ring_edges = [np.stack([loop, np.roll(loop, -1)], axis=1) for loop in loops]
    features = np.concatenate([seams, edges[middle[edges].all(1)], *ring_edges])
    points = neutral * MILLIMETRES
    spacing, weight = skin_spacing(points, rings)
    rank = ranks(features, seams, count)
    for ring in (rings.mouth, rings.eye_left, rings.eye_right):
        corners = ring[[points[ring, 0].argmin(), points[ring, 0].argmax()]]
        rank[corners] = rank[mirror[corners]] = PINNED
    guide = Guide(shape_features(neutral, shapes, modes, vertices), points, spacing, weight, rank, features, mirror)
    return coarsen(QuadMesh(faces, face_uv), guide, BUDGETS["skin"])


def eye_rings(neutral: np.ndarray, topology: IctTopology, ball: np.ndarray) -> np.ndarray:
    """(K, 2) edges of an eyeball's rings nearest to the borders of pupil and iris. ball: its vertices; the rings run
    round the pole in front, where all meridians meet."""
    count = len(neutral)
    own = np.isin(topology.faces[:, 0], ball)
    edges = strips(topology.faces[own], count).edges
    meridians = np.bincount(edges.ravel(), minlength=count)
    poles = ball[meridians[ball] == meridians[ball].max()]
    pole = poles[neutral[poles, 2].argmax()]
    graph = sparse.coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    steps = dijkstra(graph, directed=False, unweighted=True, indices=pole)
    ray = neutral - fit_sphere(neutral[ball])[0]
    ray /= np.maximum(np.linalg.norm(ray, axis=1, keepdims=True), 1e-12)
    angle = np.degrees(np.arccos(np.clip(ray @ ray[pole], -1, 1)))
    ring_angles = np.array([angle[ball][steps[ball] == step].mean() for step in range(int(steps[ball].max()) + 1)])
    kept = [int(np.abs(ring_angles - border).argmin()) for border in (PUPIL, IRIS)]
    return edges[(steps[edges[:, 0]] == steps[edges[:, 1]]) & np.isin(steps[edges[:, 0]], kept)]


def coarse_part(
    neutral: np.ndarray,
    topology: IctTopology,
    vertices: np.ndarray,
    wanted: int,
    spacing: float,
    seams: bool = True,
    loops: np.ndarray | None = None,
) -> QuadMesh:
    """Another part, together with its mirror image, by its form alone. vertices: those of both. seams: keep texture
    seams as edge loops. loops: (K, 2) other edges to keep as loops."""
    count = len(neutral)
    inside = np.zeros(count, bool)
    inside[vertices] = True
    own = (inside[topology.faces] | (topology.faces < 0)).all(1)
    faces, face_uv = topology.faces[own], topology.face_uv[own]
    mirror = mirror_map(neutral, vertices)
    borders = both_sides(seam_edges(faces, face_uv if seams else np.minimum(face_uv, 0), count), mirror)
    features = borders if loops is None else np.concatenate([borders, both_sides(loops, mirror)])
    guide = Guide(
        neutral * MILLIMETRES,
        neutral * MILLIMETRES,
        np.full(count, spacing),
        np.ones(count),
        ranks(features, borders, count),
        features,
        mirror,
    )
    return coarsen(QuadMesh(faces, face_uv), guide, wanted)


def both_sides(edges: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """Edges (K, 2) with their mirror images (2K, 2): texture seams may run on one side only."""
    return np.concatenate([edges, mirror[edges]])


def ranks(features: np.ndarray, seams: np.ndarray, count: int) -> np.ndarray:
    """(count,) FREE, FEATURE on feature edges, PINNED where seams meet or end."""
    rank = np.zeros(count, int)
    rank[np.unique(features)] = FEATURE
    if len(seams):
        distinct = np.unique(edge_keys(seams, count))
        meeting = np.bincount(np.concatenate([distinct // count, distinct % count]), minlength=count)
        rank[(meeting > 0) & (meeting != 2)] = PINNED
    return rank


def pieces(topology: IctTopology, name: str, count: int) -> list[np.ndarray]:
    """The connected pieces of a part, each its vertices in ascending order."""
    first, last = topology.parts[name]
    own = (topology.faces[:, 0] >= first) & (topology.faces[:, 0] <= last)
    edges = strips(topology.faces[own], count).edges
    label = labels(edges, count)
    used = np.unique(edges)
    return [used[label[used] == number] for number in np.unique(label[used])]


def tongue_vertices(neutral: np.ndarray, topology: IctTopology, tip: tuple[float, float, float]) -> np.ndarray:
    """The vertices of the texture island that holds the vertex nearest to `tip`, metres: the tongue without the floor
    of the mouth."""
    first, last = topology.parts["gums_tongue"]
    own = (topology.faces[:, 0] >= first) & (topology.faces[:, 0] <= last)
    faces, face_uv = topology.faces[own], topology.face_uv[own]
    label = labels(strips(face_uv, len(topology.uv)).edges, len(topology.uv))[face_uv[:, 0]]
    vertices = np.arange(first, last + 1)
    nearest = vertices[np.linalg.norm(neutral[vertices] - tip, axis=1).argmin()]
    island = faces[label == label[(faces == nearest).any(1)][0]]
    return np.unique(island[island >= 0])
