"""Golden folders: a wrong spec, its exact messages, and the spec made right."""

from pathlib import Path

from ddspec.language.render import render
from ddspec.spec.check import check

GOLDEN = Path(__file__).parent / "golden"
FOLDERS = sorted(path for path in GOLDEN.iterdir() if path.is_dir())


def overrides(folder):
    file = folder / "set.txt"
    lines = file.read_text().splitlines() if file.exists() else []
    return dict(line.split("=", 1) for line in lines)


def check_file(folder, name, sets=None, text=None):
    def read(path):
        return (folder / path).read_text()

    return check(read(name) if text is None else text, name, overrides=sets or {}, read=read)


def messages(folder):
    _, diagnostics, sources = check_file(folder, "wrong.dd", overrides(folder))
    return "\n\n".join(render(each, sources) for each in diagnostics) + "\n"
