"""A spec → the tokens of Pygments: for `pygmentize`, Sphinx, LaTeX's minted and notebooks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from pygments.lexer import Lexer
from pygments.token import Text, _TokenType, string_to_tokentype

from ddspec.editors.lexicon import Lexicon, lexicon
from ddspec.editors.roles import LOOKS, roles
from ddspec.errors import DdspecError

TOKENS: Final = {role: string_to_tokentype(look.token) for role, look in LOOKS.items()}
EDITION: Final = re.compile(r"(\s|#[^\n]*\n)*dd[ \t]+[0-9]")  # how every file begins


class DdLexer(Lexer):  # type: ignore[misc]  # Pygments has no types
    """Colors a spec by the roles of its pieces; a plug-in that fails to load costs its colors."""

    name = "ddspec"
    aliases: ClassVar[list[str]] = ["dd", "ddspec"]
    filenames: ClassVar[list[str]] = ["*.dd"]
    mimetypes: ClassVar[list[str]] = ["text/x-ddspec"]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.words = _words()

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, _TokenType, str]]:
        """(offset, token, piece) in order; the pieces are all of the text."""
        place = 0
        for role, piece in roles(text, self.words):
            yield place, TOKENS.get(role, Text.Whitespace), piece
            place += len(piece)

    def analyse_text(text: str) -> float:  # noqa: N805 (Pygments makes it a static method)
        """How likely a text is a spec: it begins with its edition."""
        return 0.9 if EDITION.match(text) else 0.0


def _words() -> Lexicon:
    try:
        return lexicon()
    except DdspecError:
        return lexicon(vocabulary=False)
