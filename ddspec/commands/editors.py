"""`ddspec editors`: the files that editors need, with the words of one's own plug-ins."""

from __future__ import annotations

from pathlib import Path

import click

from ddspec.editors.folder import EDITORS, editor_files, write_files


@click.command("editors")
@click.argument("folder", metavar="FOLDER", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--only", multiple=True, type=click.Choice(EDITORS), help="One of them; may be given twice."
)
def command(folder: Path, only: tuple[str, ...]) -> None:
    """Write the files for VS Code, vim and GitHub into FOLDER.

    Colors and snippets follow the grammar and the vocabulary, words of plug-ins included. Each
    editor has a folder of its own: FOLDER/vscode has a README that says how it is installed,
    FOLDER/vim is a plugin of vim and Neovim as it is.
    """
    files = editor_files(only)
    changed = write_files(folder, files)
    click.echo(f"{folder}: {len(changed)} files written, {len(files) - len(changed)} unchanged")
