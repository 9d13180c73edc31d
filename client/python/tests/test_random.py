"""Random operators of the server: seeds, numbers of nodes, gradients."""

from __future__ import annotations

import numpy as np
import pytest

import gradwire as gw


@pytest.fixture(autouse=True)
def seed() -> None:
    gw.manual_seed(5)


def test_a_seed_starts_everything_afresh(server: gw.Client) -> None:
    first = [gw.call("randn", [4]).tolist() for _ in range(2)]
    assert first[0] != first[1]
    gw.manual_seed(5)
    assert [gw.call("randn", [4]).tolist() for _ in range(2)] == first
    gw.manual_seed(6)
    assert gw.call("randn", [4]).tolist() != first[0]


def test_the_options_override_the_seed(server: gw.Client) -> None:
    drawn = []
    for seed in (1, 2, 1):
        gw.manual_seed(0)
        with gw.options(seed=seed):
            drawn.append(gw.call("rand", [4]).tolist())
    assert drawn[0] == drawn[2] != drawn[1]


def test_one_number_draws_one_thing(server: gw.Client) -> None:
    drawn = [gw.call("rand", [4], generator=number) for number in (3, 4, 3)]
    gw.evaluate(*drawn)
    assert drawn[0].tolist() == drawn[2].tolist() != drawn[1].tolist()


def test_gradients_see_what_was_drawn_in_another_request(server: gw.Client) -> None:
    x = gw.tensor(np.arange(1.0, 100.0), requires_grad=True)
    noise = gw.call("rand", [2])
    y = gw.dropout(x, 0.5, True)
    gw.evaluate(y, noise)  # the next request has one random node less
    y.sum().backward()
    assert x.grad is not None
    np.testing.assert_allclose((x * x.grad).numpy(), y.numpy())


def test_runs_of_a_session_differ_and_repeat(server: gw.Client) -> None:
    noise = gw.randn_like(gw.zeros(4))
    runs = []
    for _ in range(2):
        with server.session(noise) as session:
            runs.append([session.run()[0].tolist() for _ in range(3)])
    assert runs[0] == runs[1]
    assert len({tuple(run) for run in runs[0]}) == 3


def test_the_parameter_from_has_another_name_here(server: gw.Client) -> None:
    drawn = gw.zeros(50).uniform(from_=2.0, to=3.0)
    assert all(2 <= value < 3 for value in drawn.tolist())
