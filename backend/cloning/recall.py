"""Finished shapes on disk: a head that was done before need not be done again. Imports no torch."""

import hashlib
import json
import os
from dataclasses import asdict
from functools import cache
from importlib import metadata
from pathlib import Path

import numpy as np

from backend import VERSION
from backend.cloning.guidance import UNGUIDED, Guidance
from backend.cloning.result import SealFigure, Shapes
from backend.errors import Progress
from backend.geometry.cache import DiskCache, cache_key
from backend.geometry.mesh import FaceMesh

BACKEND = Path(__file__).resolve().parents[1]
CONTENT = {".py", ".json", ".safetensors"}
"""Suffixes of the files that decide what comes out: programs, tables and weights."""

LIBRARIES = ("numpy", "scipy", "torch", "mediapipe", "opencv-contrib-python-headless", "robust_laplacian")
"""Packages whose releases may change the result; without mediapipe faces are found in another way."""


def head_shapes(mesh: FaceMesh, names: str, progress: Progress, guidance: Guidance = UNGUIDED) -> Shapes:
    """The shapes of a head, from the cache where it was done before; else built and kept. Raises Refusal and Cancelled
    as build_shapes does."""
    shapes = recall(mesh, names, guidance=guidance)
    if shapes is None:
        # Torch, scipy and the models load with the first head that needs them.
        from backend.cloning.shapes import build_shapes
        from backend.device import pin_threads

        pin_threads()
        shapes = build_shapes(mesh, names, progress, guidance=guidance)
        keep(mesh, names, shapes, guidance=guidance)
    return shapes


def recall(mesh: FaceMesh, names: str, cache: DiskCache | None = None, guidance: Guidance = UNGUIDED) -> Shapes | None:
    """What this very backend made of this very mesh with these names and guidance, or None. cache: the user's."""
    kept = (cache or DiskCache()).load(shapes_key(mesh, names, guidance))
    if kept is None:
        return None
    text = json.loads(str(kept["text"]))
    deltas = np.zeros((len(text["names"]), len(mesh.vertices), 3), np.float32)
    deltas[:, kept["moving"]] = kept["deltas"]
    return Shapes(
        vertices=mesh.vertices,
        names=tuple(text["names"]),
        deltas=deltas,
        parts=kept["parts"],
        confidence=text["confidence"],
        reasons=tuple(text["reasons"]),
        canonical_from_file=kept["canonical_from_file"],
        seals=tuple(SealFigure(**seal) for seal in text["seals"]),
        version=text["version"],
        canonical=kept.get("canonical"),
    )


def keep(
    mesh: FaceMesh, names: str, shapes: Shapes, cache: DiskCache | None = None, guidance: Guidance = UNGUIDED
) -> None:
    """Let a later recall have the shapes that were built for a mesh with these names, where the cache has room."""
    # The bits decide, not the values: a negative zero comes back as one.
    moving = np.flatnonzero(np.ascontiguousarray(shapes.deltas).view(np.int32).any(axis=(0, 2)))
    text = {
        "names": shapes.names,
        "confidence": float(shapes.confidence),
        "reasons": shapes.reasons,
        "seals": [asdict(seal) for seal in shapes.seals],
        "version": shapes.version,
    }
    arrays = {
        "text": np.array(json.dumps(text)),
        "moving": moving,
        "deltas": shapes.deltas[:, moving],
        "parts": shapes.parts,
        "canonical_from_file": shapes.canonical_from_file,
    }
    if shapes.canonical is not None:
        arrays["canonical"] = shapes.canonical
    (cache or DiskCache()).store(shapes_key(mesh, names, guidance), arrays)


def shapes_key(mesh: FaceMesh, names: str, guidance: Guidance = UNGUIDED) -> str:
    """The cache key of a mesh's shapes: everything that decides what they are."""
    device = os.environ.get("FACSIMILE_DEVICE", "")
    content = (mesh.vertices, mesh.corners, mesh.sizes, mesh.objects, json.dumps([mesh.object_names, asdict(guidance)]))
    return cache_key(f"shapes {VERSION} {fingerprint()}", names, device, *content)


@cache
def fingerprint(folder: Path = BACKEND) -> str:
    """SHA-256 over the backend's own files and the releases of the libraries that it computes with."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in CONTENT):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    for name in LIBRARIES:
        digest.update(f"{name} {_release(name)}\n".encode())
    return digest.hexdigest()


def _release(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "absent"
