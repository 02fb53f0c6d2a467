"""`rademacher`: the Rademacher complexity of the last layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import OfSamples
from ddspec.vocabulary.schema import integer

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class Rademacher(OfSamples):
    """E sup over |V|_F <= B of 1/n sum_i s_i . V h_i = B/n E |sum_i h_i s_i^T|_F, s_i vectors of
    random signs, one an output: the empirical Rademacher complexity, of the sum over outputs, of
    the linear functions of the features h that enter the last affine layer, of norm at most that of
    its weights; the mean of `draws` draws. How well a whole network fits random labels takes
    training on them: see `random_label_fit`.

    Source: Bartlett & Mendelson, "Rademacher and Gaussian complexities", 2002, lemma 22.
    Example: rademacher(of: train, draws: 20)
    """

    draws: int = integer("draws of random signs", default=20, at_least=1)

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"weights", "network", "layers"})

    def value(self, model: Observed) -> Tensor:
        import torch

        from ddspec.vocabulary.counters import stream, uniform
        from ddspec.vocabulary.measuring import features, length, matrices

        found, head = features(model), matrices(model.weights)[-1]
        numbers = self.draws * head.shape[0]
        signs = uniform(model.key, stream("rademacher"), len(found), numbers).sub(0.5).sign()
        sums = (found.mT @ signs.to(found.dtype)).view(found.shape[1], self.draws, -1)
        norms: Tensor = torch.linalg.vector_norm(sums, dim=(0, 2))
        return length(head) * norms.mean() / len(found)
