"""`transformer`: the encoder and decoder of Vaswani et al., for translation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ddspec.vocabulary.attending import Attending
from ddspec.vocabulary.kinds import Regularizer, Shape, word
from ddspec.vocabulary.layer_sizes import block_operations, block_parameters
from ddspec.vocabulary.schema import ACTIVATIONS, FIRST_WEIGHTS, choice, integer

if TYPE_CHECKING:
    from torch import nn

    from ddspec.vocabulary.draws import Draws


@word
class Transformer(Attending):
    """An encoder of the source sentence and a decoder of the target's tokens, each of which sees
    the source and the target's tokens before it. Tokens become vectors of `d_model` numbers, times
    sqrt(d_model), plus sinusoidal positions; a layer of the encoder is attention in `heads` parts
    and an affine layer to 4 d_model, an activation and an affine layer back; one of the decoder
    attends to itself, then to the source. Around each part stands x + f(x), normalized.

    `norm: after` normalizes the sum, as Vaswani et al. do, `before` what f is given, and the last
    sum. `tied: all` has one matrix for the vectors of both languages and the scores of tokens;
    `target` one for the target's vectors and scores and one for the source's; `none` three. Its
    first vectors are normal with variance 1 / d_model. Attention has biases, scores have none.
    Token 0 of the source is padding. Dropout `at: hidden` acts on what each part puts out, `at:
    input` on the vectors with their positions, `at: head` on what scores are made of.

    `parametrization` and `base`, a d_model, are explained by `mlp`. The tokens' vectors are weights
    of inputs, those that make scores of outputs, tied or not, all others hidden; scales and shifts
    of normalizations are multiplied as biases are.

    Of a head of d numbers, products of queries and keys are divided by sqrt(d), under `mup` and
    `mup_adam` by d / sqrt(d') with d' = base / base_heads: training turns queries towards keys, and
    their products grow with d. Give `base_heads` when heads grow with d_model. Under `ntk` a wide
    network is a kernel's only if heads grow as well: with as many, what is attended to is trained
    at any width.

    Source: Vaswani et al., "Attention is all you need", 2017; Xiong et al., "On layer
    normalization in the transformer architecture", 2020, for `norm: before`; Hron et al., "Infinite
    attention: NNGP and NTK for deep attention networks", 2020 (`ntk`); Yang et al., "Tensor
    programs V", 2022, definition 4.1 and table 8 (`mup`).
    Example: transformer(d_model: width)
    """

    traits: ClassVar[frozenset[str]] = frozenset({"hidden_units", "normalized", "translates"})
    least_shape: ClassVar[Shape] = (2, 1)
    reads: ClassVar[str] = "tokens"

    d_model: int = integer("numbers that stand for a token", at_least=1)
    layers: int = integer(
        "layers of the encoder, and of the decoder", default=6, at_least=1, at_most=10_000
    )
    heads: int = integer("parts of each attention", default=8, at_least=1)
    norm: str = choice("where a part is normalized", "after", "before", default="after")
    tied: str = choice("which token vectors are the same", "all", "target", "none", default="all")
    activation: str = choice("nonlinearity of the affine layers", *ACTIVATIONS, default="relu")
    init: str = choice("distribution of the first weights", *FIRST_WEIGHTS, default="xavier")

    def unfit(self, shape: Shape) -> str:
        uneven = self.d_model % self.heads
        return f"d_model {self.d_model} does not divide into {self.heads} heads" if uneven else ""

    def together(self, device: str) -> int | None:
        return max(1, min(32, 64 // self.d_model)) if device == "cpu" else None

    @property
    def _matrices(self) -> int:
        """How many there are of a vector a token."""
        return {"all": 1, "target": 2, "none": 3}[self.tied]

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        blocks = sum(block_parameters(self.d_model, parts) for parts in (2, 3))
        last = 4 * self.d_model if self.norm == "before" else 0
        vectors = self._matrices * (outputs // shape[1]) * self.d_model
        return vectors + self.layers * blocks + last

    def operations(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        blocks = sum(block_operations(self.d_model, parts, shape[1]) for parts in (2, 3))
        return self.layers * blocks + outputs * self.d_model

    def build(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        from ddspec.vocabulary.attention import Embedding
        from ddspec.vocabulary.layers import dropout_at
        from ddspec.vocabulary.translation import Scores, Translator

        length, by = shape[1], self.multipliers(self.d_model, self.heads)
        tokens = outputs // length
        embeddings = [Embedding(tokens, by, length) for _ in range(min(self._matrices, 2))]
        dropped = [dropout_at("input", terms, number) for number in (0, 1)]
        encoder = self._stack(2, terms, number=2)
        decoder = self._stack(3, terms, number=2 + 2 * self.layers)
        head = dropout_at("head", terms, 2 + 5 * self.layers)
        scores = Scores(tokens, by, head, own=self.tied == "none")
        return Translator(embeddings, dropped, encoder, decoder, scores)

    def _stack(self, parts: int, terms: tuple[Regularizer, ...], number: int) -> list[nn.Module]:
        """The layers of the encoder, of 2 parts, or of the decoder, of 3; `number` that of the
        first layer of dropout.
        """
        from ddspec.vocabulary.attention import Layer, norm
        from ddspec.vocabulary.layers import dropout_at

        before = self.norm == "before"
        how: Any = {"before": before, "source": parts > 2}  # noqa: PLR2004
        by, layers = self.multipliers(self.d_model, self.heads), list[Any]()
        for layer in range(self.layers):
            first = number + parts * layer
            dropped = [dropout_at("hidden", terms, first + part) for part in range(parts)]
            layers.append(Layer(by, self.activation, dropped, **how))
        return [*layers, norm(by)] if before else layers

    def initialize(self, module: nn.Module, draws: Draws) -> None:
        from ddspec.vocabulary.translation import Translator

        assert isinstance(module, Translator)
        module.initialize(self.init, draws)
