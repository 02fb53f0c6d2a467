"""Run folders damaged at random: bytes, pages, files, rows, schemas, attributes, links."""

import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

PAGE = 4096
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
VALUES = (
    *("'text'", "x'00'", "x''", "null", "1e999", "-1", "9223372036854775807", "0.5", "'\x01'"),
    *(
        "'#99999999x99999'",
        "'a#99999999x99999'",
        "'a#-1'",
        "'a##'",
        "'a#x'",
        "'a#1e9'",
        "''",
        "' '",
    ),
    *(
        "zeroblob(10000000)",
        "hex(zeroblob(2000000))",
        "'done'",
        "'weird'",
        "'train_loss train_loss'",
    ),
    *(
        "x'ffffff7f'",
        "x'00000080'",
        "'2024'",
        "'../../x'",
        "'" + "9" * 5000 + "'",
        "'a#0'",
        "'a#1x0'",
    ),
    *("'train_loss test_loss a#4611686018427387904x4'", "'train_loss#2'"),
)
COLUMNS = (
    *("id", "status", "cause", "unit", "stop", "seconds", "attempt", "parameters", "names"),
    *("points", "digest", "way", "code", "kin", "worker", "created", "error"),
)
SCHEMAS = (
    "create trigger cells after insert on readings begin delete from cells; end",
    "alter table cells rename to c; create view cells as select * from c",
    "alter table readings rename to r; create view readings as select number, '' as series from r",
    (
        "alter table cells rename to c; create view cells as with recursive n(number) as (select 1"
        " union all select number + 1 from n) select n.number, c.* from n, c"
    ),
    "alter table meta rename to m; create view meta as select key, '3' as value from m",
    "drop table readings",
    "drop table cells",
    "delete from meta",
    "delete from readings",
    "drop index cells_by_status",
    "alter table cells drop column cause",
    "alter table cells add column more text",
    "alter table cells rename column points to places",
    "create table other (x)",
    "create virtual table t using fts5(x)",
    "create table g (a, b as (load_extension('x')))",
    "create index more on cells (abs(stop))",
    "pragma writable_schema = on; update sqlite_master set sql = 'create table cells (x'",
    "pragma writable_schema = on; update sqlite_master set rootpage = 2",
    "pragma writable_schema = on; delete from sqlite_master where name = 'cells'",
    "pragma user_version = 99; pragma application_id = 12345",
)


def damage(folder: Path, dice: random.Random) -> str:
    """Damage a run folder; what was done, in a few words."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    weighty = [file for file in files if file.suffix in (".sqlite", ".nc")]
    path = dice.choice(weighty if dice.random() < 0.8 else files)
    kinds = (flip, flip, flip, truncate, zero, replace_it, swap, link, rows, rows, rows, schema)
    kinds += (attributes, attributes)
    chosen = dice.choice(kinds)
    return f"{chosen.__name__} {path.name}: {chosen(path, folder, dice)}"


def flip(path: Path, _: Path, dice: random.Random) -> str:
    """Flip bits, or replace bytes, at a few places."""
    made = bytearray(path.read_bytes())
    for _ in range(dice.choice((1, 1, 3, 20, 200))):
        if made:
            made[dice.randrange(len(made))] = dice.randrange(256)
    path.write_bytes(made)
    return "bytes"


def truncate(path: Path, _: Path, dice: random.Random) -> str:
    """Cut a file short, or make it longer."""
    size = path.stat().st_size
    to = dice.choice((0, 1, 100, size // 2, size - 1, size // PAGE // 2 * PAGE, size + PAGE))
    with path.open("rb+") as file:
        file.truncate(max(to, 0))
    return f"{size} to {to}"


def zero(path: Path, _: Path, dice: random.Random) -> str:
    """Zero a page, as a disk does after a power cut."""
    page = dice.randrange(path.stat().st_size // PAGE + 1)
    with path.open("rb+") as file:
        file.seek(page * PAGE)
        file.write(bytes(PAGE))
    return f"page {page}"


def replace_it(path: Path, _: Path, dice: random.Random) -> str:
    """Put something else in a file's place."""
    what = dice.randrange(5)
    path.unlink()
    if what == 0:
        path.write_bytes(dice.randbytes(2000))
    elif what == 1:
        path.mkdir()
    elif what == 2:
        os.mkfifo(path)
    elif what == 3:
        path.write_text(HOSTILE)
    return ("garbage", "a folder", "a pipe", "text", "nothing")[what]


def swap(path: Path, folder: Path, dice: random.Random) -> str:
    """Swap two files, or copy one over another."""
    others = [file for file in folder.rglob("*") if file.is_file() and file != path]
    other = dice.choice(sorted(others))
    mine, theirs = path.read_bytes(), other.read_bytes()
    path.write_bytes(theirs)
    if dice.random() < 0.5:
        other.write_bytes(mine)
    return f"with {other.name}"


def link(path: Path, folder: Path, dice: random.Random) -> str:
    """Put a symbolic link in a file's place."""
    target = dice.choice(
        ("/etc/passwd", "/dev/zero", "/dev/full", "gone", path.name, "/", "spec.dd")
    )
    path.unlink()
    path.symlink_to(target)
    del folder
    return target


def rows(_: Path, folder: Path, dice: random.Random) -> str:
    """Change values of the store by SQL."""
    one = f"where number = {dice.randrange(1, 12)}"
    changes: tuple[Callable[[], str], ...] = (
        lambda: f"update cells set {dice.choice(COLUMNS)} = {dice.choice(VALUES)} {one}",
        lambda: f"update cells set {dice.choice(COLUMNS)} = {dice.choice(VALUES)}",
        lambda: f"update readings set series = {dice.choice(VALUES)} {one}",
        lambda: f"update readings set series = substr(series, {dice.randrange(9)}) {one}",
        lambda: f"update readings set number = number + 100 {one}",
        lambda: f"delete from readings {one}",
        lambda: f"delete from cells {one}",
        lambda: (
            f"update readings set series = (select series from readings order by 1 limit 1) {one}"
        ),
        lambda: f"update meta set value = {dice.choice(VALUES)}",
        lambda: f"update cells set id = id || 'x' {one}",
        lambda: f"update cells set status = 'failed', error = '{HOSTILE}' {one}",
    )
    return _sql(folder, dice.choice(changes)())


def schema(_: Path, folder: Path, dice: random.Random) -> str:
    """Change the store's tables by SQL."""
    return _sql(folder, dice.choice(SCHEMAS))


def _sql(folder: Path, text: str) -> str:
    with closing(sqlite3.connect(folder / "cells.sqlite", isolation_level=None)) as db:
        try:
            db.executescript(text)
        except sqlite3.Error as error:
            return f"{text[:150]} ({error})"
    return text[:150]


def attributes(path: Path, folder: Path, dice: random.Random) -> str:
    """Edit a dataset by hand."""
    import netCDF4

    datasets = sorted(folder.rglob("*.nc"))
    path = dice.choice(datasets)
    try:
        opened = netCDF4.Dataset(path, "a")
    except OSError as error:  # an earlier damage was to this file
        return f"{path.name} cannot be edited ({error})"
    with opened as file:
        parts = [file, *file.groups.values()]
        parts += [variable for part in parts for variable in part.variables.values()]
        part = dice.choice(parts if dice.random() < 0.4 else [file])
        change = dice.randrange(6)
        names = part.ncattrs()
        if change == 0 and names:
            name = dice.choice(names)
            part.delncattr(name)
            return f"without {name}"
        if change == 1 and file.variables:
            name = dice.choice(sorted(file.variables))
            file.renameVariable(name, "renamed")
            return f"{name} renamed"
        if change == 2:
            file.createDimension("huge", 10**12)
            file.createVariable(
                dice.choice(("big", "test_error_x")), "f4", ("huge",), chunksizes=(1000,)
            )
            return "a huge variable"
        if change == 3 and file.variables:
            name = dice.choice(sorted(file.variables))
            variable = file.variables[name]
            if variable.dtype.kind in "if" and variable.size:
                variable[...] = dice.choice((99, -1, 0))
            return f"{name} overwritten"
        name = dice.choice(names or ["title"])
        value = dice.choice(
            (HOSTILE, "", "{", "[]", 1e9, -1, [1, 2, 3], "null", "\x1b[31m" + "x" * 10_000)
        )
        part.setncattr(name, value)
        return f"{name} = {str(value)[:40]}"


def copy(truth: Path, to: Path) -> None:
    """A folder like the sound one."""
    shutil.copytree(truth, to, symlinks=True)
