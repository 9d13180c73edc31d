"""Recording: arguments, names, what requires grad; nothing is sent."""

import numpy as np
import pytest

import gradwire as gw
from gradwire import _record, _schema
from gradwire._program import Recording, Selection


def nodes(*tensors, roots=()):
    values = [t._value for t in tensors]
    recording = Recording(Selection(values, [t._value for t in roots]), values)
    return recording.program.graph


def test_recording_sends_nothing(fake):
    a = gw.ones(2, 2, requires_grad=True)
    b = (a + 2) * a
    assert (b.requires_grad, b.is_leaf, b.grad) == (True, False, None)
    assert fake.requests == []


def test_graph_holds_only_ancestors_in_order():
    a = gw.tensor([1.0], name="a")
    b = gw.add(a, 1, name="b")
    gw.mul(b, b, name="other")
    c = gw.mul(b, a, name="c")
    graph = nodes(c)
    assert [i.name for i in graph.inputs] == ["a"]
    assert [(n.name, n.op, [x.value or x.int for x in n.args]) for n in graph.nodes] == [
        ("b", "add.Tensor", ["a", 1]),
        ("c", "mul.Tensor", ["b", "a"]),
    ]
    assert list(graph.outputs) == ["c"]


def test_names():
    a = gw.tensor([1.0])
    assert (a + 1).name.rpartition("_")[0] == "add"
    loss = gw.name(a * 2, "loss")
    again = gw.name(loss * 2, "loss")
    assert loss.name == again.name == "loss"
    assert [n.name for n in nodes(again).nodes] == ["loss", "loss_2"]
    for bad in ("", "a:1"):
        with pytest.raises(ValueError):
            gw.name(a, bad)


def test_no_grad_cuts():
    a = gw.tensor([1.0], requires_grad=True, name="a")
    with gw.no_grad():
        b = gw.mul(a, 2, name="b")
    assert not b.requires_grad and b.is_leaf
    c = gw.mul(b, a, name="c")
    assert [n.op for n in nodes(c).nodes] == ["mul.Tensor", "mul.Tensor"]
    graph = nodes(c, roots=[c])
    assert [(n.name, n.op) for n in graph.nodes] == [("b", "mul.Tensor"), ("b.detached", "detach"), ("c", "mul.Tensor")]
    assert [x.value for x in graph.nodes[2].args] == ["b.detached", "a"]

    @gw.no_grad()
    def f(x):
        with gw.enable_grad():
            assert (x * 2).requires_grad
        return x * 2

    assert not f(a).requires_grad


def test_known_values_are_inputs_unless_differentiated(fake):
    a = gw.tensor([1.0], requires_grad=True, name="a")
    k = gw.name(gw.tensor([2.0]) * 3, "k")
    b = gw.mul(a, k, name="b")
    gw.evaluate(b, k)
    assert len(fake.requests) == 1
    c = gw.mul(b, k, name="c")
    assert [i.name for i in nodes(c).inputs] == ["k", "b"] or [i.name for i in nodes(c).inputs] == ["b", "k"]
    graph = nodes(c, roots=[c])
    assert {i.name for i in graph.inputs} == {"a", "k"}
    assert [n.name for n in graph.nodes] == ["b", "c"]
    g = gw.grad(c, a)[0]
    assert [n.name for n in nodes(g).nodes][:2] == ["b", "c"]


@pytest.mark.parametrize(
    ("given", "kind", "want"),
    [
        (2, "value.int", 2),
        (True, "value.bool", True),
        (2.5, "value.float", 2.5),
        (1j, "value.complex", 1j),
        (np.float32(0.5), "value.value", None),
    ],
)
def test_numbers(given, kind, want):
    argument = nodes(gw.tensor([1.0]) * given).nodes[0].args[1]
    assert argument.WhichOneof("kind") == kind.partition(".")[2]
    if isinstance(want, complex):
        assert complex(argument.complex.real, argument.complex.imag) == want
    elif want is not None:
        assert getattr(argument, argument.WhichOneof("kind")) == want


def test_arguments_are_lists_none_and_dtypes():
    s = gw.tensor([[1.0]]).sum([0, -1], True, dtype=gw.float64)
    node = nodes(s).nodes[0]
    assert node.op == "sum.dim_IntList"
    assert list(node.args[1].ints.values) == [0, -1]
    assert node.args[2].bool is True
    assert node.kwargs["dtype"].dtype == gw.float64.number
    assert nodes(gw.tensor([1.0]).sum()).nodes[0].op == "sum.default"


def test_shapes_may_be_separate_numbers():
    t = gw.tensor([[1.0, 2.0]])
    for r in (t.view(2, 1), t.view((2, 1)), t.view([2, 1]), t.view(size=(2, 1))):
        node = nodes(r).nodes[0]
        argument = node.args[1] if len(node.args) > 1 else node.kwargs["size"]
        assert list(argument.ints.values) == [2, 1]
    assert list(nodes(t.permute()).nodes[0].args[1].ints.values) == []
    for r in (gw.einsum("ij,kj", t, t), gw.einsum("ij,kj", [t, t])):
        assert len(nodes(r).nodes[0].args[1].values.values) == 2


@pytest.mark.parametrize(
    "call",
    [
        lambda t: gw.add(t),
        lambda t: gw.add(t, "x"),
        lambda t: gw.add(t, t, bogus=1),
        lambda t: gw.add(t, t, 1, 2, 3),
        lambda t: gw.add(t, None),
        lambda t: gw.add(t, 2**70),
        lambda t: t + "x",
        lambda t: t.sum(dim="x"),
    ],
)
def test_arguments_that_fit_no_overload(call):
    with pytest.raises(TypeError):
        call(gw.tensor([1.0]))


def test_unknown_operator():
    with pytest.raises(AttributeError):
        gw.tensor([1.0]).no_such_thing()


def test_backward_needs_grad():
    with pytest.raises(gw.NotDifferentiableError):
        gw.tensor([1.0]).backward()
    x, y = gw.tensor(1.0, requires_grad=True), gw.tensor(1.0, requires_grad=True)
    with pytest.raises(gw.NotDifferentiableError, match="depend"):
        gw.grad(x * 2, [x, y])
    assert gw.grad(x * 2, [y], allow_unused=True) == (None,)
    with pytest.raises(TypeError):
        gw.tensor([1], requires_grad=True)
    with pytest.raises(TypeError):
        gw.tensor([1]).requires_grad_()


def test_schema():
    s = _schema.parse(
        'f.x(Tensor self, int[2]? a=None, *, float b=1e-05, str c="m") -> (Tensor values, Tensor indices)'
    )
    assert (s.name, s.overload, s.key, s.results) == ("f", "x", "f.x", ("values", "indices"))
    assert [(p.name, p.kind, p.size, p.optional, p.keyword_only, p.default) for p in s.parameters[1:]] == [
        ("a", "int", 2, True, False, None),
        ("b", "float", 0, False, True, 1e-05),
        ("c", "str", 0, False, True, "m"),
    ]
    assert _schema.parse("g(Tensor?[]? x) -> Tensor[]").results is None
    with pytest.raises(ValueError):
        _schema.parse("nonsense")
    assert _record.accept(3, s.parameters[1]) == [3, 3]


def test_tensors_within_lists():
    a = gw.tensor(1.5)
    assert gw.tensor([a, 2.0]).tolist() == [1.5, 2.0] and gw.tensor([a, 2]).dtype is gw.float32
    assert gw.tensor([gw.tensor([1, 2]), [3, 4]]).tolist() == [[1, 2], [3, 4]]
    assert gw.tensor(gw.tensor([1, 2]), gw.float64).dtype is gw.float64
