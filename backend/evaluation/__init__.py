"""Measuring what the product makes against artists' work and against simpler methods."""
