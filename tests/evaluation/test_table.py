import json
from dataclasses import replace

import pytest

from backend.cloning.result import SealFigure
from backend.evaluation.baselines import BaselineFigures
from backend.evaluation.metrics import ChannelFigures, Summary
from backend.evaluation.shapes import Evaluation
from backend.evaluation.table import as_json, channel_table, table


@pytest.fixture
def evaluation() -> Evaluation:
    jaw, brow = ChannelFigures("jawOpen", 0.9, 0.7, 1.1), ChannelFigures("browInnerUp", 0.7, 0.5, 2.0)
    bent = ChannelFigures("jawOpen", 0.65, 0.4, 1.0), ChannelFigures("browInnerUp", 0.55, 0.3, 1.2)
    return Evaluation(
        name="a_head_with_a_long_name",
        vertices=12345,
        keyed=True,
        ours=Summary(2, 0.8, 0.8, 0.6, 0.5),
        channels=(jaw, brow),
        baselines={
            "icp": BaselineFigures(Summary(2, 0.5, 0.5, 0.3, 0.25), bent, 3.0),
            "nricp": BaselineFigures(Summary(2, 0.6, 0.6, 0.35, 1.0), bent, 41.5),
        },
        confidence=0.91,
        reasons=(),
        seconds=2.25,
        seals=(
            SealFigure("eyeBlink_L", "sealed", gap_before=0.31, gap_after=0.02, crossing=0.0, opening=0.01),
            SealFigure("eyeBlink_R", "sealed", gap_before=0.4, gap_after=0.004, crossing=0.0, opening=0.01),
            SealFigure("jawOpen+mouthClose", "no inner lips were found"),
        ),
        refusal="",
    )


@pytest.fixture
def refused(evaluation: Evaluation) -> Evaluation:
    return replace(
        evaluation, name="cube", ours=None, channels=(), confidence=0.0, seals=(), refusal="No face was found."
    )


def cells(text: str, name: str) -> list[str]:
    return next(line for line in text.splitlines() if line.startswith(name)).replace(" > ", ">").split()


def test_ours_stands_beside_both_baselines(evaluation: Evaluation):
    text = table([evaluation])
    headings = "character verts keys cos icp nricp region icp nricp strength icp nricp conf lids lips s icp s nricp s"
    assert " ".join(cells(text, "character")) == headings
    figures = "12345 2 0.800 0.500 0.600 0.600 0.300 0.350 0.500 0.250 1.000 0.91 31>2.0 - 2.2 3.0 41.5"
    assert " ".join(cells(text, evaluation.name)[1:]) == figures


def test_a_refusal_counts_as_nothing_in_the_means(evaluation: Evaluation, refused: Evaluation):
    text = table([evaluation, refused])
    assert cells(text, "mean")[1:5] == ["2", "0.400", "0.500", "0.600"]
    assert "cube refused: No face was found." in text
    assert "No better than a baseline: cube" in text
    assert "-" in cells(text, "cube")


def test_the_rank_of_confidence_is_printed_where_there_are_enough(evaluation: Evaluation, refused: Evaluation):
    weaker = replace(evaluation, name="weaker", confidence=0.3, ours=Summary(2, 0.4, 0.4, 0.2, 0.5))
    assert "Spearman's 1.00" in table([evaluation, weaker, refused])
    assert "Spearman" not in table([evaluation, refused])


def test_it_fits_on_150_columns(evaluation: Evaluation, refused: Evaluation):
    assert max(map(len, table([evaluation, refused]).splitlines())) <= 150


def test_channels_come_weakest_first_beside_the_baselines(evaluation: Evaluation):
    lines = channel_table(evaluation).splitlines()
    assert lines[1].split() == ["browInnerUp", "0.700", "0.550", "0.550", "0.500", "2.00"]
    assert lines[2].split()[0] == "jawOpen"
    assert len(lines) == 3


def test_everything_measured_is_json(evaluation: Evaluation, refused: Evaluation):
    read = json.loads(json.dumps(as_json([evaluation, refused])))
    first, second = read["characters"]
    assert first["baselines"]["nricp"]["summary"]["cosine"] == 0.6
    assert first["seals"][0]["gap_before"] == 0.31
    assert second["ours"] is None
    assert read["behind_a_baseline"] == ["cube"]
    assert read["confidence_rank"] is None
