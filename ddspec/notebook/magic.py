"""`%%dd`: a spec in a cell, checked, planned and run; its dataset in a variable."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import click
from click.core import ParameterSource

from ddspec import pipeline
from ddspec.commands.run import stopped
from ddspec.commands.terminal import SHOWN, mistakes
from ddspec.errors import DdspecError, Diagnostic
from ddspec.language.render import render, summary
from ddspec.markup import lines
from ddspec.notebook.options import is_variable, parsed
from ddspec.notebook.screen import Screen
from ddspec.outcome import Outcome
from ddspec.outcome import summary as outcome_summary
from ddspec.spec.model import Spec

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

CELL: Final = "cell"  # what messages call a spec that is in no file
FIRST: Final = "# %%dd\n"  # in place of the magic's line: the others keep their numbers
RISK: Final = "risk"  # the variable of datasets whose experiment's name cannot be one


def load(shell: InteractiveShell) -> None:
    """Give a shell of IPython the magics `%%dd` and `%dd FILE`."""
    from IPython.core.magic import MAGIC_NO_VAR_EXPAND_ATTR

    def dd(line: str, cell: str | None = None) -> None:
        """Check, plan and run a spec, and put its dataset into a variable: `%dd --help`."""
        with mistakes():
            parsed(line, partial(_answer, Screen(shell), cell))

    setattr(dd, MAGIC_NO_VAR_EXPAND_ATTR, True)  # braces are sets of a spec, no Python
    shell.register_magic_function(dd, "line_cell", "dd")  # type: ignore[arg-type] # theirs is wrong


@attrs.frozen(eq=False)
class _Source:
    """A spec to be run: its file, or its text and no file; what `--set` replaces in it."""

    path: str
    text: str | None
    overrides: Mapping[str, str]

    @property
    def of_a_file(self) -> bool:
        """Whether it lies in a file of its own."""
        return self.text is None


def _answer(
    screen: Screen,
    cell: str | None,
    *,
    file: str | None,
    name: str | None,
    out: Path | None,
    values: Mapping[str, str],
    only_check: bool,
    only_plan: bool,
    **options: Any,
) -> None:
    """What the magic does, once its line is read."""
    source = _source(file, cell, values)
    spec = _checked(screen, source)
    folder = out or _folder(source, spec, name)
    if only_check:
        screen.show(repr(spec), spec._repr_html_())
        _bind(screen, name, spec)
    elif only_plan:
        asked = {key: options[key] for key in ("experiment", "workers", "step", "reuse")}
        outlooks = pipeline.plan(spec, folder, **asked)
        screen.plan(outlooks, options["workers"])
        _bind(screen, name, outlooks[0] if len(outlooks) == 1 else outlooks)
    else:
        if not source.of_a_file:
            source = attrs.evolve(source, path=f"{folder.name}.dd")
        _run(screen, source, folder, name, _said(options))


def _source(file: str | None, cell: str | None, values: Mapping[str, str]) -> _Source:
    if file is not None and cell is None:
        return _Source(file, None, values)
    if file is None and cell is not None:
        return _Source(CELL, FIRST + cell, values)
    if file is None:
        raise DdspecError("%dd needs a FILE", "or write the spec below a line `%%dd`")
    raise DdspecError(
        f"there is a spec in the cell and one in {file}", f"for the file alone write `%dd {file}`"
    )


def _checked(screen: Screen, source: _Source) -> Spec:
    """The checked spec, its problems shown; raises DdspecError when it has errors."""
    spec, problems, sources = pipeline.check(source.path, source.overrides, text=source.text)
    if problems:
        screen.tell(_problems(problems, sources))
    if spec is None:
        raise DdspecError(f"{summary(problems)}: nothing has run")
    return spec


def _problems(problems: Sequence[Diagnostic], sources: Mapping[str, str]) -> str:
    texts = [render(problem, sources) for problem in problems[:SHOWN]]
    texts += [f"... and {len(problems) - SHOWN} more"] if problems[SHOWN:] else []
    return "\n\n".join([*texts, summary(problems)])


def _folder(source: _Source, spec: Spec, name: str | None) -> Path:
    """`runs/` and the name of the file; of a cell, --name or that of its first experiment."""
    if source.of_a_file:
        return pipeline.default_folder(source.path)
    first = spec.experiments[0].name if spec.experiments else CELL
    return Path("runs") / (name or first)


def _said(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that the line gives: a profile may say the others."""
    ctx = click.get_current_context()
    default = ParameterSource.DEFAULT
    return {name: v for name, v in options.items() if ctx.get_parameter_source(name) is not default}


def _run(
    screen: Screen, source: _Source, folder: Path, name: str | None, options: Mapping[str, Any]
) -> None:
    """Train what is missing; show what came of it and put the datasets into their variable."""
    from ddspec import accessor  # noqa: F401 - datasets get their `dd`

    outcome = _outcome(screen, source, folder, options)
    found = outcome.datasets
    name = name or _free(screen, tuple(found))
    _bind(screen, name, dict(found) if len(found) > 1 else next(iter(found.values())))
    said = [f"variable {name}" + (": the datasets by experiment" if len(found) > 1 else "")]
    said += [f"stopped: {outcome.ended} (--on-error)"] if outcome.ended else []
    text = "\n".join([*outcome_summary(outcome), *said])
    screen.show(text, outcome._repr_html_() + lines(said))
    for figure in outcome.figures.values():
        screen.figure(figure)


def _outcome(screen: Screen, source: _Source, folder: Path, options: Mapping[str, Any]) -> Outcome:
    from ddspec.commands.follow import Follower

    with screen.following() as shown:
        follower = Follower(shown)

        def begin(outlooks: Sequence[Any]) -> None:
            screen.outlook(outlooks)
            follower.begin(outlooks)

        hooks: dict[str, Any] = {"on_outlook": begin, "on_event": follower.see}
        try:
            return pipeline.run(
                source.path,
                folder,
                text=source.text,
                overrides=source.overrides,
                advance=follower.advance,
                **hooks,
                **options,
            )
        except KeyboardInterrupt:
            raise DdspecError(
                stopped(follower.advance, folder),
                "run this cell again: it trains the rest",
                f"what there is so far: ddspec.open({str(folder)!r})",
            ) from None


def _free(screen: Screen, experiments: Sequence[str]) -> str:
    """The name of the only experiment, unless it means something else already."""
    import xarray as xr

    name = experiments[0]
    known = screen.shell.user_ns.get(name)
    taken = hasattr(builtins, name) or not isinstance(known, (xr.Dataset, type(None)))
    return name if len(experiments) == 1 and is_variable(name) and not taken else RISK


def _bind(screen: Screen, name: str | None, value: object) -> None:
    if name is not None:
        screen.shell.user_ns[name] = value
