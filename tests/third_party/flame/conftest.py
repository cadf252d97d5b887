"""FLAME's file as the authors' programs write it."""

import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read here is not kept."""
    monkeypatch.setenv("FACSIMILE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Writes entries as a pickle; with chumpy=True as Python 2 and chumpy did, whose classes are made up for it."""

    def write(
        entries: dict[str, object], name: str = "generic_model.pkl", chumpy: bool = False, protocol: int = 2
    ) -> Path:
        path = tmp_path / name
        if not chumpy:
            path.write_bytes(pickle.dumps(entries, protocol))
            return path
        module = ModuleType("chumpy.ch")
        module.Ch = type("Ch", (), {"__module__": "chumpy.ch"})  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "chumpy", ModuleType("chumpy"))
        monkeypatch.setitem(sys.modules, "chumpy.ch", module)
        wrapped = module.Ch()  # type: ignore[attr-defined]
        wrapped.__dict__ = {"x": entries["shapedirs"], "_dirty_vars": set(), "_itr": None}
        path.write_bytes(pickle.dumps(entries | {"shapedirs": wrapped}, protocol))
        return path

    return write
