"""The methods about footage: a head from photographs, the same put right, a performance from a film, and how identities
move the head."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.channels import ARKIT_NAMES
from backend.errors import Refusal
from backend.service.call import Call, Reply

if TYPE_CHECKING:
    from backend.fitting.fit import FaceFit
    from backend.fitting.solve import View

MOST = 32
"""Photographs of one person."""


def fit_photo(call: Call) -> Reply:
    """Fits one head to photographs of one person.

    params: paths, absolute. Result: as _photo_reply has it.
    """
    from backend.fitting.fit import fit_photos
    from backend.fitting.picture import read_picture, upright
    from backend.fitting.watch import view_over

    paths = _paths(call.params.get("paths"))
    pictures, focals = zip(*map(read_picture, paths), strict=True)
    first = pictures[0]

    def see(identity: np.ndarray, views: "list[View]") -> None:
        call.show(lambda: view_over(first, identity, views[0]))

    fit = fit_photos(pictures, focals, call.progress, see=see)
    turns, mirrored = zip(*map(upright, paths), strict=True)
    return _photo_reply(fit, focals, {"turns": list(turns), "mirrored": list(mirrored)})


def correct_fit(call: Call) -> Reply:
    """Fits one head again to photographs whose faces were found before, with what the user has put right; the pictures
    themselves are not read.

    Arrays: found (P, 478, 3) f4, pixels, z too; landmarks (P, 478, 2) f4, pixels, NaN where what was found stays;
    weights (P, 478) f4, for how many found landmarks each counts; sizes (P, 2) i4 height and width; focals (P,) f4,
    pixels, 0 where unknown. Result: as _photo_reply has it.
    """
    from backend.fitting.corrections import LANDMARKS, check_corrections
    from backend.fitting.fit import fit_to_landmarks

    found, landmarks, weights, sizes, focals = (
        call.arrays.get(name, np.empty(0, np.float32)) for name in ("found", "landmarks", "weights", "sizes", "focals")
    )
    count = len(found)
    whole = found.shape == (count, LANDMARKS, 3) and sizes.shape == (count, 2) and focals.shape == (count,)
    if not 1 <= count <= MOST or not whole or not np.isfinite(found).all() or not (sizes > 0).all():
        raise Refusal("bad-request", "The request's landmarks do not fit its pictures.", "Update the add-on.")
    fit = fit_to_landmarks(
        list(found.astype(np.float64)),
        [(height, width) for height, width in sizes.tolist()],
        [focal or None for focal in focals.tolist()],
        call.progress,
        check_corrections(landmarks, weights, count),
    )
    return _photo_reply(fit, [focal or None for focal in focals.tolist()])


def _photo_reply(
    fit: "FaceFit", focals: Sequence[float | None], fields: Mapping[str, Any] = MappingProxyType({})
) -> Reply:
    """A head fitted to P photographs, as in _head, and besides: confidence (P); people (P), how many faces each shows;
    turns (P), quarter turns counterclockwise that bring upright what is stored, and mirrored (P), whether left and
    right are changed after them, where the pictures were read. The arrays channels (P, 52), pose (P, 4, 4) from the
    head's frame to the camera's, intrinsics (P, 3, 3), picture_sizes (P, 2) height and width, focals (P) pixels, 0
    where the camera did not note it, found (P, 478, 3) and landmarks (P, 478, 2) pixels, before and after corrections,
    opened (478, 3) metres, landmarks of a face with its mouth open, photo (P, V, 2) where each vertex lies in the
    picture, in its width and height from its upper left corner, and seen (P, V) in 0..1, how well it is shown.
    """
    from backend.fitting.fit import opened_places
    from backend.fitting.seen import in_pictures

    head, arrays = _head(fit.identity)
    photo, seen = in_pictures(fit.vertices, fit.faces, fit.pose, fit.intrinsics, fit.sizes)
    told = {"confidence": fit.confidence.tolist(), "people": fit.people.tolist()}
    return Reply(
        {**head, **told, **fields},
        arrays
        | {
            "channels": fit.channels,
            "pose": fit.pose,
            "intrinsics": fit.intrinsics,
            "picture_sizes": fit.sizes,
            "focals": np.array([focal or 0.0 for focal in focals], np.float32),
            "found": fit.found,
            "landmarks": fit.landmarks,
            "opened": opened_places().astype(np.float32),
            "photo": photo,
            "seen": seen,
        },
    )


def head_basis(call: Call) -> Reply:
    """How identities move our own head. params: none. Result: names (K) of the keys, sliders (S), names of what they
    change; the arrays modes (I, V, 3) metres per unit of the code, directions (S, I) of the code per unit of a slider,
    objects (V), eyes (2) the numbers of the left and right eye's objects, turns (K, 2, 3, 3) what each key does to each
    eyeball, a rotation less the identity."""
    from backend.faces.open_head import OBJECTS, load_open_head, open_head_mesh
    from backend.fitting.character import key_eye_turns
    from backend.fitting.identity_sliders import MEASURES, slider_directions

    return Reply(
        {"names": list(ARKIT_NAMES), "sliders": list(MEASURES)},
        {
            "modes": load_open_head().identity,
            "directions": slider_directions().astype(np.float32),
            "objects": open_head_mesh().objects.astype(np.int32),
            "eyes": np.array([OBJECTS.index(name) for name in ("eye_left", "eye_right")], np.int32),
            "turns": key_eye_turns(),
        },
    )


def fit_video(call: Call) -> Reply:
    """Fits a performance, and a head, to a film.

    params: paths, one; missing, "interpolate" or "leave out". Result: the head as in _head; names, fps, source, as a
    Performance has them; frames, how many were read, found, how many of them show a face, cuts, people, the most faces
    that a frame shows, broken; the arrays weights, head, gaze, torsion, confidence of the performance; middle (3,),
    where the head's rest is seen from the camera, intrinsics (3, 3), picture_size (2,) height and width.
    """
    from backend.fitting.fit_film import fit_film
    from backend.fitting.learned_start import load_start
    from backend.fitting.watch import FilmWatch

    missing = call.params.get("missing", "interpolate")
    if missing not in ("interpolate", "leave out"):
        raise Refusal("bad-request", "The request does not say what becomes of lost frames.", "Update the add-on.")
    (path,) = _paths(call.params.get("paths"), most=1)
    fit = fit_film(path, missing, progress=call.progress, see=FilmWatch(call.show, load_start()).see)
    motion = fit.performance
    fields, arrays = _head(fit.identity)
    fields |= {
        "names": list(motion.names),
        "fps": motion.fps,
        "source": motion.source,
        "frames": fit.frames,
        "found": fit.found,
        "cuts": list(fit.cuts),
        "people": fit.people,
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


def _paths(value: object, most: int = MOST) -> list[Path]:
    """Raises Refusal for what is no list of 1 to most paths."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Refusal("bad-request", "The request names no files.", "Update the add-on.")
    if not 1 <= len(value) <= most:
        raise Refusal("bad-request", f"{len(value)} files were chosen; 1 to {most} are possible.", "Choose fewer.")
    return [Path(one) for one in value]
