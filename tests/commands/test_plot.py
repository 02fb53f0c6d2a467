"""`ddspec plot`: figures of a run folder become files, and mistakes become sentences."""

import pytest

from ddspec.figures.catalogue import FIGURES
from tests.figures.shown import candidates, everything


@pytest.fixture
def run(folder):
    """A run folder with the datasets of two experiments, of which one tuned."""
    made = folder / "run"
    (made / "candidates").mkdir(parents=True)
    whole = everything()
    whole.to_netcdf(made / "small.nc")
    whole[["test_error"]].isel(width=0, samples=0, epochs=-1, drop=True).to_netcdf(
        made / "tuned.nc"
    )
    candidates().to_netcdf(made / "candidates" / "tuned.nc")
    return made


def test_figures_are_listed_without_a_folder(call):
    lines = call("plot", "--list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(FIGURES)


def test_without_a_figure_all_that_can_be_drawn_are(call, run):
    result = call("plot", "run", "--experiment", "tuned")
    assert result.exit_code == 0
    drawn = sorted(path.name for path in (run / "figures").iterdir())
    assert drawn == ["tuned_effects.pdf", "tuned_sensitivity.pdf", "tuned_upset.pdf"]
    lines = result.stdout.splitlines()
    assert len(lines) == len(FIGURES)
    assert {f"figure   run/figures/{name}" for name in drawn} < set(lines)
    assert "no epoch_wise of tuned: the dataset has no readings along training" in lines


def test_one_figure_goes_where_it_is_told_to(call, run):
    words = ("--experiment", "small", "--x", "parameters", "--hue", "samples", "--size", "page")
    result = call("plot", "run", "model_wise", *words, "--sel", "reg=a+b", "--out", "deep/a.svg")
    assert result.stdout == "figure   deep/a.svg\n"
    text = (run.parent / "deep" / "a.svg").read_text()
    for word in ("trained parameters", "100 samples", "a + b", '"x": "parameters"'):
        assert word in text
    assert not (run / "figures").exists()


def test_several_values_of_one_axis_are_kept(call, run):
    words = ("--experiment", "small", "--sel", "samples=100", "--sel", "samples=4_00")
    call("plot", "run", "verdicts", *words, "--out", "a.svg")
    text = (run.parent / "a.svg").read_text()
    assert ">400</text>" in text
    assert ">200</text>" not in text


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["run", "hetmap"], 2, "no figure `hetmap`; did you mean `heatmap`?"),
        (["run", "zzz"], 2, "no figure `zzz`; there are model_wise, "),
        (["run", "upset", "--sel", "width"], 2, "`width` is not of the form NAME=VALUE"),
        (["run", "upset", "--out", "a.pdf"], 2, "--out a.pdf is one file: name one --experiment"),
        (["run", "--out", "a.pdf"], 2, "--out a.pdf is one file: name one FIGURE"),
        ([], 2, "missing argument `DIR`; `ddspec plot --list`"),
        (["nowhere"], 1, "error: nowhere holds no dataset\n"),
        (["run", "--experiment", "smal"], 1, "no experiment `smal`; did you mean `small`?"),
        (["run", "upset", "--hue", "reg"], 1, "`upset` takes no --hue\n  = help: it takes --of"),
        (["run", "upset", "--of", "error"], 1, "has no quantity `error`"),
        (["run", "upset", "--sel", "widths=2"], 1, "no axis `widths`; did you mean `width`?"),
        (["run", "upset", "--sel", "width=3"], 1, "`width` has no value `3`\n  = help: it has 2,"),
        (["run", "sensitivity", "--experiment", "small"], 1, "there is no candidates/small.nc"),
        (["run", "--of", "eror"], 1, "has no dataset of which a figure could be drawn"),
    ],
)
def test_mistakes_are_sentences(call, run, words, code, message):
    result = call("plot", *words)
    assert result.exit_code == code
    assert message in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("out", ["a.jpg", "tiny.dd/a.pdf"])
def test_a_file_that_cannot_be_written_is_an_error(call, run, out):
    result = call("plot", "run", "upset", "--experiment", "tuned", "--out", out)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"error: cannot write {out}: ")
