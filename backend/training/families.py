"""Reads both families of training heads and brings them onto the canonical head."""

from pathlib import Path

import numpy as np

from backend.cloning.landmark_map import canonical_landmarks
from backend.cloning.sight import sight_face
from backend.errors import Refusal
from backend.geometry.clean import components_by_area
from backend.training.ict import load_ict
from backend.training.makehuman import load_makehuman
from backend.training.template import Template
from backend.training.templates import canonical_makehuman, ict_template, makehuman_template, shared_shapes

ICT_FILE = "ict_facekit.npz"
MAKEHUMAN_FILE = "makehuman_head.npz"


def load_families(data: Path) -> list[Template]:
    """ICT-FaceKit and MakeHuman from a folder that holds ICT_FILE and MAKEHUMAN_FILE. MakeHuman's landmarks are seen in
    pictures of it, as a user's would be. Raises Refusal where a file is missing."""
    for name in (ICT_FILE, MAKEHUMAN_FILE):
        if not (data / name).is_file():
            raise Refusal(
                "no-training-data",
                f"{name} is not in {data}.",
                "Pass the folder that holds the training data with --data.",
            )
    ict, makehuman = load_ict(data / ICT_FILE), load_makehuman(data / MAKEHUMAN_FILE)
    points = canonical_landmarks().astype(np.float64)
    sighting = sight_face(
        makehuman.neutral, makehuman.triangles, components_by_area(makehuman.neutral, makehuman.triangles)
    )
    if sighting is None:
        raise Refusal(
            "no-face", "No face was seen on MakeHuman's head.", "Check that the landmark detector is installed."
        )
    placing = sighting.canonical_from_mesh
    placed, canonical = canonical_makehuman(makehuman, ict, placing, sighting.landmarks, points)
    shapes = shared_shapes(ict, makehuman, placing, canonical)
    return [
        ict_template(ict, shapes, points),
        makehuman_template(makehuman, ict, shapes, placing, placed, canonical, points),
    ]
