"""What an identity does to a fitted head: its meshes and all of their keys move along with it."""

from dataclasses import dataclass

import bpy
import numpy as np

from ..backend.errors import Refusal
from .fit_read import array_of, unfit
from .fitted_head import IDENTITY, meshes_of, shown_code, vertex_numbers
from .fitted_properties import SLIDERS
from .frame import BACKEND_FROM_BLENDER, to_blender
from .messages import Result
from .scene_read import check_editable, mesh_of, read_array

SAME = 1e-7
"""Standard deviations by which a code that is the same may differ: sums in another order."""


@dataclass(frozen=True)
class IdentityBasis:
    """How identities move our own head, in Blender's axes. modes: (I, V, 3) metres per unit of the code. directions:
    (S, I) of the code per unit of SLIDERS. names: (K,) of the keys. eyes: for each eyeball its vertices, and (K, 3, 3)
    what each key does to it, a rotation less the identity."""

    modes: np.ndarray
    directions: np.ndarray
    names: tuple[str, ...]
    eyes: tuple[tuple[np.ndarray, np.ndarray], ...]

    def code(self, head: bpy.types.Object) -> np.ndarray:
        """(I,) what coefficients and sliders of a head say. Raises Refusal where there are not as many."""
        fitted = head.facsimile_fitted
        code = np.array([one.value for one in fitted.coefficients], np.float64)
        if len(code) != len(self.modes):
            raise Refusal("bad-identity", f'"{head.name}" is no fitted head any more.', "Fit the photograph again.")
        return code + np.array([getattr(fitted, name) for name in SLIDERS]) @ self.directions


def identity_basis(result: Result) -> IdentityBasis:
    """The basis in the backend's answer. Raises Refusal where it is none."""
    names, sliders = result.fields.get("names"), result.fields.get("sliders")
    wanted = [words[0] for words in SLIDERS.values()]
    if not isinstance(names, list) or not isinstance(sliders, list) or sorted(sliders) != sorted(wanted):
        raise unfit()
    objects, modes = (result.arrays.get(name, np.empty(0, np.float32)) for name in ("objects", "modes"))
    modes = array_of(result, "modes", (len(modes), len(objects), 3))
    directions = array_of(result, "directions", (len(sliders), len(modes)))
    turns = array_of(result, "turns", (len(names), 2, 3, 3))
    turned = BACKEND_FROM_BLENDER.T @ turns @ BACKEND_FROM_BLENDER
    numbers = array_of(result, "eyes", (2,)).tolist()
    return IdentityBasis(
        to_blender(modes).astype(np.float32),
        directions[[sliders.index(name) for name in wanted]].astype(np.float64),
        tuple(map(str, names)),
        tuple((np.flatnonzero(objects == number), turned[:, eye]) for eye, number in enumerate(numbers)),
    )


def move_identity(head: bpy.types.Object, basis: IdentityBasis, code: np.ndarray) -> bool:
    """Give a head's meshes and keys another identity code (I,), with all that was sculpted on them. Returns whether
    anything had to be done. Raises Refusal, with the scene as it was."""
    before = shown_code(head)
    if len(before) != len(code):
        raise Refusal("bad-identity", f'"{head.name}" is no fitted head any more.', "Fit the photograph again.")
    change = (code - before).astype(np.float32)
    if np.abs(change).max() < SAME:
        return False
    moved = np.tensordot(change, basis.modes, 1)
    meshes = meshes_of(head)
    for item in meshes:
        check_editable(item)
    # All of it is checked before anything is written.
    numbered = [(item, vertex_numbers(mesh_of(item), len(moved))) for item in meshes]
    turned = dict(zip(basis.names, _eye_moves(basis, moved), strict=True))
    for item, numbers in numbered:
        _move(mesh_of(item), moved[numbers], {name: move[numbers] for name, move in turned.items()})
    head[IDENTITY] = code.tolist()
    return True


def _eye_moves(basis: IdentityBasis, moved: np.ndarray) -> np.ndarray:
    """(K, V, 3): how the displacements of the keys change where eyeballs are moved: keys turn them about their own
    middles."""
    result = np.zeros((len(basis.names), *moved.shape), np.float32)
    for ball, turns in basis.eyes:
        result[:, ball] = np.einsum("kij,vj->kvi", turns, moved[ball] - moved[ball].mean(0))
    return result


def _move(mesh: bpy.types.Mesh, moved: np.ndarray, turned: dict[str, np.ndarray]) -> None:
    """Add displacements (n, 3) to a mesh and all of its keys, and to keys of these names what is turned besides."""
    holders = [(mesh.vertices, moved)]
    if mesh.shape_keys is not None:
        holders += [
            (block.points, moved + turned[block.name] if block.name in turned else moved)
            for block in mesh.shape_keys.key_blocks
        ]
    for points, shift in holders:
        values = read_array(points, "co", 3 * len(moved), np.float32)
        points.foreach_set("co", values + shift.reshape(-1).astype(np.float32))
    mesh.update()
