"""`ddspec show`: objective, values, cells, one cell alone."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ddspec import pipeline
from ddspec.commands import formulas
from ddspec.plan.written import write_word
from ddspec.spec.building import example
from ddspec.vocabulary import registry
from tests.spec.specs import trained

REGULARIZED = trained(
    "width in {2, 4}; reg in {none, l2(1e-4), l2(1e-4) + dropout(20%)}; seed in 0..<2",
    hidden="[width]",
    regularizer="reg",
)


@pytest.fixture
def spec(folder):
    (folder / "made.dd").write_text(REGULARIZED)
    return "made.dd"


def cells(call, *words):
    return json.loads(call("show", *words, "--cells", "--json").stdout)["experiments"]


# --- cells ------------------------------------------------------------------------------------


def test_cells_have_the_ids_of_the_plan_and_their_labels(call, spec):
    (table,) = cells(call, spec)
    (plan,) = pipeline.expand_all(pipeline.load(spec))
    assert table["count"] == 12
    assert [each["id"] for each in table["cells"]] == list(plan.ids)
    assert table["cells"][0]["axes"] == {"width": 2, "reg": "none", "seed": 0}
    assert {each["parameters"] for each in table["cells"]} == {2 * 51 + 10, 4 * 51 + 10}


@pytest.mark.parametrize(
    ("where", "count"),
    [
        (["width=2"], 6),
        (["width=2,seed=1"], 3),
        (["width=2", "width=4"], 12),
        (["width=2.0", "reg=none"], 2),
        (["reg=dropout + l2"], 4),
        (["reg=l2+dropout"], 4),
        (["reg=dropout(0.2)+l2(0.0001)"], 4),
        (["has_dropout=true"], 4),
        (["width=3"], 0),
    ],
)
def test_where_keeps_the_cells_there(call, spec, where, count):
    options = [word for each in where for word in ("--where", each)]
    (table,) = cells(call, spec, *options)
    assert table["count"] == len(table["cells"]) == count


def test_a_cell_at_several_points_is_shown_once_at_the_first_asked_for(call, folder):
    text = trained(
        "lam in {1, 2}; reg in none | l2(lam); seed in {0}", regularizer="reg", samples=100
    )
    (folder / "made.dd").write_text(text)
    (table,) = cells(call, "made.dd")
    assert [each["points"] for each in table["cells"]] == [2, 1, 1]
    (table,) = cells(call, "made.dd", "--where", "lam=2")
    assert [each["axes"]["lam"] for each in table["cells"]] == [2, 2]


def test_the_table_is_limited_and_says_so(call, spec):
    lines = call("show", spec, "--cells", "--limit", "3").stdout.splitlines()
    assert lines[0] == "e: 12 cells"
    assert lines[1].split() == ["id", "width", "reg", "seed", "parameters"]
    assert len(lines) == 6
    assert lines[-1].startswith("  and 9 more")
    assert len(call("show", spec, "--cells", "--limit", "0").stdout.splitlines()) == 14


# --- one cell ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["width=4,reg=l2,seed=1", "width=4, reg = l2(0.0001), seed=1"])
def test_a_cell_by_its_labels_has_its_id_alone(call, spec, folder, name):
    (table,) = cells(call, spec)
    wanted = {"width": 4, "reg": "l2(1e-4)", "seed": 1}
    (cell,) = [each["id"] for each in table["cells"] if each["axes"] == wanted]
    text = call("show", spec, "--cell", name).stdout
    (folder / "one.dd").write_text(text)
    assert pipeline.expand_all(pipeline.load("one.dd"))[0].ids == (cell,)
    assert f"# Its id: {cell}" in text
    assert call("show", spec, "--cell", cell[:10].upper()).stdout == text
    document = json.loads(call("show", spec, "--cell", cell, "--json").stdout)
    assert document == {"id": cell, "spec": text}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("width=4", "6 cells are `width=4`: say more of one"),
        ("width=3", "no cell is `width=3`"),
        ("widht=4", "no experiment has an axis `widht`; did you mean `width`?"),
        ("ffffffffffff", "no cell is `ffffffffffff`"),
        ("xyz", "`xyz` is no beginning of an id"),
        ("width=", "`width=` is not of the form AXIS=VALUE"),
    ],
)
def test_a_cell_that_is_not_one_is_refused(call, spec, name, said):
    result = call("show", spec, "--cell", name)
    assert result.exit_code == 1
    assert said in result.stderr
    assert not result.stdout


def test_what_is_printed_of_a_cell_was_checked(call, spec, monkeypatch):
    from ddspec.plan import written

    monkeypatch.setattr(written, "write_cell", lambda *_: REGULARIZED)
    result = call("show", spec, "--cell", "width=4,reg=none,seed=1")
    assert result.exit_code == 1
    assert "has a value that no spec writes exactly" in result.stderr


# --- objective --------------------------------------------------------------------------------


def test_the_objective_has_loss_penalties_and_what_terms_do(call, spec):
    text = call("show", spec).stdout
    assert "(f(x_i), y_i) + Ω(w)" in text
    assert " = -log softmax(f(x))_y  (cross_entropy)" in text
    assert "Ω(w) under l2           = (0.0001/2) ‖w‖_2^2" in text
    assert "dropout(rate: 0.2) (data-dependent): Sets each unit to zero" in text


def test_arguments_that_differ_are_symbols_with_their_values(call, folder):
    text = trained("lam in {1e-3, 2}; seed in {0}", regularizer="l2(lam)")
    (folder / "made.dd").write_text(text)
    shown = call("show", "made.dd").stdout
    assert "(λ_l2/2) ‖w‖_2^2" in shown
    assert "λ_l2 in {0.001, 2}" in shown


def test_what_is_not_penalized_has_no_penalty(call, folder):
    assert "Ω" not in call("show", "tiny.dd").stdout
    assert "(1/k) ‖f(x) - y‖_2^2  (squared error)" in call("show", "tiny.dd").stdout


WORDS = [
    registry.find(kind, name) for kind in ("loss", "regularizer") for name in registry.names(kind)
]


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.name())
def test_every_formula_of_a_word_has_a_plain_text(word):
    defaults = {each.field: 0.5 for each in word.parameters_of() if each.accepts == "number"}
    text = object.__new__(word)
    for field in word.__attrs_attrs__:
        default = None if field.default is None else defaults.get(field.name, field.default)
        object.__setattr__(text, field.name, default)
    found = text.formula()
    assert set(re.findall(r"<(\w+)>", found)) <= {each.name for each in word.parameters_of()}
    plain = formulas.plain_text(found)
    assert not set("\\{}") & set(plain)
    assert bool(found) == bool(plain)


def test_what_penalizes_says_how():
    adds = {"penalty", "objective"}
    penalizing = [w for w in WORDS if w.kind == "loss" or (w.scaled and adds & set(vars(w)))]
    assert len(penalizing) > 12
    assert not [w.name() for w in penalizing if "formula" not in vars(w)]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs LaTeX")
def test_the_latex_compiles(call, spec, folder):
    body = call("show", spec, "--formula").stdout
    head = r"\documentclass{article}\usepackage{amsmath}\begin{document}"
    (folder / "it.tex").write_text(f"{head}\n{body}\n\\end{{document}}\n")
    done = subprocess.run(["pdflatex", "-interaction=batchmode", "it"], check=False)
    assert done.returncode == 0


def test_latex_braces_and_environments_are_closed(call, spec):
    text = call("show", spec, "--formula").stdout
    assert text.count("{") == text.count("}")
    assert text.count(r"\begin{align*}") == text.count(r"\end{align*}") == 1
    assert r"\frac{0.0001}{2} \lVert w \rVert_2^2" in text


# --- the rest ---------------------------------------------------------------------------------


def test_resolved_prints_the_spec_without_names(call, spec):
    text = call("show", spec, "--resolved").stdout
    assert "optimizer: sgd(lr: 0.1)" in text
    assert "train fit {" not in text
    assert "# made.dd:" in text


@pytest.mark.parametrize(
    "words",
    [
        ["--cells", "--formula"],
        ["--where", "width=2"],
        ["--limit", "3"],
        ["--cells", "--where", "width"],
        ["--cells", "--limit", "-1"],
        ["--resolved", "--json"],
    ],
)
def test_options_that_do_not_belong_together_are_wrong_usage(call, spec, words):
    assert call("show", spec, *words).exit_code == 2


@pytest.mark.parametrize("words", [["--cells", "--where", "x=1"], ["--experiment", "f"]])
def test_names_there_are_none_of_are_said(call, spec, words):
    result = call("show", spec, *words)
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")


def test_a_wrong_spec_shows_its_problems(call):
    result = call("show", "wrong.dd", "--cells")
    assert result.exit_code == 1
    assert "error[DD101]" in result.stderr
    assert call("show", "none.dd").exit_code == 1


def test_examples_are_written_as_they_are_read():
    word = registry.find("optimizer", "sgd")
    assert example(word) == "sgd(lr: 0.01, momentum: 0.9)"
    plan = pipeline.expand_all(pipeline.load(str(ROOT / "specs" / "mnist1d.dd")))[0]
    assert write_word(plan.cell(0).train.optimizer) == "sgd(lr: 0.01, momentum: 0.9)"


ROOT = Path(__file__).parent.parent.parent
