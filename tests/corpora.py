"""Small corpora in one folder, as publishers lay them out, with something to learn in them."""

import pickle

import numpy as np
import xarray as xr

from tests.vocabulary.layouts import idx, tone, write_wav

WORDS = ("ein", "hund", "rennt", "die", "katze", "sitzt", "und", "vogel", "singt", "nicht")


def write_mnist(folder, *, train=300, test=60):
    """Noisy digits of ten classes."""
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    draw = np.random.default_rng(0)
    shapes = draw.integers(0, 200, (10, 28, 28))
    for name, count in (("train", train), ("t10k", test)):
        labels = np.arange(count) % 10
        images = shapes[labels] + draw.integers(0, 56, (count, 28, 28))
        (raw / f"{name}-images-idx3-ubyte").write_bytes(idx(images))
        (raw / f"{name}-labels-idx1-ubyte").write_bytes(idx(labels))


def write_cifar10(folder, *, batch=40):
    """Noisy images of ten classes in the five batches and the test batch."""
    place = folder / "cifar-10-batches-py"
    place.mkdir()
    draw = np.random.default_rng(0)
    colors = draw.integers(0, 200, (10, 3072))
    for name in (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"):
        labels = [int(label) for label in np.arange(batch) % 10]
        images = (colors[labels] + draw.integers(0, 56, (batch, 3072))).astype(np.uint8)
        content = {"data": images, "labels": labels, "batch_label": name}
        (place / name).write_bytes(pickle.dumps(content, protocol=2))


def write_iwslt(folder, *, pairs=40):
    """Sentences of a few words and the same words capitalized, in the layout of IWSLT '14."""
    place = folder / "de-en"
    place.mkdir()
    draw = np.random.default_rng(0)

    def lines(count):
        return [" ".join(draw.choice(WORDS, draw.integers(2, 6))) for _ in range(count)]

    train, held = lines(pairs), lines(4)
    for language, spell in (("de", str), ("en", str.title)):
        told = "".join(f"{spell(line)}\n" for line in train)
        (place / f"train.tags.de-en.{language}").write_text(told)
        body = "".join(f'<seg id="{n}"> {spell(line)} </seg>\n' for n, line in enumerate(held))
        for part in ("dev2010", "dev2012", "tst2010", "tst2011", "tst2012"):
            name = f"IWSLT14.TED.{part}.de-en.{language}.xml"
            (place / name).write_text(f'<mteval>\n<doc docid="1">\n{body}</doc>\n</mteval>\n')


def write_tables(folder, *, rows=40):
    """A table, arrays and variables of a user: `iris.csv`, `digits.npz`, `storms.nc`."""
    draw = np.random.default_rng(0)
    kinds = np.arange(rows) % 3
    lines = [",".join(map(str, [*draw.normal(kind, 1, 4).round(2), kind])) for kind in kinds]
    (folder / "iris.csv").write_text("\n".join(["a,b,c,d,species", *lines]) + "\n")
    digits = np.arange(rows) % 10
    np.savez(folder / "digits.npz", x=draw.normal(0, 1, (rows, 1, 8, 8)), y=digits)
    maps = {
        name: (("time", "y", "x"), draw.normal(0, 1, (rows, 16, 16)).astype("f4"))
        for name in ("u", "v")
    }
    rain = {"rain": (("time",), draw.normal(0, 1, rows).astype("f4"))}
    xr.Dataset(maps | rain).to_netcdf(folder / "storms.nc")


def write_texts(folder):
    """`shakespeare.txt`, and Multi30k in English and French."""
    draw = np.random.default_rng(0)
    lines = [" ".join(draw.choice(WORDS, 8)) for _ in range(60)]
    (folder / "shakespeare.txt").write_text("\n".join(lines) + "\n")
    place = folder / "multi30k"
    place.mkdir()
    for name, part in (("train", lines[:40]), ("test_2016_flickr", lines[40:])):
        for language, spell in (("en", str), ("fr", str.title)):
            (place / f"{name}.{language}").write_text("".join(f"{spell(x)}\n" for x in part))


def write_sounds(folder):
    """Spoken digits: tones of ten pitches."""
    for digit in range(10):
        for index in (0, 5, 6):
            sound = tone(200 + 150 * digit, 0.1 + 0.01 * index, 8000)
            write_wav(folder / "fsdd" / "recordings" / f"{digit}_ann_{index}.wav", sound)
