"""`ddspec lsp`: the language server that editors start."""

from __future__ import annotations

import click

from ddspec.errors import DdspecError


@click.command("lsp")
def command() -> None:
    """Serve an editor over standard input and output, by the Language Server Protocol.

    Editors start this themselves. It reads the open documents and the files they use, writes
    nothing, executes nothing and opens no connection. Needs `pip install "ddspec[lsp]"`.
    """
    try:
        from ddspec.server.serve import serve
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("ddspec"):
            raise
        raise DdspecError(
            f"the language server needs the package {missing.name}",
            'install it with `pip install "ddspec[lsp]"`',
        ) from None
    serve()
