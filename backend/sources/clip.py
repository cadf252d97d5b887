"""A clip: a mesh in motion, wherever it was read from."""

from dataclasses import dataclass

from backend.frames import Frames
from backend.geometry.mesh import FaceMesh
from backend.performance import Performance


@dataclass(frozen=True)
class Clip:
    """mesh: at rest, as the file has it; None where the file has no faces. frames: of the mesh's vertices. channels:
    what its morph targets do under names that are known; None where most that move are unknown. unknown: the names of
    targets that move and are no channel."""

    mesh: FaceMesh | None
    frames: Frames
    channels: Performance | None = None
    unknown: tuple[str, ...] = ()
