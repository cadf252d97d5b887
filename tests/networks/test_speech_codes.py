"""The published network of speech: its layout, and each step against its definition written out."""

import math

import pytest
import torch
from torch import nn

from backend.networks.relative_attention import FARTHEST, RelativeAttention, UnbiasedNorm
from backend.networks.speech_codes import CODE, LABELS, WINDOW, SpeechCodes
from backend.networks.wav2vec_front import Wav2vecFront, features


@pytest.fixture(scope="module")
def network() -> SpeechCodes:
    torch.manual_seed(0)
    return SpeechCodes().eval()


def test_it_has_the_published_number_of_weights(network: SpeechCodes) -> None:
    weights = network.state_dict()
    assert len(weights) == 115
    total = sum(value.numel() for value in weights.values())
    front = sum(value.numel() for name, value in weights.items() if name.startswith("fea_extractor"))
    assert round(total / 1e6, 2) == 5.68 and round(front / 1e6, 2) == 4.20
    assert weights["emo_ebd_layer.style_embedding"].shape == (1, 7, 128)
    assert weights["fea_extractor.conv_layers.0.layer_norm.weight"].shape == (512,)
    assert "fea_extractor.conv_layers.1.layer_norm.weight" not in weights
    assert weights["pred_layer.lstm.weight_hr_l0_reverse"].shape == (7, 128)


def test_a_window_has_three_features(network: SpeechCodes) -> None:
    assert features(WINDOW) == 3
    with torch.inference_mode():
        assert Wav2vecFront()(torch.rand(2, WINDOW)).shape == (2, 3, 512)


def test_a_batch_says_what_each_recording_says_alone(network: SpeechCodes) -> None:
    windows = torch.randn(2, 40, WINDOW)
    with torch.inference_mode():
        codes, felt = network(windows)
        for at in range(2):
            alone, alike = network(windows[at : at + 1])
            torch.testing.assert_close(codes[at : at + 1], alone, atol=2e-5, rtol=0)
            torch.testing.assert_close(felt[at : at + 1], alike, atol=2e-5, rtol=0)
    assert codes.shape == (2, 40, CODE) and felt.shape == (2, 40, len(LABELS))
    assert (codes[0] - codes[1]).abs().max() > 1e-3


def test_without_emotion_the_codes_do_not_depend_on_logits(network: SpeechCodes) -> None:
    windows, logits = torch.randn(1, 5, WINDOW), torch.randn(1, 5, 7)
    with torch.inference_mode():
        first, second = (network(windows, one, emotional=False)[0] for one in (logits, -logits))
        third = network(windows, logits)[0]
    torch.testing.assert_close(first, second)
    assert (third - first).abs().max() > 1e-3


def test_attention_is_that_of_its_definition() -> None:
    """Pair by pair, as Shaw et al. write it."""
    torch.manual_seed(1)
    count, width = 40, 8
    layer = RelativeAttention(width).eval()
    hidden = torch.randn(1, count, width)
    query, key, value = (one(hidden)[0] for one in (layer.fc_q, layer.fc_k, layer.fc_v))
    keys, values = layer.relative_position_k.embeddings_table, layer.relative_position_v.embeddings_table
    expected = torch.zeros(count, width)
    for i in range(count):
        rows = [min(max(j - i, -FARTHEST), FARTHEST) + FARTHEST for j in range(count)]
        scores = torch.stack([query[i] @ (key[j] + keys[rows[j]]) for j in range(count)]) / math.sqrt(width)
        shares = scores.softmax(0)
        expected[i] = torch.stack([shares[j] * (value[j] + values[rows[j]]) for j in range(count)]).sum(0)
    torch.testing.assert_close(layer(hidden)[0], layer.fc_o(expected), atol=1e-5, rtol=1e-4)


def test_the_norm_divides_by_the_unbiased_deviation() -> None:
    made = UnbiasedNorm(4)(torch.tensor([[1.0, 2.0, 3.0, 6.0]]))
    deviation = math.sqrt((4 + 1 + 0 + 9) / 3)
    torch.testing.assert_close(made, torch.tensor([[-2.0, -1.0, 0.0, 3.0]]) / deviation, atol=1e-5, rtol=0)


def test_the_emotion_fades_from_the_backward_to_the_forward_reading(network: SpeechCodes) -> None:
    heard = torch.randn(1, 9, 128)
    lstm: nn.LSTM = network.pred_layer.lstm
    with torch.inference_mode():
        both, felt = lstm(heard)[0], network.pred_layer(heard)
    torch.testing.assert_close(felt[0, 0], 2 * both[0, 0, 7:])
    torch.testing.assert_close(felt[0, -1], 2 * both[0, -1, :7])
    torch.testing.assert_close(felt[0, 4], both[0, 4, :7] + both[0, 4, 7:])
