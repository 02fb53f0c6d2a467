"""Arithmetic while fitting: no TF32, no denormal numbers, and all as before afterwards."""

import subprocess
import sys

import pytest
import torch

from ddspec.training.arithmetic import flushed_denormals

OLD = "torch.backends.cuda.matmul.allow_tf32 = True"
NEW = (
    "torch.backends.cuda.matmul.fp32_precision = torch.backends.cudnn.conv.fp32_precision = 'tf32'"
)
SHOWN = """
import torch
from ddspec.training.arithmetic import full_precision
{setting}
def shown():
    b = torch.backends
    return ["tf32" == x for x in (b.cuda.matmul.fp32_precision, b.cudnn.conv.fp32_precision)]
for device in ("cuda:0", "cpu"):
    with full_precision(device):
        print(*shown())
    print(*shown())
"""


@pytest.mark.skipif(not hasattr(torch.backends.cudnn, "conv"), reason="an older torch")
@pytest.mark.parametrize("setting", [OLD, NEW])
def test_tf32_is_off_on_a_graphics_card_only_meanwhile(setting):
    code = [sys.executable, "-c", SHOWN.format(setting=setting)]
    done = subprocess.run(code, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:4] == ["False False", *["True True"] * 3]


def tiny():
    return float(torch.tensor(1e-40) * 1.0)


@pytest.mark.parametrize("before", [False, True])
def test_denormals_are_zero_meanwhile(before):
    torch.set_flush_denormal(before)
    try:
        outside = tiny()
        assert (outside == 0) == before
        with flushed_denormals():
            assert tiny() == 0
        assert tiny() == outside
    finally:
        torch.set_flush_denormal(False)
