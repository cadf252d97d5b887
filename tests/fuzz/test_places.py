"""Results that find no room or may not be written: one sentence, and nothing half-written left behind."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from backend.faces.open_head import open_head_mesh
from backend.geometry.decimate import decimate

ROOT = Path(__file__).resolve().parents[2]
MOUNTS = {"full": "size=128k", "read-only": "ro"}


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A head of 700 vertices."""
    mesh = open_head_mesh()
    triangles, _ = decimate(mesh.vertices, mesh.triangles, 700)
    used, faces = np.unique(triangles, return_inverse=True)
    path = tmp_path_factory.mktemp("head") / "head.npz"
    np.savez(path, vertices=mesh.vertices[used], faces=faces.reshape(-1, 3).astype(np.int32))
    return path


@pytest.mark.parametrize("state", MOUNTS)
def test_a_disk_that_takes_nothing_ends_in_a_sentence(state: str, head: Path, tmp_path: Path) -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can make a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    # The verb keeps what it prepares there too, and must do without.
    script = """
        mount -t tmpfs -o "$1" tmpfs "$2" || exit 99
        FACSIMILE_CACHE="$2/cache" "$3" -m backend shapes "$4" --out "$2/shapes.npz" --report "$2/report.html"
        status=$?
        find "$2" -type f | sed "s/^/left: /"
        exit $status
    """
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", MOUNTS[state], disk, sys.executable, head],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode in (1, 99) and ("unshare" in done.stderr or "mount" in done.stderr):
        pytest.skip("no disk can be mounted here")
    assert done.returncode == 2, done.stdout + done.stderr
    (said,) = [line for line in done.stderr.splitlines() if "Choose another" in line]
    assert str(disk) in said and "Traceback" not in done.stderr
    assert not [line for line in done.stdout.splitlines() if line.startswith("left: ") and "/cache/" not in line]


@pytest.mark.parametrize("state", MOUNTS)
def test_a_live_link_table_that_finds_no_room_is_a_sentence(state: str, tmp_path: Path) -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can make a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    program = """
import sys
from pathlib import Path
import numpy as np
from backend.errors import Refusal
from backend.live_link import write_live_link
from backend.output import write_whole
from backend.performance import performance
take = performance(("jawOpen",), np.random.default_rng(0).random((9000, 1)).astype(np.float32), 60.0)
try:
    write_whole(Path(sys.argv[1]) / "take.csv", ".csv", lambda path: write_live_link(path, take))
except Refusal as refusal:
    print(refusal.code, refusal, [path.name for path in Path(sys.argv[1]).iterdir()])
"""
    script = 'mount -t tmpfs -o "$1" tmpfs "$2" && exec "$3" -c "$4" "$2"'
    command = ["unshare", "--mount", "sh", "-c", script, "sh", MOUNTS[state], disk, sys.executable, program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode and ("unshare" in done.stderr or "mount" in done.stderr):
        pytest.skip("no disk can be mounted here")
    assert done.stdout.startswith("not-written ") and done.stdout.endswith(" []\n"), done.stdout + done.stderr
