"""The method shapes between the wire and build_shapes."""

import numpy as np
import pytest

from backend.cloning import shapes as cloning_shapes
from backend.cloning.guidance import Guidance
from backend.cloning.result import SealFigure, Shapes
from backend.errors import Refusal, silent
from backend.faces.open_head import open_head_mesh
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

    def build(mesh, names, progress, guidance) -> Shapes:
        asked.append((mesh, names, guidance))
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
    ((mesh, names, guidance),) = asked
    assert guidance == Guidance()
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


@pytest.fixture
def open_head_asked(monkeypatch, tmp_path, open_head_shapes) -> dict:
    """The request for the open head, for which build_shapes gives its own shapes."""
    monkeypatch.setenv("FACSIMILE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cloning_shapes, "build_shapes", lambda mesh, names, progress, guidance: open_head_shapes)
    monkeypatch.setattr(methods, "_warm", WarmReplies())
    mesh = open_head_mesh()
    return {
        "vertices": mesh.vertices,
        "corners": mesh.corners.astype(np.int32),
        "sizes": mesh.sizes.astype(np.int32),
        "objects": mesh.objects.astype(np.int32),
    }


def test_correctives_come_where_they_are_wanted(open_head_asked, open_head_shapes, monkeypatch) -> None:
    said: list[str] = []
    params = {"object_names": list(open_head_mesh().object_names), "correctives": True}
    asked = Call(params, open_head_asked, lambda fraction, text: said.append(text))
    reply = methods.shapes(asked)
    listed, deltas = reply.fields["correctives"], reply.arrays["corrective_deltas"]
    assert len(listed) == len(deltas) >= 4
    for one in listed:
        first, second = one["of"]
        assert one["name"] == f"{first}_{second}_corrective"
        assert {first, second} <= set(reply.fields["names"])
    assert deltas.dtype == np.float32
    assert deltas.shape[1:] == open_head_shapes.vertices.shape
    assert "Looking for shapes that collide together" in said
    encode({"type": "result", **reply.fields}, reply.arrays)
    monkeypatch.setattr(methods, "_warm", WarmReplies())
    monkeypatch.setattr(cloning_shapes, "build_shapes", lambda *_, **__: pytest.fail("the shapes were kept"))
    np.testing.assert_array_equal(methods.shapes(asked).arrays["corrective_deltas"], deltas)


def test_correctives_are_not_sent_unasked(open_head_asked) -> None:
    reply = methods.shapes(call(open_head_asked, object_names=list(open_head_mesh().object_names)))
    assert "correctives" not in reply.fields
    assert set(reply.arrays) == {"deltas", "parts"}


def test_what_the_user_says_reaches_the_builder(asked) -> None:
    region = np.array([1, 1, 0.5, 0.25], np.float32)
    reply = methods.shapes(call({**ARRAYS, "region": region}, roles=["", "eyes"], front="-z", seals=False))
    ((_, _, guidance),) = asked
    assert guidance == Guidance(("", "eyes"), "-z", False)
    np.testing.assert_array_equal(reply.arrays["deltas"][0], ARRAYS["vertices"] * region[:, None])
    with pytest.raises(Refusal):
        methods.shapes(call(ARRAYS, roles="eyes"))
    with pytest.raises(Refusal):
        methods.shapes(call(ARRAYS, front="up"))
