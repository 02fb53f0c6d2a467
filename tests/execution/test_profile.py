"""A profile names machines in a closed schema, and the command line has the last word."""

import re

import pytest
from click.testing import CliRunner

from ddspec import pipeline
from ddspec.commands.run import command
from ddspec.errors import DdspecError
from ddspec.execution.options import Options, options_of
from ddspec.execution.profile import SETTINGS, SHARED, Profile, read_profile, share_of_card
from tests.commands.specs import TINY

WHOLE = """
address = "10.0.0.1:6379"
workers = 8
data = "sets"
retries = 2
most_failures = 10
grace = 45
gpus_per_worker = "1/3"
cpus_per_worker = 2
memory_per_worker = "1.5 GiB"
gpus_per_cell = 1
cpu_workers = 4
autoscale = 6
ship_code = true
resources = { fast = 1 }

[labels]
zone = "a"

[runtime_env]
working_dir = "."
py_modules = ["mine", "s3://bucket/theirs.zip"]
pip = ["einops"]
env_vars = { NAME = "value" }
excludes = ["*.pt"]
"""


def profile(folder, text):
    path = folder / "machines.toml"
    path.write_text(text)
    return path


def problems(folder, text):
    with pytest.raises(DdspecError) as caught:
        read_profile(profile(folder, text))
    shown = [str(caught.value), *caught.value.help]
    assert shown.pop().startswith("a profile's keys: address, workers")
    return [line.removeprefix(f"{folder}/") for line in shown]


def test_every_key_is_read(tmp_path):
    found = read_profile(profile(tmp_path, WHOLE))
    assert found == Profile(
        gpus_per_worker=1 / 3,
        cpus_per_worker=2,
        memory_per_worker=3 * 2**29,
        gpus_per_cell=1,
        cpu_workers=4,
        autoscale=6,
        resources={"fast": 1.0},
        labels={"zone": "a"},
        ship_code=True,
        runtime_env={
            "working_dir": str(tmp_path),
            "py_modules": [str(tmp_path / "mine"), "s3://bucket/theirs.zip"],
            "pip": ["einops"],
            "env_vars": {"NAME": "value"},
            "excludes": ["*.pt"],
        },
        settings={
            "address": "10.0.0.1:6379",
            "workers": 8,
            "data": tmp_path / "sets",
            "retries": 2,
            "most_failures": 10,
            "grace": 45.0,
        },
    )
    assert set(SETTINGS) == set(re.findall(r"^\[?(\w+)", WHOLE, re.MULTILINE)) - {
        *("zone", "working_dir", "py_modules", "pip", "env_vars", "excludes")
    }


def test_what_is_given_beside_a_profile_stays(tmp_path):
    path = profile(tmp_path, "workers = 8\nretries = 0\ngrace = 45")
    how = options_of({"profile": path, "workers": 3, "retries": None, "local": False})
    assert (how.workers, how.retries, how.grace, how.local) == (3, 0, 45.0, False)
    assert options_of({}) == Options()
    assert set(SHARED) <= {field.name for field in Options.__attrs_attrs__}


def test_problems_are_said_together_with_their_lines(tmp_path):
    text = '# workers = 1\nworker = 8\nretries = -1\nship_code = "yes"\n[runtime_env]\npips = []\n'
    assert problems(tmp_path, text) == [
        "machines.toml, line 2: a profile has no key `worker`; did you mean `workers`?",
        "machines.toml, line 3: `retries` is a whole number of at least 0, not -1",
        "machines.toml, line 4: `ship_code` is true or false, not 'yes'",
        "machines.toml, line 6: runtime_env has no key `pips`; did you mean `pip`?",
    ]


@pytest.mark.parametrize(
    "line",
    [
        *("workers = true", "workers = 1.5", "gpus_per_worker = 0", "gpus_per_worker = 0.18"),
        *("gpus_per_worker = 1.5", 'gpus_per_worker = "2/3"', 'gpus_per_worker = "1/x"'),
        *("gpus_per_worker = 1e-9", "gpus_per_worker = nan", 'memory_per_worker = "8 GBs"'),
        *("memory_per_worker = 0", "grace = inf", 'address = " "', "resources = 3"),
        *("labels = { zone = 1 }", 'runtime_env = "."', "runtime_env = { pip = 3 }"),
    ],
)
def test_a_value_no_profile_has_is_refused(tmp_path, line):
    (problem,) = problems(tmp_path, line)
    assert f"line 1: `{line.split()[0]}` is " in problem


@pytest.mark.parametrize(
    ("value", "workers"), [(1, 1), (3, 1), (0.5, 2), (0.33, 3), (0.1666, 6), (0.01, 100)]
)
def test_a_card_is_shared_by_a_whole_number_of_workers(value, workers):
    assert share_of_card(value) == workers


@pytest.mark.parametrize("text", ["workers = ", "\x00", "a = 1\na = 2"])
def test_text_that_is_no_toml_is_said(tmp_path, text):
    with pytest.raises(DdspecError, match=r"machines.toml is no TOML: .*(line|end of document)"):
        read_profile(profile(tmp_path, text))


def test_a_file_that_cannot_be_read_is_said(tmp_path):
    with pytest.raises(DdspecError, match=r"cannot read the profile .*: No such file"):
        read_profile(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(DdspecError, match="not UTF-8"):
        read_profile(tmp_path / "bytes.toml")


def test_defaults_of_the_command_line_do_not_hide_a_profile(tmp_path, monkeypatch):
    """What the user did not type is left to the profile; what they typed is not."""
    asked = {}

    def run(*args, **options):
        asked.update(options)
        raise SystemExit(3)

    monkeypatch.setattr(pipeline, "run", run)
    (tmp_path / "tiny.dd").write_text(TINY)
    words = [str(tmp_path / "tiny.dd"), "--profile", "m.toml", "--retries", "1"]
    CliRunner().invoke(command, words)
    assert str(asked["profile"]) == "m.toml"
    assert asked["retries"] == 1
    assert not asked.keys() & {"grace", "workers", "address", "patience", "most_failures"}
