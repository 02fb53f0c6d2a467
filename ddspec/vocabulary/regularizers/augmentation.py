"""`augmentation`: images shifted and mirrored at random."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import attrs

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import flag, integer

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Examples, Network


@word
class Augmentation(Regularizer):
    """Surrounds each image with `crop` zeros at every side and cuts out a window of the image's own
    size at a random place; with `flip`, mirrors it left to right with probability 1/2. Drawn anew
    for every image and step. Zeros are those of the images as the network sees them.

    Source: Nakkiran et al., "Deep double descent", 2019, appendix B: crop 4 and flip, as He et al.,
    "Deep residual learning", 2016, section 4.2.
    Example: augmentation(crop: 4, flip: true)
    """

    acts: ClassVar[Literal["data-dependent"]] = "data-dependent"
    rank: ClassVar[int] = 10

    crop: int = integer("zeros added at every side", default=4, at_least=0, unit="pixels")
    flip: bool = flag("whether images are mirrored", default=True)

    @property
    def needs_here(self) -> frozenset[str]:
        """It acts in steps."""
        return frozenset({"gradient"})

    @property
    def needs_data(self) -> frozenset[str]:
        """Images."""
        return frozenset({"image"})

    @property
    def neutral(self) -> bool:
        return self.crop == 0 and not self.flip

    def alter(self, seen: Examples, network: Network) -> Examples:
        import torch

        images = seen.inputs.view(-1, *seen.shape)
        padded = torch.nn.functional.pad(images, (self.crop,) * 4)
        down, across = self._places(seen)
        rows = torch.arange(len(images), device=images.device)[:, None, None]
        # advanced indices apart from each other: channels come last
        cut = padded[rows, :, down[:, :, None], across[:, None, :]].movedim(-1, 1)
        return attrs.evolve(seen, inputs=cut.flatten(1))

    def _places(self, seen: Examples) -> tuple[Tensor, Tensor]:
        """Which lines, (rows, height), and columns, (rows, width), of the padded images."""
        import torch

        from ddspec.vocabulary.counters import below, stream, uniform

        height, width = seen.shape[1:]
        rows, shifts, key = len(seen.inputs), 2 * self.crop + 1, seen.key
        down, across = (below(key, stream("augmentation", s), rows, shifts) for s in ("down", "by"))
        line, column = (torch.arange(size, device=key.device) for size in (height, width))
        columns = column.expand(rows, width)
        if self.flip:
            mirrored = uniform(key, stream("augmentation", "flip"), rows, 1) < 1 / 2
            columns = torch.where(mirrored, width - 1 - column, column)
        return line + down[:, None], columns + across[:, None]
