"""The method retarget between the wire and rig inversion."""

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.cloning.result import Shapes
from backend.errors import Refusal, silent
from backend.geometry.mesh import FaceMesh
from backend.service import retarget as service
from backend.service.call import Call

COUNT = 25


@pytest.fixture
def shapes(monkeypatch) -> None:
    """A head whose jawOpen lowers its first ten vertices; its brows rise."""

    def build(mesh: FaceMesh, progress, guidance) -> Shapes:
        deltas = np.zeros((len(ARKIT_NAMES), COUNT, 3), np.float32)
        deltas[ARKIT_NAMES.index("jawOpen"), :10, 1] = -0.1
        deltas[ARKIT_NAMES.index("browInnerUp"), 20:, 1] = 0.1
        parts = np.zeros(COUNT, np.int8)
        return Shapes(mesh.vertices, ARKIT_NAMES, deltas, parts, 1.0, (), np.eye(4), (), "test")

    monkeypatch.setattr(service, "shapes_if_any", build)


def request(**changed: object) -> Call:
    across, up = np.meshgrid(np.linspace(0, 1, 5), np.linspace(0, 1, 5))
    corner = (np.arange(4)[:, None] * 5 + np.arange(4)).reshape(-1, 1)
    deltas = np.zeros((2, COUNT, 3), np.float32)
    deltas[0, :10, 1] = -0.2
    deltas[1, 20:, 1] = 1.0
    params = {"controls": ["a", "b"], "channels": ["jawOpen", "browInnerUp"], "fps": 30.0}
    arrays = {
        "vertices": np.stack([across, up, 0 * up], axis=2).reshape(-1, 3).astype(np.float32),
        "corners": (corner + np.array([0, 1, 6, 5])).reshape(-1).astype(np.int32),
        "sizes": np.full(16, 4, np.int32),
        "objects": np.zeros(COUNT, np.int32),
        "deltas": deltas,
        "minimum": np.array([-1.0, 0.0]),
        "maximum": np.array([1.0, 0.05]),
        "weights": np.array([[0, 0], [0.5, 0.2], [1, 1]], np.float32),
        "drawn": np.zeros(2, np.int8),
    }
    for name, value in changed.items():
        (params if name in ("controls", "channels", "fps", "mapping") else arrays)[name] = value
    return Call(params, {name: value for name, value in arrays.items() if value is not None}, silent)


def poses(reply_values: np.ndarray) -> dict[str, np.ndarray]:
    sample = np.array([2, 5, 21, 23], np.int32)
    deltas = request().arrays["deltas"][:, sample]
    return {
        "pose_values": np.array([[0.5, 0.05]]),
        "pose_motion": (0.5 * deltas[0] + 0.05 * deltas[1])[None].astype(np.float32),
        "pose_deltas": deltas[None],
        "start": reply_values,
        "pose_vertices": sample,
    }


def test_values_stay_within_bounds_and_what_is_missed_is_said(shapes) -> None:
    reply = service.retarget(request())
    assert np.allclose(reply.arrays["values"][:, 0], [0, 0.25, 0.5], atol=2e-3)
    assert np.allclose(reply.arrays["values"][:, 1], [0, 0.02, 0.05], atol=2e-3)
    assert {name: one["use"] for name, one in reply.fields["mapping"].items()} == {"a": "solve", "b": "solve"}
    brows = reply.fields["regions"].index("brows") + 1
    assert reply.arrays["residual"][brows, 2] == pytest.approx(0.05, rel=0.02)
    assert reply.arrays["wanted"][brows, 2] == pytest.approx(0.1, rel=0.02)
    assert reply.arrays["seen"].tolist() == [*range(10), *range(20, COUNT)]


def test_poses_that_say_the_same_change_nothing(shapes) -> None:
    first = service.retarget(request())
    again = service.retarget(request(mapping=first.fields["mapping"], **poses(first.arrays["values"])))
    assert np.allclose(again.arrays["values"], first.arrays["values"], atol=5e-3)


@pytest.mark.parametrize(
    "changed",
    [
        {"deltas": None},
        {"controls": "ab"},
        {"channels": [1, 2]},
        {"fps": "24"},
        {"mapping": []},
        {"pose_vertices": np.array([0, 1, 2, COUNT], np.int32)},
        {"pose_vertices": np.array([0, 1], np.int32)},
        {"pose_values": np.zeros((2, 2))},
        {"pose_motion": np.full((1, 4, 3), np.nan, np.float32)},
        {"start": np.zeros((2, 2))},
    ],
)
def test_what_cannot_be_read_is_refused(shapes, changed: dict[str, object]) -> None:
    first = service.retarget(request())
    with pytest.raises(Refusal) as refusal:
        service.retarget(request(**{"mapping": first.fields["mapping"], **poses(first.arrays["values"]), **changed}))
    assert refusal.value.code == "bad-request"
