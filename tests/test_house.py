"""The house rules: what may import what, and how large a thing may grow."""

import ast
import statistics
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from ddspec.commands.group import NAMES as COMMANDS
from ddspec.language.tokens import scanner
from ddspec.vocabulary import registry

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "ddspec"

# Left may be imported by right, never the reverse.
ORDER = (
    "markup",
    "errors",
    "cache",
    "compilers",
    "language",
    "vocabulary",
    "spec",
    "plan",
    "training",
    "execution",
    "results",
    "analysis",
    "figures",
    "page",
    "accessor",
    "publication",
    "upkeep",
    "resuming",
    "running",
    "outcome",
    "pipeline",
    "reporting",
    "testing",
    "server",
    "editors",
    "commands",
    "notebook",
    "__main__",
)
MEETING = (
    *("accessor", "publication", "upkeep", "resuming", "running"),
    *("outcome", "pipeline", "reporting", "testing", "server"),
    *("editors", "commands"),
    *("notebook", "__main__"),
)  # where verbs of several stages meet

# What one stage may know of another: values, not work.
NOUNS = {
    "ddspec",  # its version
    "ddspec.errors",
    "ddspec.markup",
    "ddspec.cache",
    "ddspec.compilers",
    "ddspec.language.tree",
    "ddspec.vocabulary.draws",
    "ddspec.vocabulary.estimator",
    "ddspec.vocabulary.kinds",
    "ddspec.vocabulary.labels",
    "ddspec.vocabulary.layers",
    "ddspec.vocabulary.measure",
    "ddspec.vocabulary.measuring",
    "ddspec.vocabulary.plugins",
    "ddspec.vocabulary.pool",
    "ddspec.vocabulary.recurrence",
    "ddspec.vocabulary.registry",
    "ddspec.vocabulary.schema",
    "ddspec.vocabulary.tangent",
    "ddspec.vocabulary.tuning",
    "ddspec.vocabulary.theory",
    "ddspec.vocabulary.seen",
    "ddspec.vocabulary.start",
    "ddspec.vocabulary.watch",
    "ddspec.vocabulary.word",
    "ddspec.spec.model",
    "ddspec.plan.batch",
    "ddspec.plan.cell",
    "ddspec.plan.code",
    "ddspec.plan.outlook",
    "ddspec.plan.plan",
    "ddspec.training.checkpoint",
    "ddspec.training.record",
    "ddspec.execution.advance",
    "ddspec.execution.events",
    "ddspec.execution.progress",
}
WORDS = tuple(f"ddspec.vocabulary.{folder}." for folder in registry.FOLDERS.values())
VERBS_ALLOWED = {
    # a misspelt name is searched in one way, whether a key or an argument
    ("ddspec.spec.spelling", "ddspec.language.near"),
    ("ddspec.execution.profile", "ddspec.language.near"),
    # `use` reads another file; its digest is that of the file as printed
    ("ddspec.spec.imports", "ddspec.language.parser"),
    ("ddspec.spec.imports", "ddspec.language.printer"),
    # a spec without names is printed again
    ("ddspec.spec.resolved", "ddspec.language.printer"),
    # what a name stands for is shown as it is printed
    ("ddspec.spec.resolved", "ddspec.language.printer"),
    # a worker is where a batch meets its training, and keeps the pools it trains on
    ("ddspec.execution.worker", "ddspec.training.fit"),
    ("ddspec.execution.pools", "ddspec.training.data"),
    ("ddspec.execution.cluster", "ddspec.training.data"),
    ("ddspec.execution.parallel", "ddspec.training.data"),
    # processes that train a cell together know of each other
    ("ddspec.execution.parallel", "ddspec.training.shared"),
    # cells of a chain that stack train together
    ("ddspec.training.succession", "ddspec.plan.stacking"),
    # a checkpoint says of what trajectory it is, and of what its readings come from
    ("ddspec.training.saving", "ddspec.plan.trajectory"),
    ("ddspec.training.begun", "ddspec.plan.trajectory"),
    ("ddspec.training.engine", "ddspec.plan.trajectory"),
    # a theory lies at the labels of the axes
    ("ddspec.analysis.theory", "ddspec.results.coordinates"),
    # a misspelt figure, axis or label is answered in the same way
    ("ddspec.figures.catalogue", "ddspec.language.near"),
    ("ddspec.figures.roles", "ddspec.language.near"),
    # a page shows a spec as the language reads it, and what the analysis finds
    ("ddspec.page.highlight", "ddspec.language.pieces"),
    ("ddspec.page.highlight", "ddspec.language.tokens"),
    ("ddspec.page.readings", "ddspec.analysis.ends"),
    ("ddspec.page.facts", "ddspec.analysis.ends"),
    ("ddspec.page.verdicts", "ddspec.analysis.points"),
}
RANGES_ALLOWED = {
    ("figures", "analysis"),  # a figure shows what the analysis finds
    ("page", "figures"),  # a page shows figures
}

# Which part may import which package from outside, anywhere in a file.
OUTSIDE = {
    "markup": set(),
    "errors": {"attrs"},
    "cache": set(),
    "compilers": set(),
    "language": {"attrs", "lark"},
    "vocabulary": {"attrs", "mnist1d", "numpy", "scipy", "sklearn", "torch", "xarray"}
    | {"pooch", "sacrebleu", "soundfile", "tokenizers"},  # downloads, recordings, texts
    "spec": {"attrs"},
    "plan": {"attrs", "numpy"},
    "training": {"attrs", "numpy", "torch"},
    "execution": {"attrs", "numpy", "ray", "torch"} | {"fsspec", "pyarrow"},  # for Ray Train
    "results": {"attrs", "netCDF4", "numpy", "xarray"},
    "analysis": {"attrs", "numpy", "scipy", "sklearn", "statsmodels", "xarray"},
    "figures": {"attrs", "matplotlib", "numpy", "xarray"},
    "page": {"attrs", "jinja2", "matplotlib", "numpy", "xarray"},
    "publication": {"attrs", "numpy", "xarray"},
    "running": set(),
    "outcome": {"attrs", "xarray"},
    "resuming": {"attrs"},
    "accessor": {"xarray"},
    "upkeep": {"attrs"},
    "editors": {"attrs", "pygments"},
    "reporting": {"xarray"},
    "testing": {"attrs", "numpy", "torch"},
    "server": {"attrs", "lark", "lsprotocol", "pygls"},
    "pipeline": {"attrs", "numpy", "xarray"},
    "commands": {"attrs", "click", "numpy", "rich", "xarray"},
    "notebook": {"attrs", "click", "IPython", "xarray"},
    "__main__": set(),
    "": {"IPython", "xarray"},  # for types
}
# What may load before the first cell trains, directly or through others: a spec is checked at once.
LIGHT_PACKAGES = {"attrs", "click", "lark"}
LIGHT_STAGES = (
    *("markup", "errors", "cache", "compilers", "language", "spec"),
    *("publication", "upkeep", "resuming", "running", "outcome"),
    *("reporting", "pipeline", "server", "__main__", ""),
)
SERVING = {"lsprotocol", "pygls"}  # and what the language server loads besides
LIGHT_MODULES = {
    *(
        f"ddspec.vocabulary.{name}"
        for name in ("kinds", "measure", "registry", "schema", "seen", "start", "watch", "word")
    ),
    *("ddspec.vocabulary.plugins", "ddspec.vocabulary.theory"),
    *(f"ddspec.commands.{name}" for name in ("group", *COMMANDS)),
}


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {module: ast.parse(path.read_text()) for module, path in FILES.items()}


def stage(module):
    return module.split(".")[1] if "." in module else ""


def targets(module, node):
    """The modules an import statement names, in full."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = node.module or ""
    if node.level:
        here = module if FILES[module].stem == "__init__" else module.rpartition(".")[0]
        for _ in range(node.level - 1):
            here = here.rpartition(".")[0]
        base = f"{here}.{base}".rstrip(".")
    inner = [f"{base}.{alias.name}" for alias in node.names]
    return [name if name in FILES else base for name in inner]


def imports(module, *, at_once=False):
    """Every module that a module imports: in functions and for types as well, unless `at_once`."""
    nodes = TREES[module].body if at_once else ast.walk(TREES[module])
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from targets(module, node)


INSIDE = {m: sorted({t for t in imports(m) if t.split(".")[0] == "ddspec"}) for m in FILES}


def outside(module, *, at_once=False):
    tops = {name.split(".")[0] for name in imports(module, at_once=at_once)}
    return tops - set(sys.stdlib_module_names) - {"ddspec", "__future__"}


def functions():
    for module, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield f"{module}:{node.name}", node.end_lineno - node.lineno + 1


def word_files():
    for kind, folder in registry.FOLDERS.items():
        for path in sorted((PACKAGE / "vocabulary" / folder).glob("*.py")):
            if path.stem != "__init__":
                yield kind, path


# --- the house is what these tests look at ---------------------------------------------------


def test_every_module_was_seen():
    listed = subprocess.run(
        ["git", "ls-files", "ddspec/*.py"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    missing = {ROOT / name for name in listed if (ROOT / name).exists()} - set(FILES.values())
    assert not missing
    assert len(FILES) >= 80
    assert {stage(module) for module in FILES} - {""} == set(ORDER)


def test_imports_were_seen_at_every_depth():
    found = Counter(stage(target) for targets in INSIDE.values() for target in targets)
    assert found["errors"] > 5
    assert found["spec"] > 5
    assert "ddspec.pipeline" in INSIDE["ddspec"]  # inside a function
    assert "ddspec.vocabulary.pool" in INSIDE["ddspec.vocabulary.kinds"]  # for types only


# --- who may import whom ---------------------------------------------------------------------


def test_no_stage_imports_a_later_one():
    wrong = [
        f"{module} imports {target}"
        for module, names in INSIDE.items()
        for target in names
        if stage(module) and stage(target) and rank(target) > rank(module)
    ]
    assert not wrong


def rank(module):
    return ORDER.index(stage(module))


def test_stages_know_only_nouns_of_each_other():
    wrong = [
        f"{module} imports {target}"
        for module, names in INSIDE.items()
        for target in names
        if stage(module) not in ("", *MEETING)
        and stage(target) != stage(module)
        and not is_noun(target)
        and (module, target) not in VERBS_ALLOWED
        and (stage(module), stage(target)) not in RANGES_ALLOWED
    ]
    assert not wrong


def is_noun(target):
    return target in NOUNS or target.startswith(WORDS)


def test_nouns_are_made_of_nouns():
    assert set(FILES) >= NOUNS
    inner = {
        noun: [name for name in INSIDE[noun] if stage(name) != stage(noun)]
        for noun in NOUNS - {"ddspec"}
    }
    assert not {noun: names for noun, names in inner.items() if not all(map(is_noun, names))}


def test_every_exception_is_in_use():
    assert all(target in INSIDE[module] for module, target in VERBS_ALLOWED)
    stages = {(stage(module), stage(target)) for module in FILES for target in INSIDE[module]}
    assert stages >= RANGES_ALLOWED


def test_the_public_doors_lead_to_the_pipeline_only():
    modules = ("accessor", "notebook.magic", "pipeline", "spec.model")
    assert set(INSIDE["ddspec"]) <= {f"ddspec.{module}" for module in modules}


def test_no_modules_import_each_other_in_a_circle():
    remaining = {module: set(names) & set(FILES) for module, names in INSIDE.items()}
    del remaining["ddspec"]  # its functions open the pipeline, when they are called
    while leaves := [module for module, names in remaining.items() if not names & set(remaining)]:
        for leaf in leaves:
            del remaining[leaf]
    assert not remaining


@pytest.mark.parametrize("module", FILES)
def test_packages_from_outside_stay_in_their_stage(module):
    assert outside(module) <= OUTSIDE[stage(module)]


def light(module):
    named = module in LIGHT_MODULES or module.startswith(WORDS)
    return named or stage(module) in LIGHT_STAGES


def loaded_with(module):
    """The modules that load when `module` does, itself included."""
    seen, waiting = set(), [module]
    while waiting:
        if (name := waiting.pop()) not in seen and name in FILES:
            seen.add(name)
            waiting += imports(name, at_once=True)
    return seen


@pytest.mark.parametrize("module", list(filter(light, FILES)))
def test_heavy_packages_wait_for_their_use(module):
    loaded = set().union(*(outside(name, at_once=True) for name in loaded_with(module)))
    assert loaded <= LIGHT_PACKAGES | (SERVING if stage(module) == "server" else set())


def test_what_loads_is_followed_through_modules():
    assert "numpy" in outside("ddspec.vocabulary.draws", at_once=True)
    assert "ddspec.errors" in loaded_with("ddspec.commands.check")


def test_ipython_is_imported_by_those_that_have_it():
    assert not [module for module in FILES if "IPython" in outside(module, at_once=True)]


def test_only_execution_imports_ray():
    users = {stage(module) for module in FILES if "ray" in outside(module)}
    assert users == {"execution"}


# --- words -----------------------------------------------------------------------------------


def test_no_argument_is_called_like_a_word_of_the_language():
    reserved = {
        f"{word.name()}({parameter.name}: )"
        for kind in registry.FOLDERS
        for word in map(partial(registry.find, kind), registry.names(kind))
        for parameter in word.parameters_of()
        if parameter.name in scanner().words
    }
    assert not reserved
    assert {"by", "in"} < scanner().words.keys()


@pytest.mark.parametrize(("kind", "path"), list(word_files()), ids=lambda value: str(value)[-40:])
def test_a_word_file_holds_one_word_of_its_name(kind, path):
    marked = [
        node.name
        for node in ast.walk(TREES[module_of(path)])
        if isinstance(node, ast.ClassDef) and "word" in map(ast.unparse, node.decorator_list)
    ]
    word = registry.find(kind, path.stem)
    assert marked == [word.__name__]
    assert (word.kind, word.name()) == (kind, path.stem)


@pytest.mark.parametrize(("kind", "path"), list(word_files()), ids=lambda value: str(value)[-40:])
def test_a_word_gives_its_source_and_an_example(kind, path):
    text = registry.find(kind, path.stem).__doc__
    assert "\n    Source: " in text
    assert f"\n    Example: {path.stem}(" in text or f"\n    Example: {path.stem}\n" in text


# --- names, sizes, words of explanation -------------------------------------------------------


def test_no_drawer_modules():
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}
    assert not {m for m in FILES if drawers & set(m.split("."))}


def test_no_class_is_a_manager():
    endings = ("Manager", "Handler", "Helper", "Processor", "Util", "Utils")
    classes = [
        n.name for tree in TREES.values() for n in ast.walk(tree) if isinstance(n, ast.ClassDef)
    ]
    assert len(classes) > 50
    assert not [name for name in classes if name.endswith(endings)]


def test_stages_export_nothing_again():
    for module, path in FILES.items():
        if path.stem == "__init__" and module != "ddspec":
            assert [type(node) for node in TREES[module].body] == [ast.Expr], module


def test_every_public_thing_is_documented():
    bare = [module for module, tree in TREES.items() if not ast.get_docstring(tree)]
    for module, tree in TREES.items():
        for node in tree.body:
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_"):
                bare += [] if ast.get_docstring(node) else [f"{module}:{node.name}"]
    assert not bare


def test_a_module_names_its_step_in_one_sentence():
    for module, tree in TREES.items():
        first = ast.get_docstring(tree).split("\n\n")[0]
        assert first.endswith("."), module
        assert len(first) < 200, module


def test_functions_are_short():
    sizes = dict(functions())
    ordered = sorted(sizes.values())
    assert len(ordered) > 100
    assert statistics.median(ordered) < 12
    assert ordered[int(0.9 * len(ordered))] < 45
    assert not {name: size for name, size in sizes.items() if size > 60}


def test_files_hold_one_idea():
    sizes = {module: len(path.read_text().splitlines()) for module, path in FILES.items()}
    assert not {module: size for module, size in sizes.items() if size > 350}


def test_the_top_level_is_what_the_readme_says():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    assert {name.split("/")[0] for name in listed if name} == {
        *("ddspec", "grammar", "specs", "tests", "examples"),
        *("README.md", "LICENSE", "pyproject.toml", "constraints.txt", ".ci", ".gitignore"),
    }


def test_tests_mirror_the_stages():
    folders = {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")}
    assert folders <= {*ORDER, "benchmarks", "fuzz", "science"}


# --- the checkers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("mypy", "--strict", "ddspec"),
        ("ruff", "check", "--no-cache", "."),
        ("ruff", "format", "--no-cache", "--check", "."),
    ],
    ids=" ".join,
)
def test_the_checkers_have_nothing_to_say(arguments):
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
