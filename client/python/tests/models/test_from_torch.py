"""What importing does beside agreeing with PyTorch: structures, state, modes, randomness, errors."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import nn

import gradwire as gw


class Pair(NamedTuple):
    value: Any
    parts: Any


class Structured(nn.Module):
    def forward(self, data: dict[str, torch.Tensor], scale: float, *, shift: torch.Tensor | None = None) -> Any:
        x = data["x"] * scale
        return Pair(x if shift is None else x + shift, {"double": [x, 2 * x], "none": None})


class Net(nn.Module):
    """Has what needs care: a shared parameter, a frozen one, running statistics, dropout, a constant."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(4, 4)
        self.again = self.inner
        self.norm = nn.BatchNorm1d(4)
        self.drop = nn.Dropout(0.5)
        self.frozen = nn.Parameter(torch.ones(4), requires_grad=False)
        self.register_buffer("offset", torch.arange(4.0), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.drop(self.norm(self.again(self.inner(x))) * self.frozen + self.offset + torch.tensor([1.0]))


@pytest.fixture
def net() -> Net:
    torch.manual_seed(0)
    return Net()


def test_structures_are_pytorchs(server: gw.Client) -> None:
    example = {"x": torch.ones(2)}
    module = gw.from_torch(Structured(), (example, 3.0), {"shift": torch.zeros(2)})
    found = module({"x": np.array([1, 2], np.float32)}, 3.0, shift=gw.tensor([10.0, 20.0]))
    assert type(found) is Pair
    assert found.value.tolist() == [13, 26]
    assert [t.tolist() for t in found.parts["double"]] == [[3, 6], [6, 12]]
    assert found.parts["none"] is None


@pytest.mark.parametrize(
    "args, kwargs, error, text",
    [
        (({"x": np.ones(3, np.float32)}, 3.0), {}, ValueError, "shapes are fixed"),
        (({"x": np.ones(2)}, 3.0), {}, ValueError, "float64"),
        (({"x": np.ones(2, np.float32)}, 4.0), {}, ValueError, "was 3.0 when the module was imported"),
        (({"y": np.ones(2, np.float32)}, 3.0), {}, TypeError, "was imported for arguments"),
    ],
)
def test_calls_unlike_the_example_are_refused(args: Any, kwargs: Any, error: type, text: str) -> None:
    module = gw.from_torch(Structured(), ({"x": torch.ones(2)}, 3.0))
    with pytest.raises(error, match=text):
        module(*args, **kwargs)


def test_parameters(net: Net) -> None:
    module = gw.from_torch(net.eval(), (torch.ones(3, 4),))
    assert dict(module.named_parameters()).keys() == dict(net.named_parameters()).keys()
    assert not dict(module.named_parameters())["frozen"].requires_grad
    assert module.state_dict().keys() == net.state_dict().keys()
    assert dict(module.named_buffers()).keys() == dict(net.named_buffers()).keys()


def test_a_shared_parameter_gets_the_whole_gradient(server: gw.Client, net: Net) -> None:
    x = torch.randn(3, 4)
    module = gw.from_torch(net.eval(), (x,))
    module(x).sum().backward()
    net(x).sum().backward()
    gradients = {name: p.grad for name, p in module.named_parameters()}
    assert gradients["inner.weight"] is not None
    np.testing.assert_allclose(gradients["inner.weight"].numpy(), net.inner.weight.grad, rtol=1e-5)
    assert gradients["frozen"] is None


def test_state_goes_out_and_comes_in(server: gw.Client, net: Net) -> None:
    x = torch.randn(3, 4)
    module = gw.from_torch(net.eval(), (x,))
    other = Net().eval()
    module.load_state_dict(other.state_dict())
    np.testing.assert_allclose(module(x).numpy(), other(x).detach(), rtol=1e-5, atol=1e-6)
    net.load_state_dict({name: torch.tensor(array) for name, array in module.state_dict().items()})
    np.testing.assert_array_equal(net(x).detach(), other(x).detach())


def test_state_that_does_not_fit_is_refused(net: Net) -> None:
    module = gw.from_torch(net, (torch.ones(3, 4),))
    state = module.state_dict()
    with pytest.raises(ValueError, match=r"'frozen' has shape \(4,\), but is given data of shape \(5,\)"):
        module.load_state_dict({**state, "frozen": np.ones(5)})
    del state["norm.bias"]
    with pytest.raises(KeyError, match=r"missing or unknown: more, norm.bias"):
        module.load_state_dict({**state, "more": np.ones(1)})
    module.load_state_dict({"frozen": np.zeros(4)}, strict=False)
    assert module.state_dict()["frozen"].tolist() == [0, 0, 0, 0]


def test_modes(server: gw.Client, net: Net) -> None:
    x = torch.randn(3, 4)
    module = gw.from_torch(net.train(), (x,))
    assert module.training and net.training
    module(x)
    assert module.updates.keys() == {"norm.running_mean", "norm.running_var", "norm.num_batches_tracked"}
    module.update_buffers()
    net(x)
    for name, buffer in net.named_buffers():
        np.testing.assert_allclose(dict(module.named_buffers())[name].numpy(), buffer, rtol=1e-5, atol=1e-6)
    assert not module.eval().training and net.training
    np.testing.assert_allclose(module(x).numpy(), net.eval()(x).detach(), rtol=1e-5, atol=1e-6)
    assert not module.updates


def test_dropout_follows_the_seed(server: gw.Client) -> None:
    module = gw.from_torch(nn.Dropout(0.5).train(), (torch.ones(64),))
    x = gw.tensor(np.arange(1, 65, dtype=np.float32), requires_grad=True)
    drawn = []
    for seed in (1, 1, 2):
        gw.manual_seed(seed)
        drawn.append(module(x).tolist())
    assert drawn[0] == drawn[1] != drawn[2]
    assert module(x).tolist() != module(x).tolist()
    y = module(x)
    assert 10 < sum(value == 0 for value in y.tolist()) < 54
    y.sum().backward()  # a request of its own, that draws the same
    assert x.grad is not None
    np.testing.assert_allclose((x * x.grad).numpy(), y.numpy())


def test_training_on_the_server_is_pytorchs(server: gw.Client) -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3)).double()
    batches = [(torch.randn(5, 1, 8, 8).double(), torch.randint(0, 3, (5,))) for _ in range(3)]
    module = gw.from_torch(net.train(), batches[0][:1])
    x, y = gw.tensor(batches[0][0].numpy()), gw.tensor(batches[0][1].numpy())
    loss = gw.cross_entropy_loss(module(x), y)
    parameters = list(module.parameters())
    carry = {p: p - 0.1 * g for p, g in zip(parameters, gw.grad(loss, parameters))}
    buffers = dict(module.named_buffers())
    carry.update({buffers[name]: new for name, new in module.updates.items()})
    optimizer = torch.optim.SGD(net.parameters(), 0.1)
    with server.session(loss, carry=carry) as session:
        for images, labels in batches:
            optimizer.zero_grad()
            expected = nn.functional.cross_entropy(net(images), labels)
            expected.backward()
            optimizer.step()
            (found,) = session.run({x: images.numpy(), y: labels.numpy()})
            assert found.item() == pytest.approx(expected.item(), rel=1e-9)


def test_an_exported_program_is_taken_as_it_is(server: gw.Client, net: Net) -> None:
    x = torch.randn(3, 4)
    module = gw.from_torch(torch.export.export(net.eval(), (x,)))
    np.testing.assert_allclose(module(x).numpy(), net(x).detach(), rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="one mode"):
        module.train()


class Unknown(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.ops.gradwire_tests.unknown(x)


@pytest.fixture(scope="module")
def unknown() -> str:
    library = torch.library.Library("gradwire_tests", "DEF")
    library.define("unknown(Tensor x) -> Tensor")
    torch.library.impl(library, "unknown", "CompositeExplicitAutograd")(torch.clone)
    torch.library.register_fake("gradwire_tests::unknown", torch.empty_like, lib=library)
    yield "gradwire_tests.unknown.default"
    library._destroy()


def test_an_unknown_operator_is_named_with_its_place(unknown: str) -> None:
    module = nn.Sequential(nn.ReLU(), nn.ModuleDict({"deep": Unknown()})["deep"])
    with pytest.raises(gw.UnsupportedModuleError, match=rf"{unknown} at 1 \(.*test_from_torch.py\", line \d+, in fo"):
        gw.from_torch(module, (torch.ones(2),))


class Counting(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.nonzero()


class Branching(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x if x.sum() > 0 else -x


@pytest.mark.parametrize("module, text", [(Counting(), "depends on data"), (Branching(), "cannot trace Branching")])
def test_what_depends_on_data_is_refused(module: nn.Module, text: str) -> None:
    with pytest.raises(gw.UnsupportedModuleError, match=text):
        gw.from_torch(module, (torch.ones(2),))


def test_dynamic_shapes_are_refused() -> None:
    shapes = ({0: torch.export.Dim("batch")},)
    program = torch.export.export(nn.ReLU(), (torch.ones(3, 2),), dynamic_shapes=shapes)
    with pytest.raises(gw.UnsupportedModuleError, match="shapes here are fixed"):
        gw.from_torch(program)


def test_the_readmes_example(server: gw.Client, capsys: pytest.CaptureFixture[str]) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    (example,) = (part for part in re.findall(r"```python\n(.*?)```", readme, re.S) if "from_torch" in part)
    names: dict[str, Any] = {}
    exec(example, names)
    assert "3.bias (3,)" in capsys.readouterr().out
    assert names["value"].item() < names["loss"].item()


def test_errors_lead_back_to_the_module(server: gw.Client) -> None:
    module = gw.from_torch(nn.Sequential(nn.Linear(2, 2), nn.ReLU()), (torch.ones(1, 2),))
    y = module(np.ones((1, 2), np.float32))
    assert module.place(y.name).startswith("1 (")
    with pytest.raises(KeyError):
        module.place("elsewhere")
