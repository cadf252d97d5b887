"""Every English text that Blender or a panel of ours may show, collected from the sources and from what is registered.

Values in a text are written {}: the table of translations has the same templates.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SHOWING = {
    "label": ("text",),
    "operator": ("text",),
    "prop": ("text", "placeholder"),
    "prop_search": ("text",),
    "progress": ("text",),
    "invoke_confirm": ("title", "message", "confirm_text"),
    "end": ("told",),
}
"""Calls, and those of their arguments that the user reads."""

AT = {
    "translated": 0,
    "poll_message_set": 0,
    "report": 1,
    "draw_text": 2,
    "folded": 2,
    "keyable": 2,
    "progress": 1,
    "Step": 1,
    "Finding": 2,
    "Entry": 2,
}
"""Calls, and the place of the text among their arguments."""

NOTED = "notes"
"""The variable to which sentences are added that a panel lists."""

SPOKEN = {"reasons", "agrees", "ANOTHER_FACE", "DEVICES", "PROCESSORS", "OWN_PYTHON"}
"""Variables that hold words which stand in sentences, such as why the confidence is what it is."""

SPEAKING = {
    "_start",
    "_words",
    "backend_line",
    "lines",
    "missing_reason",
    "text",
    "warnings",
    "why_busy",
    "why_not_set_up",
}
"""Functions of the add-on that return texts to be shown."""

BACKEND = (
    "capture.py",
    "face_cap.py",
    "live_link.py",
    "performance.py",
    "cloning/[!o]*.py",
    "cloning/openings.py",
    "geometry/mesh.py",
    "geometry/working.py",
    "geometry/clean.py",
    "geometry/exposure.py",
    "rigs/*.py",
    "fitting/*.py",
    "speech/*.py",
    "service/*.py",
    "verbs/serve.py",
    "thumbnails.py",
    "doctor.py",
    "device.py",
)
"""What of the backend answers to the add-on."""

PUT_TOGETHER = (
    *("skin", "eye left", "eye right", "teeth upper", "teeth lower", "tongue", "lashes", "brows", "other"),
    *("{} new", "{} updated", "{} kept", "{} new key", "{} updated key", "{} kept key"),
    *("{} new keys", "{} updated keys", "{} kept keys", "{} with your changes"),
    *("Device", "Memory", "Python", "Packages", "Self-test", "Models", "Landmarks", "Cache", "Folder"),
    *("missing", "thread", "threads", "{} and {} more"),
    *("aligned", "recognised", "network", "silence", "given"),
    *("Face", "Brows", "Lids", "Jaw", "Lips", "Corners"),
    *("{}: does nothing", "{}: unknown name", "measured {}"),
    *("Apple silicon", "a Mac with an Intel processor", "an NVIDIA driver", "no NVIDIA driver", "NVIDIA card"),
    *("{}, driver {}", "{}, driver {}; version {} or newer is needed to compute on it"),
    *("an AMD card with ROCm's driver", "no graphics card that computes"),
    *(
        "1 key removed, {} restored",
        "{} keys removed, {} restored",
        "{} vertices",
        "1 mesh does not move",
        "{} meshes do not move",
    ),
    *("The backend sent something that cannot be read: {}",),
    *("stopped", "stopped while it was starting", "it closed its output", "exit status {}"),
    *("Online access is off. Allow it in Preferences > System > Network, or choose an offline folder",),
    *("The backend is not set up.", "There is no program {}.", "A job is running.", "Nothing is set up."),
    *("Setting up the backend", "Repairing the backend", "Removing the backend", "Started"),
)
"""Texts that are put together from words, which the sources do not show as one."""

UNSPOKEN = ("addon/command_line.py", "addon/commands/")
"""Modules whose texts go to a terminal, in English."""


def spoken_texts(source: Path) -> dict[str, str]:
    """Templates and where each is first found. source: the folder of the extension."""
    found: dict[str, str] = {}
    files = [*sorted(source.glob("addon/**/*.py")), *sorted(source.glob("operators/*.py"))]
    files += [path for pattern in BACKEND for path in sorted(source.glob(f"backend/{pattern}"))]
    for path in files:
        place = path.relative_to(source).as_posix()
        if not place.startswith(UNSPOKEN):
            for text, line in texts_of(ast.parse(path.read_text(encoding="utf-8")), not place.startswith("backend")):
                found.setdefault(text, f"{place}:{line}")
    return dict.fromkeys(PUT_TOGETHER, "put together") | found


def texts_of(tree: ast.Module, ours: bool) -> Iterator[tuple[str, int]]:
    """The texts of a module with their lines. ours: whether it is the add-on's, whose speaking functions count."""
    unread = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    unread |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in unread:
            text = template(node)
            if text is not None and is_sentence(text):
                yield text, line
        if isinstance(node, ast.Call):
            for shown in shown_arguments(node):
                yield from ((text, line) for text in branches(shown))
        if isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id in SPOKEN for one in node.targets):
            yield from ((text, line) for text in strings(node.value))
        if (noted := note(node)) is not None:
            yield from ((text, line) for text in strings(noted))
        if ours and isinstance(node, ast.FunctionDef) and node.name in SPEAKING:
            for statement in node.body:
                for inner in ast.walk(statement):
                    if isinstance(inner, ast.Return | ast.Assign) and inner.value is not None:
                        yield from ((text, inner.lineno) for text in strings(inner.value))


def note(node: ast.AST) -> ast.expr | None:
    """What a statement or a call adds to the notes."""
    if isinstance(node, ast.AugAssign) and getattr(node.target, "id", "") == NOTED:
        return node.value
    if isinstance(node, ast.Assign) and any(
        getattr(one.value if isinstance(one, ast.Subscript) else one, "id", "") == NOTED for one in node.targets
    ):
        return node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append":
        return node.args[0] if getattr(node.func.value, "id", "") == NOTED else None
    return None


def shown_arguments(call: ast.Call) -> Iterator[ast.expr]:
    """The arguments of a call that the user reads."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    for keyword in call.keywords:
        if keyword.arg in SHOWING.get(name, ()):
            yield keyword.value
    if name == "counted":
        yield from call.args[1:]
    place = AT.get(name)
    if place is not None and len(call.args) > place:
        yield call.args[place]


def branches(node: ast.expr) -> Iterator[str]:
    """The texts that an expression may be."""
    if isinstance(node, ast.IfExp):
        yield from branches(node.body)
        yield from branches(node.orelse)
    elif isinstance(node, ast.BoolOp | ast.Tuple):
        for one in node.values if isinstance(node, ast.BoolOp) else node.elts:
            yield from branches(one)
    else:
        text = template(node)
        if text is not None and has_words(text):
            yield text


def strings(node: ast.expr) -> Iterator[str]:
    """All texts with words inside an expression, but for the values in them."""
    if isinstance(node, ast.Constant | ast.JoinedStr):
        text = template(node)
        if text is not None and has_words(text):
            yield text
        return
    for child in node.values if isinstance(node, ast.Dict) else ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield from strings(child)


def template(node: ast.expr) -> str | None:
    """A text with {} for its values; None for what is no text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


def has_words(text: str) -> bool:
    """Whether there is anything to translate about a text, units aside."""
    return re.search("[^\\W\\d_]{2}", text.replace(" mm", "")) is not None


def is_sentence(text: str) -> bool:
    """Whether a text is a sentence that is said to somebody."""
    words = text.replace("{}", "x").split()
    return (
        len(words) > 1
        and text.endswith(".")
        and (text[0].isupper() or text[0] in "{\"'")
        and "\n" not in text
        and "%" not in text
    )
