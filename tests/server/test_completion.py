"""What is offered while a spec is written, over the wire."""

import pytest
from lsprotocol import types as lsp

from ddspec.language.tokens import scanner
from ddspec.server.completion import BEGIN
from ddspec.spec.declare import KINDS
from ddspec.vocabulary import registry

HEAD = """dd 1
dataset digits = mnist1d(samples: n)
regularizer decay = l2(1e-3)
train fit { for: 3 epochs }
let k = 3
"""
INSIDE = HEAD + "experiment e {\n  dataset: digits\n  sweep { n in {10, 20} samples }\n"


def test_a_file_begins_with_kinds(editor):
    assert set(editor.labels(HEAD + "|")) == {*KINDS, "experiment", *BEGIN[""]}


def test_a_dataset_is_a_declared_name_or_a_word(editor):
    labels = editor.labels(HEAD + "experiment e {\n  dataset: |\n}\n")
    assert labels[0] == "digits"
    assert set(registry.names("dataset")) <= set(labels)
    assert not {"l2", "decay", "sgd", "k"} & set(labels)


def test_what_is_typed_is_replaced(editor):
    text = HEAD + "experiment e {\n  dataset: mni|\n}\n"
    items = editor.at("completion", text, lsp.CompletionParams).items
    word = next(item for item in items if item.label == "mnist1d")
    assert word.text_edit.range.start.character == 11
    assert word.text_edit.range.end.character == 14
    assert "Greydanus" in editor.ask("completion_item_resolve", word).documentation.value


def test_arguments_not_given_yet_are_offered_with_what_they_take(editor):
    text = HEAD + "train u {\n  optimizer: sgd(lr: 0.1, |, nesterov: true)\n}\n"
    items = editor.at("completion", text, lsp.CompletionParams).items
    offered = {item.label: item.detail for item in items}
    assert offered["momentum: "] == "a number in [0, 1); default 0"
    assert not {"lr: ", "nesterov: "} & set(offered)


def test_positional_arguments_are_given(editor):
    assert "lr: " not in editor.labels(HEAD + "train u {\n  optimizer: sgd(0.1, |)\n}\n")
    assert "lr: " in editor.labels(HEAD + "train u {\n  optimizer: sgd(|)\n}\n")


def test_settings_not_set_yet_are_offered(editor):
    labels = editor.labels(INSIDE + "  |\n  train: fit\n}\n")
    assert {"architecture", "regularizer", "measure", "report", "theory"} <= set(labels)
    assert not {"dataset", "train", "sweep"} & set(labels)


def test_settings_of_training_are_those_of_the_word(editor):
    labels = editor.labels(HEAD + "train u {\n  |\n  loss: mse\n}\n")
    assert {"for: ", "batch: ", "optimizer: "} <= set(labels)
    assert "loss: " not in labels


@pytest.mark.parametrize(
    ("line", "units"),
    [
        ("train u { batch: 100 | }", {"samples"}),
        ("train u { for: 5 | }", {"epochs", "steps"}),
        ("dataset d = mnist1d(samples: 100 |)", {"samples"}),
        ("train u = fit with { for: 80 | }", {"epochs", "steps"}),
    ],
)
def test_units_follow_numbers(editor, line, units):
    items = editor.at("completion", HEAD + line, lsp.CompletionParams).items
    assert {i.label for i in items if i.kind == lsp.CompletionItemKind.Unit} == units


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("  where n > |", {"n", "k", "sqrt"}),
        ("  architecture: mlp(hidden: [|])", {"n", "k"}),
        ("  architecture: mlp(hidden: [3], activation: |)", {"relu", "tanh"}),
        ("  regularizer: subsets(|)", {"decay", "l2", "dropout"}),
        ("  regularizer: decay + |", {"dropout", "none"}),
        ("  measure {\n    rank: |\n  }", {"effective_rank"}),
        ("  report {\n    where_is: argmax(along: |)\n  }", {"n"}),
        ("  report {\n    where_is: argmax(of: |)\n  }", {"test_error"}),
        ("  where n > 10 |", {"and", "or"}),
        ("  train: fit |", {"with"}),
    ],
)
def test_expressions_are_offered_what_fits(editor, line, offered):
    assert offered <= set(editor.labels(INSIDE + line + "\n}\n"))


def test_names_left_open_are_axes_to_be(editor):
    labels = editor.labels(HEAD + "experiment e {\n  dataset: digits\n  sweep {\n    |\n  }\n}\n")
    assert labels[0] == "n"
    assert {"seed", "epochs", *BEGIN["sweep"]} <= set(labels)


def test_points_of_an_axis_are_what_its_reader_takes(editor):
    text = INSIDE.replace("sweep {", "regularizer: reg\n  sweep {\n    reg in |\n")
    assert {"decay", "dropout", "subsets"} <= set(editor.labels(text + "}\n"))


def test_names_of_a_used_file_are_offered_behind_its_alias(editor):
    editor.open("dd 1\ndataset far = mnist1d(samples: 3)\n", "far.dd")
    text = 'dd 1\nuse "far.dd" as lib\nexperiment e {\n  dataset: |\n}\n'
    assert "lib.far" in editor.labels(text)
    assert editor.labels(text.replace(": |", ": lib.|")) == ["far"]
    editor.close("far.dd")


@pytest.mark.parametrize("line", ["# a comm|ent", 'use "fi|le"', "let a = 3  # of |"])
def test_comments_and_texts_are_left_alone(editor, line):
    assert editor.labels(HEAD + line + "\n") == []


def test_an_open_bracket_above_does_not_reach_the_next_declaration(editor):
    text = "dd 1\ndataset d = mnist1d(samples: 3,\nregularizer r = |\n"
    assert set(registry.names("regularizer")) <= set(editor.labels(text))


def test_what_begins_a_statement_are_words_of_the_language():
    assert {word for words in BEGIN.values() for word in words} <= set(scanner().words)
