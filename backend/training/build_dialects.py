"""Writes backend/weights/dialects.safetensors: ICT-FaceKit's and MakeHuman's own shapes on the canonical skin."""

import argparse
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from scipy.spatial.transform import Rotation

from backend.channels import ICT_NAMES
from backend.cloning.attach import rigid_motion
from backend.cloning.dialects import LOOK_NAMES, WEIGHTS, canonical_skin
from backend.cloning.landmark_map import canonical_landmarks
from backend.cloning.transplant import CanonicalShapes, look_up
from backend.faces.open_head import load_open_head
from backend.geometry.mesh import PARTS
from backend.geometry.operators import vertex_normals
from backend.training.families import ICT_FILE, MAKEHUMAN_FILE, sight_makehuman
from backend.training.ict import IctHead, load_ict
from backend.training.makehuman import MakeHumanHead, load_makehuman
from backend.training.templates import SKIN, canonical_makehuman, makehuman_keys


def ict_dialect(ict: IctHead) -> np.ndarray:
    """(53, p, 3): exact, because the open head's vertices are ICT-FaceKit's."""
    head = load_open_head()
    return ict.shapes[:, head.ict_vertices[head.parts == PARTS.index("skin")]]


def makehuman_dialect(makehuman: MakeHumanHead, ict: IctHead) -> np.ndarray:
    """(53, p, 3): MakeHuman's ARKit keys, registered to the canonical head and read off at its skin."""
    sighting = sight_makehuman(makehuman)
    placing = sighting.canonical_from_mesh
    points = canonical_landmarks().astype(np.float64)
    _, canonical = canonical_makehuman(makehuman, ict, placing, sighting.landmarks, points)
    keys = makehuman_keys(makehuman, ict)
    own = np.stack([keys.get(name, np.zeros_like(makehuman.neutral)) for name in ICT_NAMES]) @ placing[:3, :3].T
    skin = makehuman.parts == SKIN
    normals = vertex_normals(canonical, makehuman.triangles)
    source = CanonicalShapes(canonical[skin], normals[skin], own[:, skin], np.ones(skin.sum()))
    places, _, facing = canonical_skin()
    return look_up(source, places, facing)[0]


def look_angles(head: MakeHumanHead, keys: dict[str, np.ndarray]) -> np.ndarray:
    """(8,) degrees that the artist turns the eyeball at each of LOOK_NAMES."""
    angles = []
    for name in LOOK_NAMES:
        ball = head.parts == PARTS.index("eye_left" if name.endswith("_L") else "eye_right")
        source = head.neutral[ball].astype(np.float64)
        rotation, _ = rigid_motion(source, source + keys[name][ball], np.ones(len(source)))
        angles.append(np.degrees(np.linalg.norm(Rotation.from_matrix(rotation).as_rotvec())))
    return np.array(angles)


def main() -> None:
    """Reads the training data in a folder and writes the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help=f"folder with {ICT_FILE} and {MAKEHUMAN_FILE}")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    ict, makehuman = load_ict(arguments.data / ICT_FILE), load_makehuman(arguments.data / MAKEHUMAN_FILE)
    look = look_angles(makehuman, makehuman_keys(makehuman, ict))
    stored = {
        "shapes.ict": ict_dialect(ict).astype(np.float16),
        "look.ict": np.full(len(LOOK_NAMES), np.nan, np.float32),
        "shapes.makehuman": makehuman_dialect(makehuman, ict).astype(np.float16),
        "look.makehuman": look.astype(np.float32),
    }
    save_file({name: np.ascontiguousarray(array) for name, array in stored.items()}, arguments.out)
    print(
        f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.1f} MB; MakeHuman's eyes turn {look.round(1)} degrees"
    )


if __name__ == "__main__":
    main()
