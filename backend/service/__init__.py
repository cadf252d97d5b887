"""The serving loop: requests from the add-on, jobs in order, progress, cancel."""
