"""`ddspec new`: a spec for a question, that checks and runs."""

import pytest
from click.testing import CliRunner

from ddspec import pipeline
from ddspec.commands import new
from ddspec.commands.templates import TEMPLATES
from ddspec.language.formatting import format_text
from ddspec.vocabulary import registry


def fine(text, folder):
    """The experiment of a text that has no errors and the one layout."""
    assert format_text(text) == text
    (folder / "made.dd").write_text(text)
    spec, problems, _ = pipeline.check(str(folder / "made.dd"))
    assert spec is not None, problems
    assert not [problem for problem in problems if problem.severity == "error"]
    (experiment,) = spec.experiments
    return experiment


def test_the_templates_that_are_offered_are_those_there_are():
    assert tuple(TEMPLATES) == new.TEMPLATES


@pytest.mark.parametrize("template", new.TEMPLATES)
def test_every_template_is_small(call, folder, template):
    experiment = fine(call("new", "-", "--template", template).stdout, folder)
    assert experiment.size <= (600 if template == "ridge" else 60)
    assert set(TEMPLATES[template].axes) - {"epochs"} <= {axis.name for axis in experiment.axes}


def test_what_is_written_runs(call, folder):
    text = call("new", "-", "--seeds", "1", "--axes", "width={2}").stdout
    (folder / "made.dd").write_text(text.replace("100 epochs", "2 epochs"))
    result = call("run", "made.dd", "--local")
    assert result.exit_code == 0, result.output
    assert (folder / "runs" / "made" / "question.nc").is_file()


@pytest.mark.parametrize("dataset", registry.names("dataset"))
def test_every_dataset_has_a_spec(call, folder, dataset):
    result = call("new", "-", "--dataset", dataset)
    assert result.exit_code == 0, result.stderr
    (found,) = {type(value).__name__ for value in fine(result.stdout, folder).dataset.values}
    assert found == registry.find("dataset", dataset).__name__


@pytest.mark.parametrize("architecture", ["boosting", "cnn5", "deep_linear", "lasso", "linear"])
def test_an_architecture_brings_what_it_needs(call, folder, architecture):
    experiment = fine(call("new", "-", "--architecture", architecture).stdout, folder)
    assert experiment.architecture.values[0].name() == architecture
    assert len(experiment.axes) == 2


def test_axes_seeds_and_regularizers_are_as_asked(call, folder):
    text = call(
        *("new", "-", "--regularizers", "l2(1e-3),dropout", "--seeds", "7"),
        *("--axes", "width={2, 3},samples", "--axes", "epochs"),
    ).stdout
    experiment = fine(text, folder)
    assert [(axis.name, len(axis)) for axis in experiment.axes] == [
        ("width", 2),
        ("samples", 4),
        ("seed", 7),
    ]
    assert len(experiment.trajectory.points) > 5
    (terms,) = experiment.regularizer.values
    assert [term.name() for term in terms] == ["dropout", "l2"]
    assert terms[1].strength == 1e-3


def test_an_ablation_has_every_subset(call, folder):
    words = ("new", "-", "--template", "ablation", "--regularizers", "l1,l2,batch_norm")
    assert len(fine(call(*words).stdout, folder).axis("reg")) == 8


def test_the_file_is_written_and_named_after(call, folder):
    result = call("new", "my-question.dd")
    assert result.exit_code == 0
    assert "ddspec run my-question.dd" in result.stdout
    assert fine((folder / "my-question.dd").read_text(), folder).name == "my_question"


@pytest.mark.parametrize("name", ["log.dd", "2nd.dd", "-.dd", "for me.dd"])
def test_any_file_gives_a_name_that_can_be_written(call, folder, name):
    assert call("new", "--", name).exit_code == 0
    fine((folder / name).read_text(), folder)


def test_a_file_that_is_there_is_kept_unless_forced(call, folder):
    before = (folder / "tiny.dd").read_text()
    result = call("new", "tiny.dd")
    assert (result.exit_code, (folder / "tiny.dd").read_text()) == (1, before)
    assert "tiny.dd is there already" in result.stderr
    assert call("new", "tiny.dd", "--force").exit_code == 0
    assert "experiment tiny {" in (folder / "tiny.dd").read_text()
    assert (folder / "tiny.dd").read_text() != before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--dataset", "mnst"], "no dataset is called `mnst`; did you mean `mnist`?"),
        (["--architecture", "mpl"], "no architecture is called `mpl`; did you mean `mlp`?"),
        (["--regularizers", "l2,drop_out"], "did you mean `dropout`?"),
        (["--axes", "widht"], "`widht` is no axis of a new spec; did you mean `width`?"),
        (["--axes", "width=log 4.."], "these parts do not fit together"),
        (["--axes", "width={0}"], "these parts do not fit together"),
        (["--dataset", "mnist1d", "--architecture", "resnet18"], "`resnet18` needs images"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_written(call, folder, words, said):
    result = call("new", "made.dd", *words)
    assert result.exit_code == 1
    assert said in result.stderr
    assert not (folder / "made.dd").exists()


@pytest.mark.parametrize("name", ["no/such/folder.dd", "."])
def test_a_place_that_cannot_be_written_is_said(call, name):
    result = call("new", name)
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")


def test_wrong_options_are_wrong_usage(call):
    assert call("new").exit_code == 2
    assert call("new", "a.dd", "--template", "depth").exit_code == 2
    assert call("new", "a.dd", "--seeds", "0").exit_code == 2


def test_at_a_terminal_it_asks(folder, monkeypatch):
    class Terminal:
        def __getattr__(self, name):
            return getattr(stream[0], name)

        def isatty(self):
            return True

    stream = []
    real = new.sys

    class System:
        @property
        def stdin(self):
            stream[:] = [real.stdin]
            return Terminal()

    monkeypatch.setattr(new, "sys", System())
    answers = "ablation\ngaussian_mixture\n\nl1,l2\n2\n"
    result = CliRunner().invoke(new.command, ["asked.dd"], input=answers)
    assert result.exit_code == 0, result.output
    experiment = fine((folder / "asked.dd").read_text(), folder)
    assert (len(experiment.axis("reg")), len(experiment.axis("seed"))) == (4, 2)
    assert experiment.dataset.values[0].name() == "gaussian_mixture"
