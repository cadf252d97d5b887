"""Synthetic voices that say when each phone begins: what networks of speech are trained on."""
