import numpy as np

from backend.geometry.edges import border_vertices, edge_runs, unique_edges


def test_edges_of_a_sheet_are_those_of_a_loop(grid):
    vertices, triangles = grid(4, 5)
    triangles = triangles[np.random.default_rng(0).permutation(len(triangles))]
    owners: dict[tuple[int, int], list[int]] = {}
    for half, (a, b) in enumerate(zip(triangles.ravel(), np.roll(triangles, -1, axis=1).ravel(), strict=True)):
        owners.setdefault((min(a, b), max(a, b)), []).append(half)
    edges, number = unique_edges(triangles, len(vertices))
    assert [tuple(edge) for edge in edges.tolist()] == sorted(owners)
    assert number.tolist() == [len(owners[edge]) for edge in sorted(owners)]
    order, starts, lengths = edge_runs(triangles, len(vertices))
    runs = [order[start : start + length].tolist() for start, length in zip(starts, lengths, strict=True)]
    assert runs == [owners[edge] for edge in sorted(owners)]


def test_borders_are_the_rim(grid, sphere):
    vertices, triangles = grid(4, 5)
    x, y, _ = vertices.T
    rim = (x == 0) | (x == 4) | (y == 0) | (y == 3)
    assert np.array_equal(border_vertices(triangles, len(vertices)), rim)
    assert np.array_equal(border_vertices(triangles, 25)[20:], np.zeros(5, bool))
    vertices, triangles = sphere(5, 8)
    assert not border_vertices(triangles, len(vertices)).any()
    assert border_vertices(np.zeros((0, 3), int), 3).tolist() == [False] * 3


def test_many_vertices_do_not_overflow():
    count = 5_000_000
    triangles = np.array([[0, count - 2, count - 1], [count - 1, count - 2, 1]], np.int32)
    edges, number = unique_edges(triangles, count)
    assert edges.tolist() == [
        [0, count - 2],
        [0, count - 1],
        [1, count - 2],
        [1, count - 1],
        [count - 2, count - 1],
    ]
    assert number.tolist() == [1, 1, 1, 1, 2]
