"""Hypothesis strategies for every shape of the syntax tree, such as parsing can give."""

from functools import cache

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ddspec.language import tree

RESERVED = {
    *("dd", "use", "as", "let", "amends", "in", "zip", "when", "where", "except", "if", "then"),
    *("else", "or", "and", "not", "has", "is", "log", "by", "points", "with"),
}
Expressions = SearchStrategy[tree.Expression]

texts = st.one_of(
    st.sampled_from(["width", "samples", "l2", "reg", "_", "dd1", "logs", "λ", "Ünit", "x_1"]),
    st.from_regex(r"[^\W\d]\w{0,6}", fullmatch=True).filter(lambda text: text not in RESERVED),
)
identifiers = st.builds(tree.Identifier, texts)
dotted = st.builds(tree.Identifier, st.lists(texts, min_size=1, max_size=3).map(".".join))
digits = st.from_regex(r"[0-9][0-9_]{0,4}", fullmatch=True)
numbers = st.builds(
    tree.Number,
    st.builds(
        lambda whole, fraction, power: whole + fraction + power,
        digits,
        st.one_of(st.just(""), digits.map(lambda text: f".{text}")),
        st.from_regex(r"([eE][+-]?[0-9]{1,3})?", fullmatch=True),
    ),
)
strings = st.builds(tree.String, st.from_regex(r'([^"\\\n\ud800-\udfff]|\\.){0,6}', fullmatch=True))
names = st.builds(tree.Name, texts)


def some(items: SearchStrategy, least: int = 0, most: int = 3) -> SearchStrategy:
    return st.lists(items, min_size=least, max_size=most).map(tuple)


@cache
def expressions(binding: int = 0, depth: int = 3) -> Expressions:
    """Expressions that bind at least as tightly as `binding`, nested at most `depth` deep."""
    if depth == 0:
        return st.one_of(numbers, names, strings)
    shapes = _shapes(depth - 1)
    return st.one_of(*(shape for level, shape in shapes if level >= binding), expressions(12, 0))


def _shapes(depth: int) -> list[tuple[int, Expressions]]:
    def at(binding: int) -> Expressions:
        return expressions(binding, depth)

    def chain(operator: str, tighter: int) -> Expressions:
        return st.builds(tree.Chain, st.just(operator), some(at(tighter), least=2))

    def binary(operators: list[str], left: int, right: int) -> Expressions:
        return st.builds(tree.Binary, st.sampled_from(operators), at(left), at(right))

    measured = st.one_of(numbers, _sets(depth), _groups(depth))
    return [
        (0, st.builds(tree.Conditional, at(0), at(0), at(0))),
        (1, chain("or", 2)),
        (2, chain("and", 3)),
        (3, st.builds(tree.Unary, st.just("not"), at(3))),
        (4, binary(["<", "<=", "==", "!=", ">", ">=", "has", "is"], 5, 5)),
        (5, chain("|", 6)),
        (6, binary(["+", "-"], 6, 7)),
        (7, binary(["*", "/"], 7, 8)),
        (8, _ranges(at(9))),
        (9, st.builds(tree.Unary, st.just("-"), at(9))),
        (10, binary(["^"], 11, 9)),
        (11, st.builds(tree.Maybe, at(11))),
        (11, st.builds(tree.Attribute, at(11), identifiers)),
        (11, st.builds(tree.Call, callees(depth), some(arguments(depth)))),
        (11, st.builds(tree.With, at(11), bodies(depth))),
        (12, st.builds(tree.Quantity, measured, identifiers)),
        (12, st.builds(tree.Percent, numbers.map(lambda number: number.text))),
        (12, st.builds(tree.Listing, some(at(0)))),
        (12, st.one_of(_sets(depth), _groups(depth))),
    ]


def callees(depth: int) -> Expressions:
    return st.one_of(expressions(11, depth), st.just(tree.Name("log")))


def arguments(depth: int) -> SearchStrategy:
    return st.one_of(
        expressions(0, depth), st.builds(tree.Keyword, identifiers, expressions(0, depth))
    )


def _sets(depth: int) -> Expressions:
    return st.builds(tree.Braces, some(expressions(0, depth)))


def _groups(depth: int) -> Expressions:
    return st.builds(tree.Group, expressions(0, depth))


def _ranges(ends: Expressions) -> Expressions:
    steps = st.one_of(st.none(), ends)
    return st.builds(
        tree.Range, ends, st.sampled_from(["..", "..<"]), ends, steps, steps, st.booleans()
    )


@cache
def statements(depth: int = 3) -> SearchStrategy:
    """Statements of every shape but holes, with bodies at most `depth` deep."""
    value = expressions(0, depth)
    flat = st.one_of(
        st.builds(tree.Edition, numbers),
        st.builds(tree.Use, strings, st.none() | identifiers, st.none() | pins),
        st.builds(tree.Let, identifiers, value),
        st.builds(tree.Define, identifiers, identifiers, some(identifiers), value),
        st.builds(tree.Setting, identifiers, value),
        st.builds(tree.Axis, dotted, value),
        st.builds(tree.Filter, st.booleans(), value),
    )
    if depth == 0:
        return flat
    body = bodies(depth - 1)
    amends = st.none() | bases
    nameless = st.builds(tree.Block, identifiers, st.none(), st.just(()), amends, body)
    named = st.builds(tree.Block, identifiers, identifiers, some(identifiers), amends, body)
    zips, whens = st.builds(tree.Zip, body), st.builds(tree.When, value, body)
    return st.one_of(flat, nameless, named, zips, whens)


pins = st.from_regex(r"[0-9a-f]{1,64}", fullmatch=True)
bases = st.recursive(names, lambda base: st.builds(tree.Attribute, base, identifiers), max_leaves=2)


def bodies(depth: int) -> SearchStrategy:
    return some(st.deferred(lambda: statements(depth)), most=2)


files = st.builds(tree.File, some(statements(), most=4))
