"""How single artists spell the shapes: their own versions, carried onto a head.

The network's shapes are what several artists have in common, and differ from any one artist's by a third of the motion.
A clip that one of the known artists' shapes animated is read far better in that artist's own dialect.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from backend.channels import ICT_NAMES
from backend.cloning.attach import look_rotation
from backend.cloning.stretch import carry, local_stretch
from backend.cloning.transplant import CanonicalShapes, look_up
from backend.errors import Refusal
from backend.faces.open_head import load_open_head
from backend.geometry.mesh import PARTS
from backend.geometry.operators import vertex_normals

WEIGHTS = Path(__file__).resolve().parents[1] / "weights" / "dialects.safetensors"
LOOK_NAMES = tuple(name for name in ICT_NAMES if look_rotation(name) is not None)


@dataclass(frozen=True)
class Dialect:
    """shapes: one artist's on the canonical skin. look: (8,) degrees that the eyeball turns at each of LOOK_NAMES, NaN
    where the artist does not turn eyeballs."""

    name: str
    shapes: CanonicalShapes
    look: np.ndarray


def canonical_skin() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """vertices (p, 3), triangles (t, 3) and normals (p, 3) of the open head's skin, where dialects are kept."""
    head = load_open_head()
    skin = head.parts == PARTS.index("skin")
    triangles = np.concatenate([head.quads[:, :3], head.quads[head.quads[:, 3] >= 0][:, [0, 2, 3]]])
    triangles = (np.cumsum(skin) - 1)[triangles[skin[triangles].all(1)]]
    points = head.vertices[skin].astype(np.float64)
    return points, triangles, vertex_normals(points, triangles)


@cache
def dialects(path: Path = WEIGHTS) -> tuple[Dialect, ...]:
    """Every artist's dialect. Raises Refusal where the file is missing or not ours."""
    points, _, normals = canonical_skin()
    try:
        stored = load_file(path)
        names = sorted(name.removeprefix("shapes.") for name in stored if name.startswith("shapes."))
        result = []
        for name in names:
            shapes = stored[f"shapes.{name}"].astype(np.float32)
            if shapes.shape != (len(ICT_NAMES), *points.shape):
                raise ValueError(f"{name} has {shapes.shape}")
            moves = (np.abs(shapes).max((0, 2)) > 0).astype(np.float32)
            result.append(Dialect(name, CanonicalShapes(points, normals, shapes, moves), stored[f"look.{name}"]))
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise Refusal(
            "no-model", f"The dialects cannot be loaded ({error}).", "Reinstall the extension, or run the doctor."
        ) from error
    return tuple(result)


def spoken(dialect: Dialect, canonical: np.ndarray, vertices: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """(53, n, 3) float32: the artist's shapes on a head. canonical: (n, 3) where each of its skin vertices lies on the
    canonical head. vertices, normals: (n, 3) of these, in the canonical frame."""
    shapes, face = look_up(dialect.shapes, canonical, normals)
    return carry(shapes, local_stretch(canonical, vertices, face))
