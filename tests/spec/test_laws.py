"""Regularizers are an idempotent commutative semiring of compositions."""

from hypothesis import given
from hypothesis import strategies as st

from ddspec.language.parser import parse
from ddspec.spec.compositions import recipes
from ddspec.spec.problems import Problems
from ddspec.spec.resolver import Resolver
from ddspec.spec.scope import Namespace, Scope

L1 = ["l1(1)", "l1(2)", "l1(0)", "none"]
L2 = ["l2(1e-4)", "l2(0.0001)", "2 * l2(1)", "none"]
OTHERS = ["dropout(20%)", "dropout(0.1, at: input)", "batch_norm()", "none"]


def expressions(atoms):
    """Expressions of alternatives of atoms that never stand together."""
    return st.recursive(
        st.sampled_from(atoms),
        lambda inner: st.one_of(
            inner.map("({})?".format), st.tuples(inner, inner).map("({0[0]} | {0[1]})".format)
        ),
        max_leaves=4,
    )


a_, b_, c_ = expressions(L1), expressions(L2), expressions(OTHERS)


def alternatives(text):
    """The compositions an expression stands for, as a set of sets of terms."""
    source = f"dd 1\nlet x = {text}\n"
    file, wrong = parse(source, "law")
    problems = Problems({"law": source})
    scope = Scope(Namespace("law"), problems, Resolver(), set())
    found = recipes(file.statements[1].value, scope)
    assert not wrong
    assert not problems.found, problems.found
    keys = [recipe.key for recipe in found]
    assert len(set(keys)) == len(keys)
    return set(keys)


def same(one, other):
    assert alternatives(one) == alternatives(other)


@given(a_, b_)
def test_both_operators_commute(a, b):
    same(f"{a} | {b}", f"{b} | {a}")
    same(f"{a} + {b}", f"{b} + {a}")


@given(a_, b_, c_)
def test_both_operators_associate(a, b, c):
    same(f"({a} | {b}) | {c}", f"{a} | ({b} | {c})")
    same(f"({a} + {b}) + {c}", f"{a} + ({b} + {c})")


@given(a_)
def test_alternatives_are_idempotent(a):
    same(f"{a} | {a}", a)
    same(f"{{{a}, {a}}}", a)


@given(a_)
def test_none_is_the_one_of_composing(a):
    same(f"none + {a}", a)


@given(a_, b_, c_)
def test_composing_distributes_over_alternatives(a, b, c):
    same(f"{a} + ({b} | {c})", f"({a} + {b}) | ({a} + {c})")


@given(a_)
def test_a_question_mark_adds_none_once(a):
    same(f"({a})?", f"none | {a}")
    same(f"({a})??", f"({a})?")


@given(st.permutations(["l1(1)", "l2(1)", "dropout(20%)", "batch_norm()"]), st.integers(1, 4))
def test_subsets_are_the_product_of_questions(terms, count):
    chosen = terms[:count]
    questions = " + ".join(f"{term}?" for term in chosen)
    same(f"subsets({' + '.join(chosen)})", questions)
    assert len(alternatives(questions)) == 2**count


@given(st.integers(0, 4))
def test_subsets_up_to_a_size(size):
    found = alternatives(f"subsets(l1(1) + l2(1) + dropout(20%) + batch_norm(), upto: {size})")
    assert {len(each) for each in found} == set(range(size + 1))
    everything = alternatives("subsets(l1(1) + l2(1) + dropout(20%) + batch_norm())")
    assert found == {each for each in everything if len(each) <= size}


def test_leaving_out_and_taking_alone():
    pairs = "l2(1) + batch_norm() | l1(1) + batch_norm() | l1(1) + l2(1)"
    same("leave_one_out(l1(1) + l2(1) + batch_norm())", f"l1(1) + l2(1) + batch_norm() | {pairs}")
    same("one_at_a_time(l1(1) + l2(1))", "none | l1(1) | l2(1)")


factors = st.sampled_from(["2", "0.5", "10%", "3 / 2", "1e-3"])


@given(factors, a_, b_)
def test_a_factor_distributes(factor, a, b):
    same(f"{factor} * ({a} | {b})", f"{factor} * {a} | {factor} * {b}")
    same(f"{factor} * ({a} + {b})", f"{factor} * {a} + {factor} * {b}")


@given(factors, factors, a_)
def test_factors_multiply(one, other, a):
    same(f"{one} * ({other} * {a})", f"({one}) * ({other}) * {a}")
    same(f"({a}) * ({one})", f"({one}) * {a}")


@given(a_)
def test_a_factor_of_1_changes_nothing_and_0_leaves_none(a):
    same(f"1 * {a}", a)
    assert alternatives(f"0 * {a}") == {frozenset()}
