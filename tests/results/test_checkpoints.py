"""Checkpoints as files: whole or not at all, and never trusted."""

import hashlib
import json
import os
from pathlib import Path

import attrs
import numpy as np
import pytest

from ddspec.results import checkpoints
from ddspec.results.checkpoints import Folder, UnreadableError, read, read_head
from ddspec.training.checkpoint import Checkpoint

ARRAYS = {
    "weights": np.arange(6, dtype="f4"),
    "state/t": np.array(3.5),
    "empty": np.zeros((0, 2)),
    "lost": np.array(False),
    "series/test_loss": np.array([0.5, np.nan]),
}


def made(cell="ab" * 32, step=128, **changes):
    fields = {
        "cell": cell,
        "trajectory": "cd" * 32,
        "step": step,
        "total": 640,
        "way": "native",
        "device": "cpu",
        "software": "ddspec",
        "unit": "epochs",
        "points": (1, 9),
        "steps": (64, 576),
        "stop": None,
        "seconds": 1.5,
        "names": ("test_loss",),
        "arrays": ARRAYS,
    }
    return Checkpoint(**(fields | changes))


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "checkpoints")


@pytest.fixture
def file(folder):
    folder.save([made()], kept=False)
    return next(iter(folder.running()))


def test_what_is_read_is_what_was_written(folder):
    folder.save([made()], kept=False)
    (found,) = folder.load([made().cell]).values()
    plain = attrs.evolve(made(), arrays={})
    assert attrs.asdict(attrs.evolve(found, arrays={})) == attrs.asdict(plain)
    assert list(found.arrays) == list(ARRAYS)
    for name, array in found.arrays.items():
        assert (array.dtype, array.shape) == (ARRAYS[name].dtype, ARRAYS[name].shape)
        assert array.tobytes() == ARRAYS[name].tobytes()


def test_a_cell_in_training_has_one_checkpoint_until_it_is_dropped(folder):
    for step in (64, 128):
        folder.save([made(step=step)], kept=False)
    (file,) = folder.running()
    assert read_head(file).step == 128
    folder.drop([made().cell, "another"])
    assert not folder.load([made().cell])


def test_a_kept_one_stays_and_is_not_loaded_unasked(folder):
    folder.save([made(step=640)], kept=True)
    folder.drop([made().cell])
    (file,) = folder.kept()
    assert file.name == f"{made().trajectory}.{made().cell}"
    assert not folder.load([made().cell])
    (found,) = attrs.evolve(folder, begun={"longer": file}).load(["longer"]).values()
    assert found.final


def test_a_folder_that_is_not_there_has_none(folder):
    assert not folder.load(["a"])
    assert not list(folder.running())
    folder.drop(["a"])
    assert not folder.path.exists()


@pytest.mark.parametrize("place", [5, 60, 100, 2000, -3])
def test_a_changed_byte_is_noticed(file, place):
    content = bytearray(file.read_bytes())
    content[min(place, len(content) - 5)] ^= 1
    file.write_bytes(content)
    with pytest.raises(UnreadableError):
        read(file)


@pytest.mark.parametrize("left", [0, 10, 100, 300, -1])
def test_a_file_that_is_cut_short_is_noticed_by_its_head_alone(file, left):
    file.write_bytes(file.read_bytes()[:left])
    for look in (read, read_head):
        with pytest.raises(UnreadableError):
            look(file)


def forged(file, change):
    """A file whose checksums are right and whose head is not."""
    content = file.read_bytes()
    start = len(checkpoints.MAGIC) + checkpoints.DIGEST
    size = int.from_bytes(content[start : start + 8], "little")
    head = json.loads(content[start + 8 : start + 8 + size])
    change(head)
    text = json.dumps(head).encode()
    checksum = hashlib.sha256(text).hexdigest().encode()
    parts = checkpoints.MAGIC, checksum, len(text).to_bytes(8, "little"), text
    file.write_bytes(b"".join(parts) + content[start + 8 + size :])


@pytest.mark.parametrize(
    "change",
    [
        lambda head: head["arrays"].append(["x", "|O", [1]]),
        lambda head: head["arrays"].append(["x", "<f4", [-1]]),
        lambda head: head["arrays"].append(["x", "<f4", [2**62]]),
        lambda head: head["arrays"].append(["x", "os.system", [1]]),
        lambda head: head["arrays"].append("x"),
        lambda head: head.pop("step"),
        lambda head: head.update(points=3),
        lambda head: head.update(step="1"),
        lambda head: head.update(names=[[]]),
    ],
)
def test_a_forged_head_is_refused_without_being_followed(file, change):
    forged(file, change)
    for look in (read, read_head):
        with pytest.raises(UnreadableError):
            look(file)


def test_an_unreadable_one_is_named_and_its_cell_has_none(folder, file, capsys):
    file.write_bytes(b"something else")
    assert not folder.load([made().cell])
    assert f"the checkpoint {file} is not used: it is no checkpoint" in capsys.readouterr().err


@pytest.mark.parametrize(("where", "name"), [(os, "fsync"), (Path, "replace")])
def test_what_cannot_be_written_is_said_and_leaves_the_one_before(
    where, name, folder, monkeypatch, capsys
):
    folder.save([made(step=64)], kept=False)

    def full(*_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(where, name, full)
    folder.save([made(step=128)], kept=False)
    assert "No space left on device" in capsys.readouterr().err
    assert [f.name for f in (folder.path / "running").rglob("*") if f.is_file()] == [made().cell]
    assert folder.load([made().cell])[made().cell].step == 64


def test_a_request_to_save_is_seen_by_other_processes(folder):
    folder.path.parent.mkdir(exist_ok=True)
    assert folder.asked() == 0
    folder.ask()
    assert Folder(folder.path).asked() > 0
