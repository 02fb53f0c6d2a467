"""The language server over the wire: the process `ddspec lsp` and a client of the protocol."""

from pathlib import Path

import pytest
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from ddspec.server.positions import Places
from tests.server.editor import Editor, edited

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.dd"))
SPEC = """dd 1

dataset digits = mnist1d(samples: samples)
architecture net = mlp(hidden: [width])
regularizer decay = l2(1e-4)
train fit {
  optimizer: sgd(lr: 0.1)
  loss: cross_entropy
  batch: 100 samples
  for: 5 epochs
}
experiment e {
  dataset: digits
  architecture: net
  regularizer: decay?
  train: fit
  sweep {
    width in {1, 2, 4}
    samples in {100, 200} samples
    seed in 0..<5
  }
}
"""


def placed(range_, text):
    """The stretch of a text that a range marks; ASCII."""
    lines = text.split("\n")
    assert range_.start.line == range_.end.line
    return lines[range_.start.line][range_.start.character : range_.end.character]


# --- diagnostics and their corrections --------------------------------------------------------


def test_a_right_spec_has_no_diagnostics(editor):
    assert editor.open(SPEC) == []


def test_a_diagnostic_has_its_code_place_advice_and_page(editor):
    text = SPEC.replace("optimizer:", "optimiser:")
    wrong = next(each for each in editor.open(text) if each.code == "DD102")
    assert placed(wrong.range, text) == "optimiser"
    assert wrong.severity == lsp.DiagnosticSeverity.Error
    assert wrong.source == "ddspec"
    assert "help: " in wrong.message
    page = editor.ask(
        "workspace_text_document_content",
        lsp.TextDocumentContentParams(wrong.code_description.href),
    )
    assert page.text.startswith("**DD102** ")
    assert "# wrong" in page.text


def test_the_place_it_clashes_with_is_related(editor):
    text = SPEC.replace("experiment", "dataset digits = mnist1d(samples: 3)\nexperiment", 1)
    wrong = next(each for each in editor.open(text) if each.code == "DD104")
    (related,) = wrong.related_information
    assert placed(related.location.range, text) == "digits"
    assert related.location.range.start.line == 2
    assert wrong.range.start.line == 11


def test_an_unused_declaration_is_grayed(editor):
    (unused,) = editor.open(SPEC.replace("decay?", "none"))
    assert unused.severity == lsp.DiagnosticSeverity.Warning
    assert list(unused.tags) == [lsp.DiagnosticTag.Unnecessary]


def test_every_change_is_told_again(editor):
    assert editor.open(SPEC.replace("width in", "widht in"))
    assert editor.open(SPEC) == []


def test_a_half_written_file_is_checked_and_answered(editor):
    text = SPEC[: SPEC.index("sweep {") + 20]
    assert editor.open(text)
    symbols = editor.about("document_symbol", text, lsp.DocumentSymbolParams)
    assert [each.name for each in symbols][:4] == ["digits", "net", "decay", "fit"]


def test_a_correction_is_an_action(editor):
    text = SPEC.replace("optimizer:", "optimiser:")
    editor.open(text)
    line = text[: text.index("optimiser")].count("\n")
    range_ = lsp.Range(lsp.Position(line, 3), lsp.Position(line, 3))
    actions = editor.about(
        "code_action", text, lsp.CodeActionParams, range_, lsp.CodeActionContext([])
    )
    quick = next(each for each in actions if each.kind == lsp.CodeActionKind.QuickFix)
    assert quick.diagnostics[0].code == "DD102"
    (edits,) = quick.edit.changes.values()
    assert edited(text, edits) == SPEC


def test_all_safe_corrections_are_one_action(editor):
    text = SPEC.replace("optimizer:", "optimiser:").replace("batch:", "bach:")
    only = lsp.CodeActionContext([], only=[lsp.CodeActionKind.SourceFixAll])
    start = lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0))
    (fix_all,) = editor.about("code_action", text, lsp.CodeActionParams, start, only)
    (edits,) = fix_all.edit.changes.values()
    assert edited(text, edits) == SPEC


# --- hover, definition, references, rename ----------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("mnist1d(", "mn|ist1d(", "Greydanus"),
        ("lr: 0.1", "l|r: 0.1", "learning rate"),
        ("batch:", "ba|tch:", "samples"),
        ("[width]", "[wi|dth]", "3 points in `e`: 1, 2, 4"),
        ("dataset: digits", "dataset: dig|its", "dataset digits = mnist1d(samples: samples)"),
    ],
)
def test_hover_says_what_a_name_is(editor, old, new, said):
    shown = editor.at("hover", SPEC.replace(old, new), lsp.HoverParams)
    assert said in shown.contents.value
    assert placed(shown.range, SPEC) in old


def test_hover_of_nothing_is_nothing(editor):
    assert editor.at("hover", SPEC.replace("dd 1\n", "dd 1\n|", 1), lsp.HoverParams) is None


def test_a_read_leads_to_its_axis(editor):
    text = SPEC.replace("[width]", "[wi|dth]")
    (found,) = editor.at("definition", text, lsp.DefinitionParams)
    assert found.range.start.line == SPEC[: SPEC.index("width in")].count("\n")


def test_references_are_all_places(editor):
    context = lsp.ReferenceContext(include_declaration=True)
    text = SPEC.replace("samples in", "sam|ples in")
    found = editor.at("references", text, lsp.ReferenceParams, context=context)
    assert sorted(each.range.start.line for each in found) == [2, 18]
    context = lsp.ReferenceContext(include_declaration=False)
    found = editor.at("references", text, lsp.ReferenceParams, context=context)
    assert [each.range.start.line for each in found] == [2]


def test_rename_changes_every_place_and_nothing_else(editor):
    text = SPEC.replace("samples in", "sam|ples in")
    edit = editor.at("rename", text, lsp.RenameParams, new_name="n")
    ((uri, edits),) = edit.changes.items()
    assert uri == editor.uri("x.dd")
    renamed = edited(SPEC, edits)
    assert "mnist1d(samples: n)" in renamed
    assert "n in {100, 200} samples" in renamed
    assert "batch: 100 samples" in renamed
    assert editor.open(renamed) == []


@pytest.mark.parametrize(
    ("place", "new", "why"),
    [
        ("sam|ples in", "width", "axis `width` is declared twice"),
        ("sam|ples in", "digits", "`digits` is a dataset where a number is needed"),
        ("sam|ples in", "1st", "`1st` is no name"),
        ("sam|ples in", "in", "`in` is no name"),
        ("dataset dig|its", "sqrt", "`sqrt` has a meaning of its own"),
        ("dataset dig|its", "net", "`net` is declared twice"),
    ],
)
def test_a_name_that_clashes_is_refused(editor, place, new, why):
    text = SPEC.replace(place.replace("|", ""), place)
    with pytest.raises(JsonRpcException) as refused:
        editor.at("rename", text, lsp.RenameParams, new_name=new)
    assert why in str(refused.value)


@pytest.mark.parametrize("place", ["se|ed in", "mnist|1d(", "cross_|entropy", "d|d 1"])
def test_a_name_that_is_not_ones_own_is_not_renamed(editor, place):
    text = SPEC.replace(place.replace("|", ""), place)
    with pytest.raises(JsonRpcException, match=r"no name of your own|meaning of its own"):
        editor.at("prepare_rename", text, lsp.PrepareRenameParams)


# --- several files ----------------------------------------------------------------------------


def test_names_of_a_used_file_are_followed_and_renamed(editor):
    marked = "dd 1\ndataset dig|its = mnist1d(samples: 100)\n"
    library = marked.replace("|", "")
    main = 'dd 1\nuse "lib.dd" as lib\n' + SPEC.partition("samples)\n")[2]
    main = main.replace("dataset: digits", "dataset: lib.digits")
    main = main.replace("    samples in {100, 200} samples\n", "")
    editor.open(library, "lib.dd")
    assert editor.open(main, "main.dd") == []
    (found,) = editor.at(
        "definition", main.replace("lib.digits", "lib.dig|its"), lsp.DefinitionParams, "main.dd"
    )
    assert found.uri == editor.uri("lib.dd")
    edit = editor.at("rename", marked, lsp.RenameParams, "lib.dd", new_name="numbers")
    assert set(edit.changes) == {editor.uri("lib.dd"), editor.uri("main.dd")}
    assert "dataset: lib.numbers" in edited(main, edit.changes[editor.uri("main.dd")])
    (file,) = editor.at(
        "definition", main.replace('"lib.dd"', '"li|b.dd"'), lsp.DefinitionParams, "main.dd"
    )
    assert file.uri == editor.uri("lib.dd")
    editor.open(main, "main.dd")
    seen = editor.uri("main.dd"), editor.versions[editor.uri("main.dd")]
    del editor.told[seen]
    editor.open(library.replace("digits", "gone"), "lib.dd")
    assert "DD101" in {each.code for each in editor.wait(*seen)}
    broken = library.replace("100", "0")
    assert editor.open(broken, "lib.dd")[0].code == "DD302"
    editor.close("main.dd")
    editor.close("lib.dd")


# --- the rest ---------------------------------------------------------------------------------


def test_formatting_gives_the_one_layout(editor):
    options = lsp.FormattingOptions(tab_size=2, insert_spaces=True)
    untidy = SPEC.replace("  loss: cross_entropy", "      loss:cross_entropy")
    edits = editor.about("formatting", untidy, lsp.DocumentFormattingParams, options)
    tidy = edited(untidy, edits)
    assert tidy == edited(SPEC, editor.about(
        "formatting", SPEC, lsp.DocumentFormattingParams, options))  # fmt: skip
    for text in (tidy, "dd 1\nlet ="):
        assert not editor.about("formatting", text, lsp.DocumentFormattingParams, options)


def test_hints_count_points_and_parameters(editor):
    whole = lsp.Range(lsp.Position(0, 0), lsp.Position(99, 0))
    hints = editor.about("inlay_hint", SPEC, lsp.InlayHintParams, whole)
    assert {each.position.line: each.label for each in hints} == {
        11: "60 grid points",
        13: "61 to 214 parameters",
        17: "3 points",
        18: "2 points",
        19: "5 points",
    }


def test_semantic_tokens_tell_names_apart(editor):
    text = "dd 1  # first\nlet k = 3\narchitecture net = mlp(hidden: [k], activation: relu)\n"
    data = editor.about("semantic_tokens_full", text, lsp.SemanticTokensParams).data
    legend = editor.can.semantic_tokens_provider.legend
    lines, found, line, column = text.split("\n"), {}, 0, 0
    for step, shift, width, kind, _ in zip(*[iter(data)] * 5, strict=True):
        line, column = line + step, shift + (0 if step else column)
        found[lines[line][column : column + width]] = legend.token_types[kind]
    assert found["# first"] == "comment"
    assert found["let"] == found["architecture"] == "keyword"
    assert found["mlp"] == "class"
    assert found["hidden"] == "property"
    assert found["relu"] == "enumMember"
    assert found["k"] == found["net"] == "variable"
    assert found["3"] == "number"


def test_blocks_fold_and_are_in_the_outline(editor):
    folds = editor.about("folding_range", SPEC, lsp.FoldingRangeParams)
    assert {(each.start_line, each.end_line) for each in folds} >= {(5, 9), (11, 20), (16, 19)}
    experiment = editor.about("document_symbol", SPEC, lsp.DocumentSymbolParams)[-1]
    assert experiment.name == "e"
    assert [each.name for each in experiment.children][-1] == "sweep"
    assert [each.name for each in experiment.children[-1].children] == ["width", "samples", "seed"]


def test_signature_help_follows_the_arguments(editor):
    text = SPEC.replace("sgd(lr: 0.1)", "sgd(lr: 0.1, momentum: |)")
    help_ = editor.at("signature_help", text, lsp.SignatureHelpParams)
    (signature,) = help_.signatures
    assert signature.label.startswith("sgd(lr, momentum")
    assert help_.active_parameter == 1


MISSING = 'dd 1\nuse "\N{GRINNING FACE}.dd" as missing_file\n'


def test_columns_are_of_utf_16(editor):
    (missing,) = (each for each in editor.open(MISSING) if each.code == "DD112")
    assert (missing.range.start.character, missing.range.end.character) == (4, 4 + 7)


def test_columns_count_what_the_editor_counts(tmp_path):
    editor = Editor(tmp_path, "utf-8")
    (missing,) = (each for each in editor.open(MISSING) if each.code == "DD112")
    assert (missing.range.start.character, missing.range.end.character) == (4, 4 + 9)
    assert editor.stop() == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_places_go_there_and_back(encoding):
    places = Places("x.dd", MISSING, "", encoding)
    for offset in range(len(MISSING) + 1):
        assert places.offset(places.position(offset)) == offset


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_spec_is_served(editor, path):
    text = path.read_text()
    assert not [e for e in editor.open(text) if e.severity == lsp.DiagnosticSeverity.Error]
    whole = lsp.Range(lsp.Position(0, 0), lsp.Position(999, 0))
    hints = editor.about("inlay_hint", text, lsp.InlayHintParams, whole)
    assert any("grid points" in each.label for each in hints)
    assert any("parameters" in each.label for each in hints)
    assert editor.about("semantic_tokens_full", text, lsp.SemanticTokensParams).data
