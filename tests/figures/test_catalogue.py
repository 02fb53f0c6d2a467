"""Every figure of the catalogue draws in the one style and becomes a file."""

import json
import re

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib._pylab_helpers import Gcf
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from ddspec.errors import DdspecError
from ddspec.figures.catalogue import FIGURES, drawer, takes
from ddspec.figures.saving import provenance, save
from ddspec.figures.sheets import sheet_of
from tests.figures.shown import candidates, everything

WHOLE = everything()
ONE_AXES = ("model_wise", "sample_wise", "epoch_wise", "heatmap", "surface", "effects", "verdicts")
ONE_AXES = (*ONE_AXES, "sensitivity", "theory")


def draw(name, dataset=WHOLE, **asked):
    shown = candidates() if name == "sensitivity" else dataset
    made = drawer(name)(shown, **asked)
    return made if isinstance(made, Figure) else sheet_of(made)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_a_column_wide_and_its_words_stay_words_in_vector_files(name, tmp_path):
    before = dict(mpl.rcParams)
    figure = draw(name, size="column")
    about = provenance(WHOLE, figure=name, hue=None, sel={"samples": "400"})
    for form in ("pdf", "svg"):
        save(figure, tmp_path / f"a.{form}", f"{name} of small", about)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "a.svg"]
    assert dict(mpl.rcParams) == before
    assert not Gcf.figs
    assert figure.get_size_inches()[0] == pytest.approx(3.3)
    check_is_inside(figure)
    pdf, svg = (tmp_path / "a.pdf").read_bytes(), (tmp_path / "a.svg").read_text()
    assert b"/CIDFontType2" in pdf
    assert b"/Type3" not in pdf
    assert b"spec_sha256" in pdf
    assert "<text" in svg
    (told,) = re.findall("<dc:description>(.*)</dc:description>", svg)
    assert json.loads(told) == {
        "experiment": "small", "figure": name, "sel": {"samples": "400"}, "spec_sha256": "abc",
    }  # fmt: skip


def check_is_inside(figure):
    """Letters are large enough, legends apart from axes, and nothing is cut off."""
    for text in figure.findobj(lambda item: isinstance(item, Text) and item.get_text()):
        assert text.get_fontsize() >= 6
    boxes = [each.get_tightbbox() for each in (*figure.axes, *figure.legends)]
    boxes += [text.get_window_extent() for text in figure.texts]
    for box in boxes:
        assert figure.bbox.x0 - 1 <= box.x0 <= box.x1 <= figure.bbox.x1 + 1
        assert figure.bbox.y0 - 1 <= box.y0 <= box.y1 <= figure.bbox.y1 + 1
    for each in figure.legends:
        around = each.get_window_extent()
        assert not any(around.overlaps(ax.get_tightbbox()) for ax in figure.axes)


@pytest.mark.parametrize("name", ONE_AXES)
def test_a_figure_goes_onto_the_axes_of_a_reader(name):
    ax = Figure().subplots()
    size = ax.xaxis.label.get_fontsize()
    dataset = candidates() if name == "sensitivity" else WHOLE
    assert drawer(name)(dataset, ax) is ax
    assert ax.has_data()
    assert ax.xaxis.label.get_fontsize() == size


def with_holes():
    dataset = WHOLE.copy(deep=True)
    for quantity in ("test_error", "test_loss"):
        dataset[quantity][{"width": 0, "samples": 2, "seed": 1}] = np.nan
        dataset[quantity][{"width": 3, "samples": 2, "reg": 1}] = np.nan
    return dataset


LACKING = {
    "one seed": WHOLE.isel(seed=[0]),
    "holes": with_holes(),
    "by hand": WHOLE.drop_attrs().drop_vars(["status", "terms", "parameters"]),
}


@pytest.mark.parametrize("name", sorted(set(FIGURES) - {"sensitivity"}))
@pytest.mark.parametrize("lack", LACKING)
def test_what_is_missing_stops_no_figure(name, lack):
    assert draw(name, LACKING[lack]).axes[0].has_data()


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_recorded_is_refused_in_words(name):
    empty = (candidates() if name == "sensitivity" else WHOLE).copy(deep=True)
    for quantity in ("test_error", "test_loss", "validation_loss"):
        if quantity in empty:
            empty[quantity][:] = np.nan
    with pytest.raises(DdspecError):
        drawer(name)(empty)


def test_the_same_figure_is_the_same_file(tmp_path):
    for name in ("a.pdf", "b.pdf", "a.svg", "b.svg"):
        save(draw("effects"), tmp_path / name, "same", {})
    for form in ("pdf", "svg"):
        one, other = ((tmp_path / f"{name}.{form}").read_bytes() for name in "ab")
        assert one == other


def test_a_figure_says_which_names_there_are():
    with pytest.raises(DdspecError, match=r"no figure `hetmap`; did you mean `heatmap`\?"):
        drawer("hetmap")
    assert takes("heatmap") == {"of", "x", "y", "epsilon", "size"}


@pytest.mark.parametrize(
    ("name", "why"),
    [("a.jpg", "is of .pdf, .svg or .png"), ("no/a.pdf", "")],
)
def test_a_file_that_cannot_be_written_is_said(tmp_path, name, why):
    (tmp_path / "no").write_text("a file, no folder")
    with pytest.raises(DdspecError, match=f"cannot write .*{name}: .*{why}"):
        save(draw("upset"), tmp_path / name, "", {})
    assert [path.name for path in tmp_path.iterdir()] == ["no"]


def test_axes_are_saved_with_their_whole_figure(tmp_path):
    ax = drawer("heatmap")(WHOLE)
    assert isinstance(ax, Axes)
    save(ax, tmp_path / "a.png", "heatmap", {"figure": "heatmap"})
    content = (tmp_path / "a.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert b'{"figure": "heatmap"}' in content
