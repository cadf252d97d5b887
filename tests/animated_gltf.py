"""A small glTF with two morph targets that move."""

import json
import struct
from pathlib import Path

import numpy as np

POINTS = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0.5, 0.5, 1]], np.float32)
TRIANGLES = np.array([[0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4]], np.uint16)
DELTAS = np.zeros((2, 5, 3), np.float32)
DELTAS[0, 0, 1], DELTAS[1, 4, 2] = -1.0, 0.5


class Animated:
    """A glTF of POINTS with two morph targets DELTAS; `weights` (T, 2) at `times`."""

    def __init__(self, names: list[str], times: np.ndarray, weights: np.ndarray, mode: str = "LINEAR") -> None:
        self.binary = b""
        self.content: dict = {
            "asset": {"version": "2.0"},
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": [{"mesh": 0, "name": "head"}],
            "accessors": [],
            "bufferViews": [],
            "buffers": [{"byteLength": 0}],
        }
        primitive = {
            "attributes": {"POSITION": self.accessor(POINTS, 5126)},
            "indices": self.accessor(TRIANGLES.ravel(), 5123),
            "targets": [{"POSITION": self.accessor(delta, 5126)} for delta in DELTAS],
        }
        self.content["meshes"] = [{"primitives": [primitive], "extras": {"targetNames": names}}]
        self.content["animations"] = [{"name": "take", "channels": [], "samplers": []}]
        self.animate("weights", times, weights.ravel(), mode)

    def animate(self, path: str, times: np.ndarray, values: np.ndarray, mode: str = "LINEAR") -> None:
        animation = self.content["animations"][0]
        animation["samplers"].append(
            {
                "input": self.accessor(times.astype(np.float32), 5126),
                "output": self.accessor(values.astype(np.float32), 5126),
                "interpolation": mode,
            }
        )
        target = {"node": 0, "path": path}
        animation["channels"].append({"sampler": len(animation["samplers"]) - 1, "target": target})

    def accessor(self, array: np.ndarray, component: int) -> int:
        self.content["bufferViews"].append(
            {"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(array.tobytes())}
        )
        self.binary += array.tobytes()
        self.binary += b"\0" * (-len(self.binary) % 4)
        self.content["buffers"][0]["byteLength"] = len(self.binary)
        kind = "SCALAR" if array.ndim == 1 else {3: "VEC3", 4: "VEC4"}[array.shape[1]]
        self.content["accessors"].append(
            {
                "bufferView": len(self.content["bufferViews"]) - 1,
                "componentType": component,
                "count": len(array),
                "type": kind,
            }
        )
        return len(self.content["accessors"]) - 1

    def write(self, path: Path) -> Path:
        text = json.dumps(self.content).encode()
        text += b" " * (-len(text) % 4)
        chunks = struct.pack("<II", len(text), 0x4E4F534A) + text
        chunks += struct.pack("<II", len(self.binary), 0x004E4942) + self.binary
        path.write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks)
        return path
