"""What the main job finds on a FLAME model, once for each file: the cache keeps it."""

from backend.cloning.recall import head_shapes
from backend.errors import Progress, silent
from backend.faces.flame import FlameModel
from backend.faces.flame_face import FlameFace, flame_face
from backend.geometry.mesh import face_mesh


def find_flame_face(model: FlameModel, progress: Progress = silent) -> FlameFace:
    """The model with the channels and landmarks of the open head, carried over by the correspondence that makes shapes
    for any head: landmarks seen in pictures of both, and a network that tells the place of every vertex. Raises Refusal
    where the model has no face."""
    return flame_face(model, head_shapes(face_mesh(model.vertices, model.faces), "ict", progress))
