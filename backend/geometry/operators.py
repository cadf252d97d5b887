"""The discrete operators that DiffusionNet works with: mass, Laplacian eigenbasis and vertex gradients."""

from dataclasses import dataclass
from typing import cast

import numpy as np
import robust_laplacian
import scipy.sparse as sparse
import scipy.sparse.linalg as sparse_linalg


@dataclass(frozen=True)
class Operators:
    """mass: (n,) lumped vertex areas. evals: (k,) ascending. evecs: (n, k), orthonormal under the mass.
    gradient: (2n, n) sparse; rows 2i and 2i+1 are the derivatives at vertex i along its two tangent directions.
    normals: (n, 3) unit vertex normals, area weighted. All float32."""

    mass: np.ndarray
    evals: np.ndarray
    evecs: np.ndarray
    gradient: sparse.csr_matrix
    normals: np.ndarray


def triangle_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(t, 3) normals whose length is twice the triangle's area."""
    # axis by axis and corner by corner: rows of three are gathered and crossed at half the speed
    a, b, c = (np.ascontiguousarray(triangles[:, i]) for i in range(3))
    axes = [np.ascontiguousarray(vertices[:, axis]) for axis in range(3)]
    u, v = ([place[corner] - place[a] for place in axes] for corner in (b, c))
    normals = np.empty((len(triangles), 3), vertices.dtype)
    for axis in range(3):
        one, other = (axis + 1) % 3, (axis + 2) % 3
        normals[:, axis] = u[one] * v[other] - u[other] * v[one]
    return normals


def turned_over(vertices: np.ndarray, triangles: np.ndarray, deltas: np.ndarray) -> np.ndarray:
    """(t,) bool: the triangles (t, 3) that displacements (n, 3) of the vertices (n, 3) turn by more than 90 degrees."""
    result = np.zeros(len(triangles), bool)
    moved = np.any(deltas != 0, axis=1)[triangles].any(1)
    before, after = (triangle_normals(at, triangles[moved]) for at in (vertices, vertices + deltas))
    result[moved] = np.einsum("ij,ij->i", before, after) < 0
    return result


def vertex_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(n, 3) unit normals, area weighted, so that they hardly move with the triangulation; +y where undefined."""
    normals = triangle_normals(vertices.astype(np.float64), triangles)
    total = np.stack(
        [np.bincount(triangles.ravel(), np.repeat(normals[:, axis], 3), minlength=len(vertices)) for axis in range(3)],
        axis=1,
    )
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return np.where(length > 0, total / np.maximum(length, 1e-300), [0.0, 1.0, 0.0])


def vertex_areas(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(n,) a third of the area of each vertex's triangles. vertices: (n, 3); triangles: (t, 3)."""
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 6
    return np.bincount(triangles.reshape(-1), np.repeat(areas, 3), minlength=len(vertices))


def tangent_frames(normals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two (n, 3) tangent directions per normal, without a branch that flips (Duff et al. 2017)."""
    x, y, z = normals.T
    sign = np.where(z >= 0, 1.0, -1.0)
    a = -1.0 / (sign + z)
    b = x * y * a
    return (
        np.stack([1 + sign * x * x * a, sign * b, -sign * x], axis=1),
        np.stack([b, sign + y * y * a, -y], axis=1),
    )


def vertex_gradient(vertices: np.ndarray, triangles: np.ndarray, normals: np.ndarray) -> sparse.csr_matrix:
    """(2n, n): area-weighted mean of the linear finite element gradients of the triangles around each vertex,
    in the vertex's tangent frame. No regulariser, so no dependence on the mesh's density."""
    points = vertices.astype(np.float64)
    n = len(points)
    double_normals = triangle_normals(points, triangles)
    double_area = np.linalg.norm(double_normals, axis=1)
    unit = double_normals / np.maximum(double_area, 1e-300)[:, None]
    frame = np.stack(tangent_frames(normals), axis=1)  # (n, 2, 3)
    total = np.bincount(triangles.ravel(), np.repeat(double_area, 3), minlength=n)
    rows, columns, values = [], [], []
    for corner in range(3):
        # grad of the hat function of this corner, times twice the area: normal x opposite edge
        edge = points[triangles[:, (corner + 2) % 3]] - points[triangles[:, (corner + 1) % 3]]
        hat = np.cross(unit, edge)
        for at in range(3):
            vertex = triangles[:, at]
            local = np.einsum("tij,tj->ti", frame[vertex], hat) / np.maximum(total[vertex], 1e-300)[:, None]
            rows.append(np.stack([2 * vertex, 2 * vertex + 1], axis=1).ravel())
            columns.append(np.repeat(triangles[:, corner], 2))
            values.append(local.ravel())
    data = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return sparse.csr_matrix(data, shape=(2 * n, n), dtype=np.float32)


def laplacian(vertices: np.ndarray, triangles: np.ndarray) -> tuple[sparse.csc_matrix, np.ndarray]:
    """The robust (intrinsic, tufted) Laplacian of Sharp and Crane 2020, (n, n) positive semi-definite, and the
    lumped vertex areas (n,)."""
    matrix, mass = robust_laplacian.mesh_laplacian(
        np.ascontiguousarray(vertices, np.float64), np.ascontiguousarray(triangles, np.int64), mollify_factor=1e-5
    )
    diagonal = mass.diagonal()
    return matrix.tocsc(), np.maximum(diagonal, diagonal.mean() * 1e-6)


def factorise(matrix: sparse.spmatrix | sparse.sparray) -> sparse_linalg.SuperLU:
    """The factors of a sparse, symmetric, positive definite matrix, to solve with. In an order made for symmetry and
    without pivoting: in half the time and memory of the general case."""
    return sparse_linalg.splu(
        sparse.csc_matrix(matrix), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
    )


def eigenbasis(matrix: sparse.csc_matrix, mass: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The lowest `count` eigenpairs of L x = lambda M x: evals (count,), evecs (n, count). Signs are fixed so that
    the same mesh gives the same bytes."""
    count = min(count, len(mass) - 2)
    shift = 1e-8 * matrix.diagonal().mean() / mass.mean()
    start = np.random.default_rng(0).standard_normal(len(mass))
    pairs = sparse_linalg.eigsh(matrix, k=count, M=sparse.diags(mass).tocsc(), sigma=-shift, which="LM", v0=start)
    evals, evecs = cast(tuple[np.ndarray, np.ndarray], pairs)
    order = np.argsort(evals)
    evals, evecs = np.maximum(evals[order], 0.0), evecs[:, order]
    peak = evecs[np.abs(evecs).argmax(0), np.arange(count)]
    return evals, evecs * np.where(peak < 0, -1.0, 1.0)


def operators(vertices: np.ndarray, triangles: np.ndarray, count: int) -> Operators:
    """The operators of a triangle mesh, vertices (n, 3) and triangles (t, 3), with `count` eigenpairs."""
    normals = vertex_normals(vertices, triangles)
    matrix, mass = laplacian(vertices, triangles)
    evals, evecs = eigenbasis(matrix, mass, count)
    return Operators(
        mass.astype(np.float32),
        evals.astype(np.float32),
        evecs.astype(np.float32),
        vertex_gradient(vertices, triangles, normals),
        normals.astype(np.float32),
    )
