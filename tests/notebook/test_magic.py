"""`%%dd` in a shell of IPython, without a kernel."""

from types import ModuleType, SimpleNamespace

import pytest
import xarray as xr
from click.testing import CliRunner
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import ddspec
from ddspec import pipeline
from ddspec.commands.group import ddspec as commands
from ddspec.errors import DdspecError
from ddspec.execution.events import Finished, Started
from ddspec.notebook import magic
from tests.commands.specs import TINY, WRONG
from tests.commands.test_advance import record
from tests.commands.test_run import outcome

LOCAL = "%%dd --local\n"


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """A shell in an empty folder, with the extension loaded."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / ".ipython"))
    config = Config()
    config.HistoryManager.enabled = False
    made = InteractiveShell(config=config, user_module=ModuleType("cells"))
    result = made.run_cell("%load_ext ddspec")
    assert result.success
    return made


@pytest.fixture
def pretend(monkeypatch):
    """Replace the pipeline's run: two cells finish, then `end` is raised or an outcome given."""

    def set_up(end=None):
        seen = {}

        def run(path, out, *, on_outlook, on_event, advance, **options):
            seen.update(options, path=path, out=str(out))
            outlooks = pipeline.plan(pipeline.load(path, text=options["text"]))
            advance.begin(outlooks)
            on_outlook(outlooks)
            records = tuple(map(record, outlooks[0].plan.ids[:2]))
            for event in (Started(1, "this process"), Finished(records)):
                advance.see(event)
                on_event(event)
            if end is not None:
                raise end
            return outcome(out, datasets={"tiny": xr.Dataset()})

        monkeypatch.setattr(pipeline, "run", run)
        return seen

    return set_up


def refused(shell, cell):
    """What a cell that fails says."""
    error = shell.run_cell(cell).error_in_exec
    assert isinstance(error, DdspecError)
    return error


def test_a_cell_leaves_a_dataset_in_a_variable_and_a_run_folder(shell, tmp_path, capsys):
    assert shell.run_cell(LOCAL + TINY).success
    assert dict(shell.user_ns["tiny"].sizes) == {"n": 3, "seed": 3}
    assert shell.user_ns["tiny"].dd.end
    assert (tmp_path / "runs" / "tiny" / "spec.dd").read_text() == f"# %%dd\n{TINY}"
    xr.testing.assert_identical(
        shell.user_ns["tiny"].load(), ddspec.open(tmp_path / "runs" / "tiny").load()
    )
    text = capsys.readouterr().out
    assert "tiny: 9 cells, 9 new, about 1 s of one core\n" in text
    assert "9 cells: 9 done (9 trained now)\n" in text
    assert "variable tiny\n" in text


def test_a_cell_that_runs_again_trains_what_is_new_only(shell, capsys):
    for options, told, trained in (
        ("", "9 new", 9),
        ("", "9 cached, nothing to train", 0),
        (" --set 'seed = {0, 1, 2, 5}'", "3 new, 9 cached", 3),  # braces are no Python here
    ):
        assert shell.run_cell(f"%%dd --local{options}\n{TINY}").success
        text = capsys.readouterr().out
        assert told in text
        assert f"({trained} trained now)" in text
    assert shell.user_ns["tiny"].sizes["seed"] == 4


def test_problems_are_told_as_the_command_tells_them(shell, tmp_path, capsys):
    error = refused(shell, f"%%dd\n{WRONG}")
    shown = capsys.readouterr().out
    (tmp_path / "cell").write_text(f"# %%dd\n{WRONG}")
    told = CliRunner().invoke(commands, ["check", "cell"]).output
    assert told.strip() in shown
    assert " --> cell:6:17\n" in shown  # the line as the notebook counts it
    assert "^^^^^^^^^^^^^^ no dataset of this name" in shown
    assert "2 errors in cell: nothing has run" in str(error)
    assert "Traceback" not in shown
    assert not (tmp_path / "runs").exists()


def test_warnings_are_told_and_keep_nothing_from_running(shell, capsys, pretend):
    pretend()
    assert shell.run_cell(LOCAL + TINY.replace("{4, 8, 16}", "{4, 8, 8, 16}")).success
    text = capsys.readouterr().out
    assert "warning[DD511]" in text
    assert text.index("1 warning in cell") < text.index("9 cells")


def test_options_go_to_the_run_as_those_of_the_command(shell, pretend):
    seen = pretend()
    line = "--name found --out there/x --workers 2 --retry oom,killed --set 'n={4, 8}'"
    assert shell.run_cell(f"%%dd {line}\n{TINY}").success
    assert seen == {
        "path": "x.dd",
        "out": "there/x",
        "text": f"# %%dd\n{TINY}",
        "overrides": {"n": "{4, 8}"},
        "workers": 2,
        "retry": ("oom", "killed"),
    }  # what was not said is left to a profile
    assert "found" in shell.user_ns
    assert "tiny" not in shell.user_ns


def test_a_name_is_that_of_the_folder_too(shell, pretend):
    seen = pretend()
    assert shell.run_cell(f"%%dd --name found\n{TINY}").success
    assert (seen["out"], seen["path"]) == ("runs/found", "found.dd")


def test_one_experiment_alone_keeps_its_cells_with_those_of_the_others(shell, pretend):
    seen = pretend()
    two = TINY + "\nexperiment more amends tiny { sweep { seed in {7} } }\n"
    assert shell.run_cell(f"%%dd --experiment more\n{two}").success
    assert (seen["out"], seen["experiment"]) == ("runs/tiny", "more")


def test_check_and_plan_train_nothing(shell, tmp_path, capsys):
    assert shell.run_cell(f"%%dd --check --name spec\n{TINY}").success
    assert capsys.readouterr().out == "<Spec cell: tiny (9 grid points)>\n"
    assert shell.run_cell(f"%%dd --plan --name outlook --workers 3\n{TINY}").success
    assert "9 cells to train: about 1 s on 3 workers" in capsys.readouterr().out
    assert shell.user_ns["spec"].experiments[0].name == "tiny"
    assert shell.user_ns["outlook"].count("new") == 9
    assert not (tmp_path / "runs").exists()


def test_a_file_is_run_by_name(shell, tmp_path, pretend):
    (tmp_path / "little.dd").write_text(TINY)
    seen = pretend()
    assert shell.run_cell("%dd little.dd").success
    assert (seen["path"], seen["out"], seen["text"]) == ("little.dd", "runs/little", None)


def test_an_interrupted_run_says_what_it_kept_and_how_to_go_on(shell, capsys, pretend):
    pretend(KeyboardInterrupt())
    error = refused(shell, f"%%dd\n{TINY}")
    assert str(error) == "stopped: 2 of 9 cells are kept in runs/tiny"
    assert error.help == (
        "run this cell again: it trains the rest",
        "what there is so far: ddspec.open('runs/tiny')",
    )
    shown = capsys.readouterr().out
    assert "  = help: run this cell again" in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%dd", "%dd needs a FILE"),
        (f"%%dd tiny.dd\n{TINY}", "one in tiny.dd"),
        ("%dd there_is_none.dd", "cannot read there_is_none.dd"),
        (f"%%dd --nonsense\n{TINY}", "No such option '--nonsense'"),
        (f"%%dd --set 'n\n{TINY}", "No closing quotation"),
        (f"%%dd --set n\n{TINY}", "`n` is not of the form NAME=VALUE"),
        (f"%%dd --name class\n{TINY}", "`class` cannot be a variable"),
        (f"%%dd --experiment other\n{TINY}", "no experiment `other`"),
        ("%%dd\ndd 1\n", "declares no experiment"),
    ],
)
def test_a_mistake_is_a_message(shell, capsys, cell, message):
    assert message in str(refused(shell, cell))
    shown = capsys.readouterr().out
    assert "\nerror: " in f"\n{shown}"
    assert "Traceback" not in shown


def test_help_lists_the_options_of_a_run(shell, capsys):
    assert shell.run_cell("%dd --help").success
    text = capsys.readouterr().out
    assert all(f"\n  {option} " in text for option in ("--name", "--local", "--reuse", "--set"))


def test_several_experiments_are_a_dict(shell):
    two = TINY + "\nexperiment more amends tiny { sweep { seed in {7} } }\n"
    assert shell.run_cell(LOCAL + two).success
    assert {n: each.sizes["seed"] for n, each in shell.user_ns["risk"].items()} == {
        "tiny": 3,
        "more": 1,
    }


@pytest.mark.parametrize(
    ("names", "known", "variable"),
    [
        (("tiny",), {}, "tiny"),
        (("tiny",), {"tiny": xr.Dataset()}, "tiny"),
        (("tiny",), {"tiny": 3}, "risk"),
        (("list",), {}, "risk"),
        (("lambda",), {}, "risk"),
        (("tiny", "more"), {}, "risk"),
    ],
)
def test_a_variable_that_means_something_else_is_left_alone(names, known, variable):
    screen = SimpleNamespace(shell=SimpleNamespace(user_ns=known))
    assert magic._free(screen, names) == variable
