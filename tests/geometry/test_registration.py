"""Non-rigid registration brings a bent copy back."""

import numpy as np
import trimesh

from backend.geometry.registration import register, surface


def test_a_bent_head_is_brought_onto_the_straight_one():
    mesh = trimesh.creation.icosphere(subdivisions=4, radius=0.1)
    straight = np.asarray(mesh.vertices) * [0.8, 1.1, 1.0]
    straight[:, 2] += 0.02 * np.exp(-((straight[:, :2] / 0.02) ** 2).sum(1)) * (straight[:, 2] > 0)
    bent = straight + 0.012 * np.sin(straight[:, [1, 2, 0]] * 25)
    every = np.flatnonzero(straight[:, 2] > 0.03)[::25]
    source, target = surface(bent, mesh.faces), surface(straight, mesh.faces)
    moved = register(source, target, (bent[every], straight[every]), 0.2)
    front = straight[:, 2] > 0.04
    before, after = (np.linalg.norm(points - straight, axis=1)[front].mean() for points in (bent, moved))
    assert after < 0.45 * before
    query = trimesh.proximity.ProximityQuery(trimesh.Trimesh(straight, mesh.faces))
    off_before, off_after = (np.median(query.vertex(points)[0]) for points in (bent, moved))
    assert off_after < 0.5 * off_before


def test_open_borders_are_found():
    mesh = trimesh.creation.icosphere(subdivisions=2)
    kept = mesh.faces[(mesh.vertices[mesh.faces][:, :, 1] > 0).all(1)]
    border = surface(mesh.vertices, kept).boundary
    assert border.any()
    assert (mesh.vertices[border][:, 1] < 0.35).all()
