"""Broken heads: what scanners, exporters and modelling sessions leave behind, drawn from a seed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from backend.faces.open_head import open_head_mesh
from backend.geometry.decimate import decimate

SIZES = {300: 0.35, 700: 0.35, 1500: 0.2, 3000: 0.07, 12_000: 0.03}
"""Vertices of the heads that are broken, and how often each comes: a large one takes longer and breaks no otherwise."""

AS_IT_IS = 0.1
"""Share of heads that are not heads to begin with: clouds, sheets and lumps."""


@dataclass
class Draft:
    """A mesh that nobody has checked. vertices: (N, 3) float64. faces: (M, 3) int64. objects: (N,) int64."""

    vertices: np.ndarray
    faces: np.ndarray
    objects: np.ndarray

    def some_vertices(self, rng: np.random.Generator, share: float) -> np.ndarray:
        """Numbers of a random part of the vertices, at least one where there are any."""
        count = min(len(self.vertices), max(1, int(rng.uniform(0, share) * len(self.vertices))))
        return rng.choice(len(self.vertices), count, replace=False)

    def some_faces(self, rng: np.random.Generator, share: float) -> np.ndarray:
        """Numbers of a random part of the faces, at least one where there are any."""
        count = min(len(self.faces), max(1, int(rng.uniform(0, share) * len(self.faces))))
        return rng.choice(len(self.faces), count, replace=False)

    def append(self, vertices: np.ndarray, faces: np.ndarray, objects: np.ndarray) -> None:
        """More of the same mesh; faces count from the first of these vertices."""
        self.faces = np.concatenate([self.faces, faces + len(self.vertices)])
        self.vertices = np.concatenate([self.vertices, vertices])
        self.objects = np.concatenate([self.objects, objects])


Breakage = Callable[[Draft, np.random.Generator], None]


def broken_head(seed: int) -> tuple[Draft, tuple[str, ...]]:
    """A head with one to four breakages, and their names."""
    rng = np.random.default_rng(seed)
    draft = _lump(rng) if rng.random() < AS_IT_IS else _head(int(rng.choice(list(SIZES), p=list(SIZES.values()))))
    chosen = [BREAKAGES[at] for at in rng.integers(len(BREAKAGES), size=rng.integers(1, 5))]
    for breakage in chosen:
        if len(draft.vertices):
            breakage(draft, rng)
    return draft, tuple(breakage.__name__ for breakage in chosen)


def _head(size: int) -> Draft:
    vertices, faces, objects = _decimated(size)
    return Draft(vertices.copy(), faces.copy(), objects.copy())


@cache
def _decimated(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    mesh = open_head_mesh()
    triangles, _ = decimate(mesh.vertices, mesh.triangles, size)
    used, faces = np.unique(triangles, return_inverse=True)
    return mesh.vertices[used].astype(np.float64), faces.reshape(-1, 3), mesh.objects[used].astype(np.int64)


def _lump(rng: np.random.Generator) -> Draft:
    count = int(rng.integers(1, 300))
    vertices = rng.normal(size=(count, 3)) * rng.uniform(0, 1, 3)
    return Draft(vertices, rng.integers(count, size=(int(rng.integers(0, 400)), 3)), np.zeros(count, np.int64))


def not_numbers(draft: Draft, rng: np.random.Generator) -> None:
    draft.vertices[draft.some_vertices(rng, 0.1), rng.integers(3)] = rng.choice([np.nan, np.inf, -np.inf])


def absurdly_far(draft: Draft, rng: np.random.Generator) -> None:
    draft.vertices[draft.some_vertices(rng, 0.02)] *= 10.0 ** rng.integers(3, 300)


def no_faces(draft: Draft, rng: np.random.Generator) -> None:
    draft.faces = draft.faces[:0]


def faces_beyond_the_vertices(draft: Draft, rng: np.random.Generator) -> None:
    if len(draft.faces):
        draft.faces[draft.some_faces(rng, 0.1), 0] = rng.choice([-2, -(2**31), len(draft.vertices), 2**31 - 1])


def collapsed_faces(draft: Draft, rng: np.random.Generator) -> None:
    if len(draft.faces):
        some = draft.some_faces(rng, 0.5)
        draft.faces[some, 1] = draft.faces[some, 0]


def doubled_faces(draft: Draft, rng: np.random.Generator) -> None:
    if len(draft.faces):
        draft.faces = np.concatenate([draft.faces, np.roll(draft.faces[draft.some_faces(rng, 1.0)], 1, axis=1)])


def turned_faces(draft: Draft, rng: np.random.Generator) -> None:
    if len(draft.faces):
        some = draft.some_faces(rng, 1.0)
        draft.faces[some] = draft.faces[some][:, ::-1]


def edges_of_many_faces(draft: Draft, rng: np.random.Generator) -> None:
    if len(draft.faces):
        fins = draft.faces[draft.some_faces(rng, 0.2)].copy()
        fins[:, 2] = rng.integers(len(draft.vertices), size=len(fins))
        draft.faces = np.concatenate([draft.faces, fins])


def lost_faces(draft: Draft, rng: np.random.Generator) -> None:
    if len(draft.faces):
        draft.faces = np.delete(draft.faces, draft.some_faces(rng, 1.0), axis=0)


def torn_apart(draft: Draft, rng: np.random.Generator) -> None:
    """Every face has vertices of its own, as in an .stl."""
    inside = ((draft.faces >= 0) & (draft.faces < len(draft.vertices))).all(1)
    corners = draft.faces[inside].ravel()
    if len(corners):
        draft.vertices, draft.objects = draft.vertices[corners], draft.objects[corners]
        draft.faces = np.arange(len(corners)).reshape(-1, 3)


def loose_vertices(draft: Draft, rng: np.random.Generator) -> None:
    count = int(rng.integers(1, 500))
    draft.append(rng.normal(size=(count, 3)), np.zeros((0, 3), np.int64), np.zeros(count, np.int64))


def six_hundred_shells(draft: Draft, rng: np.random.Generator) -> None:
    corners = rng.normal(size=(600, 1, 3)) * 0.2 + rng.normal(size=(600, 3, 3)) * 0.01
    draft.append(corners.reshape(-1, 3), np.arange(1800).reshape(-1, 3), np.zeros(1800, np.int64))


def two_heads(draft: Draft, rng: np.random.Generator) -> None:
    draft.append(draft.vertices + np.array([0.3, 0, 0]), draft.faces, draft.objects)


def the_same_head_twice(draft: Draft, rng: np.random.Generator) -> None:
    draft.append(draft.vertices.copy(), draft.faces, draft.objects)


def flat(draft: Draft, rng: np.random.Generator) -> None:
    draft.vertices[:, rng.integers(3)] = 0.0


def a_line(draft: Draft, rng: np.random.Generator) -> None:
    draft.vertices[:] = draft.vertices[:, :1]


def one_place(draft: Draft, rng: np.random.Generator) -> None:
    draft.vertices[:] = rng.normal(size=3)


def noise(draft: Draft, rng: np.random.Generator) -> None:
    draft.vertices += rng.normal(size=draft.vertices.shape) * 10.0 ** rng.uniform(-4, -1)


def another_unit(draft: Draft, rng: np.random.Generator) -> None:
    draft.vertices *= 10.0 ** rng.uniform(-12, 12)


def a_mirror_image(draft: Draft, rng: np.random.Generator) -> None:
    draft.vertices *= rng.choice([-1.0, 1.0], 3)


def stretched(draft: Draft, rng: np.random.Generator) -> None:
    draft.vertices *= 10.0 ** rng.uniform(-2, 2, 3)


def far_from_the_origin(draft: Draft, rng: np.random.Generator) -> None:
    draft.vertices += rng.normal(size=3) * 10.0 ** rng.uniform(0, 7)


def shuffled(draft: Draft, rng: np.random.Generator) -> None:
    """Faces name vertices of elsewhere: a tangle."""
    if len(draft.faces):
        some = draft.some_faces(rng, 1.0)
        draft.faces[some] = rng.integers(len(draft.vertices), size=(len(some), 3))


def a_slice(draft: Draft, rng: np.random.Generator) -> None:
    """Only what lies on one side of a plane keeps its faces."""
    axis = rng.normal(size=3)
    side = draft.vertices @ axis > np.quantile(draft.vertices @ axis, rng.uniform(0.05, 0.95))
    inside = ((draft.faces >= 0) & (draft.faces < len(draft.vertices))).all(1)
    draft.faces = draft.faces[inside]
    draft.faces = draft.faces[side[draft.faces].all(1)]


def many_objects(draft: Draft, rng: np.random.Generator) -> None:
    draft.objects = rng.integers(0, rng.integers(2, 100), len(draft.vertices))


BREAKAGES: tuple[Breakage, ...] = (
    not_numbers,
    absurdly_far,
    no_faces,
    faces_beyond_the_vertices,
    collapsed_faces,
    doubled_faces,
    turned_faces,
    edges_of_many_faces,
    lost_faces,
    torn_apart,
    loose_vertices,
    six_hundred_shells,
    two_heads,
    the_same_head_twice,
    flat,
    a_line,
    one_place,
    noise,
    another_unit,
    a_mirror_image,
    stretched,
    far_from_the_origin,
    shuffled,
    a_slice,
    many_objects,
)
