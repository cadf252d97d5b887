"""Job lists: a table or a YAML file that names clips, characters and outputs."""

import argparse
import csv
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from backend.errors import Refusal

MAX_BYTES = 64 << 20
MAX_JOBS = 1_000_000
MAIN = ("clip", "character", "output")
VERBS = {"retarget": ("--performance", "--rig", "--out"), "encode": ("--frames", "--neutral", "--out")}
"""The verbs that jobs may have, and what a clip, a character and an output are to each."""

OUTPUTS = ("out", "csv", "calibrated", "mapping_out")
"""The flags of these verbs that name files to be written."""

YES, NO = ("true", "yes", "1"), ("false", "no", "0")
CURE = "Give clip, character and output of every job, and further columns named after flags of its verb."


@dataclass(frozen=True)
class Job:
    """number: its place in the list, from 1. verb: of VERBS. clip, character: as the list names them. options: what the
    verb's own parser makes of the job, with paths from the list's folder. inputs, outputs: the options that are paths
    of files to be read, and written; the first output is the one that the list calls so."""

    number: int
    verb: str
    clip: str
    character: str
    options: argparse.Namespace
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @property
    def output(self) -> Path:
        """The first of its outputs."""
        return Path(getattr(self.options, self.outputs[0]))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Refusal("bad-job", f"{message[:1].upper()}{message[1:]}.", CURE)


def read_jobs(path: Path) -> list[Job]:
    """The jobs of a list, .csv, .yaml or .yml, in its order.

    Columns, or keys, are clip, character, output, and where wanted verb (retarget, or encode) and any flag of that
    verb, with the values that it takes on the command line. Paths count from the list's folder. Raises Refusal for
    whatever is not understood, naming the job, and where two jobs write the same file.
    """
    if not path.is_file():
        raise Refusal("missing-file", f"There is no file {path.name}.", "Check the path.")
    if path.stat().st_size > MAX_BYTES:
        raise Refusal("too-large", f"{path.name} is larger than 64 MB.", "Cut it into several lists.")
    reader = {".csv": _rows_of_csv, ".yaml": _rows_of_yaml, ".yml": _rows_of_yaml}.get(path.suffix.lower())
    if reader is None:
        raise Refusal("unknown-format", f"{path.name} is no list of jobs.", "Use .csv or .yaml.")
    parsers = {verb: _parser(verb) for verb in VERBS}
    folder = path.resolve().parent
    jobs = []
    writers: dict[Path, int] = {}
    for number, row in enumerate(reader(path), start=1):
        if number > MAX_JOBS:
            raise Refusal("too-large", f"{path.name} has more than a million jobs.", "Cut it into several lists.")
        try:
            job = _job(number, row, parsers, folder)
        except Refusal as refusal:
            raise Refusal(refusal.code, f"Job {number}: {refusal.sentence}", refusal.cure) from refusal
        for name in job.outputs:
            other = writers.setdefault(Path(getattr(job.options, name)), number)
            if other != number:
                raise Refusal(
                    "same-output",
                    f"Jobs {other} and {number} both write {Path(getattr(job.options, name)).name}.",
                    "Give every job its own output.",
                )
        jobs.append(job)
    if not jobs:
        raise Refusal("no-jobs", f"{path.name} has no jobs.", CURE)
    return jobs


def part_of(jobs: Sequence[Job], part: int, parts: int) -> list[Job]:
    """One of so many parts of a list, from 1, all about as long. Raises Refusal for a part that does not exist."""
    if not 1 <= part <= parts:
        raise Refusal("bad-part", f"There is no part {part} of {parts}.", "Parts are counted from 1.")
    return list(jobs[(part - 1) * len(jobs) // parts : part * len(jobs) // parts])


def _rows_of_csv(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            first = stream.readline()
            stream.seek(0)
            for row in csv.DictReader(stream, delimiter=max(",;\t", key=first.count), restkey=""):
                if any(row.values()):
                    yield {str(key).strip().lower(): value for key, value in row.items()}
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refusal("bad-list", f"{path.name} is not a text table.", "Save it as CSV in UTF-8.") from error


def _rows_of_yaml(path: Path) -> Iterator[dict[str, Any]]:
    try:
        import yaml
    except ImportError as error:
        raise Refusal(
            "missing-library",
            "YAML lists are read with PyYAML, which is not installed.",
            "Install it into the backend's environment (python -m pip install pyyaml), or save the list as CSV.",
        ) from error
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as error:
        raise Refusal("bad-list", f"{path.name} is not YAML.", "Check its indentation and quotes.") from error
    rows = content.get("jobs") if isinstance(content, dict) else content
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Refusal("bad-list", f"{path.name} is not a list of jobs.", CURE)
    for row in rows:
        yield {str(key).strip().lower(): value for key, value in row.items()}


def _parser(verb: str) -> _Parser:
    parser = _Parser(prog=verb, add_help=False)
    import_module(f"backend.verbs.{verb}").add_arguments(parser)
    return parser


def _job(number: int, row: dict[str, Any], parsers: dict[str, _Parser], folder: Path) -> Job:
    texts = {key: _values(key, value) for key, value in row.items()}
    texts = {key: values for key, values in texts.items() if values}
    for name in MAIN:
        if len(texts.get(name, ())) > 1:
            texts[name] = [str(row[name]).strip()]
    verb = texts.pop("verb", ["retarget"])[0]
    if verb not in VERBS:
        raise Refusal("bad-job", f"There is no verb {verb!r} for jobs.", f"Use {' or '.join(VERBS)}.")
    if missing := [name for name in MAIN if name not in texts and not (verb == "encode" and name == "character")]:
        raise Refusal("bad-job", f"It has no {missing[0]}.", CURE)
    main = {name: texts.pop(name)[0] for name in MAIN if name in texts}
    arguments = [f"{flag}={main[name]}" for name, flag in zip(MAIN, VERBS[verb], strict=True) if name in main]
    parser = parsers[verb]
    switches = {flag for action in parser._actions if action.nargs == 0 for flag in action.option_strings}
    for key, values in texts.items():
        flag = f"--{key.replace('_', '-')}"
        if flag in switches:
            if values[0].lower() not in YES + NO:
                raise Refusal("bad-job", f"{key} is {values[0]!r}.", "Say yes or no.")
            arguments += [flag] if values[0].lower() in YES else []
        elif len(values) == 1:
            arguments.append(f"{flag}={values[0]}")
        else:
            arguments += [flag, *values]
    options = parser.parse_args(arguments)
    paths = [name for name, value in vars(options).items() if isinstance(value, Path)]
    for name in paths:
        setattr(options, name, (folder / getattr(options, name)).resolve())
    outputs = tuple(name for name in OUTPUTS if name in paths)
    inputs = tuple(name for name in paths if name not in outputs)
    return Job(number, verb, main["clip"], main.get("character", ""), options, inputs, outputs)


def _values(key: str, value: Any) -> list[str]:
    """The words of a cell, or of a list of them."""
    if value is None:
        return []
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, int | float):
        return [repr(value)]
    if isinstance(value, str):
        try:
            return shlex.split(value, posix=True) if key not in MAIN else [value.strip()] * bool(value.strip())
        except ValueError as error:
            raise Refusal("bad-job", f"{key} has a quote that does not end.", "Check the quotes.") from error
    if key and isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        return [str(one) for one in value]
    raise Refusal("bad-job", f"{key or 'A row'} has values that belong to no column.", CURE)
