"""A corpus character: a mesh as Blender read it, and the shape keys that an artist made for it, where there are any."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.errors import Refusal

FILE_NAME = "character.npz"

BLENDER_TO_CANONICAL = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], np.float64)
"""(3, 3) rotation from the corpus frame (z up, facing -y) to the canonical axes (y up, facing +z); x stays."""


@dataclass(frozen=True)
class Character:
    """What the metrics need of a character.

    name: its folder. path: its character.npz, which the product reads as a user's file. vertices: (N, 3) float64, z up.
    faces: (M, 4) int, -1 pads triangles. head: (N,) bool, the vertices of the objects that carry the face.
    key_names: (K,) ARKit names; key_deltas: (K, N, 3) float64; K is 0 for a neutral mesh.
    """

    name: str
    path: Path
    vertices: np.ndarray
    faces: np.ndarray
    head: np.ndarray
    key_names: tuple[str, ...]
    key_deltas: np.ndarray


def load_character(path: Path) -> Character:
    """The character of a character.npz. Raises Refusal when arrays are missing or do not fit together."""
    with np.load(path, allow_pickle=False) as file:
        missing = {"vertices", "faces", "object_id", "head_objects", "key_names", "key_deltas"} - set(file.files)
        if missing:
            raise Refusal(
                "bad-character",
                f"{path} lacks {', '.join(sorted(missing))}.",
                "Write it as the corpus README describes.",
            )
        vertices = file["vertices"].astype(np.float64)
        character = Character(
            name=path.parent.name,
            path=path,
            vertices=vertices,
            faces=file["faces"],
            head=np.isin(file["object_id"], file["head_objects"]),
            key_names=tuple(str(name) for name in file["key_names"]),
            key_deltas=file["key_deltas"].astype(np.float64),
        )
    expected = (len(character.key_names), len(vertices), 3)
    if character.key_deltas.shape != expected or len(character.head) != len(vertices):
        raise Refusal(
            "bad-character", f"The arrays of {path} do not fit together.", "Write it as the corpus README describes."
        )
    return character


def corpus_characters(folder: Path, only: tuple[str, ...] = ()) -> list[Path]:
    """The character.npz files below a corpus folder, sorted by name; only: names of folders to keep, all when empty.

    Raises Refusal when there are none, or when a name of only is not there.
    """
    found = {path.parent.name: path for path in sorted(folder.glob(f"*/{FILE_NAME}"))}
    unknown = [name for name in only if name not in found]
    if unknown:
        raise Refusal("no-character", f"{folder} has no {', '.join(unknown)}.", f"It has: {', '.join(found)}.")
    if not found:
        raise Refusal(
            "no-character", f"{folder} has no */{FILE_NAME}.", "Pass the corpus folder that holds the characters."
        )
    return [path for name, path in found.items() if not only or name in only]
