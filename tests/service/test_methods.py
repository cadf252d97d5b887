"""The method shapes between the wire and build_shapes."""

import numpy as np
import pytest

from backend.cloning import shapes as cloning_shapes
from backend.cloning.result import SealFigure, Shapes
from backend.errors import Refusal, silent
from backend.geometry.mesh import PARTS
from backend.protocol import encode
from backend.service import methods
from backend.service.call import Call
from backend.service.warm import WarmReplies

ARRAYS = {
    "vertices": np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0.5]], np.float32),
    "corners": np.array([0, 1, 2, 3], np.int32),
    "sizes": np.array([4], np.int32),
    "objects": np.array([0, 0, 1, 1], np.int32),
}


@pytest.fixture
def asked(monkeypatch, tmp_path) -> list:
    """Takes build_shapes' place: what it was asked is noted, and the answer can be told from its numbers."""
    monkeypatch.setenv("FACSIMILE_CACHE", str(tmp_path / "cache"))
    asked = []

    def build(mesh, names, progress) -> Shapes:
        asked.append((mesh, names))
        deltas = np.stack([mesh.vertices, -mesh.vertices])
        seal = SealFigure("eyeBlink_L", "sealed", 0.5, 0.01, 0.0, 0.012)
        parts = np.array([0, 0, 1, 2], np.int8)
        return Shapes(mesh.vertices, ("a", "b"), deltas, parts, 0.5, ("seen",), np.eye(4), (seal,), "1")

    monkeypatch.setattr(cloning_shapes, "build_shapes", build)
    monkeypatch.setattr(methods, "_warm", WarmReplies())
    return asked


def call(arrays: dict, **params: object) -> Call:
    return Call(params, arrays, silent)


def test_a_mesh_goes_in_and_shapes_come_out(asked) -> None:
    reply = methods.shapes(call(ARRAYS, names="ict", object_names=["head", "eyes"]))
    ((mesh, names),) = asked
    assert names == "ict" and mesh.object_names == ("head", "eyes")
    np.testing.assert_array_equal(mesh.triangles, [[0, 1, 2], [0, 2, 3]])
    np.testing.assert_array_equal(mesh.objects, ARRAYS["objects"])
    np.testing.assert_array_equal(reply.arrays["deltas"][1], -ARRAYS["vertices"])
    assert reply.arrays["parts"].tolist() == [0, 0, 1, 2]
    assert reply.fields == {
        "names": ["a", "b"],
        "part_names": list(PARTS),
        "confidence": 0.5,
        "reasons": ["seen"],
        "canonical_from_file": np.eye(4).tolist(),
        "version": "1",
        "seals": [
            {
                "name": "eyeBlink_L",
                "state": "sealed",
                "gap_before": 0.5,
                "gap_after": 0.01,
                "crossing": 0.0,
                "opening": 0.012,
            }
        ],
    }
    encode({"type": "result", **reply.fields}, reply.arrays)


def test_the_same_request_is_computed_once(asked) -> None:
    first = methods.shapes(call(ARRAYS, names="arkit"))
    assert methods.shapes(call({name: array.copy() for name, array in ARRAYS.items()}, names="arkit")) is first
    assert len(asked) == 1
    methods.shapes(call(ARRAYS, names="ict"))
    assert len(asked) == 2


def test_a_later_process_recalls_what_an_earlier_one_built(asked, monkeypatch) -> None:
    first = methods.shapes(call(ARRAYS, names="arkit"))
    monkeypatch.setattr(methods, "_warm", WarmReplies())
    again = methods.shapes(call(ARRAYS, names="arkit"))
    assert len(asked) == 1
    assert again.fields == first.fields
    np.testing.assert_array_equal(again.arrays["deltas"], first.arrays["deltas"])
    np.testing.assert_array_equal(again.arrays["parts"], first.arrays["parts"])


@pytest.mark.parametrize(
    "changes, params",
    [
        ({"vertices": np.full((4, 3), np.inf, np.float32)}, {}),
        ({"vertices": np.zeros((4, 2), np.float32)}, {}),
        ({"corners": np.array([0, 1, 2, 4], np.int32)}, {}),
        ({"corners": np.array([0, 1, 2, 3], np.float32)}, {}),
        ({"sizes": np.array([5], np.int32)}, {}),
        ({"objects": np.array([0], np.int32)}, {}),
        ({}, {"object_names": "head"}),
        ({}, {"object_names": [1]}),
    ],
)
def test_what_is_no_mesh_is_refused(asked, changes, params) -> None:
    with pytest.raises(Refusal):
        methods.shapes(call({**ARRAYS, **changes}, **params))
    with pytest.raises(Refusal):
        methods.shapes(call({"vertices": ARRAYS["vertices"]}))
    assert asked == []
