"""The method encode: a clip in pieces against the same clip as a whole."""

import numpy as np
import pytest

from backend.cloning.encode import encode
from backend.errors import Refusal, silent
from backend.frames import frames_from_array
from backend.rigs import key_channels
from backend.service import clips
from backend.service.call import Call


@pytest.fixture
def puppet_call(puppet, monkeypatch):
    """Calls the method with the puppet's mesh known."""
    monkeypatch.setattr(clips, "head_shapes", lambda mesh, names, progress, guidance: puppet.shapes)
    mesh = puppet.mesh
    arrays = {"vertices": mesh.vertices, "corners": mesh.corners, "sizes": mesh.sizes, "objects": mesh.objects}

    def call(stage: str, more: dict | None = None, **params: object):
        given = {**(arrays if stage == "begin" else {}), **(more or {})}
        return clips.encode_clip(
            Call({"stage": stage, "object_names": list(mesh.object_names), **params}, given, silent)
        )

    return call


@pytest.fixture
def moving(puppet) -> np.ndarray:
    codes = np.random.default_rng(8).random((30, len(puppet.shapes.names))).astype(np.float32)
    return puppet.posed(codes).astype(np.float32)


def test_a_clip_in_pieces_is_read_like_one_that_is_whole(puppet, puppet_call, moving) -> None:
    begun = puppet_call("begin", fps=25.0, source="Actor")
    numbers = begun.arrays["numbers"]
    for part in (moving[:11], moving[11:12], moving[12:]):
        counted = puppet_call("add", {"places": part[:, numbers]}, clip=begun.fields["clip"])
    assert counted.fields["frames"] == 30
    reply = puppet_call("end", clip=begun.fields["clip"])
    whole = encode(puppet.mesh, frames_from_array(moving, 25.0), puppet.shapes)
    np.testing.assert_array_equal(reply.arrays["weights"], whole.performance.weights)
    np.testing.assert_array_equal(reply.arrays["head"], whole.performance.head)
    assert (reply.fields["fps"], reply.fields["source"]) == (25.0, "Actor")
    assert tuple(reply.fields["names"]) == whole.performance.names
    assert reply.fields["explained"] == pytest.approx(whole.explained)


def test_the_heads_own_keys_take_the_place_of_built_shapes(puppet, puppet_call) -> None:
    names = ["jawOpen", "mouthSmileLeft"]
    deltas = np.stack([puppet.shapes.deltas[puppet.key(name)] for name in names])
    codes = np.random.default_rng(9).random((12, 2)).astype(np.float32)
    places = (puppet.mesh.vertices + np.tensordot(codes, deltas, axes=1)).astype(np.float32)
    begun = puppet_call("begin", {"key_deltas": deltas}, fps=30, key_names=names)
    puppet_call("add", {"places": places[:, begun.arrays["numbers"]]}, clip=begun.fields["clip"])
    reply = puppet_call("end", clip=begun.fields["clip"])
    assert reply.fields["names"] == names and reply.fields["dialect"] == {}
    np.testing.assert_allclose(reply.arrays["weights"], codes, atol=2e-3)


def test_keys_of_unknown_names_are_looked_at_and_used_where_they_make_a_face(puppet, puppet_call, monkeypatch) -> None:
    names, deltas = ["jawOpen", "mouthSmileLeft"], puppet.shapes.deltas[:2]
    asked = []

    def channels(mesh, keys, progress):
        asked.append(keys[0])
        return tuple(names), keys[1]

    monkeypatch.setattr(key_channels, "channels_of_keys", channels)
    codes = np.random.default_rng(9).random((12, 2)).astype(np.float32)
    places = (puppet.mesh.vertices + np.tensordot(codes, deltas, axes=1)).astype(np.float32)
    for enough, read in ((2, names), (3, list(puppet.shapes.names))):
        monkeypatch.setattr(key_channels, "ENOUGH", enough)
        begun = puppet_call("begin", {"key_deltas": deltas}, fps=30, key_names=["Key.001", "Key.002"])
        puppet_call("add", {"places": places[:, begun.arrays["numbers"]]}, clip=begun.fields["clip"])
        assert puppet_call("end", clip=begun.fields["clip"]).fields["names"] == read
    assert asked == [("Key.001", "Key.002")] * 2


def test_a_new_clip_takes_the_place_of_one_that_was_not_finished(puppet_call, moving) -> None:
    first = puppet_call("begin", fps=30)
    second = puppet_call("begin", fps=30)
    places = {"places": moving[:, first.arrays["numbers"]]}
    with pytest.raises(Refusal, match="lost the clip"):
        puppet_call("add", places, clip=first.fields["clip"])
    puppet_call("add", places, clip=second.fields["clip"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda places: places[:, 1:], "bad-request"),
        (lambda places: places.astype(np.float64), "bad-request"),
        (lambda places: np.where(np.arange(30)[:, None, None] == 4, np.float32(np.nan), places), "not-finite"),
    ],
)
def test_frames_that_are_not_of_the_clip_are_refused(puppet_call, moving, change, code) -> None:
    begun = puppet_call("begin", fps=30)
    with pytest.raises(Refusal) as caught:
        puppet_call("add", {"places": change(moving[:, begun.arrays["numbers"]])}, clip=begun.fields["clip"])
    assert caught.value.code == code


def test_what_describes_no_clip_is_refused(puppet, puppet_call) -> None:
    for params, code in (
        ({}, "bad-request"),
        ({"fps": 0}, "bad-rate"),
        ({"fps": 30, "key_names": ["jawOpen"]}, "bad-request"),
        ({"fps": 30, "key_names": ["A", "A"], "more": {"key_deltas": puppet.shapes.deltas[:2]}}, "bad-keys"),
    ):
        with pytest.raises(Refusal) as caught:
            puppet_call("begin", **params)
        assert caught.value.code == code
    begun = puppet_call("begin", fps=30)
    with pytest.raises(Refusal, match="no frames"):
        puppet_call("end", clip=begun.fields["clip"])
    with pytest.raises(Refusal, match="no stage"):
        puppet_call("other", clip=begun.fields["clip"])
