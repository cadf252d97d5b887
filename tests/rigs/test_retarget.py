"""Performances on rigs whose names say nothing, some of what they need, or the wrong thing."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import lsq_linear

from backend.channels import ARKIT_NAMES
from backend.cloning.result import Shapes
from backend.errors import Refusal
from backend.performance import Performance
from backend.rigs.calm import roughness
from backend.rigs.fields import fields
from backend.rigs.mapping import Entry
from backend.rigs.retarget import retarget
from backend.rigs.rig import Rig, rig
from backend.rigs.uses import FOLLOW, REST, SOLVE


def share_missed(residual: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.sqrt(np.square(residual).sum() / np.square(wanted).sum()))


def test_keys_without_names_are_recognised(
    keyed: Rig, order: np.ndarray, open_head_shapes: Shapes, motion: Performance
) -> None:
    curves = retarget(keyed, motion, open_head_shapes)
    assert np.allclose(curves.values, motion.weights[:, order], atol=1e-6)
    assert curves.fps == motion.fps and curves.names == keyed.controls


def test_names_are_believed_and_contradictions_said(
    keyed: Rig, order: np.ndarray, open_head_shapes: Shapes, motion: Performance
) -> None:
    names = [ARKIT_NAMES[at] for at in order]
    jaw, brow = names.index("jawOpen"), names.index("browInnerUp")
    names[jaw], names[brow] = names[brow], names[jaw]
    curves = retarget(replace(keyed, controls=tuple(names)), motion, open_head_shapes)
    assert np.allclose(curves.values[:, jaw], motion.weights[:, ARKIT_NAMES.index("browInnerUp")])
    said = [note for note in curves.notes if "not as it is named" in note]
    assert len(said) == 2 and any("browInnerUp moves like jawOpen" in note for note in said)


def test_a_control_for_both_ways_and_a_key_for_both_sides(
    keyed: Rig, order: np.ndarray, open_head_shapes: Shapes, motion: Performance
) -> None:
    named = [ARKIT_NAMES[at] for at in order]
    jaw = keyed.deltas[named.index("jawLeft")]
    smile = keyed.deltas[named.index("mouthSmileLeft")] + keyed.deltas[named.index("mouthSmileRight")]
    few = rig(keyed.mesh, ("slider", "key"), np.stack([0.1 * jaw, smile]), np.array([-10.0, 0]), np.array([10.0, 1]))
    channels = retarget(few, motion, open_head_shapes).mapping
    assert channels["slider"].channels == pytest.approx({"jawLeft": 10.0, "jawRight": -10.0})
    assert channels["key"].channels == {"mouthSmileLeft": 0.5, "mouthSmileRight": 0.5}


def test_patches_are_solved_for_within_their_bounds(
    patches: Rig, open_head_shapes: Shapes, motion: Performance
) -> None:
    curves = retarget(patches, motion, open_head_shapes)
    assert sum(entry.use == SOLVE for entry in curves.mapping.values()) > 50
    assert (np.abs(curves.values) <= 0.01 + 1e-7).all()
    assert roughness(curves.values).max() <= 1.5 * roughness(motion.weights).max()
    gram = fields(patches, open_head_shapes).fair
    values, vectors = np.linalg.eigh(gram)
    root = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
    for frame in range(0, 300, 60):
        wanted = root[:, 60:] @ motion.weights[frame]
        best = lsq_linear(root[:, :60], wanted, (-0.01, 0.01))
        ours = np.linalg.norm(root[:, :60] @ curves.values[frame] - wanted)
        assert ours <= 1.1 * np.linalg.norm(best.fun)
    assert set(curves.regions) == {"brows", "lids", "jaw", "lips", "corners"}


def test_what_a_rig_cannot_do_is_residual(
    keyed: Rig, order: np.ndarray, open_head_shapes: Shapes, motion: Performance
) -> None:
    named = [ARKIT_NAMES[at] for at in order]
    jaw = named.index("jawOpen")
    maximum = np.ones(len(named))
    maximum[jaw] = 0.0
    rest_of_it = retarget(replace(keyed, maximum=maximum), motion, open_head_shapes)
    assert rest_of_it.mapping[keyed.controls[jaw]].use == REST
    assert share_missed(rest_of_it.regions["jaw"], rest_of_it.regions_wanted["jaw"]) > 0.3
    assert share_missed(rest_of_it.regions["brows"], rest_of_it.regions_wanted["brows"]) < 0.1
    assert any("locked" in note for note in rest_of_it.notes)
    maximum[jaw] = 0.5
    half = retarget(replace(keyed, maximum=maximum), motion, open_head_shapes)
    assert half.values[:, jaw].max() == 0.5


def test_dead_controls_and_twins(patches: Rig, open_head_shapes: Shapes, motion: Performance) -> None:
    deltas = np.concatenate([patches.deltas, patches.deltas[:1], np.zeros_like(patches.deltas[:1])])
    limit = np.full(len(deltas), 0.01)
    double = rig(patches.mesh, (*patches.controls, "twin", "dead"), deltas, -limit, limit)
    curves = retarget(double, motion, open_head_shapes)
    assert (curves.values[:, -1] == 0).all() and curves.mapping["dead"].use == REST
    assert np.abs(curves.values[:, 0] - curves.values[:, -2]).max() < 1e-3
    assert any("do the same" in note for note in curves.notes) and any("dead: does nothing" in n for n in curves.notes)


def test_opposites_work_together_within_their_bounds(
    patches: Rig, open_head_shapes: Shapes, motion: Performance
) -> None:
    """Each patch pushed by one control and pulled by another, as far as one that goes both ways."""
    both = np.concatenate([patches.deltas, -patches.deltas])
    names = tuple(f"{way} {name}" for way in ("push", "pull") for name in patches.controls)
    limit = np.full(len(both), 0.01)
    pairs = retarget(rig(patches.mesh, names, both, 0 * limit, limit), motion, open_head_shapes)
    assert pairs.values.min() >= 0 and pairs.values.max() <= 0.01 + 1e-7
    alone = retarget(patches, motion, open_head_shapes)
    missed = [share_missed(one.residual, one.wanted) for one in (pairs, alone)]
    assert missed[0] < 1.05 * missed[1]
    assert sum("do the same" in note for note in pairs.notes) > 50
    # One pulls while the other pushes only where curves are smoothed.
    push, pull = np.split(pairs.values, 2, axis=1)
    assert (np.minimum(push, pull) > 1e-4).mean() < 0.01


@pytest.mark.parametrize("way", [1.0, -1.0])
def test_each_key_twice_or_with_its_opposite_does_what_the_keys_would(
    way: float, keyed: Rig, order: np.ndarray, open_head_shapes: Shapes, motion: Performance
) -> None:
    deltas = np.concatenate([keyed.deltas, np.float32(way) * keyed.deltas])
    names = (*keyed.controls, *(f"other {name}" for name in keyed.controls))
    limit = np.ones(len(names))
    curves = retarget(rig(keyed.mesh, names, deltas, 0 * limit, limit), motion, open_head_shapes)
    own, other = np.split(curves.values, 2, axis=1)
    assert curves.values.min() >= 0 and curves.values.max() <= 1
    off = np.tensordot(own + way * other - motion.weights[:, order], keyed.deltas, 1)
    wanted = np.tensordot(motion.weights[:, order], keyed.deltas, 1)
    assert np.linalg.norm(off) < 0.12 * np.linalg.norm(wanted)


def test_without_a_face_names_decide(keyed: Rig, motion: Performance) -> None:
    names = ("Smile_Left", "blink", "visemeOu", *keyed.controls[3:])
    curves = retarget(replace(keyed, controls=names), motion, None)
    assert curves.mapping["blink"].channels == {"eyeBlinkLeft": 0.5, "eyeBlinkRight": 0.5}
    assert curves.mapping["visemeOu"].channels == {"mouthPucker": 1.0}
    assert curves.mapping[names[5]].use == REST
    assert any("No face was found" in note for note in curves.notes)
    with pytest.raises(Refusal) as refusal:
        retarget(keyed, motion, None)
    assert refusal.value.code == "no-face"


def test_a_given_mapping_is_followed(keyed: Rig, open_head_shapes: Shapes, motion: Performance) -> None:
    first, second = keyed.controls[:2]
    given = {first: Entry(FOLLOW, {"jawOpen": 0.5}), second: Entry(REST, {}), "stranger": Entry(SOLVE, {})}
    curves = retarget(keyed, motion, open_head_shapes, given)
    assert np.allclose(curves.values[:, 0], 0.5 * motion.weights[:, ARKIT_NAMES.index("jawOpen")])
    assert (curves.values[:, 1] == 0).all()
    assert any("stranger" in note for note in curves.notes)


def test_a_rig_of_nothing_is_refused(keyed: Rig, open_head_shapes: Shapes, motion: Performance) -> None:
    with pytest.raises(Refusal) as locked:
        retarget(replace(keyed, maximum=np.zeros(len(keyed.controls))), motion, open_head_shapes)
    assert locked.value.code == "locked-rig"
    with pytest.raises(Refusal) as dead:
        retarget(replace(keyed, deltas=np.zeros_like(keyed.deltas)), motion, open_head_shapes)
    assert dead.value.code == "dead-rig"
    whole = np.broadcast_to(np.eye(3, dtype=np.float32)[:, None], (3, len(keyed.mesh.vertices), 3))
    with pytest.raises(Refusal, match=r"\(x: moves the head, not the face\)"):
        retarget(rig(keyed.mesh, ("x", "y", "z"), whole, -np.ones(3), np.ones(3)), motion, open_head_shapes)
