"""What is known of each job between runs: a small file and a lock each, in a folder beside the list."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from filelock import FileLock

from backend.batch.job_list import Job
from backend.cloning.recall import fingerprint

WORKING, DONE, FAILED = "working", "done", "failed"
BESIDE = (".gltf", ".usd", ".usda", ".usdc")
"""Kinds of files whose content may lie in other files of their folder."""


@dataclass(frozen=True)
class Record:
    """Of one job. made_of: what the work was done with, as made_of() says it. state: WORKING, DONE or FAILED. files: of
    what is done, SHA-256 by option. staged: where these lay before they were put in place. deaths: how many workers
    ended without a word while they were at it. seconds: the work took. code, sentence, cure: why it failed."""

    made_of: str
    state: str
    files: dict[str, str] = field(default_factory=dict)
    staged: dict[str, str] = field(default_factory=dict)
    deaths: int = 0
    seconds: float = 0.0
    code: str = ""
    sentence: str = ""
    cure: str = ""


class Ledger:
    """The records and locks of a list's jobs."""

    def __init__(self, job_list: Path) -> None:
        self.folder = job_list.with_name(f"{job_list.name}.state")
        self.folder.mkdir(exist_ok=True)
        self._contents: dict[tuple[str, int, int], str] = {}

    def lock(self, job: Job) -> FileLock:
        """The lock of a job's output; the system frees it when the process that holds it ends, however it does."""
        return FileLock(self.folder / f"{self._name(job)}.lock")

    def read(self, job: Job) -> Record | None:
        """What is known of a job; None where nothing is, or what is there is damaged."""
        try:
            content = json.loads((self.folder / f"{self._name(job)}.json").read_text(encoding="utf-8"))
            return Record(**content)
        except (OSError, ValueError, TypeError):
            return None

    def write(self, job: Job, record: Record) -> None:
        """Replaces what is known of a job, at once and whole."""
        path = self.folder / f"{self._name(job)}.json"
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(asdict(record)), encoding="utf-8")
        partial.replace(path)

    def made_of(self, job: Job) -> str:
        """SHA-256 over everything that decides what a job's outputs are: the backend, the verb, its options and the
        content of its inputs. Raises OSError where an input cannot be read."""
        options = {name: str(value) for name, value in vars(job.options).items() if name not in job.outputs}
        for name in job.inputs:
            options[name] = self._content(getattr(job.options, name))
        described = [fingerprint(), job.verb, sorted(options.items()), job.outputs]
        return hashlib.sha256(json.dumps(described).encode()).hexdigest()

    def digest(self, path: Path) -> str:
        """SHA-256 of a file, remembered as long as its size and time stay. Raises OSError."""
        status = path.stat()
        key = (str(path), status.st_size, status.st_mtime_ns)
        if key not in self._contents:
            with path.open("rb") as stream:
                self._contents[key] = hashlib.file_digest(stream, "sha256").hexdigest()
        return self._contents[key]

    def _content(self, path: Path) -> str:
        if path.is_dir() or path.suffix.lower() in BESIDE:
            folder = path if path.is_dir() else path.parent
            files = sorted(one for one in folder.iterdir() if one.is_file())
            return " ".join([path.name, *(f"{one.name} {self.digest(one)}" for one in files)])
        return self.digest(path)

    def _name(self, job: Job) -> str:
        return hashlib.sha256(str(job.output).encode()).hexdigest()[:24]
