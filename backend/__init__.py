"""Facsimile's backend: everything that computes. Never imports bpy."""

VERSION = "0.1.0"
