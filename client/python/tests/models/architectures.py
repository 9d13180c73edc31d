"""The architectures that imports are tested with: real ones with random weights, small enough for two cores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

#: A module, and the arguments of one call.
Example = tuple[nn.Module, tuple[Any, ...], dict[str, Any]]

NAMES: dict[str, Callable[[], Example]] = {}


def named(name: str) -> Callable[[Callable[[], Example]], Callable[[], Example]]:
    def enter(make: Callable[[], Example]) -> Callable[[], Example]:
        NAMES[name] = make
        return make

    return enter


def image(size: int, batch: int = 4) -> tuple[torch.Tensor]:
    return (torch.randn(batch, 3, size, size),)


def tokens(*shape: int) -> torch.Tensor:
    return torch.randint(3, 99, shape)


@named("ResNet-18")
def resnet() -> Example:
    from torchvision.models import resnet18

    return resnet18(num_classes=10), image(64), {}


@named("MobileNetV3-small")
def mobilenet() -> Example:
    from torchvision.models import mobilenet_v3_small

    return mobilenet_v3_small(num_classes=10), image(64), {}


@named("ViT (2 layers)")
def vit() -> Example:
    from torchvision.models import VisionTransformer

    return VisionTransformer(32, 8, 2, 4, 64, 128, dropout=0.1, num_classes=10), image(32), {}


@named("BERT (2 layers)")
def bert() -> Example:
    from transformers import BertConfig, BertForSequenceClassification

    config = BertConfig(
        vocab_size=99, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128,
        max_position_embeddings=32,
    )  # fmt: skip
    mask = torch.ones(3, 11, dtype=torch.long)
    mask[1, 7:] = 0
    return BertForSequenceClassification(config), (), {"input_ids": tokens(3, 11), "attention_mask": mask}


@named("GPT-2 (2 layers)")
def gpt2() -> Example:
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=99, n_positions=32, n_embd=64, n_layer=2, n_head=4, use_cache=False, bos_token_id=0, eos_token_id=1
    )
    return GPT2LMHeadModel(config), (), {"input_ids": tokens(3, 11)}


@named("T5 (2 layers)")
def t5() -> Example:
    from transformers import T5Config, T5ForConditionalGeneration

    config = T5Config(vocab_size=99, d_model=64, d_kv=16, d_ff=128, num_layers=2, num_heads=4, use_cache=False)
    kwargs = {"input_ids": tokens(2, 9), "decoder_input_ids": tokens(2, 7)}
    return T5ForConditionalGeneration(config), (), kwargs


class Recurrent(nn.Module):
    """Classifies sequences by a bidirectional LSTM of two layers."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(99, 16)
        self.lstm = nn.LSTM(16, 24, num_layers=2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(48, 5)

    def forward(self, text: torch.Tensor) -> torch.Tensor:
        states, _ = self.lstm(self.embedding(text))
        return self.head(states.mean(1))


@named("LSTM classifier")
def lstm() -> Example:
    return Recurrent(), (tokens(3, 9),), {}


def double(inward: int, outward: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in (inward, outward):
        layers += [nn.Conv2d(width, outward, 3, padding=1), nn.BatchNorm2d(outward), nn.ReLU()]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """Two levels down, one up by a transposed convolution, one by interpolation."""

    def __init__(self) -> None:
        super().__init__()
        self.top, self.middle, self.bottom = double(3, 8), double(8, 16), double(16, 32)
        self.pool = nn.MaxPool2d(2)
        self.raise_bottom = nn.ConvTranspose2d(32, 16, 2, stride=2)
        self.raise_middle = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.back_middle, self.back_top = double(32, 16), double(24, 8)
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        top = self.top(picture)
        middle = self.middle(self.pool(top))
        bottom = self.bottom(self.pool(middle))
        middle = self.back_middle(torch.cat([self.raise_bottom(bottom), middle], 1))
        top = self.back_top(torch.cat([self.raise_middle(middle), top], 1))
        return self.head(top).sigmoid()


@named("U-Net (small)")
def unet() -> Example:
    return UNet(), image(32, 2), {}


@named("ConvNeXt-tiny (narrow)")
def convnext() -> Example:
    from timm import create_model

    return create_model("convnext_tiny", num_classes=10, dims=(16, 32, 64, 128), drop_path_rate=0.1), image(64, 2), {}


@named("EfficientNet-B0")
def efficientnet() -> Example:
    from torchvision.models import efficientnet_b0

    return efficientnet_b0(num_classes=10), image(64), {}
