"""Preparing a mesh: clean it, then take from it what the networks work on."""

from backend.geometry.clean import CleanMesh, clean
from backend.geometry.working import WorkingMesh, working_mesh

__all__ = ["CleanMesh", "WorkingMesh", "clean", "working_mesh"]
