"""Programs that a server of a client has seen are not sent to it again."""

import grpc
import numpy as np
import pytest

import gradwire as gw
from fake import refuse
from gradwire import _digests, _stream, _wire

INFO = _wire.DETAILS["google.rpc.ErrorInfo"]


def run_session(seed=0):
    """A session of always the same program."""
    x = gw.zeros(2, name="x")
    with gw.current_client().session(gw.name(x * 2, "y"), options=gw.Options(seed=seed)) as session:
        return session.run({x: [1.0, 2.0]})[0].item()


def opens(fake):
    """How programs were named: by "program" or by "digest"."""
    return [m.open.WhichOneof("source") for log in fake.sessions for m in log if m.HasField("open")]


def test_a_program_is_sent_once(fake):
    assert [run_session(seed) for seed in (0, 0, 7)] == [7.0] * 3
    assert opens(fake) == ["program", "digest", "digest"]
    last = fake.sessions[-1][0].open
    assert last.ByteSize() < 100 and last.options.seed == 7


def test_large_requests_name_their_program_too(fake):
    for _ in range(2):
        a = gw.tensor(np.zeros(400_000, np.float32), requires_grad=True, name="a")
        gw.name(gw.name(a * a, "b").sum(), "c").backward()
    assert opens(fake) == ["program", "digest"]
    assert all(log[0].open.HasField("backward") for log in fake.sessions)


def test_a_large_program_is_sent_once(fake):
    for _ in range(2):
        t = gw.tensor(1.0, name="t")
        for i in range(15_000):
            t = gw.add(t, 1, name=f"a_rather_long_name_of_node_{i}_{'x' * 40}")
        assert t.item() == 7.0
    assert opens(fake) == ["program", "digest"]
    assert sum(m.ByteSize() for m in fake.sessions[1]) < 1000 < 1 << 20 < sum(m.ByteSize() for m in fake.sessions[0])


def test_a_server_that_does_not_know_it_is_sent_the_program(fake):
    run_session()
    fake.programs.clear()
    assert [run_session(), run_session()] == [7.0, 7.0]
    assert opens(fake) == ["program", "digest", "program", "digest"]
    assert len(fake.sessions) == 3


def test_a_server_that_names_another_program_is_not_believed(fake):
    run_session()
    fake.digest = lambda digest: b"another"
    with pytest.raises(gw.GradwireError, match="another program") as caught:
        run_session()
    assert caught.value.code == "INTERNAL"
    fake.digest = lambda digest: digest
    assert run_session() == 7.0
    assert opens(fake) == ["program", "digest", "program"]


@pytest.mark.parametrize("answer", [b"", b"x" * (1 << 20)])
def test_digests_that_are_none_are_not_used(fake, answer):
    fake.digest = lambda digest: answer
    run_session()
    run_session()
    assert opens(fake) == ["program", "program"]


def test_a_refusal_that_ends_the_stream_is_typed_and_not_repeated(fake):
    run_session()
    fake.before = lambda r, c: refuse(c, grpc.StatusCode.FAILED_PRECONDITION, "gone", INFO(reason="GRAPH_UNKNOWN"))
    with pytest.raises(gw.GradwireError) as caught:
        run_session()
    assert caught.value.reason == "GRAPH_UNKNOWN"
    fake.before = lambda r, c: None
    assert run_session() == 7.0
    assert opens(fake) == ["program", "digest", "program"]


def test_clients_do_not_share_what_they_know(fake):
    run_session()
    with gw.Client(fake.target, timeout=20):
        run_session()
    assert opens(fake) == ["program", "program"]


def test_what_is_remembered_is_bounded():
    digests = _digests.Digests()
    count = 2 * _digests.MAX_PROGRAMS
    for i in range(count):
        digests.learn(b"%d" % i, b"d")
        assert digests.find(b"0") == b"d"
    assert digests.find(b"1") is None and digests.find(b"%d" % (count - 1)) == b"d"


def test_a_server_is_sent_a_program_once(server, monkeypatch):
    sent = []
    write = _stream.open_messages
    monkeypatch.setattr(_stream, "open_messages", lambda *given: sent.append(1) or write(*given))
    for _ in range(3):
        w, x = gw.ones(2, requires_grad=True, name="w"), gw.zeros(2, name="x")
        loss = gw.name(gw.name(w * x, "product").sum(), "loss")
        with server.session(loss, carry={w: gw.name(w * 2, "w2")}) as session:
            assert [session.run({x: [1.0, 2.0]})[0].item(), session.run()[0].item()] == [3.0, 6.0]
    assert len(sent) == 1
