"""Writes backend/weights/open_head.safetensors and its card from ICT-FaceKit."""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from backend.channels import CHANNEL, FACE_NAMES
from backend.faces.open_head import WEIGHTS
from backend.geometry.closest import closest_points
from backend.geometry.mesh import PARTS
from backend.training.ict import IctHead, load_ict
from backend.training.open_head_assembly import Coarse, assemble, coarse_meshes, part_roles
from backend.training.open_head_card import card
from backend.training.open_head_seals import openings, seal_shapes, trimmed_lashes, visible_lids
from backend.training.open_head_topology import IctTopology, find_rings
from backend.training.tongue_out import tongue_out

CARD = Path(__file__).with_name("open_head_card.md")

ATLAS = {0: (0.0, 0.34, 0.66), 1: (0.66, 0.66, 0.34), 2: (0.66, 0.33, 0.33), 3: (0.66, 0.0, 0.33), 6: (0.0, 0.0, 0.33)}
"""Left, bottom and size in the texture for each of ICT-FaceKit's tiles: face, head, gums, teeth, lashes."""
EYE_ATLAS = {"eye_left": (0.33, 0.0, 0.165), "eye_right": (0.495, 0.0, 0.165)}


def read_topology(path: Path) -> tuple[IctTopology, np.ndarray]:
    """The polygons of ict_facekit.npz and its 68 landmark vertices."""
    with np.load(path, allow_pickle=False) as data:
        ranges = zip(data["part_names"].tolist(), data["part_vertex_range"].tolist(), strict=True)
        parts = {name: (first, last) for name, (first, last) in ranges}
        return IctTopology(data["faces"], data["face_uv"], data["uv"], parts), data["landmarks68"]


def atlas(coarse: Coarse, uv: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Texture coordinates (U, 2) in one unit square and the faces' numbers (F, 4) into them, from ICT-FaceKit's
    tiles."""
    role = coarse.parts[coarse.quads[:, 0]]
    fresh, numbers = [], np.full_like(coarse.face_uv, -1)
    total = 0
    for part in np.unique(role):
        own = role == part
        used, inverse = np.unique(coarse.face_uv[own], return_inverse=True)
        pad = int(used[0] < 0)
        place = uv[used[pad:]].astype(np.float64)
        tile = np.floor(place[:, 0]).astype(int)
        cells = [EYE_ATLAS.get(PARTS[part]) or ATLAS[number] for number in tile]
        corner, size = np.array([cell[:2] for cell in cells]), np.array([cell[2] for cell in cells])
        fresh.append(corner + (place - np.stack([tile, np.zeros_like(tile)], 1)) * size[:, None])
        index = inverse.reshape(-1, 4) - pad
        numbers[own] = np.where(index < 0, -1, index + total)
        total += len(place)
    return np.concatenate(fresh).astype(np.float32), numbers


def symmetric_shapes(shapes: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """(K, V, 3) the mean of every shape of FACE_NAMES with the mirror image of its counterpart."""
    twin = [FACE_NAMES.index(CHANNEL[name].mirror) for name in FACE_NAMES[: len(shapes)]]
    return 0.5 * (shapes + shapes[twin][:, mirror] * [-1, 1, 1])


def tongue_shape(vertices: np.ndarray, coarse: Coarse) -> np.ndarray:
    """(V, 3) tongueOut."""
    triangles = coarse.triangles()
    triangles = triangles[coarse.inside_mouth()[triangles].all(1)]
    tongue, above = (coarse.parts == PARTS.index(name) for name in ("tongue", "teeth_upper"))
    return tongue_out(vertices, triangles, tongue, above)


def landmark_points(ict: IctHead, landmarks: np.ndarray, vertices: np.ndarray, coarse: Coarse):
    """The nearest surface points of the coarse skin to ICT-FaceKit's 68 landmarks: vertices (68, 3) and weights (68,
    3)."""
    triangles = coarse.triangles_of("skin")
    triangle, weights, _ = closest_points(ict.neutral[landmarks].astype(np.float64), vertices, triangles)
    return triangles[triangle].astype(np.int32), weights.astype(np.float32)


def quantised(modes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Modes (I, V, 3) as int8 and a scale (I,) each."""
    scale = np.abs(modes).max((1, 2)) / 127
    return np.round(modes / scale[:, None, None]).astype(np.int8), scale.astype(np.float32)


def build(path: Path) -> tuple[dict[str, np.ndarray], dict[str, object]]:
    """The arrays to store and the figures for the card, from the path of ict_facekit.npz."""
    ict = load_ict(path)
    topology, landmarks = read_topology(path)
    neutral = ict.neutral.astype(np.float64)
    rings = find_rings(neutral, topology.faces)
    coarse = assemble(coarse_meshes(neutral, ict, topology, rings), part_roles(neutral, ict, topology), neutral)
    mean = neutral[coarse.ict_vertices]
    mean = 0.5 * (mean + mean[coarse.mirror] * [-1, 1, 1])
    plain = symmetric_shapes(ict.shapes[:, coarse.ict_vertices].astype(np.float64), coarse.mirror)
    modes = ict.identity[:, coarse.ict_vertices].astype(np.float64)
    contours = openings(mean, coarse, rings)
    modes, plain, (mean,) = (trimmed_lashes(fields, mean, coarse, contours) for fields in (modes, plain, mean[None]))
    lids = visible_lids(coarse, rings)
    sealed = seal_shapes(mean, plain, coarse, contours, lids)
    shapes = symmetric_shapes(np.concatenate([sealed.shapes, tongue_shape(mean, coarse)[None]]), coarse.mirror)
    uv, face_uv = atlas(coarse, topology.uv)
    identity, scale = quantised(modes)
    landmark_vertices, landmark_weights = landmark_points(ict, landmarks, mean, coarse)
    stored = {
        "vertices": mean.astype(np.float32),
        "quads": coarse.quads.astype(np.int32),
        "uv": uv,
        "face_uv": face_uv.astype(np.int32),
        "parts": coarse.parts.astype(np.int8),
        "identity": identity,
        "identity_scale": scale,
        "shapes": shapes.astype(np.float16),
        "eye_centers": np.array([eye.center for eye in sealed.eyes], np.float32),
        "eye_radii": np.array([eye.radius for eye in sealed.eyes], np.float32),
        "landmark_vertices": landmark_vertices,
        "landmark_weights": landmark_weights,
        "ict_vertices": coarse.ict_vertices.astype(np.int32),
        "mirror": coarse.mirror.astype(np.int32),
    }
    for name, chain in contours.items():
        stored |= {f"loop.{name}_upper": chain.upper, f"loop.{name}_lower": chain.lower}
    figures = card(ict, topology, coarse, mean, plain, stored["shapes"].astype(np.float64), contours, lids)
    return stored, figures


def main() -> None:
    """Command line: the path of ict_facekit.npz, and where to write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ict", type=Path, help="ict_facekit.npz")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    stored, figures = build(arguments.ict)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    described = json.dumps({"shapes": FACE_NAMES, "parts": PARTS, "licence": "MIT, see open_head.md"})
    arrays = {name: np.ascontiguousarray(array) for name, array in stored.items()}
    arguments.out.write_bytes(save(arrays, metadata={"open_head": described}))
    text = CARD.read_text(encoding="utf-8").format(
        **figures,
        source=hashlib.sha256(arguments.ict.read_bytes()).hexdigest(),
        size=arguments.out.stat().st_size / 1e6,
    )
    arguments.out.with_suffix(".md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
