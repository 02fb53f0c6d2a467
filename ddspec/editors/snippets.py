"""Vocabulary → snippets for VS Code: a file, its blocks and declarations, and every word."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Final

from ddspec.editors.lexicon import Lexicon
from ddspec.language.edition import EDITION
from ddspec.language.pieces import pieces_of
from ddspec.spec.building import example
from ddspec.vocabulary import registry
from ddspec.vocabulary.glossary import summary

# A tab stop is `${n:what stands there at first}`.
TRAIN: Final = """\
train ${1:fit} {
  optimizer: ${2:sgd(lr: 0.02, momentum: 0.9)}
  loss:      ${3:cross_entropy}
  batch:     ${4:100 samples}
  for:       ${5:200 epochs}
}
"""
SWEEP: Final = """\
sweep {
  width  in ${1:log 4..128 points 11}
  epochs in ${2:log 1..200 points 12}
  seed   in 0..<${3:5}
}
"""
EXPERIMENT: Final = """\
experiment ${1:name} {
  dataset:      ${2:digits}
  architecture: ${3:net}
  train:        ${4:fit}

  sweep {
    width  in ${5:log 4..128 points 11}
    epochs in ${6:log 1..200 points 12}
    seed   in 0..<${7:5}
  }
}
"""
FILE: Final = f"""\
dd {EDITION}

# ${{1:What is compared, and what is expected.}}
dataset digits = ${{2:mnist1d(samples: 4_000, label_noise: 15%)}}

architecture net = ${{3:mlp(hidden: [width, width])}}

train fit {{
  optimizer: ${{4:sgd(lr: 0.02, momentum: 0.9)}}
  loss:      ${{5:cross_entropy}}
  batch:     ${{6:100 samples}}
  for:       ${{7:200 epochs}}
}}

experiment ${{8:name}} {{
  dataset:      digits
  architecture: net
  train:        fit

  sweep {{
    width  in ${{9:log 4..128 points 11}}
    epochs in ${{10:log 1..200 points 12}}
    seed   in 0..<${{11:5}}
  }}
}}
"""
BLOCKS: Final[Mapping[str, tuple[str, str]]] = {
    "spec": (FILE, "A whole file: data, network, training and one experiment"),
    "train": (TRAIN, "Training: optimizer, loss, minibatches and length"),
    "experiment": (EXPERIMENT, "An experiment: what is trained, over which axes"),
    "amends": (
        "experiment ${1:longer} amends ${2:name} {\n  $0\n}\n",
        "An experiment like another one, with some of it replaced",
    ),
    "sweep": (SWEEP, "The axes of an experiment"),
    "measure": (
        "measure {\n  ${1:norm}: ${2:frobenius_product()}\n}\n",
        "What is recorded besides loss and error",
    ),
    "report": (
        "report {\n  ${1:rises}: ${2:monotone(test_error, along: width, delta: 1%)}\n}\n",
        "What is asked of the finished dataset",
    ),
    "zip": ("zip {\n  $0\n}\n", "Axes that run in step"),
    "when": ("when ${1:condition} {\n  $0\n}\n", "Axes that exist only where a condition holds"),
    "tune": (
        "tune(${1:log 1e-6..1e0 points 7}, minimise: validation_error, across: seed)",
        "The value with the least validation risk",
    ),
    "subsets": ("reg in subsets(${1:decay + drop})", "An axis of every composition of some terms"),
    "use": ('use "${1:lib.dd}" as ${2:lib}', "Names of another file"),
    "let": ("let ${1:name} = ${2:log 1e-6..1e2 points 25}", "A name for a value"),
}


def snippets(words: Lexicon) -> str:
    """The snippets as JSON; what is typed to get one is its prefix."""
    found = dict([*_blocks(), *_declarations(words), *_words(words)])
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _blocks() -> Iterator[tuple[str, object]]:
    for prefix, (body, description) in BLOCKS.items():
        yield prefix, _snippet(prefix, body, description)


def _declarations(words: Lexicon) -> Iterator[tuple[str, object]]:
    """A name for a word of each kind, the word to be chosen from a list."""
    for kind in words.kinds:
        if kind in words.words and kind not in BLOCKS:
            listed = ",".join(words.words[kind])
            body = f"{kind} ${{1:name}} = ${{2|{listed}|}}($0)"
            yield kind, _snippet(kind, body, f"A name for a word of kind {kind}")


def _words(words: Lexicon) -> Iterator[tuple[str, object]]:
    """Every word as in its example, with a tab stop at each number."""
    for kind, names in words.words.items():
        for name in names:
            word = registry.find(kind, name)
            if word is not None:
                body = _with_stops(example(word))
                yield f"{kind} {name}", _snippet(name, body, f"{kind}: {summary(word)}")


def _with_stops(text: str) -> str:
    number = count(1)
    return "".join(
        f"${{{next(number)}:{piece}}}" if kind == "NUMBER" else _escaped(piece)
        for kind, piece in pieces_of(text)
    )


def _escaped(text: str) -> str:
    return re.sub(r"[\\$}]", r"\\\g<0>", text)


def _snippet(prefix: str, body: str, description: str) -> dict[str, object]:
    return {"prefix": prefix, "body": body.rstrip("\n").split("\n"), "description": description}
