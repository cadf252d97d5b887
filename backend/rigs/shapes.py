"""The shapes of a rig's head, where it has a face."""

from backend.cloning.guidance import UNGUIDED, Guidance
from backend.cloning.recall import head_shapes
from backend.cloning.result import Shapes
from backend.errors import Progress, Refusal
from backend.geometry.mesh import FaceMesh

FACELESS = ("no-face", "no-surface")


def shapes_if_any(mesh: FaceMesh, progress: Progress, guidance: Guidance = UNGUIDED) -> Shapes | None:
    """Under ARKit's names, or None where there is no face. Raises Refusal as head_shapes does for anything else."""
    try:
        return head_shapes(mesh, "arkit", progress, guidance)
    except Refusal as refusal:
        if refusal.code not in FACELESS:
            raise
        return None
