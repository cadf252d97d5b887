"""Neural Face Skinning (Cha et al. 2025, arXiv 2505.22416): its published checkpoints, run without its code."""
