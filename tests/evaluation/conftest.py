"""The independent programs that the project's measurements are checked against."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def load_tool(corpus: Path) -> Callable[[str], ModuleType]:
    """Imports a program of the folder tools beside the corpus by name, or skips with a reason."""

    def load(name: str) -> ModuleType:
        path = corpus.parent / "tools" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(name, path)
        if not path.is_file() or spec is None or spec.loader is None:
            pytest.skip(f"../shared/tools/{name}.py is absent")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load
