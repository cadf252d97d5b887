"""Reads both families of training heads and brings them onto the canonical head."""

from pathlib import Path

import numpy as np

from backend.cloning.closeup import Sighting
from backend.cloning.landmark_map import canonical_landmarks
from backend.cloning.sight import sight_face
from backend.errors import Refusal
from backend.geometry.clean import components_by_area
from backend.training.ict import load_ict
from backend.training.makehuman import MakeHumanHead, load_makehuman
from backend.training.template import Template
from backend.training.templates import canonical_makehuman, ict_template, makehuman_template, shared_shapes

ICT_FILE = "ict_facekit.npz"
MAKEHUMAN_FILE = "makehuman_head.npz"


def load_families(data: Path, makehuman_expressions: bool = True) -> list[Template]:
    """ICT-FaceKit and MakeHuman from a folder that holds ICT_FILE and MAKEHUMAN_FILE. MakeHuman's landmarks are seen in
    pictures of it, as a user's would be. makehuman_expressions: whether MakeHuman's artists have a say in what the
    shapes mean; without them the result can be measured against them. Raises Refusal where a file is missing."""
    for name in (ICT_FILE, MAKEHUMAN_FILE):
        if not (data / name).is_file():
            raise Refusal(
                "no-training-data",
                f"{name} is not in {data}.",
                "Pass the folder that holds the training data with --data.",
            )
    ict, makehuman = load_ict(data / ICT_FILE), load_makehuman(data / MAKEHUMAN_FILE)
    points = canonical_landmarks().astype(np.float64)
    sighting = sight_makehuman(makehuman)
    placing = sighting.canonical_from_mesh
    placed, canonical = canonical_makehuman(makehuman, ict, placing, sighting.landmarks, points)
    shapes = shared_shapes(ict, makehuman, placing, canonical, makehuman_expressions)
    return [
        ict_template(ict, shapes, points),
        makehuman_template(makehuman, ict, shapes, placing, placed, canonical, points),
    ]


def sight_makehuman(head: MakeHumanHead) -> Sighting:
    """MakeHuman's landmarks as they are seen in pictures of it. Raises Refusal where they are not."""
    sighting = sight_face(head.neutral, head.triangles, components_by_area(head.neutral, head.triangles))
    if sighting is None:
        raise Refusal(
            "no-face", "No face was seen on MakeHuman's head.", "Check that the landmark detector is installed."
        )
    return sighting
