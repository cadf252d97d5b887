"""Facsimile's backend: everything that computes. Never imports bpy."""

VERSION = "0.1.0"

CALM = {"OPENBLAS_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}
"""What a process that computes has in its environment before it loads NumPy and torch, unless it is given otherwise:
threads that keep a processor busy while they wait for each other cost up to half of the time."""
