"""The figure is a legible PNG, whatever the shape of the run."""

import itertools

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib._pylab_helpers import Gcf
from matplotlib.text import Text

from ddspec.errors import DdspecError
from ddspec.figures.curves import drawing
from ddspec.figures.risk import draw_risk, figure_of, thresholds
from ddspec.figures.scales import is_logarithmic, log_ticks
from ddspec.figures.style import INK, LETTERS, color
from ddspec.figures.words import plain, value_words
from tests.analysis.made import read_at, risks
from tests.figures.test_curves import FALLING, many

SHAPES = {
    "a curve": risks(FALLING),
    "two noises": many(noise=(0.0, 0.15)),
    "panels": many(noise=(0.0, 0.15), reg=("none", "a", "b", "a + b")),
    "long names": many(noise=(0.0, 0.15), reg=("decay + drop + norm", "decay + drop + early")),
    "bars": many(reg=("none", "a")).isel(width=0),
    "one cell": risks(FALLING).isel(width=0, seed=0),
    "epochs": read_at(many(reg=("none", "a")), points=(1, 2, 4, 8, 16)).isel(width=0),
    "losses": risks([[4.0], [900.0], [1e-20], [0.0]], [[4.0], [9e4], [2.0], [1.0]]).rename(
        train_error="train_loss", test_error="test_loss"
    ),
    "nothing": risks(np.full((4, 2), np.nan)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_run_gives_a_picture(tmp_path, shape):
    path = tmp_path / "risk.png"
    draw_risk(SHAPES[shape], path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("shape", SHAPES)
def test_letters_are_large_enough_and_inside_the_page(shape):
    with mpl.rc_context(LETTERS):
        figure = figure_of(SHAPES[shape])
        figure.canvas.draw()
    assert figure.get_size_inches()[0] == pytest.approx(6.3)
    page = figure.bbox
    for text in figure.findobj(lambda item: isinstance(item, Text) and item.get_text()):
        assert text.get_fontsize() >= 8
    for part in (*figure.legends, *figure.axes):
        box = part.get_tightbbox()
        if box is not None:
            assert box.x0 >= page.x0 - 1
            assert box.x1 <= page.x1 + 1
            assert box.y0 >= page.y0 - 1
            assert box.y1 <= page.y1 + 1


def axes_of(shape):
    with mpl.rc_context(LETTERS):
        return figure_of(SHAPES[shape]).axes


def test_test_risk_is_solid_and_train_risk_dashed_in_one_color():
    test, train, threshold = axes_of("a curve")[0].lines
    assert (test.get_linestyle(), train.get_linestyle()) == ("-", "--")
    assert test.get_color() == train.get_color()
    assert (threshold.get_linestyle(), threshold.get_xdata()[0]) == (":", 8)


def test_thresholds_have_the_color_of_their_curve_unless_shared():
    (panel,) = drawing(many(noise=(0.0, 0.15))).panels
    assert thresholds(panel) == {8.0: INK}
    two = many(noise=(0.0, 0.15))
    two["train_error"][{"noise": 1, "width": 2}] = 0.5
    (panel,) = drawing(two).panels
    assert thresholds(panel) == {8.0: color(0), 16.0: color(1)}


def test_errors_are_in_percent_and_losses_over_decades_logarithmic():
    axes = axes_of("a curve")[0]
    assert axes.yaxis.get_major_formatter()(0.15) == "15%"
    assert axes.get_yscale() == "linear"
    assert axes_of("losses")[0].get_yscale() == "log"


def test_the_users_matplotlib_is_left_alone(tmp_path):
    before = dict(mpl.rcParams)
    draw_risk(SHAPES["a curve"], tmp_path / "risk.png")
    assert dict(mpl.rcParams) == before
    assert not Gcf.figs


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(DdspecError, match="cannot write"):
        draw_risk(SHAPES["a curve"], tmp_path / "nowhere" / "risk.png")


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([2, 4, 8, 16], True),
        ([10, 20, 30, 40, 50, 60, 70, 80], False),
        ([2, 4, 8], False),  # within a factor of eight
        ([0, 1, 10, 100], False),
        ([1, 100], False),
        ([4, 6, 8, 11, 15, 21, 30, 42, 59, 82, 115, 160], True),
    ],
)
def test_the_x_axis_is_logarithmic_when_its_values_are(places, expected):
    assert is_logarithmic(np.asarray(places, float)) is expected


@pytest.mark.parametrize(
    ("low", "high", "most", "ticks"),
    [
        (2, 300, 8, [2, 5, 10, 20, 50, 100, 200]),
        (2, 300, 5, [3, 10, 30, 100, 300]),
        (1e-4, 1e4, 5, [1e-4, 1e-2, 1, 1e2, 1e4]),
    ],
)
def test_ticks_are_round_and_few(low, high, most, ticks):
    assert log_ticks(low, high, most) == pytest.approx(ticks)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("noise", 0.15, "label noise 15%"),
        ("reg", "decay + drop", "decay + drop"),
        ("lr", 0.05, "lr 0.05"),
        ("samples", 4000, "4,000 samples"),
        ("nesterov", True, "nesterov"),
        ("nesterov", False, "no nesterov"),
        ("rate", float("nan"), "no rate"),
    ],
)
def test_values_are_in_readers_words(name, value, words):
    dataset = many(**{name: (value,)})
    if name == "samples":
        dataset[name].attrs["units"] = "samples"
    assert value_words(dataset, name, value) == words


@pytest.mark.parametrize(
    ("value", "words"), [(47, "47"), (12000, "12,000"), (1e-6, "1e-06"), (0.25, "0.25")]
)
def test_numbers_have_no_needless_digits(value, words):
    assert plain(value) == words


def test_titles_of_small_panels_stay_apart():
    terms = ("decay", "drop + batch_norm()", "decay + drop + batch_norm()")
    names = [f"{one} + {number}" for number in "123" for one in terms]
    with mpl.rc_context(LETTERS):
        figure = figure_of(many(noise=(0.0, 0.15), reg=tuple(names)))
        figure.canvas.draw()
    boxes = [axes.title.get_window_extent() for axes in figure.axes]
    assert len(boxes) == 9
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
