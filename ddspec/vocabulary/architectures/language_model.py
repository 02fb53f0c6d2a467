"""`language_model`: a causal transformer that says which token comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Architecture, Regularizer, Shape, word
from ddspec.vocabulary.schema import ACTIVATIONS, FIRST_WEIGHTS, choice, flag, integer

if TYPE_CHECKING:
    from torch import nn

    from ddspec.vocabulary.draws import Draws


@word
class LanguageModel(Architecture):
    """A decoder without a source: every token sees itself and those before it. Tokens become
    vectors of `d_model` numbers, times sqrt(d_model), plus positions, sinusoidal or trained; a
    layer is attention in `heads` parts and an affine layer to 4 d_model, an activation and an
    affine layer back. Around each part stands x + f(x), normalized.

    `norm: before` normalizes what f is given, and the last sum, as GPT-2 does; `after` the sum.
    `tied: true` makes scores of tokens from the tokens' own vectors. First vectors are normal with
    variance 1 / d_model. Attention has biases, scores have none. Dropout `at: hidden` acts on what
    each part puts out, `at: input` on the vectors with their positions, `at: head` on what scores
    are made of.

    Source: Radford et al., "Language models are unsupervised multitask learners", 2019; Vaswani et
    al., "Attention is all you need", 2017.
    Example: language_model(d_model: width)
    """

    traits: ClassVar[frozenset[str]] = frozenset({"hidden_units", "normalized"})
    least_shape: ClassVar[Shape] = (1,)
    reads: ClassVar[str] = "tokens"

    d_model: int = integer("numbers that stand for a token", at_least=1)
    layers: int = integer("layers", default=6, at_least=1)
    heads: int = integer("parts of each attention", default=8, at_least=1)
    norm: str = choice("where a part is normalized", "before", "after", default="before")
    positions: str = choice(
        "what tells places apart", "sinusoidal", "trained", default="sinusoidal"
    )
    tied: bool = flag("whether scores are made from the tokens' vectors", default=True)
    activation: str = choice("nonlinearity of the affine layers", *ACTIVATIONS, default="gelu")
    init: str = choice("distribution of the first weights", *FIRST_WEIGHTS, default="xavier")

    def unfit(self, shape: Shape) -> str:
        uneven = self.d_model % self.heads
        return f"d_model {self.d_model} does not divide into {self.heads} heads" if uneven else ""

    def together(self, device: str) -> int | None:
        return max(1, min(32, 64 // self.d_model)) if device == "cpu" else None

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        from ddspec.vocabulary.attention import block_parameters

        vectors = (outputs // shape[0]) * (1 if self.tied else 2)
        places = shape[0] if self.positions == "trained" else 0
        last = 2 if self.norm == "before" else 0
        blocks = self.layers * block_parameters(self.d_model, 2)
        return (vectors + places + last) * self.d_model + blocks

    def operations(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        from ddspec.vocabulary.attention import block_operations

        blocks = self.layers * block_operations(self.d_model, 2, shape[0])
        return blocks + outputs * self.d_model

    def build(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        from torch import nn

        from ddspec.vocabulary.attention import Embedding, Layer
        from ddspec.vocabulary.layers import dropout_at
        from ddspec.vocabulary.translation import Continuer, Scores

        length, width, before = shape[0], self.d_model, self.norm == "before"
        tokens = outputs // length
        layers: list[nn.Module] = []
        for number in range(1, 1 + 2 * self.layers, 2):
            dropped = [dropout_at("hidden", terms, number + part) for part in (0, 1)]
            layers.append(
                Layer(width, self.heads, self.activation, dropped, before=before, source=False)
            )
        layers += [nn.LayerNorm(width)] if before else []
        embedding = Embedding(tokens, width, length, trained=self.positions == "trained")
        head = dropout_at("head", terms, 1 + 2 * self.layers)
        scores = Scores(tokens, width, head, own=not self.tied)
        return Continuer(embedding, dropout_at("input", terms, 0), layers, scores)

    def initialize(self, module: nn.Module, draws: Draws) -> None:
        from ddspec.vocabulary.translation import Continuer

        assert isinstance(module, Continuer)
        module.initialize(self.init, draws)
