"""Small files of every format."""

import base64
import io
import json
import struct

import DracoPy
import numpy as np

VERTICES = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0.5, 0.5, 1]], np.float32)
QUAD_AND_TRIANGLES = [[0, 1, 2, 3], [0, 1, 4], [1, 2, 4]]
TRIANGLES = np.array([[0, 1, 2], [0, 2, 3], [0, 1, 4], [1, 2, 4]], np.uint16)


class Gltf:
    """Builds the JSON and the buffer of a small glTF."""

    def __init__(self) -> None:
        self.content: dict = {
            "asset": {"version": "2.0"},
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": [{"mesh": 0, "name": "head"}],
            "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
            "accessors": [],
            "bufferViews": [],
            "buffers": [{"byteLength": 0}],
        }
        self.binary = b""

    def view(self, data: bytes, **more: object) -> int:
        self.binary += b"\0" * (-len(self.binary) % 4)
        self.content["bufferViews"].append(
            {"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(data), **more}
        )
        self.binary += data
        self.content["buffers"][0]["byteLength"] = len(self.binary)
        return len(self.content["bufferViews"]) - 1

    def accessor(self, array: np.ndarray, component: int, **more: object) -> int:
        kind = "SCALAR" if array.ndim == 1 else "VEC3"
        entry = {
            "bufferView": self.view(array.tobytes()),
            "componentType": component,
            "count": len(array),
            "type": kind,
        }
        self.content["accessors"].append({**entry, **more})
        return len(self.content["accessors"]) - 1

    def glb(self) -> bytes:
        text = json.dumps(self.content).encode()
        text += b" " * (-len(text) % 4)
        binary = self.binary + b"\0" * (-len(self.binary) % 4)
        chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(binary), 0x004E4942) + binary
        return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks

    def embedded(self) -> bytes:
        self.content["buffers"][0]["uri"] = (
            "data:application/octet-stream;base64," + base64.b64encode(self.binary).decode()
        )
        return json.dumps(self.content).encode()


def plain() -> Gltf:
    gltf = Gltf()
    gltf.accessor(VERTICES, 5126)
    gltf.accessor(TRIANGLES.ravel(), 5123)
    return gltf


def draco() -> Gltf:
    gltf = Gltf()
    view = gltf.view(DracoPy.encode(VERTICES, TRIANGLES, preserve_order=True, quantization_bits=16))
    gltf.content["meshes"][0]["primitives"][0]["extensions"] = {
        "KHR_draco_mesh_compression": {"bufferView": view, "attributes": {"POSITION": 0}}
    }
    gltf.content["extensionsRequired"] = ["KHR_draco_mesh_compression"]
    return gltf


def sparse() -> Gltf:
    gltf = plain()
    values = gltf.view(np.array([[7, 8, 9]], np.float32).tobytes())
    places = gltf.view(np.array([4], np.uint8).tobytes())
    gltf.content["accessors"][0]["sparse"] = {
        "count": 1,
        "indices": {"bufferView": places, "componentType": 5121},
        "values": {"bufferView": values},
    }
    return gltf


def ply(kind: str) -> bytes:
    header = (
        f"ply\nformat {kind} 1.0\nelement vertex 5\nproperty float x\nproperty float y\nproperty float z\n"
        "property uchar red\nelement face 3\nproperty list uchar int vertex_indices\nend_header\n"
    ).encode()
    if kind == "ascii":
        rows = [f"{x} {y} {z} 255" for x, y, z in VERTICES] + [
            " ".join(map(str, [len(face), *face])) for face in QUAD_AND_TRIANGLES
        ]
        return header + "\n".join(rows).encode() + b"\n"
    order = "<" if "little" in kind else ">"
    body = b"".join(struct.pack(order + "fffB", *vertex, 255) for vertex in VERTICES.tolist())
    body += b"".join(struct.pack(f"{order}B{len(face)}i", len(face), *face) for face in QUAD_AND_TRIANGLES)
    return header + body


def stl_binary() -> bytes:
    rows = [struct.pack("<12fH", 0, 0, 0, *VERTICES[t].ravel().tolist(), 0) for t in TRIANGLES]
    return b"binary".ljust(80) + struct.pack("<I", len(rows)) + b"".join(rows)


def stl_text() -> bytes:
    facets = [
        "facet normal 0 0 0\nouter loop\n"
        + "".join("vertex {} {} {}\n".format(*v) for v in VERTICES[t])
        + "endloop\nendfacet\n"
        for t in TRIANGLES
    ]
    return ("solid head\n" + "".join(facets) + "endsolid head\n").encode()


OBJ = b"""# small
o body
v 0 0 0
v 1 0 0 0.5 0.5 0.5
f 1/1/1 2//2 3 4/4
vt 0 0
v 1 1 0
o nose
v 0 1 0
vn 0 0 1
v 5e-1 .5 1.0
f 1 2 -1
f -4 -3 -1 # the last one
"""


def arrays(**found: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **found)
    return stream.getvalue()


def small_files() -> dict[str, bytes]:
    """name: content of a small head in every format and flavour."""
    return {
        "small.obj": OBJ,
        "text.ply": ply("ascii"),
        "little.ply": ply("binary_little_endian"),
        "big.ply": ply("binary_big_endian"),
        "binary.stl": stl_binary(),
        "text.stl": stl_text(),
        "plain.glb": plain().glb(),
        "embedded.gltf": plain().embedded(),
        "draco.glb": draco().glb(),
        "sparse.glb": sparse().glb(),
        "small.npz": arrays(vertices=VERTICES, faces=TRIANGLES.astype(np.int32)),
        "packed.npz": arrays(
            vertices=VERTICES.astype(np.float64),
            faces=np.array([[0, 1, 2, 3], [0, 1, 4, -1], [1, 2, 4, -1]]),
            object_id=np.array([0, 0, 0, 0, 1]),
            objects=np.array(["body", "nose"]),
        ),
    }
