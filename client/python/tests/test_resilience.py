"""What a client does by itself about servers that are unavailable or slow."""

import contextlib
import random
import threading

import grpc
import numpy as np
import pytest

import gradwire as gw
from gradwire._resilience import Resilience

METHODS = ("Run", "Plan", "GetServerInfo")


@pytest.mark.parametrize(
    "changes, policy, throttling, waits",
    [
        ({}, 4, (50, 0.2), False),
        ({"attempts": 5, "tokens": 7, "token_ratio": 1, "wait_for_ready": True}, 5, (7, 1), True),
        ({"attempts": 1}, None, (50, 0.2), False),
        ({"hedges": 2}, None, (50, 0.2), False),
    ],
)
def test_service_config(changes, policy, throttling, waits):
    config = Resilience(**changes).service_config()
    pure, others = config["methodConfig"]
    assert [(n["service"], n["method"]) for n in pure["name"]] == [("gradwire.v1.AutogradService", m) for m in METHODS]
    assert pure.get("retryPolicy", {}).get("maxAttempts") == policy
    assert pure.get("retryPolicy", {}).get("retryableStatusCodes", ["UNAVAILABLE"]) == ["UNAVAILABLE"]
    assert others == {"name": [{"service": "gradwire.v1.AutogradService"}], "waitForReady": waits}
    assert pure["waitForReady"] is waits
    assert tuple(config["retryThrottling"].values()) == throttling
    assert config["loadBalancingConfig"] == [{"round_robin": {}}]
    assert config["healthCheckConfig"] == {"serviceName": "gradwire.v1.AutogradService"}


def test_keepalive():
    assert dict(Resilience().channel_options())["grpc.keepalive_time_ms"] == 30_000
    assert "grpc.keepalive_time_ms" not in dict(Resilience(keepalive=None).channel_options())


@pytest.mark.parametrize(
    "name, value",
    [
        ("attempts", 0), ("attempts", 6), ("tokens", 0), ("tokens", 1001), ("token_ratio", 0),
        ("token_ratio", float("nan")), ("hedges", 6), ("hedging_delay", -1), ("keepalive", 9.9),
        ("keepalive_timeout", 0),
    ],
)  # fmt: skip
def test_settings_are_checked(name, value):
    with pytest.raises(ValueError, match=f"^{name} must be .* but is {value}$"):
        Resilience(**{name: value})


def unavailable(context):
    context.abort(grpc.StatusCode.UNAVAILABLE, "no")


def compute(fake, resilience, elements=1):
    with gw.Client(fake.target, timeout=20, resilience=resilience):
        return (gw.tensor(np.zeros(elements, np.float32)) + 1).numpy()


@pytest.mark.parametrize("hedges", [1, 4])
@pytest.mark.parametrize("elements", [1, 250_000])
def test_calls_are_tried_again(fake, elements, hedges):
    fake.before = lambda request, context: unavailable(context) if len(fake.requests) < 4 else None
    assert compute(fake, Resilience(hedges=hedges, hedging_delay=20), elements) == 7
    assert len(fake.requests) == 4


@pytest.mark.parametrize("resilience", [Resilience(attempts=1), Resilience(attempts=2), Resilience(hedges=2)])
def test_attempts_end(fake, resilience):
    fake.before = lambda request, context: unavailable(context)
    with pytest.raises(gw.UnavailableError):
        compute(fake, resilience)
    assert len(fake.requests) == max(resilience.attempts if resilience.hedges == 1 else 0, resilience.hedges)


@pytest.mark.parametrize("hedges", [1, 4])
def test_attempts_stay_near_calls_where_half_are_unavailable(fake, hedges):
    draw, calls = random.Random(8), 200
    fake.before = lambda request, context: unavailable(context) if draw.random() < 0.5 else None
    with gw.Client(fake.target, timeout=20, resilience=Resilience(tokens=20, hedges=hedges, hedging_delay=20)):
        for _ in range(calls):
            with contextlib.suppress(gw.UnavailableError):
                (gw.tensor([1.0]) + 1).item()
    assert calls < len(fake.requests) <= 1.25 * calls


def test_slow_calls_are_hedged(fake):
    given_up = threading.Event()

    def first_hangs(request, context):
        if len(fake.requests) == 1:
            context.add_callback(given_up.set)
            given_up.wait(20)

    fake.before = first_hangs
    assert compute(fake, Resilience(hedges=2, hedging_delay=0.2)) == 7
    assert len(fake.requests) == 2
    assert given_up.wait(20)
