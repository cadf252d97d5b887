"""Readers for other people's checkpoints and model files. Nothing of theirs is here; see README.md."""
