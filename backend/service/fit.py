"""The methods fit_photo and fit_video: a head from photographs, a performance from a film."""

from pathlib import Path
from typing import Any

import numpy as np

from backend.channels import ARKIT_NAMES
from backend.errors import Refusal
from backend.service.call import Call, Reply

MOST = 32
"""Photographs of one person."""

FACING = 0.35
"""Cosine between a vertex's normal and the line to the camera from which on it is taken for seen."""


def fit_photo(call: Call) -> Reply:
    """Fits one head to photographs of one person.

    params: paths, absolute. Arrays: perhaps landmarks (P, 478, 2) f4, pixels, which the user has corrected. Result: the
    head as in _head; names, the 52 of the keys; confidence (P); turns (P), quarter turns
    counterclockwise that bring what is stored upright; and the arrays channels (P, 52), pose (P, 4, 4) from the head's
    frame to the camera's, intrinsics (P, 3, 3), picture_sizes (P, 2) height and width, landmarks (P, 478, 2) pixels,
    photo (P, V, 2) where each vertex lies in the picture, in its width and height from its upper left corner, and seen
    (P, V), whether it faces the camera.
    """
    from backend.fitting.fit import fit_photos
    from backend.fitting.picture import quarter_turns, read_picture

    paths = _paths(call.params.get("paths"))
    pictures = [read_picture(path) for path in paths]
    corrected = call.arrays.get("landmarks")
    if corrected is not None and (corrected.shape != (len(paths), 478, 2) or not np.isfinite(corrected).all()):
        raise Refusal("bad-request", "The request's landmarks do not fit its pictures.", "Update the add-on.")
    fit = fit_photos([pixels for pixels, _ in pictures], [focal for _, focal in pictures], call.progress, corrected)
    fields, arrays = _head(fit.identity)
    photo, seen = _in_pictures(fit.vertices, fit.faces, fit.pose, fit.intrinsics, fit.sizes)
    fields |= {
        "confidence": fit.confidence.tolist(),
        "turns": [quarter_turns(path) for path in paths],
    }
    arrays |= {
        "channels": fit.channels,
        "pose": fit.pose,
        "intrinsics": fit.intrinsics,
        "picture_sizes": fit.sizes,
        "landmarks": fit.landmarks,
        "photo": photo,
        "seen": seen,
    }
    return Reply(fields, arrays)


def fit_video(call: Call) -> Reply:
    """Fits a performance, and a head, to a film.

    params: paths, one; missing, "interpolate" or "leave out". Result: the head as in _head; names, fps, source, as a
    Performance has them; frames, how many were read, found, how many of them show a face, cuts, broken; the arrays
    weights, head, gaze, torsion, confidence of the performance; middle (3,), where the head's rest is seen from the
    camera, intrinsics (3, 3), picture_size (2,) height and width.
    """
    from backend.fitting.fit_film import fit_film

    missing = call.params.get("missing", "interpolate")
    if missing not in ("interpolate", "leave out"):
        raise Refusal("bad-request", "The request does not say what becomes of lost frames.", "Update the add-on.")
    (path,) = _paths(call.params.get("paths"), most=1)
    fit = fit_film(path, missing, progress=call.progress)
    motion = fit.performance
    fields, arrays = _head(fit.identity)
    fields |= {
        "names": list(motion.names),
        "fps": motion.fps,
        "source": motion.source,
        "frames": fit.frames,
        "found": fit.found,
        "cuts": list(fit.cuts),
        "broken": fit.broken,
    }
    arrays |= {name: getattr(motion, name) for name in ("weights", "head", "gaze", "torsion", "confidence")}
    arrays |= {
        "middle": np.nanmedian(fit.poses[:, :3, 3], axis=0).astype(np.float32),
        "intrinsics": fit.camera.intrinsics.astype(np.float32),
        "picture_size": np.array(fit.size, np.int32),
    }
    return Reply(fields, arrays)


def _head(identity: np.ndarray) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """A fitted head as fields and arrays: object_names, person, a sentence about whose face it is, and names of the
    keys; vertices (V, 3), corners, sizes and objects as in request.py, deltas (52, V, 3), identity (I,)."""
    from backend.faces.open_head import open_head_mesh
    from backend.fitting.character import key_displacements
    from backend.fitting.write import PERSON

    mesh = open_head_mesh(identity)
    fields = {"object_names": list(mesh.object_names), "person": PERSON, "names": list(ARKIT_NAMES)}
    return fields, {
        "vertices": mesh.vertices.astype(np.float32),
        "corners": mesh.corners.astype(np.int32),
        "sizes": mesh.sizes.astype(np.int32),
        "objects": mesh.objects.astype(np.int32),
        "deltas": key_displacements(identity),
        "identity": np.asarray(identity, np.float32),
    }


def _in_pictures(
    vertices: np.ndarray, faces: np.ndarray, pose: np.ndarray, intrinsics: np.ndarray, sizes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(P, V, 2) in shares of each picture, and (P, V), 0 or 1."""
    from backend.geometry.mesh import face_mesh
    from backend.geometry.operators import vertex_normals

    photo, seen = [], []
    for own, to_camera, lens, (height, width) in zip(vertices, pose, intrinsics, sizes, strict=True):
        there = own @ to_camera[:3, :3].T + to_camera[:3, 3]
        flat = (there * [1, -1, -1]) @ lens.T
        photo.append(flat[:, :2] / flat[:, 2:] / [width, height])
        normals = vertex_normals(own, face_mesh(own, faces).triangles) @ to_camera[:3, :3].T
        towards = -there / np.linalg.norm(there, axis=1, keepdims=True)
        seen.append((normals * towards).sum(1) > FACING)
    return np.array(photo, np.float32), np.array(seen, np.uint8)


def _paths(value: object, most: int = MOST) -> list[Path]:
    """Raises Refusal for what is no list of 1 to most paths."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Refusal("bad-request", "The request names no files.", "Update the add-on.")
    if not 1 <= len(value) <= most:
        raise Refusal("bad-request", f"{len(value)} files were chosen; 1 to {most} are possible.", "Choose fewer.")
    return [Path(one) for one in value]
