"""`ddspec completion`: what a shell reads to complete commands, options, files and words."""

from __future__ import annotations

import copy

import click
from click.shell_completion import BashComplete, CompletionItem, FishComplete, ZshComplete

SHELLS = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
VARIABLE = "_DDSPEC_COMPLETE"
PLACES = {"FILE": True, "DIR": False, "TOML": True, "A": True, "B": True}  # whether files will do


@click.command("completion")
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    r"""Print what SHELL reads to complete `ddspec ...` by the tabulator key.

    \b
    bash: ddspec completion bash > ~/.local/share/bash-completion/completions/ddspec
    zsh:  ddspec completion zsh > a folder of your $fpath, under the name _ddspec
    fish: ddspec completion fish > ~/.config/fish/completions/ddspec.fish
    """
    made = _Script if shell == "bash" else SHELLS[shell]
    click.echo(
        made(ctx.find_root().command, {}, "ddspec", VARIABLE).source().rstrip() + "\n", nl=False
    )


class _Script(BashComplete):
    """The script for bash, written without starting one to ask for its version."""

    @staticmethod
    def _check_version() -> None:
        return


def completing(command: click.Command) -> click.Command:
    """A copy of the command with files, folders and words to complete, by what its help calls them.

    The command itself keeps its types: it may be called later in this process.
    """
    command = copy.copy(command)
    command.params = [copy.copy(param) for param in command.params]
    for param in command.params:
        hint = (param.metavar or param.make_metavar(click.Context(command))).strip("[].")
        if hint in PLACES and not isinstance(param.type, click.Choice | click.Path):
            param.type = click.Path(dir_okay=True, file_okay=PLACES[hint])
        elif hint.startswith("WORD"):
            param.type = _Words((param.name or "").removesuffix("s"))
    return command


class _Words(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """Words of a kind, with commas between; of no kind: all of them, and the codes of messages."""

    name = "text"

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The words that begin like what follows the last comma."""
        del ctx, param
        before, comma, begun = incomplete.rpartition(",")
        names = (name for name in self._known() if name.startswith(begun))
        return [CompletionItem(f"{before}{comma}{name}") for name in names]

    def _known(self) -> list[str]:
        from ddspec.language.forms import FORMS
        from ddspec.spec.catalogue import CATALOGUE
        from ddspec.vocabulary import registry

        if self.kind in registry.FOLDERS:
            return list(registry.names(self.kind))
        words = {name for kind in registry.FOLDERS for name in registry.names(kind)}
        return sorted({*words, *FORMS, *CATALOGUE})
