"""One frame for one surface, whatever frame it is sought from and whatever its triangles are."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from backend.cloning.photograph import Subject
from backend.cloning.steady import CENTRE, steady_frame
from backend.evaluation.speed import subdivided
from backend.faces.open_head import load_open_head
from backend.geometry.mesh import PARTS
from backend.geometry.similarity import apply_transform


@pytest.fixture(scope="module")
def someone() -> Subject:
    """A head that is not the canonical one, in a frame of its own."""
    head = load_open_head()
    quads = head.quads
    triangles = np.concatenate([quads[:, :3], quads[quads[:, 3] >= 0][:, [0, 2, 3]]])
    code = np.random.default_rng(3).standard_normal(len(head.identity))
    return Subject(head.neutral(code), triangles)


def near(seed: int) -> np.ndarray:
    """A transform a few degrees, millimetres and per cent off."""
    random = np.random.default_rng(seed)
    start = np.eye(4)
    turn = Rotation.from_rotvec(random.uniform(-4, 4, 3), degrees=True)
    start[:3, :3] = np.exp(random.uniform(-0.04, 0.04)) * turn.as_matrix()
    start[:3, 3] = CENTRE - start[:3, :3] @ CENTRE + random.uniform(-0.006, 0.006, 3)
    return start


def apart(one: np.ndarray | None, other: np.ndarray | None) -> float:
    """Metres by which two frames differ over the face at most."""
    assert one is not None and other is not None
    corners = np.array([[x, y, 0.1] for x in (-0.07, 0.07) for y in (-0.08, 0.09)])
    places = apply_transform(np.linalg.inv(other), corners)
    return float(np.linalg.norm(apply_transform(one, places) - corners, axis=1).max())


def test_every_start_leads_to_one_frame(someone: Subject):
    frames = [steady_frame(someone, near(seed)) for seed in range(4)]
    assert max(apart(frame, frames[0]) for frame in frames) < 1e-4
    assert apart(frames[0], np.eye(4)) < 0.015


def test_the_frame_goes_with_the_head(someone: Subject):
    turn = 12.0 * Rotation.from_euler("xyz", [20, -70, 130], degrees=True).as_matrix()
    moved = Subject(someone.vertices @ turn.T + [3.0, -7.0, 1.0], someone.triangles)
    there = np.eye(4)
    there[:3, :3], there[:3, 3] = turn, [3.0, -7.0, 1.0]
    found = steady_frame(moved, near(1) @ np.linalg.inv(there))
    assert found is not None
    assert apart(found @ there, steady_frame(someone, near(2))) < 1e-4


def test_triangles_do_not_matter(someone: Subject):
    finer = Subject(*subdivided(someone.vertices, someone.triangles))
    assert apart(steady_frame(finer, near(1)), steady_frame(someone, near(2))) < 1e-4


def test_the_canonical_head_is_at_home():
    head = load_open_head()
    skin = head.quads[(head.parts[head.quads] == PARTS.index("skin")).all(1)]
    triangles = np.concatenate([skin[:, :3], skin[:, [0, 2, 3]]])
    assert apart(steady_frame(Subject(head.vertices, triangles), near(5)), np.eye(4)) < 1e-4


def test_too_little_surface_has_no_frame(someone: Subject):
    chin = someone.vertices[someone.triangles][:, :, 1].max(1) < -0.03
    assert steady_frame(Subject(someone.vertices, someone.triangles[chin]), np.eye(4)) is None
