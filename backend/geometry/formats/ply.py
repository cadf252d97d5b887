"""Stanford .ply, text or binary of either byte order."""

from dataclasses import dataclass, field

import numpy as np

from backend.errors import Refusal
from backend.geometry.formats.refusals import MAX_CORNERS, check_counts, damaged
from backend.geometry.mesh import FaceMesh, polygon_mesh

TYPES = {
    **dict.fromkeys(("char", "int8"), "i1"),
    **dict.fromkeys(("uchar", "uint8"), "u1"),
    **dict.fromkeys(("short", "int16"), "i2"),
    **dict.fromkeys(("ushort", "uint16"), "u2"),
    **dict.fromkeys(("int", "int32"), "i4"),
    **dict.fromkeys(("uint", "uint32"), "u4"),
    **dict.fromkeys(("float", "float32"), "f4"),
    **dict.fromkeys(("double", "float64"), "f8"),
}
ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
MAX_HEADER = 1 << 16
MAX_WORD = 400
"""Bytes of a number in a text; no program writes longer ones."""


@dataclass
class Element:
    """properties: name, type of its values, and for lists the type of their length, for numbers an empty string."""

    name: str
    count: int
    properties: list[tuple[str, str, str]] = field(default_factory=list)


Column = tuple[np.ndarray, np.ndarray]
"""The values of a property, row after row, and how many of them each row has."""


def read_ply(content: bytes) -> FaceMesh:
    """The vertex positions and the faces of a .ply file. Raises Refusal for what is damaged or has no faces."""
    order, elements, body = _header(content)
    if order == "":
        body, order = _as_binary(body, elements), "="
    columns: dict[str, dict[str, Column]] = {}
    at = 0
    for element in elements:
        if element.name == "vertex":
            check_counts(element.count)
        if element.count > MAX_CORNERS:
            raise damaged(f"it claims {element.count:,} rows of {element.name}")
        columns[element.name], at = _rows(body, at, order, element)
    vertex, face = columns.get("vertex", {}), columns.get("face", {})
    if not {"x", "y", "z"} <= vertex.keys() or any((vertex[axis][1] != 1).any() for axis in "xyz"):
        raise damaged("its vertices have no x, y and z")
    corners, sizes = face.get("vertex_indices", face.get("vertex_index", (np.zeros(0), np.zeros(0))))
    if len(sizes) == 0:
        raise Refusal("no-faces", "The file has points but no faces.", "Export a surface, not a point cloud.")
    if corners.dtype.kind == "f" and not ((np.abs(corners) < MAX_CORNERS) & (corners == np.trunc(corners))).all():
        raise damaged("a face names a vertex that cannot exist")
    return polygon_mesh(
        np.stack([vertex[axis][0] for axis in "xyz"], axis=1).astype(np.float64), corners.astype(np.int64), sizes
    )


def _header(content: bytes) -> tuple[str, list[Element], bytes]:
    end = content.find(b"end_header", 0, MAX_HEADER)
    body = content.find(b"\n", end) + 1
    if not content.startswith(b"ply") or end < 0 or body == 0:
        raise damaged("it does not begin with the header of a .ply file")
    order: str | None = None
    elements: list[Element] = []
    for line in content[:end].decode("latin-1").splitlines()[1:]:
        words = line.split()
        match words:
            case ["format", kind, _] if kind in ORDERS:
                order = ORDERS[kind]
            case ["element", name, count] if count.isdecimal() and len(count) < 12:
                elements.append(Element(name, int(count)))
            case ["property", "list", length, kind, name] if elements and {length, kind} <= TYPES.keys():
                if TYPES[length][0] == "f":
                    raise damaged("the length of a list is not a whole number")
                elements[-1].properties.append((name, TYPES[kind], TYPES[length]))
            case ["property", kind, name] if elements and kind in TYPES:
                elements[-1].properties.append((name, TYPES[kind], ""))
            case ["comment" | "obj_info", *_] | []:
                continue
            case _:
                raise damaged(f"its header has a line that means nothing: {line[:60]!r}")
    if order is None:
        raise damaged("its header does not name a format")
    return order, elements, content[body:]


def _as_binary(body: bytes, elements: list[Element]) -> bytes:
    """Text as a binary body in which every value, and every length of a list, is a double; changes elements so."""
    words = body.split()
    # An array of texts gives all of them the room of the longest.
    if max(map(len, words), default=0) > MAX_WORD:
        raise damaged("it has a value that is not a number")
    try:
        values = np.array(words, dtype=np.bytes_).astype(np.float64)
    except ValueError as error:
        raise damaged("it has a value that is not a number") from error
    for element in elements:
        element.properties = [(name, "f8", "f8" if length else "") for name, _, length in element.properties]
    return values.tobytes()


def _rows(body: bytes, at: int, order: str, element: Element) -> tuple[dict[str, Column], int]:
    """The properties of an element whose first row begins at a byte, and the byte after its last row."""
    names = [name for name, _, _ in element.properties]
    if len(set(names)) < len(names):
        raise damaged(f"{element.name} has two properties of one name")
    if element.count == 0 or not names:
        return {}, at
    alike = _alike(body, at, order, element)
    return alike if alike is not None else _one_by_one(body, at, order, element)


def _alike(body: bytes, at: int, order: str, element: Element) -> tuple[dict[str, Column], int] | None:
    """_rows where all lists are as long as in the first row; None where they are not."""
    fields: list[tuple[str, str] | tuple[str, str, tuple[int]]] = []
    sizes = []
    place = at
    for number, (_, kind, length) in enumerate(element.properties):
        size = 1
        if length:
            size, place = _length(body, place, order + length)
            fields.append((f"length {number}", order + length))
        place += size * np.dtype(kind).itemsize
        if place > len(body):
            raise damaged(f"it ends within {element.name}")
        fields.append((f"values {number}", order + kind, (size,)))
        sizes.append(size)
    row = np.dtype(fields)
    end = at + element.count * row.itemsize
    if end > len(body):
        return None
    table = np.frombuffer(body, row, element.count, at)
    columns: dict[str, Column] = {}
    for number, (name, _, length) in enumerate(element.properties):
        if length and not (table[f"length {number}"] == sizes[number]).all():
            return None
        columns[name] = table[f"values {number}"].ravel(), np.full(element.count, sizes[number])
    return columns, end


def _one_by_one(body: bytes, at: int, order: str, element: Element) -> tuple[dict[str, Column], int]:
    parts: list[list[bytes]] = [[] for _ in element.properties]
    widths = [np.dtype(kind).itemsize for _, kind, _ in element.properties]
    for _ in range(element.count):
        for number, (_, _, length) in enumerate(element.properties):
            size = 1
            if length:
                size, at = _length(body, at, order + length)
            end = at + size * widths[number]
            if end > len(body):
                raise damaged(f"it ends within {element.name}")
            parts[number].append(body[at:end])
            at = end
    columns = {}
    for number, (name, kind, _) in enumerate(element.properties):
        sizes = np.array([len(part) for part in parts[number]]) // widths[number]
        columns[name] = np.frombuffer(b"".join(parts[number]), order + kind), sizes
    return columns, at


def _length(body: bytes, at: int, kind: str) -> tuple[int, int]:
    end = at + np.dtype(kind).itemsize
    if end > len(body):
        raise damaged("it ends within a list")
    value = float(np.frombuffer(body, kind, 1, at)[0])
    if not 0 <= value <= len(body) or value != int(value):
        raise damaged("a list has a length that cannot be")
    return int(value), end
