"""python -m backend."""

import subprocess
import sys
from pathlib import Path

import pytest

from backend import verbs
from backend.__main__ import main
from backend.errors import Refusal

ROOT = Path(__file__).resolve().parents[1]


def test_help_names_every_verb_and_imports_nothing_heavy() -> None:
    program = (
        "import sys; from backend.__main__ import main\n"
        "try: main(['--help'])\n"
        "finally: print({'torch', 'numpy', 'scipy', 'trimesh'} & set(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert done.stderr == "set()\n"
    for module in Path(verbs.__path__[0]).glob("[a-z]*.py"):
        assert module.stem.replace("_", "-") in {
            line.split()[0] for line in done.stdout.splitlines() if line[:4] == 4 * " "
        }


@pytest.fixture
def verb(tmp_path, monkeypatch):
    """A verb of the test's own: writing a file is all that adding one takes."""
    (tmp_path / "dance_now.py").write_text(
        "from backend.errors import Refusal\n"
        "SUMMARY = 'dance'\n"
        "def add_arguments(parser): parser.add_argument('--how')\n"
        "def run(arguments):\n"
        "    if arguments.how == 'refuse': raise Refusal('tired', 'It is late.', 'Wait.')\n"
        "    if arguments.how == 'interrupt': raise KeyboardInterrupt\n"
        "    return 7\n"
    )
    monkeypatch.setattr(verbs, "__path__", [str(tmp_path)])
    yield
    sys.modules.pop("backend.verbs.dance_now", None)


@pytest.mark.parametrize(
    "how, status, said", [("go", 7, ""), ("refuse", 2, "It is late. Wait.\n"), ("interrupt", 130, "")]
)
def test_a_verb_is_a_file(verb, capsys, how, status, said) -> None:
    assert main(["dance-now", "--how", how]) == status
    assert capsys.readouterr().err == said


def test_a_verb_that_does_not_exist_is_a_usage_error(capsys) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["dance"])
    assert raised.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


def test_a_refusal_says_what_and_how() -> None:
    assert str(Refusal("code", "It is late.", "Wait.")) == "It is late. Wait."
