"""`language_model`: a causal transformer that says which token comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.attending import Attending
from ddspec.vocabulary.kinds import Regularizer, Shape, word
from ddspec.vocabulary.layer_sizes import block_operations, block_parameters
from ddspec.vocabulary.schema import ACTIVATIONS, FIRST_WEIGHTS, choice, flag, integer

if TYPE_CHECKING:
    from torch import nn

    from ddspec.vocabulary.draws import Draws


@word
class LanguageModel(Attending):
    """A decoder without a source: every token sees itself and those before it. Tokens become
    vectors of `d_model` numbers, times sqrt(d_model), plus positions, sinusoidal or trained; a
    layer is attention in `heads` parts and an affine layer to 4 d_model, an activation and an
    affine layer back. Around each part stands x + f(x), normalized.

    `norm: before` normalizes what f is given, and the last sum, as GPT-2 does; `after` the sum.
    `tied: true` makes scores of tokens from the tokens' own vectors. First vectors are normal with
    variance 1 / d_model. Attention has biases, scores have none. Dropout `at: hidden` acts on what
    each part puts out, `at: input` on the vectors with their positions, `at: head` on what scores
    are made of.

    `parametrization` and `base`, a d_model, are explained by `mlp`. The tokens' vectors and trained
    positions are weights of inputs, those that make scores of outputs, tied or not, all others
    hidden; scales and shifts of normalizations are multiplied as biases are.

    Of a head of d numbers, products of queries and keys are divided by sqrt(d), under `mup` and
    `mup_adam` by d / sqrt(d') with d' = base / base_heads: training turns queries towards keys, and
    their products grow with d. Give `base_heads` when heads grow with d_model. Under `ntk` a wide
    network is a kernel's only if heads grow as well: with as many, what is attended to is trained
    at any width.

    Source: Radford et al., "Language models are unsupervised multitask learners", 2019; Vaswani et
    al., "Attention is all you need", 2017; Hron et al., "Infinite attention: NNGP and NTK for deep
    attention networks", 2020 (`ntk`); Yang et al., "Tensor programs V", 2022, definition 4.1 and
    table 8 (`mup`).
    Example: language_model(d_model: width)
    """

    traits: ClassVar[frozenset[str]] = frozenset({"hidden_units", "normalized"})
    least_shape: ClassVar[Shape] = (1,)
    reads: ClassVar[str] = "tokens"

    d_model: int = integer("numbers that stand for a token", at_least=1)
    layers: int = integer("layers", default=6, at_least=1, at_most=10_000)
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
        vectors = (outputs // shape[0]) * (1 if self.tied else 2)
        places = shape[0] if self.positions == "trained" else 0
        last = 2 if self.norm == "before" else 0
        blocks = self.layers * block_parameters(self.d_model, 2)
        return (vectors + places + last) * self.d_model + blocks

    def operations(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        blocks = self.layers * block_operations(self.d_model, 2, shape[0])
        return blocks + outputs * self.d_model

    def build(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        from ddspec.vocabulary.attention import Embedding, Layer, norm
        from ddspec.vocabulary.layers import dropout_at
        from ddspec.vocabulary.translation import Continuer, Scores

        length, before = shape[0], self.norm == "before"
        by = self.multipliers(self.d_model, self.heads)
        tokens = outputs // length
        layers: list[nn.Module] = []
        for number in range(1, 1 + 2 * self.layers, 2):
            dropped = [dropout_at("hidden", terms, number + part) for part in (0, 1)]
            layers.append(Layer(by, self.activation, dropped, before=before, source=False))
        layers += [norm(by)] if before else []
        embedding = Embedding(tokens, by, length, trained=self.positions == "trained")
        head = dropout_at("head", terms, 1 + 2 * self.layers)
        scores = Scores(tokens, by, head, own=not self.tied)
        return Continuer(embedding, dropout_at("input", terms, 0), layers, scores)

    def initialize(self, module: nn.Module, draws: Draws) -> None:
        from ddspec.vocabulary.translation import Continuer

        assert isinstance(module, Continuer)
        module.initialize(self.init, draws)
