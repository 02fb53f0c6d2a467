"""`ddspec verify` says what is damaged, repairs it, and `run` trains what was lost."""

import json
import shutil
import sqlite3
import zlib
from contextlib import closing

import netCDF4
import pytest

from ddspec import pipeline
from tests.commands.specs import TINY

REPORT = "  report { peak: argmax(test_loss, along: n) }\n}\n"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("verify")
    (folder / "tiny.dd").write_text(TINY.rstrip().removesuffix("}") + REPORT)
    pipeline.run(str(folder / "tiny.dd"), folder / "run", local=True)
    return folder / "run"


@pytest.fixture
def run(trained, folder):
    shutil.copytree(trained, folder / "run")
    return folder / "run"


def sql(run, statement):
    with closing(sqlite3.connect(run / "cells.sqlite", isolation_level=None)) as db:
        db.execute(statement)


def test_a_sound_folder_is_sound(run, call):
    result = call("verify", "run")
    assert (result.exit_code, result.stdout) == (0, "run: 9 cells are sound\n")


def test_json_has_stable_names(run, call):
    sql(run, "update readings set series = x'00' where number = 2")
    result = call("verify", "run", "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (found["whole"], found["sound"], found["damage"]) == (False, 8, [])
    assert found["unreadable"][0]["reason"] == "its readings are cut off"


def test_unreadable_cells_are_taken_out_and_trained_again(run, call):
    sql(run, "update readings set series = x'00' where number = 2")
    result = call("verify", "run")
    assert result.exit_code == 1
    assert "1 cells are unreadable" in result.stdout
    assert "ddspec verify --repair run" in result.stdout
    result = call("verify", "run", "--repair")
    assert result.exit_code == 0
    assert "repaired: 8 cells are kept" in result.stdout
    assert "ddspec run run/spec.dd --out run" in result.stdout
    result = call("verify", "run")
    assert result.exit_code == 1
    assert "tiny.nc shows 1 cells that are not stored: ddspec run" in result.stdout
    assert call("run", "run/spec.dd", "--out", "run", "--local").exit_code == 0
    assert call("verify", "run").stdout == "run: 9 cells are sound\n"


@pytest.mark.parametrize("name", ["tiny.nc", "findings/tiny.nc"])
def test_a_dataset_that_cannot_be_read_is_moved_aside_and_made_again(run, call, name):
    with (run / name).open("r+b") as file:
        file.truncate((run / name).stat().st_size // 2)
    result = call("verify", "run")
    assert result.exit_code == 1
    assert f"run/{name} cannot be read" in result.stdout
    assert call("verify", "run", "--repair").exit_code == 0
    assert (run / f"{name}.damaged").exists()
    assert call("run", "run/spec.dd", "--out", "run", "--local").exit_code == 0
    assert call("verify", "run").stdout == "run: 9 cells are sound\n"


def test_numbers_of_a_dataset_that_cannot_be_unpacked_are_told(run, call):
    with netCDF4.Dataset(run / "tiny.nc") as file:
        packed = zlib.compress(shuffled(file["test_loss"][:].data), 1)
    raw = (run / "tiny.nc").read_bytes()
    place = raw.index(packed[:12]) + 6
    (run / "tiny.nc").write_bytes(raw[:place] + b"\xff\xff\xff" + raw[place + 3 :])
    result = call("verify", "run")
    assert result.exit_code == 1
    assert "run/tiny.nc cannot be read" in result.stdout


def shuffled(values):
    """As HDF5's shuffle lays numbers out: first bytes first."""
    return values.reshape(-1, 1).view("u1").T.tobytes()


def test_a_dataset_that_contradicts_the_store_is_told(run, call):
    with netCDF4.Dataset(run / "tiny.nc", "a") as file:
        file["test_loss"][1, 1] += 1
    result = call("verify", "run")
    assert result.exit_code == 1
    assert "tiny.nc shows 1 readings that are not those of the store" in result.stdout


def test_a_dataset_of_another_spec_is_told(run, call):
    text = (run / "spec.dd").read_text()
    (run / "spec.dd").write_text(text.replace("0..<3", "0..<2"))
    assert "is of another spec" in call("verify", "run").stdout


def test_a_dataset_older_than_the_store_is_sound(run, call):
    with netCDF4.Dataset(run / "tiny.nc", "a") as file:
        file["test_loss"][0, 0] = float("nan")
        file["status"][0, 0] = 0
    assert call("verify", "run").exit_code == 0


def test_a_folder_without_its_spec_is_verified_without_comparison(run, call):
    (run / "spec.dd").unlink()
    assert call("verify", "run").stdout == "run: 9 cells are sound\n"


def test_a_folder_without_a_store_is_said(folder, call):
    result = call("verify", "nowhere")
    assert result.exit_code == 1
    assert "holds no finished cells" in result.stderr


def test_a_damaged_file_is_told_in_full_and_replaced(run, call):
    with (run / "cells.sqlite").open("r+b") as file:
        file.write(bytes(4096))
    result = call("verify", "run", "--repair")
    assert result.exit_code == 0
    assert "cells.sqlite is damaged:" in result.stdout
    assert "repaired: 9 cells are kept" in result.stdout
    assert call("verify", "run").exit_code == 0
