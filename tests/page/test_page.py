"""The page says what it is given, runs nothing of it, and asks for nothing."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from ddspec.analysis.phenomena.monotonicity import monotone
from ddspec.page.facts import axes, counted, failures, rerun
from ddspec.page.highlight import pieces
from ddspec.page.readings import MOST, readings
from ddspec.page.sources import sources
from ddspec.page.verdicts import verdict_table
from ddspec.spec.check import check
from tests.analysis.made import read_at, risks
from tests.page.made import EVIL, SPEC, dataset, page


class Reader(HTMLParser):
    """Tags with their attributes, and the text between them."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture(scope="module")
def read():
    return Reader(page(dataset()))


def test_every_tag_is_closed(read):
    assert read.open == []


def test_what_a_label_says_is_shown_and_not_run(read):
    scripts = [attributes for tag, attributes in read.tags if tag == "script"]
    assert len(scripts) == 2
    assert EVIL in read.texts


def test_nothing_is_asked_of_the_network(read):
    asked = [a[key] for _, a in read.tags for key in ("src", "href") if key in a]
    assert asked
    assert all(re.match(r"#|data:", each) for each in asked)
    assert "@import" not in "".join(read.texts)
    assert "url(" not in "".join(read.texts)


def test_the_page_forbids_itself_to_ask(read):
    policy = [a["content"] for tag, a in read.tags if tag == "meta" and "http-equiv" in a]
    assert len(policy) == 1
    assert policy[0].startswith("default-src 'none';")
    assert "http" not in policy[0]


def test_the_readings_travel_whole():
    made = dataset(("none", "decay"))
    text = page(made)
    data = json.loads(re.search(r'id="readings-made">(.*?)</script>', text)[1])
    assert data == json.loads(json.dumps(readings(made)))


def test_readings_are_means_with_standard_errors():
    made = dataset(("none", "decay"))
    found = next(q for q in readings(made)["quantities"] if q["name"] == "test_error")
    assert found["axes"] == ["reg", "width"]
    known = made.test_error.values[0, 1, :2]
    np.testing.assert_allclose(found["mean"][1], known.mean(), rtol=1e-4)
    np.testing.assert_allclose(found["spread"][1], known.std(ddof=1) / 2**0.5, rtol=1e-4)


def test_what_has_no_value_is_null():
    made = dataset(("none", "decay"))
    made["test_error"][0, 1] = np.nan
    made["test_error"][0, 2, 1:] = np.nan
    found = next(q for q in readings(made)["quantities"] if q["name"] == "test_error")
    assert found["mean"][1] is None
    assert found["spread"][1] is None
    assert found["spread"][2] is None
    assert found["mean"][2] is not None


def test_long_trajectories_are_read_at_the_end_only():
    made = dataset(("none", "decay"))
    short = read_at(made)
    long = read_at(made, points=tuple(range(MOST // 8 + 1)))
    assert readings(short)["quantities"][0]["axes"][-1] == "epochs"
    assert readings(long)["quantities"][0]["axes"][-1] == "width"


def test_pieces_of_a_spec_are_all_of_it():
    found = pieces(SPEC + "$ ä")
    assert "".join(piece for _, piece in found) == SPEC + "$ ä"
    kinds = {piece: kind for kind, piece in found}
    assert kinds["# Is <b>this</b> safe?"] == "comment"
    assert kinds['"lib.dd"'] == "text"
    assert kinds["1_000"] == "number"
    assert kinds["let"] == "word"


def test_words_are_listed_with_their_papers():
    text = (
        "dd 1\nexperiment a {\n dataset: mnist1d(100, label_noise: 15%)\n architecture: mlp([4])\n"
        " regularizer: l2(0.1) + dropout(20%)\n train: gradient_descent(optimizer: sgd(0.1),"
        " loss: cross_entropy, batch: 10 samples, for: 1 epochs)\n sweep { seed in {0} }\n}\n"
    )
    spec, problems, _ = check(text, "a.dd")
    assert spec is not None, problems
    found = dict(sources(spec.experiments[0]))
    assert {"mnist1d", "mlp", "l2", "dropout", "sgd"} <= set(found)
    assert found["mnist1d"].startswith("Greydanus")
    assert "Example" not in "".join(found.values())


def test_the_command_to_rerun_can_be_pasted():
    made = dataset().assign_attrs(
        spec_path="specs/a b.dd", spec_overrides='{"widths": "{6, 12}"}', ddspec_version="1.0"
    )
    assert rerun(made) == ["pip install ddspec==1.0", "ddspec run 'a b.dd' --set 'widths={6, 12}'"]


def test_counts_and_axes_are_those_of_the_plan():
    made = dataset()
    made["status"][0, 0, 0] = 3
    assert counted(made) == "24 cells planned, 23 done, 1 failed; 3 values of seed"
    about = {axis.name: (axis.kind, axis.count) for axis in axes(made)}
    assert about == {"reg": ("design", 2), "width": ("design", 4), "seed": ("replicate", 3)}


def test_long_logs_of_failures_are_cut(tmp_path):
    assert failures(tmp_path) == ""
    (tmp_path / "failures.log").write_text("x" * 30_000)
    assert failures(tmp_path).endswith("\n... (the rest is in failures.log)")


def test_verdicts_are_a_table_of_compositions_and_the_other_axis():
    rng = np.random.default_rng(0)
    falls, rises = np.array([0.8, 0.6, 0.4, 0.2]), np.array([0.2, 0.1, 0.5, 0.4])
    curves = np.stack([[falls, rises], [rises, falls]])[..., None]  # noise, reg, width
    test = curves + 0.001 * rng.standard_normal((2, 2, 4, 8))
    made = risks(np.zeros(test.shape), test, noise=(0.0, 0.15), reg=("none", "decay"))
    made["test_error"][1, 1] = np.nan
    table = verdict_table(monotone(made), "is it so")
    assert (table.title, table.corner, table.columns) == ("is it so", "noise", ("0", "0.15"))
    marks = {row: [cell and (cell.name, cell.falls) for cell in cells] for row, cells in table.rows}
    assert marks == {
        "none": [("monotone", True), ("not_monotone", False)],
        "decay": [("not_monotone", False), None],
    }
    risen = table.rows[1][1][0]
    assert risen.about == "not monotone: largest rise 40 % from width 4 to 8"
    assert float(risen.most.removesuffix(" %")) >= 40


def test_a_curve_falls_only_where_it_is_sure_to():
    rng = np.random.default_rng(1)
    flat = np.linspace(0.5, 0.4, 4)[:, None] + 0.05 * rng.standard_normal((4, 6))
    means = flat.mean(axis=1)
    made = risks(np.zeros((4, 6)), flat - (means - np.sort(means)[::-1])[:, None])
    (cell,) = verdict_table(monotone(made), "is it so").rows[0][1]
    assert cell.rise == "0 %"
    assert not cell.falls


def test_verdicts_of_a_single_curve_are_one_cell():
    found = monotone(risks(np.zeros((4, 6)), np.linspace(0.8, 0.1, 4)[:, None] * np.ones(6)))
    table = verdict_table(found, "is it so")
    assert (table.corner, table.columns) == ("", ("",))
    assert [row for row, _ in table.rows] == ["test_error"]
