"""The readers of each sort of expression, put together for the scopes that need them all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from ddspec.spec import arguments, chance, compositions, conditions, numbers, tune, words


@attrs.frozen(eq=False)
class Resolver:
    """Every reader under the name other readers call it by."""

    number: Callable[..., Any] = numbers.number
    condition: Callable[..., Any] = conditions.condition
    word: Callable[..., Any] = words.word
    recipes: Callable[..., Any] = compositions.recipes
    drawn: Callable[..., Any] = chance.drawn
    tuned: Callable[..., Any] = tune.tuned
    block: Callable[..., Any] = words.check_block
    argument: Callable[..., Any] = arguments.argument
