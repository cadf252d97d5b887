"""Each named slider changes what it is named after, and that alone; eyes keep turning about their own middles."""

import numpy as np

from backend.faces.open_head import load_open_head, open_head_mesh
from backend.fitting.basis import open_head_basis
from backend.fitting.character import key_displacements, key_eye_turns
from backend.fitting.identity_sliders import MEASURES, measured, slider_directions


def test_a_slider_changes_its_own_measure_by_a_standard_deviation_and_no_other() -> None:
    basis, directions = open_head_basis(), slider_directions()
    assert directions.shape == (len(MEASURES), basis.modes)
    people = np.random.default_rng(0).normal(size=(4000, basis.modes))
    spread = measured(np.tensordot(people, basis.identity, 1)).std(0)
    changed = measured(np.tensordot(directions, basis.identity, 1)) / spread
    np.testing.assert_allclose(changed, np.eye(len(MEASURES)), atol=0.05)
    # No slider needs a head that is hardly found among people.
    assert np.linalg.norm(directions, axis=1).max() < 3 and np.abs(directions).max() < 1.1


def test_measures_are_those_of_the_face() -> None:
    basis = open_head_basis()
    found = dict(zip(MEASURES, measured(basis.mean) * 1e3, strict=True))
    assert 120 < found["Face Width"] < 160 and 50 < found["Eye Distance"] < 75 and 40 < found["Mouth Width"] < 60
    assert all(value > 0 for name, value in found.items() if name not in ("Eye Slant", "Cheeks", "Chin Forward"))


def test_the_displacements_of_another_identity_follow_from_the_eyes_turns() -> None:
    head, mesh = load_open_head(), open_head_mesh()
    code = np.random.default_rng(1).normal(size=len(head.identity))
    expected = key_displacements(code)
    found, moved = key_displacements(0 * code), np.tensordot(code, head.identity, 1)
    for eye, name in enumerate(("eye_left", "eye_right")):
        ball = mesh.objects == mesh.object_names.index(name)
        found[:, ball] += np.einsum("kij,vj->kvi", key_eye_turns()[:, eye], moved[ball] - moved[ball].mean(0))
    np.testing.assert_allclose(found, expected, atol=1e-6)
