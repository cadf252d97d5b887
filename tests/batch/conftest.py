"""Lists of small jobs."""

from tests.job_fixtures import clips, job_rows, listed, place

__all__ = ["clips", "job_rows", "listed", "place"]
