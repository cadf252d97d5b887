"""The trainer on a ball with a face: it learns, and an interrupted run ends where an uninterrupted one does."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh

from backend.networks.cloning_net import CloningConfig
from backend.training.run import learning_rate
from backend.training.template import Template
from backend.training.train_cloning import Trainer, TrainingConfig, read_config

SMALL = TrainingConfig(
    seed=5,
    steps=4,
    heads_per_step=2,
    learning_rate=3e-3,
    warm_up_steps=2,
    weight_decay=0.0,
    gradient_limit=1.0,
    average_decay=0.9,
    pool=3,
    steps_per_new_head=2,
    held_out_heads=2,
    report_every=2,
    makehuman_expressions=True,
    network=CloningConfig(width=16, blocks=2, segments=4, identity=4),
)


@pytest.fixture
def template() -> Template:
    mesh = trimesh.creation.icosphere(subdivisions=4, radius=0.1)
    vertices = np.asarray(mesh.vertices, np.float32)
    shapes = np.zeros((53, len(vertices), 3), np.float32)
    shapes[:, :, 1] = -0.01 * np.exp(-((vertices - [0, -0.03, 0.095]) ** 2).sum(1) / 0.03**2)
    return Template(
        name="ball",
        vertices=vertices,
        triangles=np.asarray(mesh.faces, np.int32),
        parts=np.zeros(len(vertices), int),
        canonical=vertices,
        shapes=shapes,
        jaw=np.zeros_like(vertices),
        identity=lambda random: random.normal(0, 1e-3, (1, 3)) * np.ones((len(vertices), 1)),
        landmarks=np.arange(478) * 5,
        sockets=np.zeros(len(vertices), bool),
    )


def trained(config: TrainingConfig, template: Template, folder: Path) -> Trainer:
    trainer = Trainer(config, [template], template.vertices[template.landmarks], folder)
    trainer.train()
    return trainer


def test_an_interrupted_run_ends_where_an_uninterrupted_one_does(template: Template, tmp_path: Path):
    whole = trained(SMALL, template, tmp_path / "whole")
    halfway = Trainer(SMALL, [template], template.vertices[template.landmarks], tmp_path / "parts")
    report = halfway.report

    def report_then_stop(terms: list[dict[str, float]], seconds: float) -> None:
        report(terms, seconds)
        raise KeyboardInterrupt

    halfway.report = report_then_stop
    with pytest.raises(KeyboardInterrupt):
        halfway.train()
    resumed = trained(SMALL, template, tmp_path / "parts")
    assert resumed.step == whole.step == SMALL.steps
    assert len(resumed.history) == len(whole.history) == 2
    for name, tensor in whole.average.state_dict().items():
        assert torch.equal(tensor, resumed.average.state_dict()[name]), name


def test_it_learns_the_one_shape_that_the_ball_has(template: Template, tmp_path: Path):
    config = replace(SMALL, steps=60, report_every=30, warm_up_steps=5)
    trainer = trained(config, template, tmp_path)
    first, last = trainer.history
    assert last["shapes"] < 0.97 * first["shapes"]
    assert last["parts"] < 0.75 * first["parts"]


def test_the_learning_rate_warms_up_and_falls_to_a_hundredth():
    config = replace(SMALL, steps=1000, warm_up_steps=100)
    rates = [learning_rate(config, step) for step in range(1000)]
    assert rates[0] == pytest.approx(config.learning_rate / 100, rel=0.05)
    assert max(rates) == pytest.approx(config.learning_rate, rel=0.05)
    assert rates[-1] == pytest.approx(config.learning_rate / 100, rel=0.05)
    assert all(isinstance(rate, float) for rate in rates)


def test_the_committed_configuration_is_read():
    assert read_config(steps=7).steps == 7
    assert read_config().network.channels == 53
