"""Texts that highlighters color, and what the language says each piece of them is."""

import json
import re
from pathlib import Path

from ddspec.editors.lexicon import lexicon
from ddspec.editors.roles import roles
from ddspec.spec.building import example
from ddspec.vocabulary import registry
from ddspec.vocabulary.glossary import words_of

ROOT = Path(__file__).parent.parent.parent
EDITORS = ROOT / "grammar" / "editors"
WORDS = lexicon()
BLOCK = re.compile(r"^```dd\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Every form of the language, names that mean several things, and letters of several bytes.
FORMS = """\
dd 1
use "lib/cifar.dd" as cifar sha256:9f86d081884c  # pinned
use "a \\"quoted\\" file.dd"
let grid = log 1e-6..1e3 points 37
architecture net(depth) = mlp(hidden: [width, depth * width], activation: relu)
regularizer drop = dropout(15 %)?
experiment longer amends cifar.base {
  dataset:      digits with { samples: 100 samples }
  train:        cifar.train(lr: if width > 64 then 0.01 else -2 ^ 2)
  regularizer:  weight_norm() + l2(tune(grid, minimise: validation_error, across: seed))
  sweep {
    seed.data in 0..<20
    width     in {1_000, 4_000} samples
    a . b     in 1..b by 2
    x         in (3 + 4) epochs | {1} steps
    y         in random(log 1..256 points 9)
    zip { noise in {0%, 15%} }
    when optimizer is adam { beta in {0.9, log(2)} }
    größe_é   in {1}  # ü, and "no text"
    where parameters <= 2 * samples
    except reg is none and not n < 12_500 samples or reg has l2
  }
  measure { wn: weight_norm(), q: path_norm()
    d: distance_to_init(upto: max({1, 2}, 3)) }
  report { a: monotone(test_error, along: width, delta: 1%) }
}
"""
DAMAGED = "$ let x = 'abc\nlet y = \"open\n§§ 1 ~ 2\n"


def texts():
    """Every spec there is, by where it comes from."""
    paths = [*(ROOT / "specs").glob("*.dd"), *(ROOT / "examples").rglob("*.dd")]
    found = {str(path.relative_to(ROOT)): path.read_text() for path in sorted(paths)}
    for place, text in enumerate(BLOCK.findall((ROOT / "README.md").read_text())):
        found[f"README.md:{place}"] = text
    for path in (ROOT / "examples").glob("*.ipynb"):
        for place, cell in enumerate(json.loads(path.read_text())["cells"]):
            head, _, body = "".join(cell["source"]).partition("\n")
            if head.startswith("%%dd"):
                found[f"{path.name}:{place}"] = body
    examples = (example(word) for kind in registry.FOLDERS for word in words_of(kind))
    return {**found, "examples of words": "\n".join(examples), "forms": FORMS}


def disagreements(text, looks):
    """Pieces whose characters a highlighter does not show as what they are.

    looks: what it shows at each character. Gives (line, piece, role, what is shown instead).
    """
    place, found = 0, []
    for role, piece in roles(text, WORDS):
        shown = [looks(role, place + offset) for offset in range(len(piece) if role else 0)]
        if not all(right for right, _ in shown):
            line = text.count("\n", 0, place) + 1
            found.append((line, piece, role, [what for right, what in shown if not right]))
        place += len(piece)
    return found
