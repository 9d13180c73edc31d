"""Python functions as functions of the program: what is recorded; nothing is computed."""

import numpy as np
import pytest

import gradwire as gw
from gradwire._program import Recording, Selection


def program(*tensors):
    values = [t._value for t in tensors]
    return Recording(Selection(values), values).program


def text(graph):
    """A graph in one line a node: name = op(args)."""
    lines = [" ".join(["inputs", *(i.name for i in graph.inputs)])]
    for node in graph.nodes:
        args = [written(arg) for arg in node.args] + [f"{k}={written(v)}" for k, v in sorted(node.kwargs.items())]
        lines.append(f"{node.name} = {node.op}({', '.join(args)})")
    return [*lines, " ".join(["outputs", *graph.outputs])]


def written(arg):
    kind = arg.WhichOneof("kind")
    value = getattr(arg, kind)
    if kind in ("values", "ints"):
        return "[" + ", ".join(map(str, value.values)) + "]"
    return ("@" if kind == "function" else "") + str(value)


def test_vmap_takes_captured_tensors_behind_the_arguments():
    w = gw.tensor([1.0, 2.0], name="w")
    x = gw.tensor([[1.0, 2.0], [3.0, 4.0]], name="x")

    def weighted(row, bias):
        assert row.shape == (2,) and bias.shape == ()
        return {"y": gw.add(gw.mul(row, w, name="p"), bias, name="s")}

    y = gw.vmap(weighted, in_dims=(1, None), out_dims=-1)(x, gw.tensor(0.5, name="b"))
    graph = program(gw.name(y["y"], "y"))
    inputs, *rest = text(graph.graph)
    assert sorted(inputs.split()) == ["b", "inputs", "w", "x"]
    assert rest == ["y = vmap(@weighted, [x], [1], [b, w], [-1])", "outputs y"]
    assert text(graph.functions["weighted"]) == [
        "inputs arg_0 arg_1 w",
        "p = mul.Tensor(arg_0, w)",
        "s = add.Tensor(p, arg_1)",
        "outputs s",
    ]
    assert {i.dtype for i in graph.functions["weighted"].inputs} == {0}


def test_functions_within_functions():
    x = gw.ones(3, 2)
    per_sample = gw.vmap(gw.func.grad(lambda row: (row * row).sum()))(x)
    graph = program(per_sample)
    ((outer, body),) = [(n, g) for n, g in graph.functions.items() if any(node.op == "call" for node in g.nodes)]
    assert graph.graph.nodes[0].args[0].function == outer
    inner = graph.functions[body.nodes[0].args[0].function]
    assert [node.op for node in inner.nodes] == ["mul.Tensor", "sum.default", "grad"]


def test_cond_branches_share_operands():
    a, b = gw.tensor([1.0], name="a", requires_grad=True), gw.tensor([2.0], name="b")
    y = gw.cond(gw.tensor(True, name="p"), lambda x: x * a, lambda x: x - b, (a,), name="y")
    graph = program(y)
    assert y.requires_grad
    assert text(graph.graph)[1] == "y = cond(p, @lambda, @lambda_2, [a, a, b])"
    assert [len(f.inputs) for f in graph.functions.values()] == [3, 3]


def test_loops():
    n, x = gw.tensor(0, name="n"), gw.tensor(1.0, name="x")
    _, last = gw.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, v * x), (n, x), max_iterations=5, name="w")
    assert text(program(last).graph)[1:] == [
        "w = while_loop(@lambda, @lambda_2, [n, x], [x], max_iterations=5)",
        "outputs w:1",
    ]

    def step(carry, xs):
        return (carry[0] + xs,), carry[0] * xs

    rows = gw.tensor([[1.0, 2.0]], name="rows")
    carry, ys = gw.scan(step, (x,), rows, dim=1, reverse=True, name="s")
    assert isinstance(carry, tuple) and len(carry) == 1
    assert text(program(carry[0], ys).graph)[1:] == [
        "s = scan(@step, [x], [rows], [], dim=1, reverse=True)",
        "outputs s s:1",
    ]
    _, nothing = gw.scan(lambda c, _: (c * 2, None), x, length=4)
    assert nothing == ()


def test_custom_gradient_and_checkpoint():
    k, x = gw.tensor(2.0, name="k"), gw.tensor([1.0], name="x", requires_grad=True)
    f = gw.custom_gradient(lambda v: v * k, lambda args, results, grads: grads[0] + results[0] + args[0])
    graph = program(gw.name(f(x), "f"))
    assert text(graph.graph)[1] == "f = custom_gradient(@lambda, @lambda_2, [x], [k])"
    assert [i.name for i in graph.functions["lambda_2"].inputs] == ["arg_0", "k", "result_0", "grad_0"]
    a, b = gw.checkpoint(lambda v: (v * k, v + 1), x, name="c")
    assert a.requires_grad and text(program(a, b).graph)[1] == "c = checkpoint(@lambda, [x, k])"


def test_no_values_inside(fake):
    def reads(x):
        return x * float(x.sum())

    with pytest.raises(TypeError, match="stands for an argument"):
        gw.vmap(reads)(gw.ones(2, 2))

    @gw.no_grad()
    def cut(x):
        return x * 2

    y = gw.vmap(lambda x: cut(x) + x)(gw.ones(2))
    assert "detach" in [n.op for f in program(y).functions.values() for n in f.nodes]


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda x: gw.vmap(lambda v: v, in_dims=None)(x), "None for all"),
        (lambda x: gw.vmap(lambda v: v, in_dims=(0, 0))(x), "2 items"),
        (lambda x: gw.vmap(lambda v: v, in_dims=2)(x), "out of range"),
        (lambda x: gw.cond(x, lambda: (x, x), lambda: x), "returns 1 tensors"),
        (lambda x: gw.while_loop(lambda v: (v, v), lambda v: v, (x,)), "cond_fn returns 2"),
        (lambda x: gw.while_loop(lambda v: v, lambda v: (v, v), (x,)), "body_fn returns 2"),
        (lambda x: gw.scan(lambda c, v: ((c, c), v), x, x), "carry of 2 tensors"),
        (lambda x: gw.custom_gradient(lambda v: v, lambda a, r, g: (g[0], g[0]))(x), "vjp returns 2"),
        (lambda x: gw.grad(x * x, x, is_grads_batched=True), "is_grads_batched"),
    ],
)
def test_wrong_functions(call, match):
    with pytest.raises(ValueError, match=match):
        call(gw.ones(2, requires_grad=True))


def test_whole_derivatives_are_one_node():
    x, y = gw.tensor([1.0, 2.0], name="x", requires_grad=True), gw.tensor(3.0, name="y", requires_grad=True)
    out = gw.name((x * y).sum(), "out")
    j = gw.jacobian(out, (x, y), name="j")
    assert text(program(*j).graph)[-2:] == ["j = jacobian(out, [x, y])", "outputs j j:1"]
    h = gw.hessian(out, [x, y], name="h")
    assert [[len(row)] for row in h] == [[2], [2]]
    assert text(program(h[1][0]).graph)[-2:] == ["h = hessian(out, [x, y])", "outputs h:2"]
    v = gw.hvp(out, x, np.ones(2, np.float32), name="v")
    assert text(program(v).graph)[-2].startswith("v = hvp(out, [x], [tensor_")
    indices, values = gw.sparse_jacobian(x * y, x, name="s")
    assert not indices.requires_grad and values.requires_grad
