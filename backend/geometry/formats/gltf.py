"""glTF 2.0: .gltf with its buffers beside it or inside, and .glb."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import DracoPy
import numpy as np

from backend.errors import Refusal
from backend.geometry.formats.gltf_buffers import Document, open_document
from backend.geometry.formats.gltf_json import Record, integer, integers, numbers, record, records, text
from backend.geometry.formats.refusals import check_counts, damaged
from backend.geometry.mesh import FaceMesh, face_mesh

TRIANGLES, STRIP, FAN = 4, 5, 6
DRACO = "KHR_draco_mesh_compression"


@dataclass(frozen=True)
class Piece:
    """One surface of a node. path: the numbers of the nodes from the root to it. mesh: its entry in the file.
    primitive: the first entry that its positions come from. points: (n, 3) float64 in the node's own frame. matrix:
    (4, 4) to the scene. start: the number of its first vertex in the scene."""

    path: tuple[int, ...]
    mesh: Record
    primitive: Record
    points: np.ndarray
    matrix: np.ndarray
    start: int


def read_gltf(path: Path) -> FaceMesh:
    """All meshes of the default scene, in the order in which its nodes are reached, each node an object.

    The transforms of the nodes are applied; those of joints are not, so skinned meshes are as they were bound.
    Primitives of a mesh that share their positions share their vertices. Morph targets are left out. Draco
    compression, quantised and sparse accessors are read; meshopt compression is refused. Raises Refusal.
    """
    return read_scene(open_document(path))[0]


def read_scene(document: Document) -> tuple[FaceMesh, list[Piece]]:
    """The mesh of read_gltf, and the pieces that it is made of. Raises Refusal."""
    places, faces, objects, names = [], [], [], []
    pieces: list[Piece] = []
    vertex_count = corner_count = 0
    for path, node, matrix in _nodes(document):
        mesh = document.item("meshes", integer(node, "mesh"), "a node")
        before = vertex_count
        for points, triangles, primitive in _surfaces(document, mesh):
            corner_count += triangles.size
            check_counts(vertex_count + len(points), corner_count)
            places.append(points @ matrix[:3, :3].T + matrix[:3, 3])
            mirrored = np.linalg.det(matrix[:3, :3]) < 0
            faces.append((triangles[:, ::-1] if mirrored else triangles) + vertex_count)
            pieces.append(Piece(path, mesh, primitive, points, matrix, vertex_count))
            vertex_count += len(points)
        if vertex_count > before:
            objects.append(np.full(vertex_count - before, len(names)))
            names.append(text(node, "name") or text(mesh, "name") or f"object {len(names)}")
    if not places:
        raise Refusal("no-faces", "The scene has no triangles.", "Export a scene that contains the head's mesh.")
    return face_mesh(np.concatenate(places), np.concatenate(faces), np.concatenate(objects), tuple(names)), pieces


def _nodes(document: Document) -> Iterator[tuple[tuple[int, ...], Record, np.ndarray]]:
    """The nodes of the default scene that have a mesh, each with the numbers of the nodes from the root to it and its
    matrix (4, 4) to the scene, parents first."""
    nodes = records(document.content, "nodes")
    children = [integers(node, "children") for node in nodes]
    if records(document.content, "scenes"):
        scene = document.item("scenes", integer(document.content, "scene", 0), "the file")
        roots = integers(scene, "nodes")
    else:
        below = {child for some in children for child in some}
        roots = [index for index in range(len(nodes)) if index not in below]
    waiting: list[tuple[tuple[int, ...], np.ndarray]] = [((index,), np.eye(4)) for index in reversed(roots)]
    seen: set[int] = set()
    while waiting:
        path, above = waiting.pop()
        index = path[-1]
        node = document.item("nodes", index, "a node")
        if index in seen:
            raise damaged("a node hangs below two others or itself")
        seen.add(index)
        matrix = above @ local_matrix(node)
        if "mesh" in node:
            yield path, node, matrix
        waiting += [((*path, child), matrix) for child in reversed(children[index])]


def local_matrix(node: Record) -> np.ndarray:
    """(4, 4) from a node to its parent."""
    given = numbers(node, "matrix", 16)
    if given is not None:
        return np.array(given).reshape(4, 4).T
    x, y, z, w = numbers(node, "rotation", 4) or (0.0, 0.0, 0.0, 1.0)
    length = float(np.linalg.norm((x, y, z, w)))
    x, y, z, w = (value / length for value in (x, y, z, w)) if length > 0 else (0.0, 0.0, 0.0, 1.0)
    matrix = np.eye(4)
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, :3] *= numbers(node, "scale", 3) or (1.0, 1.0, 1.0)
    matrix[:3, 3] = numbers(node, "translation", 3) or (0.0, 0.0, 0.0)
    return matrix


def _surfaces(document: Document, mesh: Record) -> Iterator[tuple[np.ndarray, np.ndarray, Record]]:
    """vertices (n, 3) float64, triangles (t, 3) and the first primitive of each set of positions of a mesh."""
    together: dict[int, tuple[np.ndarray, list[np.ndarray], Record]] = {}
    for number, primitive in enumerate(records(mesh, "primitives")):
        mode = integer(primitive, "mode", TRIANGLES)
        attributes = record(primitive, "attributes")
        if mode not in (TRIANGLES, STRIP, FAN) or "POSITION" not in attributes:
            continue
        compressed = record(record(primitive, "extensions"), DRACO)
        if compressed:
            points, corners = _draco(document, compressed)
            key = -1 - number
        else:
            key = integer(attributes, "POSITION")
            points = together[key][0] if key in together else document.accessor(key, "VEC3").astype(np.float64)
            if "indices" in primitive:
                corners = document.accessor(integer(primitive, "indices"), "SCALAR")
                if corners.dtype.kind != "u":
                    raise damaged("its indices are not whole numbers")
                corners = corners.astype(np.int64)
            else:
                corners = np.arange(len(points))
        check_counts(len(points), len(corners))
        if len(corners) and int(corners.max()) >= len(points):
            raise damaged("a triangle names a vertex that does not exist")
        together.setdefault(key, (points, [], primitive))[1].append(_triangles(corners, mode))
    for points, triangles, primitive in together.values():
        if len(points):
            yield points, np.concatenate(triangles), primitive


def _triangles(corners: np.ndarray, mode: int) -> np.ndarray:
    if mode == TRIANGLES:
        return corners[: len(corners) // 3 * 3].reshape(-1, 3)
    if len(corners) < 3:
        return np.zeros((0, 3), np.int64)
    if mode == FAN:
        return np.stack([np.full(len(corners) - 2, corners[0]), corners[1:-1], corners[2:]], axis=1)
    strip = np.stack([corners[:-2], corners[1:-1], corners[2:]], axis=1)
    strip[1::2] = strip[1::2, [1, 0, 2]]
    return strip


def _draco(document: Document, compressed: Record) -> tuple[np.ndarray, np.ndarray]:
    content, _ = document.view(integer(compressed, "bufferView"))
    try:
        decoded = DracoPy.decode(bytes(content))
    except (DracoPy.FileTypeException, ValueError, MemoryError) as error:
        raise damaged("its Draco data cannot be decoded") from error
    points, corners = np.asarray(decoded.points, np.float64), np.asarray(getattr(decoded, "faces", []), np.int64)
    if points.size % 3 or corners.size % 3:
        raise damaged("its Draco data does not hold triangles between points")
    return points.reshape(-1, 3), corners.ravel()
