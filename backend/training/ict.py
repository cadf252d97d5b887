"""ICT-FaceKit (MIT) as arrays: the canonical head and the identities of one family."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.geometry.mesh import PARTS

METRES = 0.01
SKIN_END = 14062
"""Face, head, neck, mouth socket and eye sockets come first; of these, the open skin ends at OPEN_SKIN_END."""
OPEN_SKIN_END = 11248
KEPT_END = 24591
"""Skin, gums, teeth and eyeballs; after them come fluids, blends and occlusion shells, then the lashes."""


@dataclass(frozen=True)
class IctHead:
    """neutral: (26719, 3) metres. triangles: (52220, 3). identity: (100, 26719, 3) per standard deviation. shapes:
    (53, 26719, 3). names: the 53 in ICT's order. parts: (26719,) index into PARTS. arkit: ARKit name to ICT names."""

    neutral: np.ndarray
    triangles: np.ndarray
    identity: np.ndarray
    shapes: np.ndarray
    names: tuple[str, ...]
    parts: np.ndarray
    arkit: dict[str, list[str]]


def load_ict(path: Path) -> IctHead:
    """ICT-FaceKit from its .npz; see the corpus's own description for the layout."""
    with np.load(path, allow_pickle=False) as data:
        expression = data["expression"][:53].astype(np.float32) * METRES
        meta = json.loads(str(data["meta"]))
        return IctHead(
            neutral=data["neutral"].astype(np.float32) * METRES,
            triangles=data["triangles"].astype(np.int32),
            identity=data["identity"].astype(np.float32) * METRES,
            shapes=expression,
            names=tuple(str(name) for name in data["expression_names"][:53]),
            parts=_parts(data, expression),
            arkit=meta["arkit_map"],
        )


def _parts(data: Mapping[str, np.ndarray], expression: np.ndarray) -> np.ndarray:
    names = [str(name) for name in data["part_names"]]
    roles = {
        "eyeball_left": "eye_left",
        "eyeball_right": "eye_right",
        "eyelashes_left": "lashes",
        "eyelashes_right": "lashes",
    }
    skin = ("face", "head_neck", "mouth_socket", "eye_socket_left", "eye_socket_right")
    parts = np.full(len(data["neutral"]), PARTS.index("other"))
    for name, (first, last) in zip(names, data["part_vertex_range"], strict=True):
        role = "skin" if name in skin else roles.get(name, "other")
        parts[first : last + 1] = PARTS.index(role)
        if name in ("teeth", "gums_tongue"):
            jaw_open = [str(n) for n in data["expression_names"]].index("jawOpen")
            moves = np.linalg.norm(expression[jaw_open, first : last + 1], axis=1) > 0.01
            parts[first : last + 1] = np.where(moves, PARTS.index("teeth_lower"), PARTS.index("teeth_upper"))
    return parts
