"""A model in FLAME's format with a made-up face."""

import numpy as np
from scipy.sparse import csc_matrix

from backend.faces.flame import PARENTS

VERTICES = 642


def flame_entries() -> dict[str, object]:
    """What a FLAME pickle holds, on a ball with smooth random bases."""
    random = np.random.default_rng(7)
    vertices = random.normal(size=(VERTICES, 3))
    vertices *= 0.1 / np.linalg.norm(vertices, axis=1, keepdims=True)
    places = np.array([[0, -0.1, 0], [0, -0.05, 0], [0, -0.01, 0.01], [0.03, 0.03, 0.07], [-0.03, 0.03, 0.07]])
    nearness = np.exp(-((vertices[:, None] - places) ** 2).sum(-1) / 0.002)
    weights = nearness / nearness.sum(1, keepdims=True)
    waves = np.sin(vertices @ random.normal(scale=30, size=(3, 400)) + random.uniform(0, 6, 400))
    regressor = nearness.T / nearness.sum(0)[:, None]
    regressor[nearness.T < 0.05] = 0
    return {
        "v_template": vertices,
        "f": random.integers(0, VERTICES, (1280, 3)).astype(np.uint32),
        "shapedirs": 0.002 * waves[:, None] * random.normal(size=(1, 3, 400)),
        "posedirs": 0.001 * random.normal(size=(VERTICES, 3, 36)),
        "J_regressor": csc_matrix(regressor),
        "J": regressor @ vertices,
        "weights": weights,
        "kintree_table": np.array([[2**32 - 1, *PARENTS[1:]], range(5)], np.int64),
        "bs_style": "lbs",
        "bs_type": "lrotmin",
    }
