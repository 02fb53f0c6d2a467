"""A profile: the machines of a run, in a TOML file beside the spec and never in it."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from ddspec.errors import DdspecError
from ddspec.language.near import nearest

UNITS: Final = {"MB": 10**6, "GB": 10**9, "TB": 10**12, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
PARTS: Final = 100  # of a card, at most: Ray counts resources in units of 1/10,000


@attrs.frozen(kw_only=True)
class Profile:
    """The machines a run asks for; nothing changes a reading but cpu_workers and gpus_per_cell.

    gpus_per_worker: graphics cards of a worker, whole, or 1/k where k workers share one; None: as
    many as there are for it. cpus_per_worker: processors it claims (it trains on one thread).
    memory_per_worker: bytes it claims, 0 for no claim. gpus_per_cell: workers, each with a card
    or, where there are none, a processor, that train one cell together; the order of its sums, and
    so a reading's last bits, are those of their number. cpu_workers: workers without a card beside
    those with one; a cell's last bits are then those of the device that was free. autoscale:
    workers for which an autoscaler is asked. resources: further ones each worker claims. labels: of
    the nodes that may be used. ship_code: nodes get this ddspec from here. runtime_env: what else
    Ray prepares on the nodes. settings: those that are also options of a run, by the names of
    `Options`.
    """

    gpus_per_worker: float | None = None
    cpus_per_worker: int = 1
    memory_per_worker: int = 0
    gpus_per_cell: int = 1
    cpu_workers: int = 0
    autoscale: int = 0
    resources: Mapping[str, float] = attrs.field(factory=dict)
    labels: Mapping[str, str] = attrs.field(factory=dict)
    ship_code: bool = False
    runtime_env: Mapping[str, Any] = attrs.field(factory=dict)
    settings: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen
class Setting:
    """What a key may hold: `read` gives its value, or raises ValueError for another."""

    wants: str
    read: Callable[[Any], Any]


def read_profile(path: str | Path) -> Profile:
    """The profile of a TOML file; a relative folder in it lies beside the file.

    Raises DdspecError, with every problem and its line, when the file cannot be read, is no TOML,
    or has keys or values that no profile has.
    """
    path = Path(path)
    text = _text(path)
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DdspecError(f"{path} is no TOML: {error}") from None
    values: dict[str, Any] = {}
    problems = [*_problems(tree, values, path, text)]
    if problems:
        raise DdspecError(problems[0], *problems[1:], "a profile's keys: " + ", ".join(SETTINGS))
    _settle(values, path.parent)
    own = {name: values.pop(name) for name in list(values) if name not in SHARED}
    return Profile(**own, settings=values)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DdspecError(f"{path} is not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise DdspecError(f"cannot read the profile {path}: {error.strerror}") from None


def _problems(
    tree: Mapping[str, Any], values: dict[str, Any], path: Path, text: str
) -> Iterator[str]:
    """What is wrong with a profile; right values are put into `values`."""
    for key, value in tree.items():
        place = f"{path}, line {_line(text, key)}: "
        if key not in SETTINGS:
            yield f"{place}a profile has no key `{key}`{_meant(key, SETTINGS)}"
            continue
        if key == "runtime_env" and isinstance(value, dict):
            for inner in value.keys() - ENVIRONMENT:
                place = f"{path}, line {_line(text, inner)}: "
                yield f"{place}runtime_env has no key `{inner}`{_meant(inner, ENVIRONMENT)}"
        try:
            values[key] = SETTINGS[key].read(value)
        except ValueError:
            yield f"{place}`{key}` is {SETTINGS[key].wants}, not {value!r}"


def _meant(key: str, known: Mapping[str, Any] | set[str]) -> str:
    near = nearest(key, known, 1)
    return f"; did you mean `{near[0]}`?" if near else ""


def _line(text: str, key: str) -> int:
    """The line that gives a key a value or opens its table; 1 when it cannot be told."""
    name = rf"[\"']?{re.escape(key)}[\"']?"
    found = re.search(rf"^[^#\n]*?(\[\s*{name}\s*\]|(?<![\w-]){name}\s*[.=])", text, re.MULTILINE)
    return 1 + text.count("\n", 0, found.start()) if found else 1


def _settle(values: dict[str, Any], folder: Path) -> None:
    """Make relative folders those beside the profile."""
    if "data" in values:
        values["data"] = folder / values["data"]
    environment = values.get("runtime_env", {})
    if "working_dir" in environment and "://" not in environment["working_dir"]:
        environment["working_dir"] = str(folder / environment["working_dir"])
    if "py_modules" in environment:
        environment["py_modules"] = [
            each if "://" in each else str(folder / each) for each in environment["py_modules"]
        ]


def share_of_card(value: float) -> int:
    """How many workers share a card each of which has 1/k of it; 1 for whole cards.

    Raises ValueError for a share that is neither whole nor 1/k: on k cards such workers would not
    all find a place, and Ray would let the last wait for ever.
    """
    if value >= 1:
        if value != int(value):
            raise ValueError(value)
        return 1
    parts = round(1 / value) if value > 1 / (2 * PARTS) else 0
    if not 1 <= parts <= PARTS or not math.isclose(value, 1 / parts, rel_tol=0.02):
        raise ValueError(value)
    return parts


def _whole(least: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ValueError(value)
        return value

    return read


def _number(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < math.inf:
        raise ValueError(value)
    return float(value)


def _cards(value: Any) -> float:
    """`2`, `0.25` or `"1/4"`."""
    if isinstance(value, str):
        upper, _, lower = value.partition("/")
        value = int(upper) / max(int(lower), 1) if lower else int(upper)
    if _number(value) == 0:
        raise ValueError(value)
    parts = share_of_card(value)
    return 1 / parts if parts > 1 else float(value)


def _bytes(value: Any) -> int:
    """`8_000_000_000` or `"8 GB"`."""
    if isinstance(value, str):
        found = re.fullmatch(r"\s*([\d_]*\.?\d+)\s*([KMGT]i?B)\s*", value)
        if found is None or found[2] not in UNITS:
            raise ValueError(value)
        return int(float(found[1]) * UNITS[found[2]])
    return _whole(1)(value)


def _text_value(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(value)
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(value)  # noqa: TRY004 - one kind of error for every wrong value
    return value


def _table(read: Callable[[Any], Any]) -> Callable[[Any], dict[str, Any]]:
    def table(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValueError(value)  # noqa: TRY004
        return {name: read(each) for name, each in value.items()}

    return table


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise ValueError(value)  # noqa: TRY004
    return [_text_value(each) for each in value]


def _environment(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(value)  # noqa: TRY004
    readers = {"working_dir": _text_value, "env_vars": _table(_text_value)}
    return {k: readers.get(k, _texts)(v) for k, v in value.items() if k in ENVIRONMENT}


ENVIRONMENT: Final = {"working_dir", "py_modules", "pip", "env_vars", "excludes"}
SHARED: Final = ("address", "workers", "data", "retries", "most_failures", "grace")
SETTINGS: Final[Mapping[str, Setting]] = {
    "address": Setting('an address such as "auto" or "10.0.0.1:6379"', _text_value),
    "workers": Setting("a whole number of at least 1", _whole(1)),
    "data": Setting("a folder", _text_value),
    "retries": Setting("a whole number of at least 0", _whole(0)),
    "most_failures": Setting("a whole number of at least 1", _whole(1)),
    "grace": Setting("a number of seconds", _number),
    "gpus_per_worker": Setting('a whole number of cards, or 1/k: 0.25, "1/4"', _cards),
    "cpus_per_worker": Setting("a whole number of at least 1", _whole(1)),
    "memory_per_worker": Setting('bytes, such as "8 GB"', _bytes),
    "gpus_per_cell": Setting("a whole number of at least 1", _whole(1)),
    "cpu_workers": Setting("a whole number of at least 0", _whole(0)),
    "autoscale": Setting("a whole number of at least 0", _whole(0)),
    "resources": Setting("a table of numbers by resource", _table(_number)),
    "labels": Setting("a table of texts by label", _table(_text_value)),
    "ship_code": Setting("true or false", _flag),
    "runtime_env": Setting(
        "a table of working_dir, py_modules, pip, excludes (lists of texts) and env_vars",
        _environment,
    ),
}
