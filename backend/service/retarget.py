"""The method retarget: a performance onto a character's own controls."""

import numpy as np

from backend.errors import Refusal
from backend.performance import performance
from backend.rigs.fields import goal
from backend.rigs.mapping import as_json, from_json
from backend.rigs.refine import Poses
from backend.rigs.retarget import retarget as retargeted
from backend.rigs.retarget import solve_again
from backend.rigs.rig import rig
from backend.rigs.shapes import shapes_if_any
from backend.service.call import Call, Reply
from backend.service.request import requested_guidance, requested_mesh

POSES = ("pose_values", "pose_motion", "pose_deltas", "start")
SAMPLE = "pose_vertices"


def retarget(call: Call) -> Reply:
    """Solves for the curves of controls, or solves again where a rig that bends was measured at poses.

    params: those of a mesh and of guidance, as in request.py; controls, K names; channels, C names of ARKit's or ours;
    fps; mapping, entries that are decided already, as JSON. Arrays: the mesh's; deltas (K, N, 3), minimum and maximum
    (K,), from rest; weights (T, C); perhaps drawn (K,), as in backend.rigs.retarget. Result: values (T, K) from rest;
    residual and wanted (R + 1, T) f4 in the mesh's units, of the whole and of each of regions; mapping; notes; and
    where there is a face, what it takes to measure the rig: seen, weights, shapes and sample, as in Goal.

    With the arrays of POSES, as in backend.rigs.refine.Poses, the whole mapping, and pose_vertices (n,), the
    vertices of the sample, the result is values alone.
    """
    arrays = call.arrays
    names = {name: call.params.get(name) for name in ("controls", "channels")}
    fps, mapping = call.params.get("fps"), call.params.get("mapping", {})
    if {"deltas", "minimum", "maximum", "weights"} - set(arrays) or not isinstance(mapping, dict):
        raise Refusal("bad-request", "The request does not describe a rig.", "Update the add-on.")
    for value in names.values():
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise Refusal("bad-request", "The request names no controls or channels.", "Update the add-on.")
    if isinstance(fps, bool) or not isinstance(fps, int | float):
        raise Refusal("bad-request", "The request has no frame rate.", "Update the add-on.")
    head = requested_mesh(call)
    controls, channels = (tuple(value or ()) for value in names.values())
    chosen = rig(head, controls, arrays["deltas"], arrays["minimum"], arrays["maximum"])
    motion = performance(channels, arrays["weights"], fps)
    shapes = shapes_if_any(head, call.progress, requested_guidance(call))
    given = from_json(mapping)
    if shapes is not None and {*POSES, SAMPLE} <= set(arrays):
        poses, sample = _poses(call), _sample(call)
        call.progress(1.0, "Solving again")
        return Reply({}, {"values": solve_again(chosen, motion, shapes, given, poses, sample)})
    drawn = arrays.get("drawn")
    call.progress(1.0, "Solving for the controls")
    curves = retargeted(chosen, motion, shapes, given, None if drawn is None else drawn.astype(bool))
    fields = {
        "mapping": as_json(curves.mapping),
        "notes": list(curves.notes),
        "regions": list(curves.regions),
    }
    found = {
        "values": curves.values - chosen.rest.astype(np.float32),
        "residual": np.stack([curves.residual, *curves.regions.values()]),
        "wanted": np.stack([curves.wanted, *curves.regions_wanted.values()]),
    }
    if shapes is not None:
        aim = goal(chosen, shapes)
        found |= {
            "seen": aim.seen.astype(np.int32),
            "weights": aim.weights,
            "shapes": aim.shapes,
            "sample": aim.sample.astype(np.int32),
        }
    return Reply(fields, found)


def _poses(call: Call) -> Poses:
    values, motion, deltas, start = (call.arrays[name] for name in POSES)
    frames, controls = call.arrays["weights"].shape[0], call.arrays["minimum"].shape[0]
    shape = (*values.shape[:1], controls)
    fits = values.shape == shape and deltas.shape == (*shape, *motion.shape[1:]) and start.shape == (frames, controls)
    if not fits or not all(np.isfinite(array).all() for array in (values, motion, deltas, start)):
        raise Refusal("bad-request", "The request's poses do not fit the rig.", "Update the add-on.")
    return Poses(values.astype(np.float64), motion, deltas, start)


def _sample(call: Call) -> np.ndarray:
    sample, count = call.arrays[SAMPLE], call.arrays["vertices"].shape[0]
    whole = sample.dtype.kind in "iu" and sample.shape == call.arrays["pose_motion"].shape[1:2]
    if not whole or (sample < 0).any() or (sample >= count).any():
        raise Refusal("bad-request", "The request's sample does not fit the mesh.", "Update the add-on.")
    return sample.astype(np.int64)
