"""The main job: face shapes for a neutral head that nobody prepared."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend import VERSION
from backend.channels import ARKIT_NAMES, FACE_NAMES, ICT_NAMES, face_from_arkit
from backend.cloning.align import Alignment, in_head
from backend.cloning.attach import Attached, attach
from backend.cloning.guidance import UNGUIDED, Guidance
from backend.cloning.mirrored import mirrored
from backend.cloning.model import WEIGHTS, cloning_network
from backend.cloning.neck import neck_weight
from backend.cloning.other_faces import other_faces
from backend.cloning.parts import ROLE, Parts, find_parts
from backend.cloning.place import place_head
from backend.cloning.predict import EIGENPAIRS, landmark_warp, predict
from backend.cloning.region import channel_region, face_region
from backend.cloning.result import SealFigure, Shapes
from backend.cloning.seal import seal
from backend.cloning.smoothing import smoothed
from backend.cloning.stretch import carry, local_stretch
from backend.cloning.transplant import canonical_shapes, look_up
from backend.device import choose_device
from backend.errors import Progress, Refusal, silent
from backend.geometry.clean import CleanMesh, clean
from backend.geometry.mesh import FaceMesh
from backend.geometry.operators import Operators, operators
from backend.geometry.similarity import apply_transform
from backend.geometry.symmetry import Mirror, find_mirror
from backend.geometry.working import working_mesh
from backend.networks.cloning_net import CloningNet

NAMES = ("arkit", "ict")

STILL = 0.002
"""Metres at a real head's size: a piece of skin that moves less does not belong to the face."""


ANOTHER_FACE = "another face was seen in the mesh and got no shapes: make it an object of its own"


def build_shapes(
    mesh: FaceMesh,
    names: str = "arkit",
    progress: Progress = silent,
    weights: Path = WEIGHTS,
    guidance: Guidance = UNGUIDED,
) -> Shapes:
    """Shapes for a mesh: prepare, align, predict, seal, attach the parts, write in the user's order.

    names: "arkit" for Apple's 52, "ict" for ICT-FaceKit's 53. weights: of the cloning network. guidance: what the user
    knows better. Raises Refusal for meshes without a face and Cancelled where progress does.
    """
    if names not in NAMES:
        raise Refusal("bad-names", f"There is no set of names called {names}.", f"Use one of: {', '.join(NAMES)}.")
    progress(0.0, "Preparing the mesh")
    network = cloning_network(str(choose_device()), weights)
    prepared = clean(mesh)
    alignment = place_head(prepared, network, lambda f, text: progress(0.05 + 0.45 * f, text), guidance)
    points = apply_transform(alignment.canonical_from_mesh, prepared.vertices)
    parts = find_parts(
        points, prepared.triangles, prepared.components, prepared.objects, mesh.object_names, guidance.roles
    )
    progress(0.5, "Predicting the shapes")
    skin = predict_skin(prepared, points, parts, alignment, network)
    progress(0.7, "Closing eyes and lips")
    seals = seal_skin(skin, points, prepared.triangles, parts, alignment) if guidance.seals else ()
    skin.shapes[:] = mirrored(skin.shapes, skin.mirror)
    progress(0.8, "Moving eyes, teeth and lashes")
    attached = attach(
        points, prepared.triangles, prepared.components, parts, skin.vertices, skin.triangles, skin.shapes, FACE_NAMES
    )
    progress(0.9, "Writing the shapes")
    others = other_faces(points, prepared.triangles, prepared.components)
    linear = np.linalg.inv(alignment.canonical_from_mesh[:3, :3]).astype(np.float32)
    return Shapes(
        mesh.vertices,
        ARKIT_NAMES if names == "arkit" else ICT_NAMES,
        _in_user_order(skin, attached, names, linear, prepared.from_user),
        _parts_in_user_order(parts, prepared.from_user),
        alignment.confidence,
        (*alignment.reasons, ANOTHER_FACE) if others else alignment.reasons,
        alignment.canonical_from_mesh,
        seals,
        VERSION,
        _canonical_in_user_order(skin, prepared.from_user),
    )


@dataclass(frozen=True)
class Skin:
    """The head's skin at the user's resolution, canonical frame, metres. numbers: (m,) of the clean mesh's vertices.
    vertices, canonical: (m, 3). triangles: (t, 3) between them. face: (m,) 0..1. shapes: (54, m, 3) float32. mirror:
    which vertices are each other's mirror images, None where the face is not its own."""

    numbers: np.ndarray
    vertices: np.ndarray
    triangles: np.ndarray
    canonical: np.ndarray
    face: np.ndarray
    shapes: np.ndarray
    mirror: Mirror | None


def predict_skin(
    prepared: CleanMesh, points: np.ndarray, parts: Parts, alignment: Alignment, network: CloningNet
) -> Skin:
    """The network's shapes, stretched to this head's features, on the skin of the head. points: (n, 3) the clean mesh's
    vertices in the canonical frame. Computed at a bounded resolution and interpolated back. Raises Refusal where there
    is no skin."""
    working = working_mesh(prepared, (parts.roles == ROLE["skin"]) & in_head(points))
    vertices = apply_transform(alignment.canonical_from_mesh, working.vertices)
    basis = operators(vertices, working.triangles, EIGENPAIRS)
    canonical, face, shapes = predict_shapes(network, vertices, basis, alignment)
    shapes = smoothed(shapes, vertices, working.triangles)
    numbers = np.flatnonzero(np.diff(working.interpolation.indptr))
    rows = working.interpolation[numbers]
    own = np.zeros(len(points), bool)
    own[numbers] = True
    triangles = prepared.triangles[own[prepared.triangles].all(1)]
    triangles = np.searchsorted(numbers, triangles)
    canonical = rows @ canonical
    held = neck_weight(points[numbers], triangles, canonical)[:, None]
    full = np.zeros((len(FACE_NAMES), len(numbers), 3), np.float32)
    for at, shape in enumerate(shapes):
        full[at] = held * (rows @ shape)
    full[:, _still(full, prepared.components[numbers])] = 0.0
    face = rows @ face
    mirror = find_mirror(points[numbers], np.flatnonzero(face > 0))
    return Skin(numbers, points[numbers], triangles, canonical, face, mirrored(full, mirror), mirror)


def predict_shapes(
    network: CloningNet, vertices: np.ndarray, basis: Operators, alignment: Alignment
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where aligned vertices (n, 3) lie on the canonical head (n, 3), how much they belong to the face (n,), and the
    shapes there (53, n, 3).

    Two opinions, whose errors differ: the network's shapes at the places that it finds, and the canonical head's own at
    the places to which the landmarks warp the vertices. Where the face was seen their mean is better than either; where
    only openings were found the network has met nothing like it, and the warp decides.
    """
    prediction = predict(network, vertices, basis, alignment.landmarks, alignment.trusted)
    canonical, face = prediction.canonical, prediction.face
    shapes = carry(prediction.shapes, local_stretch(canonical, vertices, face))
    if alignment.landmarks is not None:
        places = landmark_warp(vertices, alignment.landmarks)
        looked_up, belongs = look_up(canonical_shapes(network), places, basis.normals)
        looked_up = carry(looked_up, local_stretch(places, vertices, belongs))
        if alignment.by_openings:
            canonical, face, shapes = places, belongs, looked_up
        else:
            shapes = 0.5 * (shapes + looked_up)
    face = face * face_region(canonical)
    shapes *= ((face > 0) * face_region(canonical))[:, None]
    for name, shape in zip(ICT_NAMES, shapes, strict=True):
        shape *= channel_region(name, canonical)[:, None]
    return canonical, face, shapes


def _still(shapes: np.ndarray, components: np.ndarray) -> np.ndarray:
    """(m,) bool: vertices of connected pieces that no shape moves by as much as STILL: arms, say, that end at the
    neck."""
    furthest = np.zeros(shapes.shape[1], np.float32)
    for shape in shapes:
        np.maximum(furthest, np.square(shape).sum(1), out=furthest)
    peak = np.zeros(int(components.max()) + 1)
    np.maximum.at(peak, components, np.sqrt(furthest))
    return peak[components] < STILL


def seal_skin(
    skin: Skin, points: np.ndarray, triangles: np.ndarray, parts: Parts, alignment: Alignment
) -> tuple[SealFigure, ...]:
    """Makes eyes close and lips meet: changes the skin's shapes where they are, and returns what that took. points:
    (n, 3) the clean mesh's vertices in the canonical frame, triangles: (t, 3) between them."""
    sealed = tuple(name for name in ICT_NAMES if name.startswith("eye") or name in ("jawOpen", "mouthClose"))
    at = [FACE_NAMES.index(name) for name in sealed]
    skin.shapes[at], figures = seal(
        skin.vertices,
        skin.triangles,
        skin.canonical,
        skin.shapes[at],
        sealed,
        parts.eyes,
        skin.face > 0,
        alignment.landmarks,
        balls=(_shells(points, triangles, parts, "eye_left"), _shells(points, triangles, parts, "eye_right")),
    )
    return figures


def _shells(points: np.ndarray, triangles: np.ndarray, parts: Parts, role: str) -> tuple[np.ndarray, np.ndarray] | None:
    """The vertices and triangles of all pieces of one role; None where there are none."""
    mine = triangles[(parts.roles[triangles] == ROLE[role]).all(1)]
    if len(mine) == 0:
        return None
    used, corners = np.unique(mine, return_inverse=True)
    return points[used], corners.reshape(-1, 3)


def _in_user_order(skin: Skin, attached: Attached, names: str, linear: np.ndarray, from_user: np.ndarray) -> np.ndarray:
    """(K, N, 3) float32 in the user's frame and order; zero for vertices in no face. One shape after the other: a copy
    of all of them for every step would be what a large mesh costs most memory for."""
    taken = face_from_arkit().T if names == "arkit" else np.eye(len(ICT_NAMES), len(FACE_NAMES))
    result = np.zeros((len(taken), len(from_user), 3), np.float32)
    unused = np.flatnonzero(from_user < 0)
    for shape, row in zip(result, taken, strict=True):
        moved = np.zeros((int(from_user.max()) + 1, 3), np.float32)
        for channel in np.flatnonzero(row):
            moved[attached.numbers] += attached.deltas[channel]
            moved[skin.numbers] += skin.shapes[channel]
        np.take(moved @ linear.T, from_user, axis=0, out=shape, mode="wrap")
        shape[unused] = 0.0
    return result


def _parts_in_user_order(parts: Parts, from_user: np.ndarray) -> np.ndarray:
    result = np.full(len(from_user), ROLE["other"], np.int8)
    result[from_user >= 0] = parts.roles[from_user[from_user >= 0]]
    return result


def _canonical_in_user_order(skin: Skin, from_user: np.ndarray) -> np.ndarray:
    result = np.full((int(from_user.max()) + 2, 3), np.nan, np.float32)
    result[skin.numbers] = skin.canonical
    return result[from_user]
