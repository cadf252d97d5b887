"""State dicts of the published layouts with random numbers, written down from their descriptions, not from our
networks."""

import torch

Weights = dict[str, torch.Tensor]


def _random(*shape: int) -> torch.Tensor:
    """Small numbers; for convolutions such that pictures still differ after many layers (He et al. 2015)."""
    spread = (2 / (shape[1] * shape[2] * shape[3])) ** 0.5 if len(shape) == 4 else 0.05
    return spread * torch.randn(*shape)


def norm(name: str, channels: int) -> Weights:
    """Batch normalisation."""
    return {
        f"{name}.weight": 1 + _random(channels),
        f"{name}.bias": _random(channels),
        f"{name}.running_mean": _random(channels),
        f"{name}.running_var": 1 + _random(channels).abs(),
        f"{name}.num_batches_tracked": torch.tensor(7),
    }


def linear(name: str, leaving: int, coming: int) -> Weights:
    """A linear layer."""
    return {f"{name}.weight": _random(leaving, coming), f"{name}.bias": _random(leaving)}


def resnet50() -> Weights:
    """torchvision's names, without fc."""
    made = {"conv1.weight": _random(64, 3, 7, 7), **norm("bn1", 64)}
    channels = 64
    for layer, (inner, blocks) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3)), 1):
        for block in range(blocks):
            at = f"layer{layer}.{block}"
            for number, shape in enumerate(
                ((inner, channels, 1, 1), (inner, inner, 3, 3), (4 * inner, inner, 1, 1)), 1
            ):
                made |= {f"{at}.conv{number}.weight": _random(*shape), **norm(f"{at}.bn{number}", shape[0])}
            if block == 0:
                made |= {f"{at}.downsample.0.weight": _random(4 * inner, channels, 1, 1)}
                made |= norm(f"{at}.downsample.1", 4 * inner)
            channels = 4 * inner
    return made


def deca_encoder(outputs: int) -> Weights:
    """ResNet-50 and two linear layers."""
    body = {f"encoder.{name}": value for name, value in resnet50().items()}
    return body | linear("layers.0", 1024, 2048) | linear("layers.2", outputs, 1024)


SMALL = "16 72>24 88>24 | 96>40 240>40 240>40 | 120>48 144>48 | 288>96 576>96 576>96 | 576"
LARGE = (
    "16 64>24 72>24 | 72>40 120>40 120>40 | 240>80 200>80 184>80 184>80 | 480>112 672>112 | "
    "672>160 960>160 960>160 | 960"
)


def mobilenet(described: str) -> Weights:
    """timm 0.9.16, tf_mobilenetv3_*_minimal_100, features_only."""
    made = {"conv_stem.weight": _random(16, 3, 3, 3), **norm("bn1", 16)}
    made |= {"blocks.0.0.conv_dw.weight": _random(16, 1, 3, 3), **norm("blocks.0.0.bn1", 16)}
    made |= {"blocks.0.0.conv_pw.weight": _random(16, 16, 1, 1), **norm("blocks.0.0.bn2", 16)}
    *stages, last = described.removeprefix("16 ").split(" | ")
    channels = 16
    for stage, blocks in enumerate(stages, 1):
        for block, pair in enumerate(blocks.split()):
            inner, leaving = map(int, pair.split(">"))
            at = f"blocks.{stage}.{block}"
            made |= {f"{at}.conv_pw.weight": _random(inner, channels, 1, 1), **norm(f"{at}.bn1", inner)}
            made |= {f"{at}.conv_dw.weight": _random(inner, 1, 3, 3), **norm(f"{at}.bn2", inner)}
            made |= {f"{at}.conv_pwl.weight": _random(leaving, inner, 1, 1), **norm(f"{at}.bn3", leaving)}
            channels = leaving
    at = f"blocks.{len(stages) + 1}.0"
    return made | {f"{at}.conv.weight": _random(int(last), channels, 1, 1), **norm(f"{at}.bn1", int(last))}


def smirk_encoder(prefix: str, tokens: bool = False) -> Weights:
    """SMIRK's three networks, TEASER's fourth."""
    made: Weights = {}
    heads = {"pose": (SMALL, "pose_cam", 6, 576), "shape": (LARGE, "shape", 300, 960)}
    heads["expression"] = (LARGE, "expression", 55, 960)
    for name, (described, head, outputs, width) in heads.items():
        made |= {f"{prefix}{name}_encoder.encoder.{n}": value for n, value in mobilenet(described).items()}
        made |= linear(f"{prefix}{name}_encoder.{head}_layers.0", outputs, width)
    if tokens:
        made |= {f"{prefix}token_encoder.encoder.{n}": value for n, value in mobilenet(SMALL).items()}
        for number, width in enumerate((576, 192, 384, 1024)):
            made |= linear(f"{prefix}token_encoder.token_layers.{number}.0", 256, width)
    return made


def teaser_renderer(prefix: str) -> Weights:
    """TEASER's U-Net."""
    made: Weights = {}

    def block(name: str, coming: int, leaving: int) -> None:
        for number, channels in ((1, coming), (2, leaving)):
            made[f"{name}.conv{number}.weight"] = _random(leaving, channels, 3, 3)
            made.update(norm(f"{name}.norm{number}", leaving))
            made.update(linear(f"{name}.adain{number}.mlp_shared.0", 128, 256))
            made.update(linear(f"{name}.adain{number}.mlp_gamma", leaving, 128))
            made.update(linear(f"{name}.adain{number}.mlp_beta", leaving, 128))

    def convolution(name: str, *shape: int, bias: int | None = None) -> None:
        made.update({f"{name}.weight": _random(*shape), f"{name}.bias": _random(bias or shape[0])})

    for level, (coming, leaving) in enumerate(((6, 32), (32, 64), (64, 128), (128, 256)), 1):
        block(f"encoder{level}", coming, leaving)
        block(f"decoder{level}", 2 * leaving, leaving)
        convolution(f"upconv{level}", 2 * leaving, leaving, 2, 2, bias=leaving)
        convolution(f"token_zero_conv_{level}", leaving, leaving, 1, 1)
    block("bottleneck", 256, 512)
    for number in range(5):
        for at in (1, 5):
            made[f"resnet_blocks.{number}.conv_block.{at}.weight"] = _random(512, 512, 3, 3)
            made.update(norm(f"resnet_blocks.{number}.conv_block.{at + 1}", 512))
    convolution("conv", 3, 32, 1, 1)
    made.update(linear("token_decoder.decoder_1.0", 256 * 14 * 14, 1024))
    for number, (at, leaving, coming) in enumerate(((3, 256, 256), (1, 128, 256), (1, 64, 128), (1, 32, 64)), 1):
        convolution(f"token_decoder.decoder_{number}.{at}", leaving, coming, 3, 3)
        made.update(norm(f"token_decoder.decoder_{number}.{at + 1}", leaving))
    convolution("token_decoder.decoder_4.4", 32, 32, 3, 3)
    return {prefix + name: value for name, value in made.items()}


def arcface() -> Weights:
    """insightface's iresnet with 3, 13, 30 and 3 blocks."""
    made = {"conv1.weight": _random(64, 3, 3, 3), **norm("bn1", 64), "prelu.weight": torch.full((64,), 0.25)}
    channels = 64
    for layer, (leaving, blocks) in enumerate(((64, 3), (128, 13), (256, 30), (512, 3)), 1):
        for block in range(blocks):
            at = f"layer{layer}.{block}"
            made |= norm(f"{at}.bn1", channels) | norm(f"{at}.bn2", leaving) | norm(f"{at}.bn3", leaving)
            made[f"{at}.conv1.weight"] = _random(leaving, channels, 3, 3)
            made[f"{at}.prelu.weight"] = torch.full((leaving,), 0.25)
            made[f"{at}.conv2.weight"] = _random(leaving, leaving, 3, 3)
            if block == 0:
                made[f"{at}.downsample.0.weight"] = _random(leaving, channels, 1, 1)
                made |= norm(f"{at}.downsample.1", leaving)
            channels = leaving
    return made | norm("bn2", 512) | linear("fc", 512, 512 * 49) | norm("features", 512)


def mica_regressor() -> Weights:
    """Four layers and one."""
    made = linear("regressor.network.0", 300, 512) | linear("regressor.output", 300, 300)
    for number in (1, 2, 3):
        made |= linear(f"regressor.network.{number}", 300, 300)
    return made
