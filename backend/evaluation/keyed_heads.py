"""Heads with an artist's keys: unseen identities of the two training families, and characters of a corpus."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.channels import ARKIT_NAMES
from backend.errors import Refusal
from backend.evaluation.character import corpus_characters, load_character
from backend.evaluation.held_out import SEED, SHOWN
from backend.geometry.mesh import FaceMesh, face_mesh
from backend.geometry.read import read_head
from backend.training.ict import KEPT_END, IctHead
from backend.training.makehuman import MakeHumanHead, draw_identity

WHOLE = 45
"""Of ARKit's 52 keys, how many a character must have to count as wholly keyed."""


@dataclass(frozen=True)
class KeyedHead:
    """mesh: the neutral. names: K of the keys, ARKit's or ICT's. keys: (K, N, 3) float32, in the mesh's units and
    frame. artist: the name of the dialect that the keys are in, empty where none was learnt from this artist."""

    name: str
    mesh: FaceMesh
    names: tuple[str, ...]
    keys: np.ndarray
    artist: str = ""


def ict_head(ict: IctHead, number: int, end: int = KEPT_END) -> KeyedHead:
    """A random identity of ICT-FaceKit, cut off after `end` vertices, with ICT's own shapes, which do not depend on
    the identity. number: of the draw, with a seed that training does not use."""
    random = np.random.default_rng([SEED, number])
    strengths = random.standard_normal(len(ict.identity)).astype(np.float32)
    vertices = ict.neutral[:end] + np.tensordot(strengths, ict.identity[:, :end], axes=1)
    triangles = ict.triangles[(ict.triangles < end).all(1)]
    return KeyedHead(f"ict {number}", face_mesh(vertices, triangles), ict.names, ict.shapes[:, :end], "ict")


def makehuman_head(head: MakeHumanHead, number: int) -> KeyedHead:
    """A random identity of MakeHuman with MakeHuman's own ARKit keys, which do not depend on the identity either."""
    vertices = head.neutral + draw_identity(head, np.random.default_rng([SEED, number]))
    keys = {
        name: key for name, key in head.arkit.items() if not name.startswith("viseme") and np.abs(key).max() > SHOWN
    }
    mesh = face_mesh(vertices, head.triangles)
    return KeyedHead(f"makehuman {number}", mesh, tuple(keys), np.stack(list(keys.values())), "makehuman")


def character_head(path: Path) -> KeyedHead:
    """A character.npz with the keys that its artist made. Raises Refusal where it is none."""
    character = load_character(path)
    keys = character.key_deltas.astype(np.float32)
    return KeyedHead(character.name, read_head(path), character.key_names, keys)


def wholly_keyed(folder: Path) -> tuple[str, ...]:
    """The names of a corpus' characters with a whole set of an artist's ARKit keys. Raises Refusal where there are
    none."""
    found = []
    for path in corpus_characters(folder):
        with np.load(path, allow_pickle=False) as arrays:
            if "key_names" in arrays.files and len(set(arrays["key_names"].tolist()) & set(ARKIT_NAMES)) >= WHOLE:
                found.append(path.parent.name)
    if not found:
        raise Refusal("no-character", f"{folder} has no character with ARKit's keys.", "Choose some: --only NAME.")
    return tuple(found)
