"""Declarations, parameters, with, amends, use and --set."""

import hashlib

import pytest

from ddspec.language.parser import parse
from ddspec.language.printer import print_file
from ddspec.spec.check import check
from tests.spec.specs import checked, codes, experiment, solved, trained

LIBRARY = (
    "dd 1\n\n# data\ndataset big = linear_gaussian(samples: n, features: 10)\nlet grid = {1, 2}\n"
)


def read(path):
    return {"lib.dd": LIBRARY, "lib/far.dd": 'dd 1\nuse "../lib.dd" as near\nlet one = 1\n'}[path]


def using(line, dataset, sweep="n in {5, 6}"):
    text = solved(sweep, top=line, features="10")
    return text.replace("linear_gaussian(samples: 40, features: 100, validation: 50)", dataset)


def test_a_declaration_reads_the_axes_of_the_experiment_that_uses_it():
    found = experiment(using('use "lib.dd" as lib', "lib.big"), read=read)
    assert [d.samples for d in found.dataset.values] == [5, 6]


def test_names_of_a_used_file_come_in_directly_without_alias():
    found = experiment(using('use "lib.dd"', "big", "n in grid"), read=read)
    assert [d.samples for d in found.dataset.values] == [1, 2]


def test_paths_are_relative_to_the_using_file():
    spec = checked(
        using(
            'use "lib/far.dd" as far',
            "linear_gaussian(samples: far.one, features: 20)",
            "seed in {1}",
        ),
        read=read,
    )
    assert set(spec.sources) == {"spec.dd", "lib.dd", "lib/far.dd"}


def test_a_pin_may_be_a_prefix_of_the_digest():
    digest = hashlib.sha256(print_file(parse(LIBRARY, "lib.dd")[0]).encode()).hexdigest()
    assert codes(using(f'use "lib.dd" as lib sha256:{digest[:12]}', "lib.big"), read=read) == []
    wrong = "0" * 12 if digest[0] != "0" else "1" * 12
    assert codes(using(f'use "lib.dd" as lib sha256:{wrong}', "lib.big"), read=read) == ["DD113"]


def test_comments_of_a_used_file_do_not_change_its_digest():
    digest = hashlib.sha256(print_file(parse(LIBRARY, "lib.dd")[0]).encode()).hexdigest()
    line = f'use "lib.dd" as lib sha256:{digest[:12]}'

    def other(path):
        return read(path).replace("# data", "# other data")

    assert codes(using(line, "lib.big"), read=other) == []


@pytest.mark.parametrize(
    "change", ["net(width)", "net(w: width)", "net(width) with { hidden: [width, 3] }"]
)
def test_parameters_take_values(change):
    text = trained("width in {1, 2}", top="architecture net(w) = mlp(hidden: [w, 3])")
    found = experiment(text.replace("mlp(hidden: [8])", change))
    assert [a.hidden for a in found.architecture.values] == [(1, 3), (2, 3)]


@pytest.mark.parametrize("change", ["fit with { for: 3 steps }", "fit(for: 3 steps)", "again"])
def test_a_declared_word_can_be_changed(change):
    text = trained(train=change, top="train again = fit with { for: 3 steps }")
    assert experiment(text).train.values[0].duration.count == 3


def test_a_parameter_can_be_a_word():
    top = "train plain(rule) = gradient_descent(optimizer: rule, loss: mse, batch: 5, for: 1 steps)"
    found = experiment(trained(train="plain(adam(lr: 0.5))", top=top))
    assert found.train.values[0].optimizer.lr.rate == 0.5


def test_a_declaration_may_carry_the_name_of_its_word():
    top = "regularizer l2 = l2(0.5)"
    assert experiment(trained(top=top, regularizer="l2")).regularizer.values[0][0].strength == 0.5


def test_an_experiment_may_carry_the_name_of_a_word():
    assert experiment(trained().replace("experiment e", "experiment mnist1d")).name == "mnist1d"


AMENDED = trained(
    "width in {1, 2}; n in {100, 200}; seed in 0..<2; where width > 0",
    hidden="[width]",
    samples="n",
    body="measure { norm: weight_norm() }",
)


def child(body):
    return experiment(f"{AMENDED}\nexperiment f amends e {{\n{body}\n}}\n")


def test_a_child_replaces_settings_and_axes_of_its_name():
    found = child("train: fit with { for: 2 steps }\nsweep { width in {5} }")
    assert [(a.name, a.labels) for a in found.axes] == [
        ("width", (5,)),
        ("n", (100, 200)),
        ("seed", (0, 1)),
    ]
    assert found.train.values[0].duration.count == 2
    assert list(found.measures) == ["norm"]


def test_a_child_appends_axes_and_filters():
    found = child("regularizer: l2(s)\nsweep {\n s in {1, 2}\n where s > 1\n}")
    assert [a.name for a in found.axes] == ["width", "n", "s", "seed"]
    assert len(found.keep) == 2


def test_a_child_can_amend_a_child():
    text = f"{AMENDED}\nexperiment f amends e {{\n sweep {{ n in {{300}} }}\n}}\n"
    found = experiment(f"{text}\nexperiment g amends f {{\n sweep {{ width in {{9}} }}\n}}\n")
    assert [a.labels for a in found.axes] == [(9,), (300,), (0, 1)]


def test_an_axis_of_a_zip_is_replaced_in_its_place():
    zipped = trained("zip {\n b in {10, 20}\n rate in {0.1, 0.2}\n }", lr="rate", batch="b")
    found = experiment(f"{zipped}\nexperiment f amends e {{\n sweep {{ b in {{30, 40}} }}\n}}\n")
    assert (found.axes[0].labels, found.axes[0].extras["rate"]) == ((30, 40), (0.1, 0.2))


def test_set_replaces_the_domain_of_an_axis():
    spec = checked(AMENDED, overrides={"width": "log 1..4 points 3"})
    assert spec.experiments[0].axis("width").labels == (1, 2, 4)
    assert spec.overrides == {"width": "log 1..4 points 3"}
    assert spec.sources["--set width=log 1..4 points 3"] == "width=log 1..4 points 3"


def test_set_replaces_a_let():
    text = trained("width in {1, k}", top="let k = 3", hidden="[width]")
    assert checked(text, overrides={"k": "7"}).experiments[0].axes[0].labels == (1, 7)


def test_a_mistake_in_set_is_marked_inside_the_argument():
    _, found, sources = check(AMENDED, "spec.dd", overrides={"width": "{1, 2.5}"})
    span = found[0].primary.span
    assert span.source == "--set width={1, 2.5}"
    assert sources[span.source][span.start : span.end] == "2.5"


def test_the_comment_above_an_experiment_is_its_doc():
    text = trained().replace("experiment e", "# Width-wise.\n#   And more.\nexperiment e")
    assert experiment(text).doc == "Width-wise.\nAnd more."


def test_reports_and_measures_are_words():
    body = "measure { norm: weight_norm() }\n  report { peak: argmax(norm, along: width) }"
    found = experiment(trained("width in {1, 2}", hidden="[width]", body=body))
    assert found.measures["norm"].name() == "weight_norm"
    assert (found.reports["peak"].of, found.reports["peak"].along) == ("norm", "width")


BASE = trained("width in {1, 2}; n in {100, 200}", hidden="[width]", samples="n")


def test_an_experiment_of_a_used_file_can_be_amended():
    text = 'dd 1\nuse "base.dd" as base\nexperiment f amends base.e {\n sweep { n in {50} }\n}\n'
    spec = checked(text, read={"base.dd": BASE}.__getitem__)
    (found,) = spec.experiments
    assert (found.name, found.axis("n").labels) == ("f", (50,))
    assert found.train.values[0].batch == 100


def test_set_reaches_the_axes_of_an_amended_experiment():
    text = 'dd 1\nuse "base.dd" as base\nexperiment f amends base.e {\n sweep { n in {50} }\n}\n'
    spec = checked(text, read={"base.dd": BASE}.__getitem__, overrides={"width": "7"})
    assert spec.experiments[0].axis("width").labels == (7,)


def test_a_mistake_in_a_used_file_is_marked_there():
    text = 'dd 1\nuse "base.dd" as base\nexperiment f amends base.e {\n sweep { n in {50} }\n}\n'
    _, (found, *others), _ = check(
        text, "spec.dd", read={"base.dd": BASE.replace("mlp", "mpl")}.__getitem__
    )
    assert (found.code, found.primary.span.source, others) == ("DD101", "base.dd", [])


def test_only_experiments_of_the_file_itself_are_run():
    text = 'dd 1\nuse "base.dd" as base\nlet k = 1\n'
    spec = checked(text, read={"base.dd": BASE}.__getitem__)
    assert spec.experiments == ()
