"""Fits in files: all of it as .npz, the head as .obj."""

from dataclasses import asdict
from pathlib import Path

import numpy as np

from backend.archives import write_arrays
from backend.fitting.fit import FaceFit

PERSON = "fitted to photographs of a person: share it only with that person's consent"


def write_fit(path: Path, fit: FaceFit) -> None:
    """FaceFit's fields as arrays of their names; `vertices` (V, 3) is the first picture's head, `posed` (P, V, 3) are
    all. Raises OSError."""
    fields = asdict(fit) | {"vertices": fit.vertices[0], "posed": fit.vertices, "source": PERSON}
    write_arrays(path, **{name: np.asarray(value) for name, value in fields.items()})


def write_obj(path: Path, vertices: np.ndarray, faces: np.ndarray) -> None:
    """A mesh of vertices (V, 3) and faces (F, 4), -1 padding triangles, as Wavefront .obj. Raises OSError."""
    lines = [f"# {PERSON}", *(f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in vertices.tolist())]
    lines += ["f " + " ".join(str(corner + 1) for corner in face if corner >= 0) for face in faces.tolist()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
