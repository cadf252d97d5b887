"""The two heads that the demo is played on, as objects of the scene."""

from dataclasses import dataclass

import bpy
import numpy as np
import scipy.sparse as sparse
from scipy.sparse.csgraph import connected_components

from addon.frame import to_blender
from backend.faces.open_head import open_head_mesh
from backend.geometry.mesh import FaceMesh
from backend.geometry.sphere import fit_sphere

SKIN_SUZANNE = (0.80, 0.47, 0.26, 1.0)
SKIN_OPEN = (0.66, 0.42, 0.31, 1.0)
EYE = (0.93, 0.92, 0.89, 1.0)
IRIS = (0.06, 0.05, 0.05, 1.0)
GUMS = (0.52, 0.16, 0.16, 1.0)
TEETH = (0.90, 0.87, 0.78, 1.0)
LASHES = (0.10, 0.08, 0.08, 1.0)
IRIS_ANGLE = 23.0
"""Degrees between the middle and the rim of a painted iris, seen from the middle of the eye."""

CHIN = -0.115
"""Height just below the open head's chin, metres."""


@dataclass(frozen=True)
class Head:
    """A title, the mesh objects, and the empty that places them. low, high: (3,) corners of what the camera shows, in
    the space of the objects."""

    title: str
    objects: list[bpy.types.Object]
    root: bpy.types.Object
    low: np.ndarray
    high: np.ndarray


def vertex_count(head: Head) -> int:
    """Vertices of all objects."""
    return sum(len(item.data.vertices) for item in head.objects)


def add_suzanne() -> Head:
    """Blender's monkey, subdivided once; head and eyes are three shells of one mesh, as Blender makes her."""
    bpy.ops.mesh.primitive_monkey_add()
    monkey = bpy.context.object
    monkey.name = monkey.data.name = "Suzanne"
    monkey.modifiers.new("Subdivision", "SUBSURF").levels = 1
    bpy.ops.object.modifier_apply(modifier="Subdivision")
    bpy.ops.object.shade_smooth()
    paint(monkey, [SKIN_SUZANNE, EYE, IRIS], suzanne_paint(monkey.data))
    return placed("Suzanne", [monkey])


def add_open_head() -> Head:
    """The open head's mean, in its five objects."""
    objects = []
    mesh = open_head_mesh()
    for number, name in enumerate(mesh.object_names):
        item = add_mesh(f"OpenHead {name.replace('_', ' ')}", *own_polygons(mesh, number))
        item.data.shade_smooth()
        if name.startswith("eye"):
            paint(item, [EYE, IRIS], iris_faces(item.data, coordinates(item.data)))
        elif name == "mouth":
            paint(item, [TEETH, GUMS], in_largest_shell(item.data))
        else:
            paint(item, [LASHES if name == "lashes" else SKIN_OPEN], np.zeros(len(item.data.polygons)))
        objects.append(item)
    return placed("the open head", objects, CHIN)


def own_polygons(mesh: FaceMesh, number: int) -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """Vertices (n, 3) of one object in Blender's axes, and its polygons in numbers of these."""
    own = np.flatnonzero(mesh.objects == number)
    renumbered = np.full(len(mesh.vertices), -1)
    renumbered[own] = np.arange(len(own))
    polygons = np.split(renumbered[mesh.corners], np.cumsum(mesh.sizes)[:-1])
    return to_blender(mesh.vertices[own]), [tuple(polygon.tolist()) for polygon in polygons if polygon[0] >= 0]


def add_mesh(name: str, vertices: np.ndarray, polygons: list[tuple[int, ...]]) -> bpy.types.Object:
    """A new object in the scene."""
    data = bpy.data.meshes.new(name)
    data.from_pydata(vertices.tolist(), [], polygons)
    item = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(item)
    return item


def placed(title: str, objects: list[bpy.types.Object], lowest: float = -np.inf) -> Head:
    """A Head whose objects hang on an empty of their own; below the height `lowest` it need not be seen."""
    root = bpy.data.objects.new(f"{title} root", None)
    bpy.context.scene.collection.objects.link(root)
    for item in objects:
        item.parent = root
    points = np.concatenate([coordinates(item.data) for item in objects])
    shown = points[points[:, 2] >= lowest]
    return Head(title, objects, root, shown.min(axis=0), shown.max(axis=0))


def coordinates(data: bpy.types.Mesh) -> np.ndarray:
    """(n, 3) float32 vertex positions in the object's space."""
    points = np.empty(3 * len(data.vertices), np.float32)
    data.vertices.foreach_get("co", points)
    return points.reshape(-1, 3)


def suzanne_paint(data: bpy.types.Mesh) -> np.ndarray:
    """(m,) 0 skin, 1 white of the eye, 2 iris, for each polygon: the two small shells are the eyes."""
    shells = connected_shells(data)
    points = coordinates(data)
    colours = (~in_largest_shell(data)).astype(int)
    for shell in np.unique(shells[shells != np.bincount(shells).argmax()]):
        colours[iris_faces(data, points[shells == shell]) & (colours > 0)] = 2
    return colours


def in_largest_shell(data: bpy.types.Mesh) -> np.ndarray:
    """(m,) bool, the polygons of the connected shell with the most vertices."""
    shells = connected_shells(data)
    first = [polygon.vertices[0] for polygon in data.polygons]
    return shells[first] == np.bincount(shells).argmax()


def connected_shells(data: bpy.types.Mesh) -> np.ndarray:
    """(n,) number of the connected shell of each vertex."""
    ends = np.empty(2 * len(data.edges), np.int32)
    data.edges.foreach_get("vertices", ends)
    count = len(data.vertices)
    links = sparse.coo_array((np.ones(len(data.edges)), (ends[::2], ends[1::2])), shape=(count, count))
    return connected_components(links, directed=False)[1]


def iris_faces(data: bpy.types.Mesh, eye: np.ndarray) -> np.ndarray:
    """(m,) bool, the polygons around the front of an eye, whose vertices are eye (n, 3); the front is -y."""
    middle, radius, _ = fit_sphere(eye)
    centres = np.array([polygon.center for polygon in data.polygons]) - middle
    angle = np.degrees(np.arccos(np.clip(-centres[:, 1] / np.linalg.norm(centres, axis=1), -1, 1)))
    return (angle < IRIS_ANGLE) & (np.linalg.norm(centres, axis=1) < 1.2 * radius)


def paint(item: bpy.types.Object, colours: list[tuple[float, float, float, float]], choice: np.ndarray) -> None:
    """Give an object materials of these colours, and each polygon one of them: choice (m,)."""
    for colour in colours:
        material = bpy.data.materials.new(item.name)
        material.diffuse_color = colour
        item.data.materials.append(material)
    item.data.polygons.foreach_set("material_index", choice.astype(np.int32))
