"""What several methods are asked with: a mesh, and what the user says of it."""

from backend.cloning.guidance import Guidance
from backend.errors import Refusal
from backend.geometry.mesh import FaceMesh, polygon_mesh
from backend.service.call import Call


def requested_guidance(call: Call) -> Guidance:
    """What the user says of the head. Raises Refusal."""
    roles, front, seals = call.params.get("roles", []), call.params.get("front", ""), call.params.get("seals", True)
    if not isinstance(roles, list) or not all(isinstance(word, str) for word in (front, *roles)):
        raise Refusal("bad-request", "The request's guidance cannot be read.", "Update the add-on.")
    return Guidance(tuple(roles) if any(roles) else (), front, bool(seals))


def requested_mesh(call: Call) -> FaceMesh:
    """The mesh in a request: arrays vertices (N, 3) f4, corners (L,) i4, sizes (M,) i4, objects (N,) i4, and the param
    object_names. Raises Refusal."""
    missing = {"vertices", "corners", "sizes", "objects"} - set(call.arrays)
    object_names = call.params.get("object_names", ["head"])
    if missing or not isinstance(object_names, list) or not all(isinstance(name, str) for name in object_names):
        raise Refusal("bad-request", "The request does not describe a mesh.", "Update the add-on.")
    arrays = call.arrays
    for name in ("corners", "sizes", "objects"):
        if arrays[name].dtype.kind not in "iu":
            raise Refusal("bad-request", f"The {name} of the mesh are not whole numbers.", "Update the add-on.")
    return polygon_mesh(arrays["vertices"], arrays["corners"], arrays["sizes"], arrays["objects"], tuple(object_names))
