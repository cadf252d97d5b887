"""Whether the shapes of a head that is its own mirror image are each other's."""

from collections.abc import Sequence

import numpy as np

from backend.channels import mirror
from backend.geometry.symmetry import Mirror


def mirror_errors(
    found: Mirror, names: Sequence[str], deltas: np.ndarray, areas: np.ndarray, still: float
) -> dict[str, float]:
    """For each shape that moves further than `still`: the root mean square difference between the mirror image of its
    displacements and those of the shape on the other side, as a share of its own. deltas: (K, n, 3) in the frame of the
    reflection; areas: (n,) weights."""
    counted = areas[found.own] > 0
    here, there = found.own[counted], found.other[counted]
    weights = areas[here]
    errors = {}
    for name, delta in zip(names, deltas, strict=True):
        own = delta[here]
        if np.linalg.norm(own, axis=1).max(initial=0.0) < still:
            continue
        other = deltas[names.index(mirror(name))][there]
        off = own @ found.reflection[:3, :3].T - other
        errors[name] = float(np.sqrt(weights @ np.square(off).sum(1) / (weights @ np.square(own).sum(1))))
    return errors
