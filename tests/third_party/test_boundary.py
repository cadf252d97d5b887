"""Who may know of third_party: the backend's process, never what Blender loads."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def imported(path: Path) -> Iterator[str]:
    """The dotted names that a file imports, relative ones without their dots."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (".".join(filter(None, (node.module, alias.name))) for alias in node.names)


def known_to(path: Path) -> bool:
    return any("third_party" in name.split(".") for name in imported(path))


@pytest.mark.parametrize("folder", ["addon", "operators"])
def test_the_add_on_never_imports_it(folder):
    files = sorted((ROOT / folder).glob("**/*.py"))
    assert len(files) >= 5
    assert [path.name for path in [*files, ROOT / "__init__.py"] if known_to(path)] == []


def test_of_the_backend_only_the_evaluation_and_the_verbs_do():
    backend = ROOT / "backend"
    assert {path.relative_to(backend).parts[0] for path in backend.glob("**/*.py") if known_to(path)} <= {
        "evaluation",
        "verbs",
    }


def test_it_needs_nothing_of_blender_and_nothing_of_other_peoples_code():
    names = {name.split(".")[0] for path in (ROOT / "third_party").glob("**/*.py") for name in imported(path)}
    theirs = {"bpy", "pytorch3d", "cupy", "torch_scatter", "torch_sparse", "diffusion_net", "igl", "open3d"}
    assert names & theirs == set()
    assert {"backend", "torch", "numpy"} <= names
