"""The binary side of a glTF: buffers, buffer views and accessors, every size checked before it is used."""

import base64
import binascii
import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import numpy as np

from backend.errors import Refusal
from backend.geometry.formats.gltf_json import Record, integer, record, records, text
from backend.geometry.formats.refusals import MAX_CORNERS, damaged

COMPONENTS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
MESHOPT = ("EXT_meshopt_compression", "KHR_meshopt_compression")
JSON_CHUNK, BINARY_CHUNK = 0x4E4F534A, 0x004E4942


@dataclass(frozen=True)
class Document:
    """A parsed file: its JSON, its buffers (None where the file promises none) and the bytes of each."""

    content: Record
    buffers: tuple[bytes | None, ...]

    def item(self, kind: str, index: int, user: str) -> Record:
        """Entry `index` of a top-level list. Raises Refusal where there is no such entry; `user` says who asked."""
        entries = records(self.content, kind)
        if index >= len(entries):
            raise damaged(f"{user} names entry {index} of its {kind}, of which there are {len(entries)}")
        return entries[index]

    def view(self, index: int) -> tuple[memoryview, int]:
        """The bytes of a buffer view, and its stride, 0 for tightly packed. Raises Refusal."""
        view = self.item("bufferViews", index, "an accessor")
        if any(name in record(view, "extensions") for name in MESHOPT):
            raise meshopt()
        number = integer(view, "buffer")
        if number >= len(self.buffers):
            raise damaged(f"a buffer view names buffer {number}, of which there are {len(self.buffers)}")
        buffer = self.buffers[number]
        start, length = integer(view, "byteOffset", 0), integer(view, "byteLength")
        if buffer is None or start + length > len(buffer):
            raise damaged("a buffer view reaches beyond its buffer")
        return memoryview(buffer)[start : start + length], integer(view, "byteStride", 0)

    def accessor(self, index: int, kind: str) -> np.ndarray:
        """The values of an accessor of type `kind` (SCALAR, VEC3, VEC4): (n,), (n, 3) or (n, 4), normalised ones as
        float64.

        Sparse accessors are filled in. Raises Refusal for another type and where sizes contradict each other.
        """
        accessor = self.item("accessors", index, "a primitive")
        component = integer(accessor, "componentType")
        if text(accessor, "type") != kind or component not in COMPONENTS:
            raise damaged(f"accessor {index} is not a {kind} of a known type")
        count, dtype, width = integer(accessor, "count"), np.dtype(COMPONENTS[component]), WIDTHS[kind]
        if count > MAX_CORNERS:
            raise Refusal("too-large", f"The file claims {count:,} values in one array.", "Export the head alone.")
        if "bufferView" in accessor:
            values = self._packed(
                integer(accessor, "bufferView"), integer(accessor, "byteOffset", 0), count, dtype, width
            )
        else:
            values = np.zeros((count, width), dtype)
        if "sparse" in accessor:
            values = self._filled(values, record(accessor, "sparse"))
        if accessor.get("normalized") is True and dtype.kind != "f":
            values = np.maximum(values / np.iinfo(dtype).max, -1.0)
        return values[:, 0] if kind == "SCALAR" else values

    def _packed(self, view: int, start: int, count: int, dtype: np.dtype, width: int) -> np.ndarray:
        content, stride = self.view(view)
        size = dtype.itemsize * width
        stride = stride or size
        if stride < size or (count and start + stride * (count - 1) + size > len(content)):
            raise damaged("an accessor reaches beyond its buffer view")
        if count == 0:
            return np.zeros((0, width), dtype)
        return np.ndarray((count, width), dtype, content, start, (stride, dtype.itemsize))

    def _filled(self, values: np.ndarray, sparse: Record) -> np.ndarray:
        count = integer(sparse, "count")
        where, what = record(sparse, "indices"), record(sparse, "values")
        component = integer(where, "componentType")
        if count > len(values) or component not in (5121, 5123, 5125):
            raise damaged("a sparse accessor replaces more values than there are")
        index = self._packed(
            integer(where, "bufferView"), integer(where, "byteOffset", 0), count, np.dtype(COMPONENTS[component]), 1
        )[:, 0]
        if count and int(index.max()) >= len(values):
            raise damaged("a sparse accessor replaces a value that does not exist")
        start = integer(what, "byteOffset", 0)
        values = values.copy()
        values[index] = self._packed(integer(what, "bufferView"), start, count, values.dtype, values.shape[1])
        return values


def meshopt() -> Refusal:
    """Why a meshopt-compressed file is turned away."""
    return Refusal(
        "meshopt-compression",
        "The file is compressed with meshopt, which is not supported.",
        "Export it without compression or with Draco, or import it into Blender and use the add-on there.",
    )


def open_document(path: Path) -> Document:
    """Parse a .gltf or .glb and load its buffers, which must lie in the file or in its folder. Raises Refusal."""
    content = path.read_bytes()
    binary = None
    if content[:4] == b"glTF":
        content, binary = _chunks(content)
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise damaged("its description is not JSON") from error
    if not isinstance(parsed, dict) or not text(record(parsed, "asset"), "version").startswith("2"):
        raise damaged("it is not glTF of version 2")
    required = parsed.get("extensionsRequired", [])
    if isinstance(required, list) and any(name in required for name in MESHOPT):
        raise meshopt()
    buffers = records(parsed, "buffers")
    return Document(
        parsed, tuple(_buffer(buffer, binary if i == 0 else None, path) for i, buffer in enumerate(buffers))
    )


def _chunks(content: bytes) -> tuple[bytes, bytes | None]:
    """The JSON and binary chunks of a .glb."""
    version, length = (int.from_bytes(content[at : at + 4], "little") for at in (4, 8))
    if version != 2 or length > len(content):
        raise damaged(f"it claims {length:,} bytes of version {version} and has {len(content):,}")
    found: dict[int, bytes] = {}
    at = 12
    while at + 8 <= length:
        size, kind = (int.from_bytes(content[place : place + 4], "little") for place in (at, at + 4))
        if at + 8 + size > length:
            raise damaged("a chunk reaches beyond the file")
        found.setdefault(kind, content[at + 8 : at + 8 + size])
        at += 8 + size
    if JSON_CHUNK not in found:
        raise damaged("it has no description")
    return found[JSON_CHUNK], found.get(BINARY_CHUNK)


def _buffer(buffer: Record, binary: bytes | None, path: Path) -> bytes | None:
    """The bytes of a buffer, None where nothing says where they are (a fallback of a compression)."""
    length = integer(buffer, "byteLength")
    uri = text(buffer, "uri")
    if not uri:
        content = binary
    elif uri.startswith("data:"):
        head, _, body = uri.partition(",")
        try:
            content = base64.b64decode(body, validate=True) if head.endswith(";base64") else unquote(body).encode()
        except binascii.Error as error:
            raise damaged("a buffer inside the file is not base64") from error
    else:
        content = _beside(uri, path).read_bytes()
    if content is not None and len(content) < length:
        raise damaged(f"a buffer of {length:,} bytes has only {len(content):,}")
    return content


def _beside(uri: str, path: Path) -> Path:
    """A file in the folder of the .gltf or below it. Raises Refusal for any other place and where there is none."""
    name = unquote(uri)
    folder = path.parent.resolve()
    if "://" in name or "\0" in name or not (folder / name).resolve().is_relative_to(folder):
        raise Refusal(
            "outside-folder", "The file refers to data outside its own folder.", "Put all of its files into one folder."
        )
    beside = (folder / name).resolve()
    if not beside.is_file():
        raise Refusal("missing-buffer", f"The file needs {name[:100]}, which is not there.", "Copy it beside the file.")
    return beside
