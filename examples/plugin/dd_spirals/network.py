"""A network of torch's, as one has it before one has heard of ddspec."""

import torch
from torch import nn


class ResidualNetwork(nn.Module):
    """Blocks x + W relu(V norm(x)) between two affine layers."""

    def __init__(self, inputs: int, outputs: int, width: int, blocks: int) -> None:
        super().__init__()
        self.first = nn.Linear(inputs, width)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.BatchNorm1d(width),
                nn.Linear(width, width),
                nn.ReLU(),
                nn.Dropout(0.1),
                nn.Linear(width, width),
            )
            for _ in range(blocks)
        )
        self.last = nn.Linear(width, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The outputs, (rows, outputs), of inputs (rows, ...)."""
        x = self.first(x.flatten(1))
        for block in self.blocks:
            x = x + block(x)
        return self.last(x)
