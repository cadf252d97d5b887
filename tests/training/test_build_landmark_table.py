"""The committed table of landmarks is what the program makes of ICT-FaceKit."""

import numpy as np

from backend.cloning.landmark_map import INNER_LIP, LEFT_LID, RIGHT_LID, canonical_landmarks, mirrored_landmarks
from backend.training.build_landmark_table import VIEWS, landmark_table, mirror_pairs, read_facekit


def test_half_of_the_views_agree_with_the_committed_table(corpus):
    vertices, _, triangles, skin = read_facekit(corpus / "ict_facekit.npz")
    points, normals = landmark_table(vertices, triangles, skin, VIEWS[::2])
    off = np.linalg.norm(points - canonical_landmarks(), axis=1)
    assert np.isfinite(off).mean() > 0.95
    assert np.nanmedian(off) < 0.0015 and np.nanquantile(off, 0.9) < 0.005
    assert np.nanmax(np.abs(np.linalg.norm(normals, axis=1) - 1)) < 1e-6
    assert normals[4, 2] > 0.7, "the tip of the nose points forwards"


def test_pairs_keep_upper_and_lower_lip_apart(corpus):
    vertices, jaw, triangles, _ = read_facekit(corpus / "ict_facekit.npz")
    mirror = mirror_pairs((vertices + 0.7 * jaw).astype(np.float32), triangles)
    assert (mirror == mirrored_landmarks()).all()
    assert [int(mirror[i]) for i in RIGHT_LID] == list(LEFT_LID)
    assert [int(mirror[i]) for i in INNER_LIP] == [INNER_LIP[(10 - k) % 20] for k in range(20)]
