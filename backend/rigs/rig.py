"""A character's own controls - shape keys, bones, properties - and what each does to the mesh; read from a file."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.archives import BROKEN
from backend.errors import Refusal
from backend.geometry.formats.npz import read_array, read_npz
from backend.geometry.formats.refusals import damaged
from backend.geometry.mesh import FaceMesh

CURE = (
    "Save vertices (N, 3), faces, controls (K,) names, deltas (K, N, 3) of one unit of each, minimum (K,) and"
    " maximum (K,)."
)
MAX_CONTROLS = 2000


@dataclass(frozen=True)
class Rig:
    """mesh: at rest. controls: K names. deltas: (K, N, 3) float32, what one unit of each does, in the mesh's units and
    frame. minimum, maximum: (K,) float64, perhaps infinite, where a control may go; a locked one has them equal."""

    mesh: FaceMesh
    controls: tuple[str, ...]
    deltas: np.ndarray
    minimum: np.ndarray
    maximum: np.ndarray

    @property
    def rest(self) -> np.ndarray:
        """(K,) the value at which nothing is done: 0, or the bound nearest to it."""
        return np.clip(0.0, self.minimum, self.maximum)

    @property
    def lowest(self) -> np.ndarray:
        """(K,) the minimum, from rest."""
        return self.minimum - self.rest

    @property
    def highest(self) -> np.ndarray:
        """(K,) the maximum, from rest."""
        return self.maximum - self.rest


def rig(mesh: FaceMesh, controls: tuple[str, ...], deltas: np.ndarray, minimum: np.ndarray, maximum: np.ndarray) -> Rig:
    """A checked Rig. Raises Refusal for arrays that do not fit together, names that are there twice, values that are
    not numbers and bounds that leave no room."""
    count = len(controls)
    if not 0 < count <= MAX_CONTROLS:
        raise Refusal("bad-rig", f"The rig has {count:,} controls; 1 to {MAX_CONTROLS:,} are possible.", CURE)
    if len(set(controls)) != count:
        twice = next(name for at, name in enumerate(controls) if name in controls[:at])
        raise Refusal("bad-rig", f"The rig has two controls named {twice}.", "Give every control its own name.")
    if deltas.shape != (count, len(mesh.vertices), 3) or minimum.shape != (count,) or maximum.shape != (count,):
        raise Refusal(
            "bad-rig",
            f"The rig has {count} controls and {len(mesh.vertices):,} vertices, but deltas {deltas.shape}, minimum"
            f" {minimum.shape} and maximum {maximum.shape}.",
            CURE,
        )
    if any(array.dtype.kind not in "fiu" for array in (deltas, minimum, maximum)):
        raise Refusal("bad-rig", "The deltas or bounds of the rig are not numbers.", CURE)
    with np.errstate(over="ignore"):
        deltas = np.asarray(deltas, np.float32)
    minimum, maximum = (np.asarray(bound, np.float64) for bound in (minimum, maximum))
    for name, delta in zip(controls, deltas, strict=True):
        if not np.isfinite(delta).all():
            raise Refusal("not-finite", f"The control {name} has deltas that are not numbers.", "Measure it again.")
    # A comparison with NaN is false.
    wrong = np.flatnonzero(~(minimum <= maximum) | (minimum == np.inf) | (maximum == -np.inf))
    if len(wrong):
        name = controls[wrong[0]]
        raise Refusal(
            "bad-bounds",
            f"The control {name} may go from {minimum[wrong[0]]:g} to {maximum[wrong[0]]:g}.",
            "Give it a minimum that is not above its maximum.",
        )
    return Rig(mesh, controls, deltas, minimum, maximum)


def read_rig(path: Path) -> Rig:
    """The rig of an .npz. What the file claims is checked before memory is taken, nothing is unpickled. Raises
    Refusal."""
    if not path.is_file():
        raise Refusal("missing-file", f"There is no file {path.name}.", "Check the path.")
    mesh = read_npz(path)
    try:
        with zipfile.ZipFile(path) as archive:
            names = read_array(archive, "controls", CURE)
            deltas, minimum, maximum = (read_array(archive, name, CURE) for name in ("deltas", "minimum", "maximum"))
    except BROKEN as error:
        raise damaged("it is not a whole .npz archive") from error
    if names.ndim != 1 or names.dtype.kind != "U":
        raise Refusal("bad-rig", "The controls of the rig are not a list of names.", CURE)
    return rig(mesh, tuple(str(name) for name in names), deltas, minimum, maximum)
