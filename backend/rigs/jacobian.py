"""What a unit of each control does at a pose, from as few poses as possible. Numpy alone, for Blender."""

from collections.abc import Generator

import numpy as np

TOUCHED = 1e-4
"""Share of a control's largest displacement from which on it touches a vertex."""

STEP = 0.01
"""Share of its range by which a control is moved to see what it does."""

Looking = Generator[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]
"""Yields the values (K,) of a pose, is sent where its vertices (m, 3) then are, and returns the pose's own vertices
and what one unit of each control does there."""


def apart(deltas: np.ndarray) -> list[np.ndarray]:
    """Controls in groups of which no two move the same vertex (Curtis, Powell and Reid 1974): a group is measured in
    one pose. deltas: (K, m, 3). Those that move nothing are in no group."""
    length = np.linalg.norm(deltas, axis=2)
    touched = length > TOUCHED * np.maximum(length.max(1, keepdims=True, initial=0.0), 1e-30)
    taken: list[np.ndarray] = []
    groups: list[list[int]] = []
    for control in np.argsort(-touched.sum(1), kind="stable"):
        if not touched[control].any():
            continue
        for mask, group in zip(taken, groups, strict=True):
            if not (mask & touched[control]).any():
                mask |= touched[control]
                group.append(int(control))
                break
        else:
            taken.append(touched[control].copy())
            groups.append([int(control)])
    return [np.array(group) for group in groups]


def looking(
    values: np.ndarray, minimum: np.ndarray, maximum: np.ndarray, deltas: np.ndarray, groups: list[np.ndarray]
) -> Looking:
    """Around the pose of values (K,), a step of each control at a time, within its bounds (K,). deltas: (K, m, 3) at
    rest, which say whose work a displacement is; groups: as apart makes them."""
    here = yield values
    result = np.zeros_like(deltas)
    steps = STEP * (maximum - minimum)
    steps = np.where(values + steps > maximum, -steps, steps)
    for group in groups:
        moved = values.copy()
        moved[group] += steps[group]
        change = (yield moved) - here
        for control in group:
            own = np.any(deltas[control], axis=1)
            result[control, own] = change[own] / steps[control]
    return here, result
