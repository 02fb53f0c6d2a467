"""Reading what others wrote: nothing of it runs, and nothing outside is read."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner

from ddspec import pipeline
from ddspec.commands.group import ddspec
from ddspec.errors import DdspecError
from ddspec.reporting import write_report
from ddspec.vocabulary.files import own_file
from tests.corpora import write_tables

PACKAGE = Path(pipeline.__file__).parent
EVIL = '</script><script>alert(1)</script><img src=x onerror="alert(2)">'
RUNS = re.compile(
    r"\b(pickle|shelve|dill|joblib|yaml|eval|exec|__import__|execfile)\b(?=[.(])"
    r"|torch\.load|allow_pickle=True|enable_load_extension|entry_points|sys\.path|\bos\.system"
)
SPEC = """dd 1
# A comment with <b>markup</b>.
experiment risk {
  dataset: linear_gaussian(samples: 12, features: 6, noise_std: 0.5, test: 50)
  architecture: linear(features: p)
  train: least_squares()
  sweep {
    p in {2, 4}
    seed in 0..<3
  }
  report { peak: argmax(test_loss, along: p) }
}
"""


def test_nothing_in_the_package_runs_what_it_reads():
    found = {
        (file.relative_to(PACKAGE).as_posix(), match[0])
        for file in PACKAGE.rglob("*.py")
        for line in file.read_text().splitlines()
        for match in RUNS.finditer(line.split("#")[0])
        if not line.lstrip().startswith(("#", '"""'))
        if ".eval(" not in line  # of a network: no dropout
    }
    asked_for = {"entry_points", "sys.path"}  # words of the user's own, named by the user
    plugged = {("vocabulary/plugins.py", name) for name in asked_for}
    assert found == {("vocabulary/cifar.py", "pickle"), *plugged}


@pytest.mark.parametrize("name", ["../x.csv", "/etc/passwd", "a/../../x.csv", "a\0b", ".."])
def test_a_spec_reads_data_of_the_data_folder_only(tmp_path, name):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    (tmp_path / "data").mkdir()
    with pytest.raises(DdspecError, match="in the data folder only"):
        own_file("csv", name, tmp_path / "data")


def test_links_that_the_user_put_into_the_data_folder_are_followed(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    (tmp_path / "data" / "x.csv").symlink_to(tmp_path / "x.csv")
    assert own_file("csv", "x.csv", tmp_path / "data").read_text() == "a,b\n1,2\n"


@pytest.mark.parametrize("word", ["csv", "npz", "netcdf"])
def test_a_run_reads_no_file_outside_the_data_folder(tmp_path, word):
    (tmp_path / "data").mkdir()
    write_tables(tmp_path)
    data = {
        "csv": 'csv("../iris.csv", features: 4, targets: species, classes: 3, test: 3, samples: 9)',
        "npz": 'npz("../digits.npz", shape: [1, 8, 8], classes: 10, samples: 9, test: 3)',
        "netcdf": 'netcdf("../storms.nc", shape: [2, 16, 16], inputs: "u, v", targets: rain,'
        " samples: 9, test: 3)",
    }[word]
    source = "linear_gaussian(samples: 12, features: 6, noise_std: 0.5, test: 50)"
    text = (
        SPEC.replace(source, data).replace("features: p", "features: 2").replace("p in {2, 4}", "")
    )
    (tmp_path / "s.dd").write_text(text.replace("report { peak: argmax(test_loss, along: p) }", ""))
    with pytest.raises(DdspecError, match="in the data folder only"):
        pipeline.run(str(tmp_path / "s.dd"), tmp_path / "out", local=True, data=tmp_path / "data")


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound")
    (folder / "risk.dd").write_text(SPEC)
    pipeline.run(str(folder / "risk.dd"), folder / "out", local=True)
    return folder / "out"


@pytest.fixture
def edited(sound, tmp_path):
    """A run folder of which every text, in attributes and labels, was written by somebody else."""
    with xr.load_dataset(sound / "risk.nc") as dataset:
        kept = ("axes", "findings", "spec_overrides", "sample_dims", "experiment")
        about = {
            name: EVIL if isinstance(value, str) and name not in kept else value
            for name, value in dataset.attrs.items()
        }
        for variable in dataset.variables.values():
            texts = [
                n for n, v in variable.attrs.items() if isinstance(v, str) and n != "flag_meanings"
            ]
            variable.attrs |= dict.fromkeys(texts, EVIL)
        changed = dataset.assign_attrs(about)
        changed.to_netcdf(tmp_path / "risk.nc")
    (tmp_path / "spec.dd").write_text(SPEC.replace("<b>markup</b>", EVIL))
    (tmp_path / "failures.log").write_text(EVIL)
    return tmp_path


def test_a_page_shows_what_a_hand_edited_dataset_says_as_text(edited):
    text = write_report(edited, edited / "page.html").read_text()
    assert "alert(1)" in text
    assert "<script>alert" not in text
    assert "<img src=x" not in text


def test_a_page_of_a_hand_edited_name_stays_in_its_folder(edited):
    with xr.load_dataset(edited / "risk.nc") as dataset:
        dataset.assign_attrs(experiment="../../risen", spec_path="/etc/" + EVIL).to_netcdf(
            edited / "again.nc"
        )
    before = {path for path in edited.parent.rglob("*") if edited not in path.parents}
    write_report(edited, edited / "page.html")
    assert CliRunner().invoke(ddspec, ["plot", str(edited)]).exit_code == 0
    assert {path for path in edited.parent.rglob("*") if edited not in path.parents} == before


def test_experiments_cannot_be_named_like_paths(tmp_path):
    (tmp_path / "s.dd").write_text(SPEC.replace("experiment risk", "experiment ../../risk"))
    spec, problems, _ = pipeline.check(str(tmp_path / "s.dd"))
    assert spec is None
    assert {each.code for each in problems} <= {"DD001", "DD003"}


def test_nothing_is_imported_from_the_folder_one_is_in(tmp_path):
    mark = tmp_path / "mark"
    for name in ("mlp", "click", "lark", "numpy", "xarray", "ddspec_words", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text(f"open({str(mark)!r}, 'a').write({name!r})\n")
    (tmp_path / "s.dd").write_text(SPEC)
    program = Path(sys.executable).with_name("ddspec")
    done = subprocess.run(
        [program, "plan", "s.dd"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not mark.exists()


def test_readings_of_a_sound_folder_are_shown(sound):
    found = pipeline.open(sound)
    assert np.isfinite(found.test_loss).all()


@pytest.mark.parametrize(
    ("name", "value"), [("axes", "{"), ("axes", "[1]"), ("cells_done", "many")]
)
def test_a_dataset_that_was_edited_is_told_and_no_traceback_shown(edited, name, value):
    with xr.load_dataset(edited / "risk.nc") as dataset:
        dataset.assign_attrs({name: value}).to_netcdf(edited / "again.nc")
    (edited / "again.nc").replace(edited / "risk.nc")
    done = CliRunner().invoke(ddspec, ["report", str(edited)])
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)
    assert "is not as ddspec wrote it" in done.output
