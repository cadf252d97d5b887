"""A clip's own mesh as the target: its rig does what the vertices did, which channels can only say roughly."""

from dataclasses import replace

import numpy as np

from backend.channels import ARKIT_NAMES
from backend.cloning.result import Shapes
from backend.geometry.similarity import apply_transform, fit_similarity
from backend.performance import Performance
from backend.rigs.calm import calmed
from backend.rigs.decide import DEAD
from backend.rigs.fields import region_masks
from backend.rigs.known import Face
from backend.rigs.mapping import Mapping
from backend.rigs.retarget import Curves, retarget
from backend.rigs.rig import Rig
from backend.rigs.solve import solve, spans
from backend.rigs.uses import REST
from backend.trace import Trace, without_rigid

SAME = 1e-4
"""Share of the size of what is looked at that vertices may lie apart in what counts as one mesh."""


def retarget_traced(
    rig: Rig,
    performance: Performance,
    shapes: Shapes | None,
    given: Mapping | None = None,
    face: Face | None = None,
) -> Curves:
    """As retarget, and where the performance has a trace of the rig's own mesh, its controls do what that did."""
    curves = retarget(rig, performance, shapes, given, face=face)
    trace = None if performance.trace is None else placed(performance.trace, rig.mesh.vertices)
    if trace is None:
        return curves
    channels = performance.named(ARKIT_NAMES).weights
    return follow_trace(rig, curves, trace, channels, shapes, given or {})


def placed(trace: Trace, vertices: np.ndarray) -> Trace | None:
    """The trace on a mesh at rest (N, 3), if that is the same but for where it is, how it is turned, and its units;
    else None."""
    if len(vertices) != trace.vertices:
        return None
    there = vertices[trace.numbers].astype(np.float64)
    try:
        matrix = fit_similarity(trace.points, there)
    except ValueError:
        return None
    if np.abs(apply_transform(matrix, trace.points) - there).max() > SAME * np.ptp(there, axis=0).max():
        return None
    return replace(trace, points=there.astype(np.float32), modes=(trace.modes @ matrix[:3, :3].T).astype(np.float32))


def follow_trace(
    rig: Rig, curves: Curves, trace: Trace, channels: np.ndarray, shapes: Shapes | None, given: Mapping
) -> Curves:
    """Curves in which the controls do what the mesh of a trace, the rig's own, did.

    curves: what channels (T, C) ask of the rig; controls that nobody sees there, that are at rest, and those given are
    left as they are. Its mapping stays, for other clips. shapes: the head's, which tell its regions; None where it has
    no face.
    """
    count = len(rig.controls)
    fields = without_rigid(rig.deltas[:, trace.numbers], trace.points, trace.weights)
    # The floor of the solve is a share of what channels of 1 do.
    scale = np.maximum(np.sqrt(np.square(trace.amounts, dtype=np.float64).mean(0)), 1e-30)
    modes = without_rigid(trace.modes * scale[:, None, None], trace.points, trace.weights)
    energy = np.square(fields).sum(1)
    seen = energy > DEAD * energy.max(initial=0.0)
    usable = seen & np.array([curves.mapping[name].use != REST and name not in given for name in rig.controls])
    held = np.where(usable, 0.0, curves.values - rig.rest)
    wanted = np.concatenate([trace.amounts / scale, -held], axis=1)
    rows = np.concatenate([fields, modes, fields])
    gram = rows @ rows.T
    found = solve(spans(rig.lowest, rig.highest, usable, np.diag(gram)), gram, wanted)
    found[:, usable] = calmed(found[:, usable], channels)
    values = curves.values.copy()
    values[:, usable] = np.clip(found[:, usable] + rig.rest[usable], rig.minimum[usable], rig.maximum[usable])
    off = np.concatenate([values - rig.rest, -trace.amounts / scale], axis=1)
    motion = np.concatenate([np.zeros_like(held), trace.amounts / scale], axis=1)
    regions = {"": np.ones(len(trace.numbers), bool)}
    if shapes is not None:
        regions |= {name: mask[trace.numbers] for name, mask in region_masks(shapes).items()}
    both = rows[: count + len(modes)].reshape(count + len(modes), -1, 3)
    residual, moved = {}, {}
    for name, mask in regions.items():
        if mask.any():
            part = both[:, mask].reshape(len(both), -1)
            products = part @ part.T / float(trace.weights[mask].sum())
            residual[name], moved[name] = (_length(one, products) for one in (off, motion))
    return replace(
        curves,
        values=values,
        residual=residual.pop(""),
        wanted=moved.pop(""),
        regions=residual,
        regions_wanted=moved,
        notes=(*curves.notes, f"The clip is of this very mesh: {usable.sum()} controls do what its vertices did"),
    )


def _length(weights: np.ndarray, gram: np.ndarray) -> np.ndarray:
    """(T,) root mean square length of the displacements of weights (T, n)."""
    return np.sqrt(np.maximum(((weights @ gram) * weights).sum(1), 0.0)).astype(np.float32)
