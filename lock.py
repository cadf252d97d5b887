"""Locks the backend's environment: for each kind of machine the exact wheels, with their sums and sizes.

uv resolves requirements/backend*.txt for a platform that need not be this one. The lists of files inside the wheels are
read with range requests, so that nothing is downloaded whole: the sum of their sizes and the longest path tell a user,
before the click, whether an environment fits on the disk and within a path of Windows.
"""

import argparse
import io
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import urllib.request
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent
REQUIREMENTS = ROOT / "requirements"
LOCKS = REQUIREMENTS / "locks"
PYTHON = "3.11"
UV = "uv==0.13.9"

UNUSED = ("jax", "jaxlib", "sentencepiece", "sounddevice", "docopt", "opencv-contrib-python")
"""What mediapipe and pocketsphinx declare and the backend never imports; backend-nodeps.txt says why."""


class LockError(Exception):
    """A lock could not be made, with what uv said."""


@dataclass(frozen=True)
class Target:
    """platform: uv's name of it. torch_backend: the index of PyTorch's that torch comes from, or none for PyPI's."""

    platform: str
    torch_backend: str = ""


TARGETS = {
    "linux-x64-cpu": Target("x86_64-manylinux_2_28", "cpu"),
    "linux-x64-cuda": Target("x86_64-manylinux_2_28"),
    "linux-x64-rocm": Target("x86_64-manylinux_2_28", "rocm7.1"),
    "macos-arm64-mps": Target("aarch64-apple-darwin"),
    "windows-x64-cpu": Target("x86_64-pc-windows-msvc"),
    "windows-x64-cuda": Target("x86_64-pc-windows-msvc", "cu130"),
}


class RemoteFile(io.RawIOBase):
    """A file on a server that answers range requests; seekable and read-only."""

    def __init__(self, address: str, size: int) -> None:
        self._address, self._size, self._place = address, size, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._place = (0, self._place, self._size)[whence] + offset
        return self._place

    def readinto(self, buffer: Any) -> int:
        count = min(len(buffer), self._size - self._place)
        if count <= 0:
            return 0
        wanted = {"Range": f"bytes={self._place}-{self._place + count - 1}"}
        with urllib.request.urlopen(urllib.request.Request(self._address, headers=wanted)) as answer:
            if answer.status != 206:
                raise LockError("The package index answers no range requests.")
            piece = answer.read(count)
        buffer[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)


@dataclass(frozen=True)
class Wheel:
    """One file of a lock: bytes as downloaded and as unpacked, and the longest path in it."""

    name: str
    version: str
    sha256: str
    download: int
    installed: int
    longest_path: int


def lock(name: str, wheels: Path | None) -> Path:
    """Resolve a target and write requirements/locks/NAME.txt. wheels: a folder to take torch from in place of
    PyTorch's index. Raises LockError."""
    target = TARGETS[name]
    locked = [read_wheel(package) for package in resolve(target, wheels)["packages"]]
    lines = [
        f"# The backend on {name}, CPython {PYTHON}. Made by: build.py lock {name}",
        "# After each package: bytes to download.",
        f"# torch-backend: {target.torch_backend or 'none'}",
        f"# download: {sum(wheel.download for wheel in locked)}",
        f"# installed: {sum(wheel.installed for wheel in locked)}",
        f"# longest-path: {max(wheel.longest_path for wheel in locked)}",
        *(f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}  # {wheel.download}" for wheel in locked),
    ]
    path = LOCKS / f"{name}.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return path


def resolve(target: Target, wheels: Path | None) -> dict[str, Any]:
    """What the requirements need on a target, as uv's pylock. Raises LockError."""
    with tempfile.TemporaryDirectory() as folder:
        unused, out = Path(folder) / "unused.txt", Path(folder) / "pylock.toml"
        unused.write_text("\n".join(UNUSED), encoding="utf-8")
        command = ["uv", "pip", "compile", *sorted(map(str, REQUIREMENTS.glob("backend*.txt")))]
        command += ["--excludes", str(unused), "--no-build", "--format", "pylock.toml", "-o", str(out)]
        command += ["--python-platform", target.platform, "--python-version", PYTHON]
        if wheels:
            command += ["--find-links", str(wheels)]
        elif target.torch_backend:
            command += ["--torch-backend", target.torch_backend]
        # torch's wheels for the Mac are for macOS 14; uv resolves for 13 unless told.
        run_uv(command, MACOSX_DEPLOYMENT_TARGET="14.0")
        return tomllib.loads(out.read_text(encoding="utf-8"))


def lock_uv() -> Path:
    """Write requirements/locks/uv.txt: uv's own wheels for every platform, by their sums. Raises LockError."""
    path = LOCKS / "uv.txt"
    with tempfile.TemporaryDirectory() as folder:
        wanted, out = Path(folder) / "uv.in", Path(folder) / "uv.txt"
        wanted.write_text(UV + "\n", encoding="utf-8")
        command = ["uv", "pip", "compile", str(wanted), "--universal", "--python-version", PYTHON, "--generate-hashes"]
        run_uv([*command, "--no-build", "--no-header", "--no-annotate", "--no-emit-index-url", "-o", str(out)])
        text = out.read_text(encoding="utf-8")
    path.write_text(f"# What makes the environments. Made by: build.py lock uv\n{text}", encoding="utf-8", newline="\n")
    return path


def run_uv(command: Sequence[str], **settings: str) -> None:
    """Run uv, which development.txt installs. Raises LockError with the end of what it said."""
    program = shutil.which(command[0], path=str(Path(sys.executable).parent)) or shutil.which(command[0])
    if program is None:
        raise LockError("uv is not installed in this environment.")
    done = subprocess.run(
        [program, *command[1:]], env=os.environ | settings, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise LockError("uv could not resolve it:\n" + done.stderr.strip())


def read_wheel(package: dict[str, Any]) -> Wheel:
    """The wheel that uv would install, the most specific one. Raises LockError."""
    if not package.get("wheels"):
        raise LockError(f"{package['name']} has no wheel for this platform.")
    chosen = package["wheels"][0]
    address = chosen["url"]
    if address.startswith("file:"):
        local = Path(unquote(urlsplit(address).path))
        stream: Any = io.BytesIO(local.read_bytes())
        size = local.stat().st_size
    else:
        size = chosen.get("size") or remote_size(address)
        stream = io.BufferedReader(RemoteFile(address, size), 1 << 16)
    with stream, zipfile.ZipFile(stream) as archive:
        members = archive.infolist()
    return Wheel(
        package["name"],
        package["version"],
        chosen["hashes"]["sha256"],
        size,
        sum(member.file_size for member in members),
        max(len(member.filename) for member in members),
    )


def remote_size(address: str) -> int:
    """Bytes of a file on a server."""
    with urllib.request.urlopen(urllib.request.Request(address, method="HEAD")) as answer:
        return int(answer.headers["Content-Length"])


def main(arguments: list[str]) -> int:
    """Make the locks that were asked for, all by default; go on where one cannot be made."""
    parser = argparse.ArgumentParser(prog="build.py lock", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"uv, {', '.join(TARGETS)} (default: all)")
    parser.add_argument("--wheels", type=Path, help="a folder that has torch's wheel, in place of PyTorch's index")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.targets) - {"uv", *TARGETS}
    if unknown:
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    LOCKS.mkdir(exist_ok=True)
    failed = False
    for name in chosen.targets or ("uv", *TARGETS):
        try:
            path = lock_uv() if name == "uv" else lock(name, chosen.wheels)
            print(f"{path.relative_to(ROOT)}", flush=True)
        except (LockError, OSError) as error:
            failed = True
            print(f"{name}: {error}", file=sys.stderr, flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
