"""A head's own keys under names that say nothing, or not enough."""

from dataclasses import replace

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.cloning.result import Shapes
from backend.geometry.mesh import FaceMesh
from backend.rigs import key_channels
from backend.rigs.decide import assigned
from backend.rigs.key_channels import channels_of_keys
from backend.rigs.rig import Rig

Looked = list[FaceMesh]


@pytest.fixture
def looked(open_head_shapes: Shapes, monkeypatch: pytest.MonkeyPatch) -> Looked:
    """The heads that shapes were asked for."""
    heads: Looked = []

    def shapes(mesh: FaceMesh, names: str, progress: object) -> Shapes:
        assert names == "arkit"
        heads.append(mesh)
        return open_head_shapes

    monkeypatch.setattr(key_channels, "head_shapes", shapes)
    return heads


def test_keys_without_names_are_known_by_what_they_do(keyed: Rig, order: np.ndarray, looked: Looked) -> None:
    found = channels_of_keys(keyed.mesh, (keyed.controls, keyed.deltas), lambda *_: None)
    assert found is not None and set(found[0]) == {ARKIT_NAMES[at] for at in order}
    for name, delta in zip(*found, strict=True):
        np.testing.assert_array_equal(delta, keyed.deltas[order.tolist().index(ARKIT_NAMES.index(name))])


def test_names_that_are_known_are_enough(keyed: Rig, order: np.ndarray, looked: Looked) -> None:
    names = tuple(ARKIT_NAMES[at] if number < 35 else f"Key {number}" for number, at in enumerate(order))
    found = channels_of_keys(keyed.mesh, (names, keyed.deltas), lambda *_: None)
    assert found is not None and found[0] == names[:35] and not looked
    found = channels_of_keys(keyed.mesh, (names[:3], keyed.deltas[:3]), lambda *_: None)
    assert found is not None and found[0] == names[:3] and not looked


def test_a_few_names_are_believed_and_the_rest_measured(keyed: Rig, order: np.ndarray, looked: Looked) -> None:
    names = tuple(ARKIT_NAMES[at] if number < 5 else "Key" for number, at in enumerate(order))
    found = channels_of_keys(keyed.mesh, (names, keyed.deltas), lambda *_: None)
    assert found is not None and len(looked) == 1 and set(found[0]) == {ARKIT_NAMES[at] for at in order}


def test_a_key_for_both_sides_is_half_of_each(keyed: Rig, open_head_shapes: Shapes, looked: Looked) -> None:
    left, right = (ARKIT_NAMES.index(f"mouthSmile{side}") for side in ("Left", "Right"))
    both = open_head_shapes.deltas[left] + open_head_shapes.deltas[right]
    found = channels_of_keys(keyed.mesh, (("Key",), both[None]), lambda *_: None)
    assert found is not None and set(found[0]) == {"mouthSmileLeft", "mouthSmileRight"}
    np.testing.assert_allclose(found[1].sum(0), both, atol=1e-9)


def test_keys_of_no_face_are_none(keyed: Rig, looked: Looked) -> None:
    nothing = replace(keyed, deltas=np.zeros_like(keyed.deltas))
    assert channels_of_keys(nothing.mesh, (nothing.controls, nothing.deltas), lambda *_: None) is None
    noise = np.random.default_rng(0).normal(0, 1e-3, (4, *keyed.deltas.shape[1:])).astype(np.float32)
    found = channels_of_keys(keyed.mesh, (("a b", "b", "c", "d"), noise), lambda *_: None)
    assert found is None or not found[0]


def test_both_sides_together_take_no_control_where_each_side_has_one() -> None:
    """The third control is the third channel, though it looks a little more like both sides of the first two."""
    targets = [(0,), (1,), (2,), (0, 1)]
    scores = np.array([[0.9, 0.1, 0.0, 0.7], [0.1, 0.9, 0.0, 0.7], [0.5, 0.5, 0.87, 0.89]])
    assert assigned(scores, targets) == [(0, 0), (1, 1), (2, 2)]
    assert assigned(scores[2:], targets) == [(0, 3)]
    assert assigned(0.4 * scores, targets) == []
