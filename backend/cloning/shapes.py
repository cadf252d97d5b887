"""The main job: face shapes for a neutral head that nobody prepared."""

from dataclasses import dataclass, replace

import numpy as np

from backend import VERSION
from backend.channels import ARKIT_NAMES, FACE_NAMES, ICT_NAMES, face_from_arkit
from backend.cloning.align import Alignment, align, in_head
from backend.cloning.attach import attach
from backend.cloning.model import cloning_network
from backend.cloning.neck import neck_weight
from backend.cloning.parts import ROLE, Parts, find_parts
from backend.cloning.predict import EIGENPAIRS, predict
from backend.cloning.seal import SealFigure, seal
from backend.cloning.stretch import carry, local_stretch
from backend.device import choose_device
from backend.errors import Progress, Refusal, silent
from backend.geometry.clean import CleanMesh, clean
from backend.geometry.mesh import FaceMesh
from backend.geometry.operators import operators
from backend.geometry.similarity import apply_transform
from backend.geometry.working import working_mesh
from backend.networks.cloning_net import CloningNet

NAMES = ("arkit", "ict")

STILL = 0.002
"""Metres at a real head's size: a piece of skin that moves less does not belong to the face."""


@dataclass(frozen=True)
class Shapes:
    """Face shapes in the user's own vertex order.

    vertices: (N, 3) float32, the neutral. names: K shape names. deltas: (K, N, 3) float32, in the units and frame
    of the vertices. parts: (N,) int8 into PARTS. confidence: 0..1. reasons: what it rests on. canonical_from_file:
    (4, 4) float64. seals: what sealing did to each closure.
    """

    vertices: np.ndarray
    names: tuple[str, ...]
    deltas: np.ndarray
    parts: np.ndarray
    confidence: float
    reasons: tuple[str, ...]
    canonical_from_file: np.ndarray
    seals: tuple[SealFigure, ...]
    version: str


def build_shapes(mesh: FaceMesh, names: str = "arkit", progress: Progress = silent) -> Shapes:
    """Shapes for a mesh: prepare, align, predict, seal, attach the parts, write in the user's order.

    names: "arkit" for Apple's 52, "ict" for ICT-FaceKit's 53. Raises Refusal for meshes without a face and
    Cancelled where progress does.
    """
    if names not in NAMES:
        raise Refusal("bad-names", f"There is no set of names called {names}.", f"Use one of: {', '.join(NAMES)}.")
    progress(0.0, "Preparing the mesh")
    network = cloning_network(str(choose_device()))
    prepared = clean(mesh)
    alignment = align(prepared, network, lambda f, text: progress(0.05 + 0.45 * f, text))
    points = apply_transform(alignment.canonical_from_mesh, prepared.vertices)
    parts = find_parts(points, prepared.triangles, prepared.components, prepared.objects, mesh.object_names)
    progress(0.5, "Predicting the shapes")
    skin = predict_skin(prepared, points, parts, alignment, network)
    progress(0.7, "Closing eyes and lips")
    skin, seals = seal_skin(skin, parts, alignment)
    progress(0.8, "Moving eyes, teeth and lashes")
    deltas = attach(
        points, prepared.triangles, prepared.components, parts, skin.vertices, skin.triangles, skin.shapes, FACE_NAMES
    )
    deltas[:, skin.numbers] += skin.shapes
    progress(0.9, "Writing the shapes")
    named, combined = _rename(deltas, names)
    linear = np.linalg.inv(alignment.canonical_from_mesh[:3, :3]).astype(np.float32)
    return Shapes(
        mesh.vertices,
        named,
        _in_user_order(combined, linear, prepared.from_user),
        _parts_in_user_order(parts, prepared.from_user),
        alignment.confidence,
        alignment.reasons,
        alignment.canonical_from_mesh,
        seals,
        VERSION,
    )


@dataclass(frozen=True)
class Skin:
    """The head's skin at the user's resolution, canonical frame, metres. numbers: (m,) of the clean mesh's vertices.
    vertices, canonical: (m, 3). triangles: (t, 3) between them. face: (m,) 0..1. shapes: (54, m, 3) float32."""

    numbers: np.ndarray
    vertices: np.ndarray
    triangles: np.ndarray
    canonical: np.ndarray
    face: np.ndarray
    shapes: np.ndarray


def predict_skin(
    prepared: CleanMesh, points: np.ndarray, parts: Parts, alignment: Alignment, network: CloningNet
) -> Skin:
    """The network's shapes, stretched to this head's features, on the skin of the head. points: (n, 3) the clean mesh's
    vertices in the canonical frame. Computed at a bounded resolution and interpolated back. Raises Refusal where there
    is no skin."""
    working = working_mesh(prepared, (parts.roles == ROLE["skin"]) & in_head(points))
    vertices = apply_transform(alignment.canonical_from_mesh, working.vertices)
    basis = operators(vertices, working.triangles, EIGENPAIRS)
    prediction = predict(network, vertices, basis, alignment.landmarks, alignment.trusted)
    shapes = carry(prediction.shapes, local_stretch(prediction.canonical, vertices, prediction.face))
    numbers = np.flatnonzero(np.diff(working.interpolation.indptr))
    rows = working.interpolation[numbers]
    own = np.zeros(len(points), bool)
    own[numbers] = True
    triangles = prepared.triangles[own[prepared.triangles].all(1)]
    triangles = np.searchsorted(numbers, triangles)
    canonical = rows @ prediction.canonical
    held = neck_weight(points[numbers], triangles, canonical)[:, None]
    full = np.zeros((len(FACE_NAMES), len(numbers), 3), np.float32)
    for at, shape in enumerate(shapes):
        full[at] = held * (rows @ shape)
    full[:, _still(full, prepared.components[numbers])] = 0.0
    return Skin(numbers, points[numbers], triangles, canonical, rows @ prediction.face, full)


def _still(shapes: np.ndarray, components: np.ndarray) -> np.ndarray:
    """(m,) bool: vertices of connected pieces that no shape moves by as much as STILL: arms, say, that end at the
    neck."""
    peak = np.zeros(int(components.max()) + 1)
    np.maximum.at(peak, components, np.sqrt(np.square(shapes).sum(2).max(0)))
    return peak[components] < STILL


def seal_skin(skin: Skin, parts: Parts, alignment: Alignment) -> tuple[Skin, tuple[SealFigure, ...]]:
    """The skin with eyes that close and lips that meet, and what that took."""
    sealed = tuple(name for name in ICT_NAMES if name.startswith("eye") or name in ("jawOpen", "mouthClose"))
    at = [FACE_NAMES.index(name) for name in sealed]
    changed, figures = seal(
        skin.vertices,
        skin.triangles,
        skin.canonical,
        skin.shapes[at],
        sealed,
        parts.eyes,
        skin.face > 0,
        alignment.landmarks,
    )
    shapes = skin.shapes.copy()
    shapes[at] = changed
    return replace(skin, shapes=shapes), figures


def _rename(deltas: np.ndarray, names: str) -> tuple[tuple[str, ...], np.ndarray]:
    """The displacements (54, n, 3) as the wanted set of names has them."""
    if names == "ict":
        return ICT_NAMES, deltas[: len(ICT_NAMES)]
    return ARKIT_NAMES, np.tensordot(face_from_arkit().T, deltas, axes=1)


def _in_user_order(deltas: np.ndarray, linear: np.ndarray, from_user: np.ndarray) -> np.ndarray:
    """(K, N, 3) in the user's frame and order; zero for vertices in no face."""
    result = np.zeros((len(deltas), len(from_user), 3), np.float32)
    used = from_user >= 0
    for at, delta in enumerate(deltas):
        result[at, used] = (delta @ linear.T)[from_user[used]]
    return result


def _parts_in_user_order(parts: Parts, from_user: np.ndarray) -> np.ndarray:
    result = np.full(len(from_user), ROLE["other"], np.int8)
    result[from_user >= 0] = parts.roles[from_user[from_user >= 0]]
    return result
