"""Writes backend/cloning/contours.json: the lid margins and inner lips of ICT-FaceKit's neutral head."""

import argparse
import json
from pathlib import Path

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.csgraph import dijkstra

from backend.geometry.sphere import fit_sphere

METRES = 0.01
SKIN = 11248
LID_RING, LIP_RING = 2, 7
"""Edge rings counted from the holes' boundary loops. The loops themselves lie behind what is seen: the lids of the
neutral turn inwards at rings 1 and 2, where the lid landmarks are, and the lips touch at rings 7 and 8."""


def boundary_loops(faces: np.ndarray) -> list[np.ndarray]:
    """The closed chains of edges that belong to one face only. faces: (m, 4), -1 pads."""
    edges = set()
    for face in faces:
        corners = face[face >= 0]
        edges.update(zip(corners.tolist(), np.roll(corners, -1).tolist(), strict=True))
    following = {a: b for a, b in edges if (b, a) not in edges}
    loops = []
    while following:
        first = min(following)
        loop = [first]
        while (at := following.pop(loop[-1])) != first:
            loop.append(at)
        loops.append(np.array(loop))
    return loops


def edge_ring(faces: np.ndarray, loop: np.ndarray, steps: int) -> np.ndarray:
    """The ring of vertices `steps` quads away from a boundary loop, in the loop's order."""
    quads = faces[(faces >= 0).all(1)]
    pairs = np.concatenate([quads[:, [i, (i + 1) % 4]] for i in range(4)])
    graph = sparse.csr_matrix((np.ones(len(pairs)), pairs.T), shape=(SKIN, SKIN))
    graph = ((graph + graph.T) > 0).astype(np.int8).tocsr()
    ring, inner = loop, np.zeros(SKIN, bool)
    for _ in range(steps):
        inner[ring] = True
        outward = []
        for vertex in ring:
            near = graph.indices[graph.indptr[vertex] : graph.indptr[vertex + 1]]
            outward.append(near[~inner[near]])
        ring = np.array([near[0] for near in outward if len(near) == 1])
    distance = dijkstra(graph[ring][:, ring], unweighted=True, indices=0)
    if not np.isfinite(distance).all():
        raise ValueError("the ring is not connected")
    return ring


def split(points: np.ndarray) -> dict[str, list[list[float]]]:
    """A closed ring (n, 3) as upper and lower polylines, both from its smallest x to its largest x."""
    points = np.roll(points, -int(points[:, 0].argmin()), axis=0)
    last = int(points[:, 0].argmax())
    one, other = points[: last + 1], np.concatenate([points[last:], points[:1]])[::-1]
    upper, lower = (one, other) if one[:, 1].mean() > other[:, 1].mean() else (other, one)
    return {"upper": np.round(upper, 6).tolist(), "lower": np.round(lower, 6).tolist()}


def contours(neutral: np.ndarray, faces: np.ndarray, eyeballs: dict[str, np.ndarray]) -> dict[str, dict]:
    """The contours of eye_left, eye_right and mouth. neutral: (n, 3) metres. eyeballs: vertices of each eyeball.

    Each has `upper` and `lower` polylines from the character's right to its left, and `outward`, the unit direction
    in which the opening looks; an eye also has its eyeball's `center` and `radius`.
    """
    result = {}
    for loop in boundary_loops(faces):
        points = neutral[loop]
        if len(loop) == 74:
            result["mouth"] = split(neutral[edge_ring(faces, loop, LIP_RING)]) | {"outward": [0.0, 0.0, 1.0]}
        elif len(loop) == 42:
            name = "eye_left" if points[:, 0].mean() > 0 else "eye_right"
            center, radius, _ = fit_sphere(neutral[eyeballs[name]])
            outward = points.mean(0) - center
            result[name] = split(neutral[edge_ring(faces, loop, LID_RING)]) | {
                "outward": np.round(outward / np.linalg.norm(outward), 4).tolist(),
                "center": np.round(center, 6).tolist(),
                "radius": round(radius, 6),
            }
    return dict(sorted(result.items()))


def main() -> None:
    """Command line: the path of ict_facekit.npz, and where to write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ict", type=Path, help="ict_facekit.npz")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "cloning" / "contours.json")
    arguments = parser.parse_args()
    with np.load(arguments.ict, allow_pickle=False) as data:
        neutral = data["neutral"].astype(np.float64) * METRES
        parts = dict(zip(data["part_names"].tolist(), data["part_vertex_range"].tolist(), strict=True))
        faces = data["faces"]
    faces = faces[(faces < SKIN).all(1)]
    balls = {f"eye_{s}": np.arange(parts[f"eyeball_{s}"][0], parts[f"eyeball_{s}"][1] + 1) for s in ("left", "right")}
    text = json.dumps(contours(neutral, faces, balls), separators=(",", ":"))
    arguments.out.write_text(text.replace("],[", "],\n["), encoding="utf-8")


if __name__ == "__main__":
    main()
