"""A model in FLAME's format that has a face: the open head with a jaw and eyes to turn, under anonymous components."""

from functools import cache

import numpy as np

from backend.channels import FACE_NAMES, ICT_NAMES
from backend.cloning.result import Shapes
from backend.faces.flame import PARENTS, FlameModel
from backend.faces.open_head import load_open_head
from backend.geometry.mesh import PARTS, face_mesh

OPEN_ANGLE = 0.3
"""Radians of the jaw at which its skin comes nearest to jawOpen at weight 1, roughly."""


def flame_head_entries(seed: int = 0) -> dict[str, object]:
    """What a FLAME pickle holds. Expressions are random mixtures of the channels but jawOpen, blinks and gaze."""
    head = load_open_head()
    random = np.random.default_rng(seed)
    count = len(head.vertices)
    joints = np.zeros((5, 3))
    joints[0], joints[1], joints[2] = [0, -0.15, -0.02], [0, -0.1, -0.02], [0, 0.0, -0.01]
    joints[3:] = head.eye_centers
    open_jaw = head.shapes[FACE_NAMES.index("jawOpen")]
    jaw = np.clip(-open_jaw[:, 1] / 0.02, 0, 1)
    weights = np.zeros((count, 5))
    balls = [head.parts == PARTS.index(name) for name in ("eye_left", "eye_right")]
    jaw[balls[0] | balls[1]] = 0
    weights[:, 2] = jaw
    for eye, ball in enumerate(balls):
        weights[ball, 3 + eye] = 1
    weights[:, 1] = 1 - weights.sum(1)
    regressor = np.zeros((5, count))
    for joint in range(5):
        near = np.argsort(np.linalg.norm(head.vertices - joints[joint], axis=1))[:40]
        near = np.nonzero(balls[joint - 3])[0] if joint > 2 else near
        # the nearest weights that give the place exactly
        rows = np.concatenate([head.vertices[near].T, np.ones((1, len(near)))])
        regressor[joint, near] = np.linalg.pinv(rows) @ [*joints[joint], 1]
    mixed = [at for at, name in enumerate(ICT_NAMES) if not name.startswith(("jawOpen", "eyeBlink", "eyeLook"))]
    mixture = random.normal(size=(100, len(mixed))) * 0.12
    expression = np.einsum("ek,kvc->evc", mixture, head.shapes[mixed])
    identity = np.zeros((300, count, 3))
    identity[: len(head.identity)] = head.identity
    return {
        "v_template": head.vertices.astype(np.float64),
        "f": face_mesh(head.vertices, head.quads).triangles.astype(np.uint32),
        "shapedirs": np.concatenate([identity, expression]).transpose(1, 2, 0),
        "posedirs": np.zeros((count, 3, 36)),
        "J_regressor": regressor,
        "weights": weights,
        "kintree_table": np.array([[2**32 - 1, *PARENTS[1:]], range(5)], np.int64),
    }


@cache
def flame_head(seed: int = 0, version: str = "2020") -> FlameModel:
    """The model of these entries."""
    entries = flame_head_entries(seed)
    basis = np.ascontiguousarray(np.asarray(entries["shapedirs"]).transpose(2, 0, 1), np.float32)
    return FlameModel(
        version=version,
        vertices=np.asarray(entries["v_template"], np.float32),
        faces=np.asarray(entries["f"], np.int32),
        identity=basis[:300],
        expression=basis[300:],
        pose=np.zeros((36, len(basis[0]), 3), np.float32),
        joints=np.asarray(entries["J_regressor"], np.float32),
        skinning=np.asarray(entries["weights"], np.float32),
    )


@cache
def flame_head_shapes() -> Shapes:
    """What the main job would find on it, exactly."""
    head = load_open_head()
    skin = head.parts == PARTS.index("skin")
    return Shapes(
        vertices=head.vertices,
        names=ICT_NAMES,
        deltas=head.shapes[: len(ICT_NAMES)],
        parts=head.parts.astype(np.int8),
        confidence=1.0,
        reasons=("known",),
        canonical_from_file=np.eye(4),
        seals=(),
        version="test",
        canonical=np.where(skin[:, None], head.vertices, np.nan).astype(np.float32),
    )
