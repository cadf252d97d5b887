"""The shapes that a published NFS checkpoint makes, from an alignment that it is given."""

import time

import numpy as np

from backend.channels import ARKIT_NAMES, ICT_NAMES, face_from_arkit
from backend.cloning.align import in_head
from backend.cloning.parts import ROLE
from backend.cloning.result import Shapes
from backend.errors import Refusal
from backend.evaluation.baselines import BaselineFigures
from backend.evaluation.character import Character
from backend.evaluation.metrics import compare, summarise
from backend.geometry.clean import clean, components_by_area
from backend.geometry.mesh import FaceMesh
from backend.geometry.read import read_head
from backend.geometry.similarity import apply_transform
from third_party.nfs.checkpoint import Checkpoint
from third_party.nfs.retarget import NFS_FROM_CANONICAL, prepare_head, unit_shapes


def nfs_shapes(checkpoint: Checkpoint, mesh: FaceMesh, given: Shapes) -> np.ndarray:
    """(52, N, 3) float32 displacements of ARKIT_NAMES in the mesh's units, frame and order, from the unit FACS codes.

    given: our own shapes of the same mesh, of which the alignment and the parts are taken. NFS wants one skin without
    eyes, teeth and body, and keeps the connected piece that has the most triangles; so here, and what is not in it
    stays still. The triangulation is the mesh's own, which NFS's results depend on. Raises Refusal where there is no
    skin.
    """
    prepared = clean(mesh)
    used = prepared.from_user >= 0
    roles = np.full(len(prepared.vertices), ROLE["other"], np.int8)
    roles[prepared.from_user[used]] = given.parts[used]
    points = apply_transform(given.canonical_from_file, prepared.vertices)
    skin = (roles == ROLE["skin"]) & in_head(points)
    if not skin[prepared.triangles].all(1).any():
        raise Refusal("nfs-mesh", "No skin of a head lies where the alignment says.", "Look at the report.")
    numbers, triangles = _largest_piece(points, prepared.triangles[skin[prepared.triangles].all(1)])
    back = np.linalg.inv(NFS_FROM_CANONICAL @ given.canonical_from_file)[:3, :3]
    head = prepare_head(checkpoint, apply_transform(NFS_FROM_CANONICAL, points[numbers]), triangles)
    fields = unit_shapes(checkpoint, head) @ back.T
    moved = np.zeros((len(ICT_NAMES), len(prepared.vertices), 3), np.float32)
    moved[:, numbers] = fields
    deltas = np.zeros((len(ARKIT_NAMES), len(used), 3), np.float32)
    sides = face_from_arkit()[: len(ICT_NAMES)].T
    deltas[:, used] = np.tensordot(sides, moved, axes=1)[:, prepared.from_user[used]]
    return deltas


def measure_nfs(checkpoint: Checkpoint, character: Character, given: Shapes | None) -> BaselineFigures:
    """The figures of nfs_shapes on a character with keys, its seconds without the alignment. given: our own shapes, or
    None where ours is refused, and NFS is left without an alignment. Raises Refusal as nfs_shapes does."""
    if given is None:
        return BaselineFigures(None, (), 0.0)
    started = time.perf_counter()
    deltas = nfs_shapes(checkpoint, read_head(character.path), given)
    seconds = time.perf_counter() - started
    channels = compare(character, ARKIT_NAMES, deltas)
    return BaselineFigures(summarise(channels), channels, seconds)


def _largest_piece(points: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers (m,) of the points in the connected piece with the most triangles, and these, (t, 3) between them."""
    used = np.unique(triangles)
    piece = components_by_area(points[used], np.searchsorted(used, triangles))[np.searchsorted(used, triangles[:, 0])]
    kept = triangles[piece == np.bincount(piece).argmax()]
    numbers = np.unique(kept)
    return numbers, np.searchsorted(numbers, kept)
