"""The grammar file as lark's tables, built once and kept in the user's own cache folder."""

from __future__ import annotations

import hashlib
import marshal
import os
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import lark
from lark.parsers.lalr_parser_state import ParserState

from ddspec.cache import is_private, private_folder

# `expr` is a second start, so that an expression alone can be read (`--set`, tests).
STARTS = ("start", "expr")


def grammar_path() -> Path:
    """Where dd.lark lies: inside an installed package, else at the top of the checkout."""
    package = Path(__file__).parent.parent
    installed = package / "grammar" / "dd.lark"
    return installed if installed.is_file() else package.parent / "grammar" / "dd.lark"


@cache
def tables() -> lark.Lark:
    """The LALR tables of the grammar; takes some 60 ms without a cache file and 6 ms with one."""
    text = grammar_path().read_text(encoding="utf-8")
    file = _cache_file(text)
    if file is None:
        return build(text)
    return _load(file) or _keep(build(text), file)


def start(rule: str = "start") -> ParserState[Any]:
    """A parser that has read nothing yet."""
    return tables().parse_interactive("", start=rule).parser_state


def build(text: str, *, strict: bool = False) -> lark.Lark:
    """The tables of the grammar `text`; `strict` refuses conflicts and needs `interegular`."""
    return lark.Lark(
        text,
        parser="lalr",
        lexer="basic",
        start=list(STARTS),
        propagate_positions=True,
        strict=strict,
    )


def _cache_file(text: str) -> Path | None:
    """The cache file of this grammar, lark and Python; None where no private folder can be had."""
    folder = private_folder()
    key = f"{lark.__version__} {sys.version} {text}"
    name = f"grammar-{hashlib.sha256(key.encode()).hexdigest()[:32]}.tables"
    return None if folder is None else folder / name


def _load(file: Path) -> lark.Lark | None:
    try:
        if not is_private(file):
            return None
        # Plain values only, which reading cannot run; lark's own `load` would unpickle.
        kept = marshal.loads(file.read_bytes())  # noqa: S302
        return lark.Lark.load(kept) if isinstance(kept, dict) else None
    except Exception:  # noqa: BLE001 (a damaged cache file may raise anything; it is made anew)
        return None


def _keep(built: lark.Lark, file: Path) -> lark.Lark:
    """Write the cache file whole or not at all, so that two processes never read a half."""
    try:
        handle, name = tempfile.mkstemp(dir=file.parent)
        data, memo = built.memo_serialize([lark.lexer.TerminalDef, lark.grammar.Rule])
        with os.fdopen(handle, "wb") as stream:
            stream.write(marshal.dumps({"data": data, "memo": memo}))
        Path(name).replace(file)
    except (OSError, ValueError):
        pass
    return built
