"""Lists of jobs and what is wrong with them."""

from pathlib import Path

import pytest

from backend.batch.job_list import part_of, read_jobs
from backend.errors import Refusal


def written(folder: Path, text: str, name: str = "jobs.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_a_table_and_a_yaml_file_say_the_same(tmp_path: Path) -> None:
    table = written(
        tmp_path,
        "\ufeffclip;character;output;verb;strength;smooth;find-neutral\n"
        "a b.csv;hero.npz;out/a.npz;;mouth=0.8 brows=1.1;0.1;\n"
        "frames.npz;head.obj;out/b.npz;encode;;;yes\n",
    )
    pytest.importorskip("yaml")
    yaml = written(
        tmp_path,
        "jobs:\n"
        "- {clip: a b.csv, character: hero.npz, output: out/a.npz, strength: [mouth=0.8, brows=1.1], smooth: 0.1}\n"
        "- {clip: frames.npz, character: head.obj, output: out/b.npz, verb: encode, find-neutral: true}\n",
        "jobs.yaml",
    )
    first, second = read_jobs(table)
    assert [vars(job.options) for job in read_jobs(yaml)] == [vars(first.options), vars(second.options)]
    assert first.verb == "retarget" and first.options.strength == [("mouth", 0.8), ("brows", 1.1)]
    assert first.options.performance == tmp_path / "a b.csv" and first.output == tmp_path / "out" / "a.npz"
    assert first.inputs == ("performance", "rig") and first.outputs == ("out",)
    assert second.options.find_neutral and second.options.neutral == tmp_path / "head.obj"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "jobs.csv has no jobs."),
        ("clip,character\na,b\n", "Job 1: It has no output."),
        ("clip,character,output\n,b,c\n", "Job 1: It has no clip."),
        ("clip,character,output\na,b,c\n\nd,e,f,g\n", "Job 2: A row has values that belong to no column."),
        ("clip,character,output,verb\na,b,c,dance\n", "Job 1: There is no verb 'dance' for jobs."),
        ("clip,character,output,speed\na,b,c,3\n", "Job 1: Unrecognized arguments: --speed=3."),
        ("clip,character,output,smooth\na,b,c,fast\n", "Job 1: Argument --smooth: invalid pair value: 'fast'."),
        ("clip,character,output,verb,find-neutral\na,b,c,encode,maybe\n", "Job 1: find-neutral is 'maybe'."),
        ("clip,character,output,strength\na,b,c,'mouth\n", "Job 1: strength has a quote that does not end."),
        ("clip,character,output\na,b,c\nd,e,c\n", "Jobs 1 and 2 both write c."),
    ],
)
def test_what_is_wrong_is_said_with_the_number_of_the_job(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Refusal) as refusal:
        read_jobs(written(tmp_path, text))
    assert refusal.value.sentence == said and refusal.value.cure


@pytest.mark.parametrize("text", ["a: [", "- 3", "jobs: {a: 1}", "- {clip: {a: 1}, character: b, output: c}"])
def test_yaml_that_is_no_list_of_jobs(tmp_path: Path, text: str) -> None:
    pytest.importorskip("yaml")
    with pytest.raises(Refusal):
        read_jobs(written(tmp_path, text, "jobs.yaml"))


def test_files_that_are_no_lists(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_bytes(b"\xff\xfe\x00clip")
    written(tmp_path, "clip", "jobs.txt")
    for name, code in (("jobs.csv", "bad-list"), ("jobs.txt", "unknown-format"), ("none.csv", "missing-file")):
        with pytest.raises(Refusal) as refusal:
            read_jobs(tmp_path / name)
        assert refusal.value.code == code


def test_parts_are_the_whole_list_once(tmp_path: Path) -> None:
    rows = "".join(f"c{number},r,o{number}\n" for number in range(23))
    jobs = read_jobs(written(tmp_path, "clip,character,output\n" + rows))
    parts = [part_of(jobs, part, 5) for part in range(1, 6)]
    assert [job.number for part in parts for job in part] == list(range(1, 24))
    assert {len(part) for part in parts} == {4, 5}
    assert part_of(jobs[:1], 1, 5) == []
    for part in (0, 6):
        with pytest.raises(Refusal):
            part_of(jobs, part, 5)
