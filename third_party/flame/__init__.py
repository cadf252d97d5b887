"""FLAME's model files as their owners download them, read without trusting them."""
