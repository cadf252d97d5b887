"""The border of the neck stays."""

import numpy as np

from backend.cloning.neck import FADE, neck_weight
from backend.faces.open_head import open_head_mesh


def test_motion_fades_towards_the_neck_and_nowhere_else():
    mesh = open_head_mesh()
    skin = mesh.objects == mesh.object_names.index("head")
    triangles = mesh.triangles[skin[mesh.triangles].all(1)]
    used = np.unique(triangles)
    vertices = mesh.vertices[used]
    weight = neck_weight(vertices, np.searchsorted(used, triangles), vertices)
    assert weight[vertices[:, 1].argmin()] == 0.0
    assert (weight[vertices[:, 1] > vertices[:, 1].min() + 0.06 + FADE] == 1.0).all()
    assert ((weight >= 0) & (weight <= 1)).all()


def test_a_bare_mask_keeps_its_border_free():
    grid = np.stack(np.meshgrid(np.linspace(-0.06, 0.06, 9), np.linspace(-0.1, 0.08, 9), indexing="ij"), -1)
    vertices = np.concatenate([grid.reshape(-1, 2), np.full((81, 1), 0.09)], axis=1)
    corner = np.arange(81).reshape(9, 9)[:-1, :-1].ravel()
    triangles = np.concatenate(
        [np.stack([corner, corner + 9, corner + 1], 1), np.stack([corner + 1, corner + 9, corner + 10], 1)]
    )
    assert (neck_weight(vertices, triangles, vertices) == 1.0).all()
