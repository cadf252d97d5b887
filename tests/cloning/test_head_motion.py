import numpy as np
from scipy.spatial.transform import Rotation

from backend.cloning.head_motion import at_rest, head_motions, moved, rigid_motions


def test_rigid_motions_are_scipys():
    random = np.random.default_rng(0)
    source, weights = random.standard_normal((30, 3)), random.random(30)
    target = random.standard_normal((4, 30, 3)) * 0.2 + source @ Rotation.from_rotvec((0.4, 2.0, -1.0)).as_matrix().T
    rotations, translations = rigid_motions(source, target, weights)
    share = weights / weights.sum()
    for frame, rotation, translation in zip(target, rotations, translations, strict=True):
        wanted, _ = Rotation.align_vectors(frame - share @ frame, source - share @ source, weights)
        np.testing.assert_allclose(rotation, wanted.as_matrix(), atol=1e-9)
        np.testing.assert_allclose(share @ source @ rotation.T + translation, share @ frame, atol=1e-9)


def test_a_mirrored_target_gives_a_rotation():
    source = np.random.default_rng(1).standard_normal((20, 3))
    rotations, _ = rigid_motions(source, (source * (-1, 1, 1))[None], np.ones(20))
    np.testing.assert_allclose(np.linalg.det(rotations), 1)


def test_points_that_do_not_follow_the_head_are_found_out():
    random = np.random.default_rng(2)
    source = 0.1 * random.standard_normal((200, 3))
    rotation = Rotation.from_rotvec((0.1, -0.3, 0.2)).as_matrix()
    target = (source @ rotation.T + (0.5, 0, 0))[None]
    target[:, :60] += (0, -0.03, 0.01)
    rotations, translations = head_motions(source, target, np.ones(200))
    np.testing.assert_allclose(rotations[0], rotation, atol=1e-3)
    np.testing.assert_allclose(translations[0], (0.5, 0, 0), atol=1e-4)
    plain, _ = rigid_motions(source, target, np.ones(200))
    assert np.abs(plain[0] - rotation).max() > 5e-3


def test_motions_are_undone():
    random = np.random.default_rng(3)
    rotations, translations = Rotation.random(5, random_state=4).as_matrix(), random.standard_normal((5, 3))
    points = random.standard_normal((5, 9, 3))
    np.testing.assert_allclose(at_rest(rotations, translations, moved(rotations, translations, points)), points)
