"""Figures of codes as text for people."""

from collections.abc import Sequence

from backend.evaluation.codes import CodeErrors, CodeFigures
from backend.evaluation.columns import aligned
from backend.evaluation.nfs_protocol import PUBLISHED, NfsFigures

LEGEND = """\
sep: channels that the artist's other keys can't imitate, of all; codes are compared on these. Errors: mean absolute
error of codes in frames of one to five random channels / in frames of recordings. ours: as the product reads. unheard:
the same without the dialect of the artist whose keys these are. plain: clipped least squares with the built shapes,
told the head's motion. zero: a code that is always nothing. corr: mean correlation of the curves, ours and plain.
explained: share of the squared motion. Brought back, in % of the expression's motion (root mean square over the skin):
built: on the shapes that the head was given, dialect: in the clip's dialect, fitted: fitted to this clip, half: fitted
to every other frame and measured on the rest, plain: plain codes on the built shapes. head: error of the head's
rotation, degrees. ict, makehuman: unseen identities of the families whose artists' shapes the dialects are; the others
are characters by artists of whom nothing was learnt."""

HEADING = (
    *("head", "verts", "sep", "ours", "unheard", "plain", "zero", "corr", "plain", "explained"),
    *("built", "dialect", "fitted", "half", "plain", "head"),
)


def codes_table(figures: Sequence[CodeFigures]) -> str:
    """One row per head, and what the columns mean."""
    rows = [HEADING, *(_row(one) for one in figures)]
    return "\n".join([*aligned(rows), "", LEGEND])


def nfs_table(figures: NfsFigures) -> str:
    """Ours beside what was published."""
    lines = [
        f"NFS's protocol, {figures.identities} unseen ICT identities: mean squared error, 1e-4 units of 10 cm squared",
        f"{'':28}{'itself':>10}{'neutral':>10}",
        *(f"{name + ', as published':28}{itself:10.3f}{still:10.3f}" for name, (itself, still) in PUBLISHED.items()),
        f"{'ours':28}{figures.itself:10.3f}{figures.still:10.3f}",
        f"{'ours, built shapes alone':28}{figures.built:10.3f}",
        f"Over identities +-{figures.spread:.3f}; recordings {figures.recorded:.3f}; "
        f"on the next identity {figures.another:.3f}",
    ]
    return "\n".join(lines)


def _row(one: CodeFigures) -> tuple[str, ...]:
    back = (one.back[name] for name in ("built", "dialect", "fitted", "other half", "plain"))
    return (
        one.name,
        str(one.vertices),
        f"{one.separable}/{one.channels}",
        *(_errors(errors) for errors in (one.ours, one.unheard, one.plain, one.nothing)),
        f"{one.ours.correlation:.2f}",
        f"{one.plain.correlation:.2f}",
        f"{one.explained:.3f}",
        *(f"{100 * share:.1f}" for share in back),
        f"{one.head_degrees:.2f}",
    )


def _errors(errors: CodeErrors | None) -> str:
    return f"{errors.sparse:.3f}/{errors.acted:.3f}" if errors else "-"
