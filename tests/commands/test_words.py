"""`ddspec words` and `ddspec explain`."""

import json

import pytest

from ddspec.language.forms import FORMS
from ddspec.spec.catalogue import CATALOGUE
from ddspec.spec.sorts import LATTICES
from ddspec.spec.tune import PARAMETERS
from ddspec.vocabulary import registry
from ddspec.vocabulary.glossary import signature, spelled, summary, takes
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.procedures.gradient_descent import GradientDescent
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schedules.multi_step import MultiStep
from ddspec.vocabulary.schema import Duration

WORDS = [(kind, name) for kind in registry.FOLDERS for name in registry.names(kind)]


def test_words_lists_every_word_once(call):
    lines = call("words").stdout.splitlines()
    for _, name in WORDS:
        assert sum(line.startswith(f"  {name}(") for line in lines) >= 1
    words = [line for line in lines if line[:2] == "  " and line[2] != " "]
    assert len(words) == len(WORDS) + 1  # the last names what the language can call
    assert words[-1].split(", ")[0] == "  tune"


def test_words_of_a_kind_lists_that_kind_only(call):
    text = call("words", "optimizer").stdout
    assert "  gd(lr, momentum: 0, layer_lr: [])\n" in text
    assert "mnist1d" not in text


def test_an_unknown_kind_is_wrong_usage(call):
    result = call("words", "optimiser")
    assert result.exit_code == 2
    assert "'optimizer'" in result.stderr


@pytest.mark.parametrize(("kind", "name"), WORDS)
def test_explain_names_every_argument_of_a_word(call, kind, name):
    word = registry.find(kind, name)
    text = call("explain", name).stdout
    assert signature(word) in text
    for parameter in word.parameters_of():
        assert f"    {parameter.name} " in text
        assert parameter.help in text


def test_explain_says_the_trait_of_a_regularizer(call):
    assert "Acts as: data-dependent regularizer." in call("explain", "dropout").stdout


@pytest.mark.parametrize("code", CATALOGUE)
def test_explain_shows_a_code_wrong_and_right(call, code):
    entry = CATALOGUE[code]
    text = call("explain", code.lower()).stdout
    assert text.startswith(f"{code} {entry.title}\n")
    assert f"  wrong:  {entry.wrong}\n  right:  {entry.right}\n" in text
    assert entry.why.split()[-1] in text


def test_explain_of_an_unknown_word_names_the_nearest(call):
    result = call("explain", "drpout")
    assert result.exit_code == 1
    assert "error: no word or code `drpout`" in result.stderr
    assert "dropout" in result.stderr


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "none"),
        (True, "true"),
        (1e-05, "1e-05"),
        (0.0, "0"),
        ((64, 64), "[64, 64]"),
        (Duration(5, "epochs"), "5 epochs"),
        (Sgd(lr=Constant(rate=0.1)), "sgd(lr: constant(rate: 0.1))"),
    ],
)
def test_defaults_are_spelled_as_in_a_spec(value, text):
    assert spelled(value) == text


def test_an_argument_says_what_it_takes():
    lr, momentum, nesterov, paced, layer_lr = Sgd.parameters_of()
    assert takes(lr) == "a word of kind schedule, or a number n for constant(n)"
    assert takes(momentum) == "a number in [0, 1)"
    assert takes(nesterov) == "true or false"
    assert takes(paced) == "a word of kind schedule, or a number n for constant(n)"
    assert takes(layer_lr) == "a list of numbers in [0, inf)"


def test_an_argument_says_which_names_and_lengths_it_takes():
    batch = {p.name: takes(p) for p in GradientDescent.parameters_of()}["batch"]
    assert batch == "a whole number in [1, inf), in samples, or `full`"
    times = {p.name: takes(p) for p in MultiStep.parameters_of()}["at"]
    assert times == "a list of lengths of training in [1, inf), in epochs or steps"


def test_a_summary_is_the_first_sentence():
    for kind, name in WORDS:
        text = summary(registry.find(kind, name))
        assert text
        assert "\n" not in text
        assert "Source" not in text


@pytest.mark.parametrize("name", FORMS)
def test_explain_knows_what_the_language_can_say(call, name):
    text = call("explain", name).stdout
    assert text.startswith(f"{name} (of the language)\n")
    assert f"{name}(" in text or f"{name} {{" in text
    assert all(len(line) <= 100 for line in text.splitlines())


def test_every_name_that_is_called_is_explained():
    assert set(FORMS) == {*LATTICES, "tune", "random", "restart", "measure", "report", "theory"}


def test_explain_tune_names_every_argument(call):
    text = call("explain", "tune").stdout
    for name in (*PARAMETERS[1:], "domain"):
        assert f"    {name} " in text


def test_words_as_json_have_all_that_is_told_of_each(call):
    data = json.loads(call("words", "--json").stdout)
    assert [(word["kind"], word["word"]) for word in data["words"]] == WORDS
    assert [form["form"] for form in data["forms"]] == list(FORMS)
    keys = "word kind version signature summary text traits needs arguments source example"
    for word in data["words"]:
        assert " ".join(word) == keys
        assert all(word[key] for key in ("text", "source", "example", "summary")), word["word"]
        assert word["example"].startswith(word["word"])
        assert "Source:" not in word["text"]
        assert "Example:" not in word["source"]


def test_words_of_a_kind_as_json_are_of_that_kind(call):
    data = json.loads(call("words", "loss", "--json").stdout)
    assert {word["kind"] for word in data["words"]} == {"loss"}
    assert data["forms"] == []


def test_an_argument_as_json_has_its_range_unit_and_default(call):
    (word,) = json.loads(call("explain", "dropout", "--json").stdout)["words"]
    rate, at = word["arguments"]
    assert word["traits"] == ["data-dependent"]
    assert (rate["range"], rate["required"], rate["default"]) == ("[0, 1)", True, None)
    assert (at["default"], at["choices"][0], at["range"]) == ("hidden", "hidden", None)
    (train,) = json.loads(call("explain", "gradient_descent", "--json").stdout)["words"]
    batch = next(a for a in train["arguments"] if a["name"] == "batch")
    assert batch["units"] == ["samples"]


def test_a_name_of_two_kinds_is_told_twice_as_json(call):
    found = json.loads(call("explain", "linear", "--json").stdout)["words"]
    assert [word["kind"] for word in found] == ["architecture", "schedule"]


def test_a_code_and_a_form_as_json(call):
    data = json.loads(call("explain", "dd501", "--json").stdout)
    (code,) = data["codes"]
    assert (code["code"], code["title"]) == ("DD501", CATALOGUE["DD501"].title)
    assert code.keys() == {"code", "title", "why", "wrong", "right"}
    (form,) = json.loads(call("explain", "tune", "--json").stdout)["forms"]
    assert form["text"].startswith("tune(domain")


def test_an_unknown_word_as_json_is_a_mistake(call):
    result = call("explain", "drpout", "--json")
    assert (result.exit_code, result.stdout) == (1, "")
