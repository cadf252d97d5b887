"""What `python -m backend evaluate` can measure, a module each."""
