"""Broken files: every kind that a verb or an operator reads, spoilt from a seed."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from backend.capture import read_performance
from backend.channels import ARKIT_NAMES
from backend.cloning.own_keys import read_keys
from backend.frames import frames_from_file
from backend.geometry.read import read_head
from backend.live_link import write_live_link
from backend.performance import performance, write_npz
from backend.rigs.mapping import read_mapping
from backend.rigs.rig import read_rig
from tests.geometry.formats.small_files import TRIANGLES, VERTICES, arrays, small_files

Read = Callable[[Path], object]
Spoil = Callable[[bytes, np.random.Generator], bytes]

ODD_NAMES = (
    "two words",
    "Gesicht größe",
    "頭",
    "-dash",
    "a" * 200,
    "line\nbreak",
    "quote'\"",
    "%s{}",
    "semi;colon",
    ".",
)
"""Stems of files that programs stumble over."""

LARGE = 1 << 20
"""A repetition may grow a file by so many bytes."""


def whole_files(folder: Path) -> list[tuple[str, bytes, Read]]:
    """Files without a fault: a name, what is in it, and what reads it. folder: where they may be written first."""
    random = np.random.default_rng(0)
    take = performance(ARKIT_NAMES, random.random((60, len(ARKIT_NAMES))).astype(np.float32), 60.0)
    write_live_link(folder / "whole.csv", take)
    write_npz(folder / "whole.npz", take)
    deltas = random.normal(size=(3, len(VERTICES), 3)).astype(np.float32)
    names = np.array(["jawOpen", "Smile", "bone"])
    face_cap = "info,FaceCap\nbs,jawOpen,browInnerUp\n" + "".join(
        f"k,{17 * at},0,0,0,0,0,0,0,0,0,0,{at / 60:.3f},0.5\n" for at in range(60)
    )
    mapping = {"controls": {"Smile": {"use": "follow", "channels": {"jawOpen": 1.0}}, "bone": {"use": "solve"}}}
    rig = arrays(
        vertices=VERTICES,
        faces=TRIANGLES.astype(np.int32),
        controls=names,
        deltas=deltas,
        minimum=np.zeros(3),
        maximum=np.ones(3),
    )
    clip = arrays(frames=np.repeat(VERTICES[None], 8, axis=0), fps=np.float64(30))
    return [
        *((name, content, read_head) for name, content in small_files().items()),
        ("take.csv", (folder / "whole.csv").read_bytes(), read_performance),
        ("take.npz", (folder / "whole.npz").read_bytes(), read_performance),
        ("take.txt", face_cap.encode(), read_performance),
        ("rig.npz", rig, read_rig),
        ("clip.npz", clip, frames_from_file),
        ("keys.npz", arrays(names=names, deltas=deltas), lambda path: read_keys(path, len(VERTICES))),
        ("mapping.json", json.dumps(mapping).encode(), read_mapping),
    ]


def broken_file(seed: int, folder: Path) -> tuple[Path, Read, str]:
    """Writes a file into a folder, spoilt in one to three ways, or a place that is no file. Returns its path, what
    reads it and what was done."""
    rng = np.random.default_rng(seed)
    kinds = whole_files(folder)
    name, content, read = kinds[int(rng.integers(len(kinds)))]
    path = folder / name
    if rng.random() < 0.2:
        path = path.with_name(str(rng.choice(ODD_NAMES)) + path.suffix)
    if rng.random() < 0.1:
        place = PLACES[int(rng.integers(len(PLACES)))]
        place(path, content)
        return path, read, f"{name}: {place.__name__}"
    done = [SPOILS[at] for at in rng.integers(len(SPOILS), size=rng.integers(1, 4))]
    for spoil in done:
        if content:
            content = spoil(content, rng)
    path.write_bytes(content)
    return path, read, f"{name}: {', '.join(spoil.__name__ for spoil in done)}"


def truncated(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: int(rng.uniform(0, 1) * len(content))]


def without_its_head(content: bytes, rng: np.random.Generator) -> bytes:
    return content[int(rng.uniform(0, 0.5) * len(content)) :]


def turned_bits(content: bytes, rng: np.random.Generator) -> bytes:
    values = np.frombuffer(content, np.uint8).copy()
    values[rng.integers(len(values), size=rng.integers(1, 30))] ^= np.uint8(1) << np.uint8(rng.integers(8))
    return values.tobytes()


def turned_bits_at_the_start(content: bytes, rng: np.random.Generator) -> bytes:
    return turned_bits(content[:200], rng) + content[200:]


def blanked(content: bytes, rng: np.random.Generator) -> bytes:
    start, end = sorted(rng.integers(len(content) + 1, size=2))
    return content[:start] + bytes([int(rng.choice([0, 32, 255]))]) * int(end - start) + content[end:]


def noise_inside(content: bytes, rng: np.random.Generator) -> bytes:
    at = int(rng.integers(len(content) + 1))
    return content[:at] + rng.bytes(int(rng.integers(1, 400))) + content[at:]


def noise_alone(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: int(rng.integers(0, 20))] + rng.bytes(int(rng.integers(1, 5000)))


def repeated(content: bytes, rng: np.random.Generator) -> bytes:
    return content * int(rng.integers(2, max(3, min(50, LARGE // len(content)))))


def lying_numbers(content: bytes, rng: np.random.Generator) -> bytes:
    """Numbers in the text of the file, such as sizes and indices, become others."""
    lies = (b"-1", b"0", b"4294967295", b"99999999999999999999", b"1e308", b"nan", b"inf", b"0x10", b"1_0", b"")
    share = rng.choice([0.02, 0.3])

    def lie(match: re.Match[bytes]) -> bytes:
        return lies[int(rng.integers(len(lies)))] if rng.random() < share else match[0]

    return re.sub(rb"(?<![\w.])-?\d+(?:\.\d+)?", lie, content)


def lying_words(content: bytes, rng: np.random.Generator) -> bytes:
    """Four bytes that may be a size become a large one."""
    at = int(rng.integers(max(1, min(len(content) - 4, 400))))
    lie = int(rng.choice([0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 0x40000000]))
    return content[:at] + lie.to_bytes(4, "little") + content[at + 4 :]


def shuffled_lines(content: bytes, rng: np.random.Generator) -> bytes:
    lines = content.split(b"\n")
    return b"\n".join(lines[at] for at in rng.permutation(len(lines)))


def lost_lines(content: bytes, rng: np.random.Generator) -> bytes:
    lines = content.split(b"\n")
    return b"\n".join(line for line in lines if rng.random() < 0.8)


def other_separators(content: bytes, rng: np.random.Generator) -> bytes:
    return content.replace(
        bytes(rng.choice([b",", b" ", b"\n"])), bytes(rng.choice([b";", b"\t", b"\r\n", b"\0", b""]))
    )


def one_endless_line(content: bytes, rng: np.random.Generator) -> bytes:
    return content + b'"' + bytes(rng.choice([b"1,", b"v 0 ", b"[", b"f 1 "])) * 100_000


def another_alphabet(content: bytes, rng: np.random.Generator) -> bytes:
    return content.decode("latin-1").encode(str(rng.choice(["utf-16", "utf-8-sig", "utf-32"])))


SPOILS: tuple[Spoil, ...] = (
    truncated,
    without_its_head,
    turned_bits,
    turned_bits_at_the_start,
    blanked,
    noise_inside,
    noise_alone,
    repeated,
    lying_numbers,
    lying_words,
    shuffled_lines,
    lost_lines,
    other_separators,
    one_endless_line,
    another_alphabet,
)


def nothing_there(path: Path, content: bytes) -> None:
    """No file of this name."""


def a_folder(path: Path, content: bytes) -> None:
    path.mkdir()


def an_empty_file(path: Path, content: bytes) -> None:
    path.write_bytes(b"")


def two_gigabytes(path: Path, content: bytes) -> None:
    """Of which nearly all are a hole."""
    with path.open("wb") as stream:
        stream.write(content)
        stream.truncate(2 << 30)


def a_link_to_itself(path: Path, content: bytes) -> None:
    path.symlink_to(path)


def a_device(path: Path, content: bytes) -> None:
    """It never ends."""
    path.symlink_to("/dev/zero")


def another_kind(path: Path, content: bytes) -> None:
    """A picture that bears this name."""
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + content)


PLACES = (nothing_there, a_folder, an_empty_file, two_gigabytes, a_link_to_itself, a_device, another_kind)
