"""MakeHuman's head (CC0) as arrays, and how its identities are drawn."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.geometry.mesh import PARTS

METRES = 0.1
ROLES = {
    "body": "skin",
    "helper-l-eye": "eye_left",
    "helper-r-eye": "eye_right",
    "helper-upper-teeth": "teeth_upper",
    "helper-lower-teeth": "teeth_lower",
    "helper-tongue": "tongue",
}


@dataclass(frozen=True)
class MakeHumanHead:
    """neutral: (5188, 3) metres. triangles: (10096, 3). identity: (434, 5188, 3). names, categories: (434,). pairs:
    (165, 2) opposite targets. singles: (16,). mirrors: left and right twins among the targets. arkit: ARKit name to
    (5188, 3). units: MakeHuman's own expression unit to (5188, 3), the mean of its three groups. parts: (5188,) index
    into PARTS."""

    neutral: np.ndarray
    triangles: np.ndarray
    identity: np.ndarray
    names: tuple[str, ...]
    categories: np.ndarray
    pairs: np.ndarray
    singles: np.ndarray
    mirrors: np.ndarray
    arkit: dict[str, np.ndarray]
    units: dict[str, np.ndarray]
    parts: np.ndarray


def load_makehuman(path: Path) -> MakeHumanHead:
    """MakeHuman's head from its .npz; see the corpus's own description for the layout."""
    with np.load(path, allow_pickle=False) as data:
        part_names = [str(name) for name in data["part_names"]]
        role = np.array([PARTS.index(ROLES.get(name, "lashes")) for name in part_names])
        arkit_names = [str(name) for name in data["arkit_names"]]
        return MakeHumanHead(
            neutral=data["neutral"].astype(np.float32) * METRES,
            triangles=data["triangles"].astype(np.int32),
            identity=data["identity"].astype(np.float32) * METRES,
            names=tuple(str(name) for name in data["identity_names"]),
            categories=data["identity_category"],
            pairs=data["identity_pairs"],
            singles=data["identity_singles"],
            mirrors=data["identity_mirror"],
            arkit=dict(zip(arkit_names, data["arkit"].astype(np.float32) * METRES, strict=True)),
            units=_units(data["expression_names"], data["expression"].astype(np.float32) * METRES),
            parts=role[data["vertex_part"]],
        )


def _units(names: np.ndarray, expression: np.ndarray) -> dict[str, np.ndarray]:
    """The expression units (102, 5188, 3), named "group/unit", as the mean over the groups."""
    groups: dict[str, list[np.ndarray]] = {}
    for name, field in zip(names, expression, strict=True):
        groups.setdefault(str(name).split("/")[1], []).append(field)
    return {unit: np.mean(fields, axis=0) for unit, fields in groups.items()}


def draw_identity(
    head: MakeHumanHead, random: np.random.Generator, ages: tuple[float, float] = (0.1, 1.0)
) -> np.ndarray:
    """(5188, 3) offsets of a plausible person: macro targets by their factors, details per pair. ages: the youngest and
    the oldest, from 0, a baby, to 1; adults are 0.3 and more."""
    weights = np.zeros(len(head.names))
    factors = _macro_factors(random, ages)
    for index, name in enumerate(head.names):
        if str(head.categories[index]).startswith("macro"):
            weights[index] = _macro_weight(name, factors)
    sigma = random.uniform(0.15, 0.4)
    left_twin = {int(right): int(left) for left, right in head.mirrors}
    shared: dict[int, float] = {}
    for first, second in head.pairs:
        both_sides = shared.setdefault(left_twin.get(int(first), int(first)), random.normal(0, sigma))
        strength = both_sides + random.normal(0, 0.15 * sigma)
        weights[second if strength > 0 else first] = min(abs(strength), 1.0)
    for single in random.choice(head.singles, size=min(2, len(head.singles)), replace=False):
        weights[single] = min(abs(random.normal(0, 0.3)), 1.0)
    return np.tensordot(weights.astype(np.float32), head.identity, axes=1)


def _macro_factors(random: np.random.Generator, span: tuple[float, float]) -> dict[str, float]:
    race = dict(zip(("african", "asian", "caucasian"), random.dirichlet([0.7] * 3), strict=True))
    gender = random.uniform()
    age = random.uniform(*span)
    ages = ("baby", "child", "young", "old")
    hats = {name: _hat(age, at, (0.0, 0.1875, 0.5, 1.0)) for name, at in zip(ages, range(4), strict=True)}
    factors = {**race, "male": gender, "female": 1 - gender, **hats}
    for kind in ("muscle", "weight"):
        value = random.uniform()
        steps = (0.0, 0.5, 1.0)
        factors |= {f"{level}{kind}": _hat(value, at, steps) for at, level in enumerate(("min", "average", "max"))}
    return factors


def _hat(value: float, at: int, knots: tuple[float, ...]) -> float:
    """The linear weight of knot number `at` for a value between knots."""
    return float(np.interp(value, knots, np.eye(len(knots))[at]))


def _macro_weight(name: str, factors: dict[str, float]) -> float:
    weight = 1.0
    for word in name.replace("macrodetails-", "").replace(".target", "").split("-"):
        weight *= factors.get(word, 1.0)
    return weight
