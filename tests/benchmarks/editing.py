"""How long an editor waits for the language server: changes and questions over the wire.

    python -m tests.benchmarks.editing [--quick]

The process `ddspec lsp` and pygls' own client on one machine. A file of a hundred lines is changed
by one number or one letter at a time, all of it sent; the time is from sending the change to the
diagnostics of that version, or from a question to its answer.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp

from tests.benchmarks.table import Table, alone
from tests.server.editor import Editor

SPEC = Path(__file__).parents[2] / "specs" / "mnist1d.dd"
LINES = 100
ROUNDS, FEW = 60, 8
WHOLE = lsp.Range(lsp.Position(0, 0), lsp.Position(10_000, 0))


def long_text(lines: int = LINES) -> str:
    """A spec of so many lines: several experiments of the size of `specs/mnist1d.dd`."""
    text = SPEC.read_text(encoding="utf-8")
    head, experiment = text[: text.index("experiment ")], text[text.index("experiment ") :]
    parts, count = [head], head.count("\n")
    while count + experiment.count("\n") + 1 <= lines:
        parts.append(experiment.replace("mnist1d", f"copy_{len(parts)}", 1) + "\n")
        count += parts[-1].count("\n")
    return "".join(parts) + "# the end\n" * (lines - count)


def damaged(text: str) -> str:
    """The text with an unclosed bracket in its middle, as while a call is being written."""
    middle = text.index("\n", len(text) // 2)
    return f"{text[:middle]}\n  dataset: mnist1d(samples: 10{text[middle:]}"


def measure(*, quick: bool = False) -> Table:
    """Type, and ask."""
    rounds = FEW if quick else ROUNDS
    text = long_text()
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        editor = Editor(Path(folder).resolve())
        editor.open(text)
        first = time.perf_counter() - begun
        number = [f"{text}# {n}\n" for n in range(rounds)]
        letter = [damaged(each) for each in number]
        rows = [
            _row(editor, "a change of a right file", editor.open, number),
            _row(editor, "a change of a half-written file", editor.open, letter),
            _row(editor, "completion", partial(_complete, editor), letter),
            *(
                _row(editor, name, partial(_ask, editor, asked), number)
                for name, asked in QUESTIONS.items()
            ),
        ]
        editor.stop()
    note = (
        f"A file of {text.count(chr(10))} lines; each answer includes the diagnostics of the change"
        f" before it. {rounds} rounds; processor: what the server computed, whatever else runs. "
        f"From starting the process to the first diagnostics: {first:.1f} s."
    )
    return Table(
        "The language server, milliseconds", ["", "median", "95 %", "processor"], rows, note
    )


QUESTIONS = {
    "semantic tokens": ("semantic_tokens_full", lsp.SemanticTokensParams),
    "inlay hints": ("inlay_hint", lsp.InlayHintParams, WHOLE),
    "outline": ("document_symbol", lsp.DocumentSymbolParams),
}


def _complete(editor: Editor, text: str) -> None:
    marked = text.replace("samples: 10\n", "samples: 10|\n", 1)
    editor.at("completion", marked, lsp.CompletionParams)


def _ask(editor: Editor, asked: tuple[Any, ...], text: str) -> None:
    editor.about(asked[0], text, *asked[1:])


def _row(editor: Editor, name: str, do: Callable[[str], object], texts: Sequence[str]) -> list[str]:
    """Median and 95th percentile of the waits, and the server's processor time of each."""
    before, times = _processor(editor), []
    for text in texts:
        begun = time.perf_counter()
        do(text)
        times.append((time.perf_counter() - begun) * 1e3)
    spent = (_processor(editor) - before) / len(texts) * 1e3
    high = sorted(times)[min(int(0.95 * len(times)), len(times) - 1)]
    return [name, f"{statistics.median(times):.0f}", f"{high:.0f}", f"{spent:.0f}"]


def _processor(editor: Editor) -> float:
    """Seconds of processor time that the server has had; needs Linux's /proc."""
    stat = Path(f"/proc/{editor.client._server.pid}/stat").read_text(encoding="utf-8")
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    alone(measure)
