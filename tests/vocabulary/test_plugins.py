"""Plug-ins: which modules are loaded, what is refused, and what is said of it."""

import subprocess
import sys
import textwrap

import pytest

from ddspec.errors import DdspecError
from ddspec.plan.identity import canonical, versionless
from ddspec.vocabulary import plugins, registry
from ddspec.vocabulary.regularizers.l2 import L2
from ddspec.vocabulary.word import REGISTRY, package_of

WORD = """
    from ddspec.vocabulary.kinds import {kind}, word
    from ddspec.vocabulary.schema import number

    @word
    class {name}({kind}):
        \"\"\"Something.\"\"\"
        strength: float = number("how strong", default=1.0)
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes modules into a folder, which is where we are; afterwards all is as it was."""
    known, before, modules = dict(REGISTRY), dict(plugins._LOADED), set(sys.modules)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(plugins, "_BEGUN", [])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.delenv(plugins.VARIABLE, raising=False)

    def made(place, text="", **word):
        file = tmp_path / place
        file.parent.mkdir(exist_ok=True, parents=True)
        file.write_text(textwrap.dedent(WORD.format(**word) if word else text))
        return f"./{place}"

    yield made
    for name in set(sys.modules) - modules:
        del sys.modules[name]
    plugins._LOADED.clear()
    plugins._LOADED.update(before)
    for key in [key for key, word in REGISTRY.items() if package_of(word)]:
        if key not in known:
            del REGISTRY[key]


def install(folder, name, module):
    """What an installer leaves of a package with an entry point."""
    info = folder / f"{name}-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[ddspec.words]\n{name} = {module}\n")


def test_a_file_that_is_named_has_words(write):
    assert registry.find("regularizer", "tug") is None
    (found,) = plugins.load([write("mine.py", kind="Regularizer", name="Tug")])
    assert registry.find("regularizer", "tug").__module__ == "mine"
    assert "tug" in registry.names("regularizer")
    assert (found.module, found.words) == ("mine", (("regularizer", "tug"),))
    assert plugins.load(["./mine.py"]) == (found,)
    assert plugins.options() == ["--plugin", "./mine.py"]


def test_a_folder_is_a_package(write, tmp_path):
    write("kit/__init__.py", "from kit import inner")
    write("kit/inner.py", kind="Measure", name="Inner")
    (found,) = plugins.load([str(tmp_path / "kit")])
    assert found.words == (("measure", "inner"),)


def test_nothing_is_taken_from_the_folder_one_is_in(write, tmp_path, monkeypatch):
    write("near.py", kind="Measure", name="Near")
    install(tmp_path, "near", "near")
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    assert plugins.load() == ()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path[1:]])  # as `python -m` does
    assert plugins.load() == ()


def test_an_installed_package_is_loaded_when_a_word_is_looked_for(write, tmp_path, monkeypatch):
    write("packages/far_away/__init__.py", kind="Measure", name="Farness")
    install(tmp_path / "packages", "far-away", "far_away")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "packages")])
    assert registry.find("measure", "farness").__module__ == "far_away"
    (found,) = plugins.loaded()
    assert (found.distribution, found.version, found.named) == ("far-away", "1.2", "")
    assert plugins.options() == []


def test_the_environment_names_plug_ins(write, monkeypatch):
    paths = write("a_one.py", kind="Measure", name="Aone"), write("a_two.py", "x = 1\n")
    monkeypatch.setenv(plugins.VARIABLE, f"{paths[0]}, {paths[1]}")
    with pytest.warns(UserWarning, match="the plug-in a_two defines no word"):
        assert [each.module for each in plugins.load()] == ["a_one", "a_two"]


def test_two_plug_ins_with_one_word_are_both_named(write, tmp_path):
    first = write("one_m.py", kind="Measure", name="Same")
    second = write("two_m.py", kind="Measure", name="Same")
    plugins.load([first])
    with pytest.raises(DdspecError, match="two definitions of the measure `same`") as caught:
        plugins.load([second])
    for name in ("one_m", "two_m"):
        assert f"{name} ({tmp_path / name}.py)" in str(caught.value)
    assert registry.find("measure", "same").__module__ == "one_m"


@pytest.mark.parametrize("in_use", [True, False])
def test_a_word_of_ddspecs_cannot_be_replaced(write, tmp_path, monkeypatch, in_use):
    if not in_use:  # as in a process that has not met the word yet
        monkeypatch.delitem(REGISTRY, ("regularizer", "l2"))
    with pytest.raises(DdspecError) as caught:
        plugins.load([write("mine_too.py", kind="Regularizer", name="L2")])
    told = f"one of ddspec's words, and mine_too ({tmp_path / 'mine_too.py'})"
    assert told in str(caught.value)
    assert REGISTRY.get(("regularizer", "l2")) is (L2 if in_use else None)


def test_one_name_in_two_kinds_is_no_clash(write):
    plugins.load([write("dual.py", kind="Measure", name="L2")])
    assert registry.find("measure", "l2").__module__ == "dual"
    assert registry.find("regularizer", "l2") is L2


def test_a_class_of_no_kind_is_no_word(write):
    text = "from ddspec.vocabulary.kinds import Word, word\n@word\nclass Odd(Word):\n    pass\n"
    with pytest.raises(DdspecError, match="makes `Odd` a word, but of no kind"):
        plugins.load([write("odd_kind.py", text)])


@pytest.mark.parametrize(
    ("text", "line", "error"),
    [
        ("import math\nimport numppy\n", "2: import numppy", "No module named 'numppy'"),
        ("x = (\n", "1: x = (", "'(' was never closed"),
        ("import sys\nsys.exit(3)\n", "2: sys.exit(3)", "SystemExit: 3"),
    ],
)
def test_a_module_that_fails_is_told_by_its_line(write, tmp_path, text, line, error):
    with pytest.raises(DdspecError) as caught:
        plugins.load([write("failing.py", text)])
    assert f"{tmp_path / 'failing.py'}:{line}" in str(caught.value)
    assert error in str(caught.value)
    assert caught.value.help[0] == "the whole traceback: python ./failing.py"


def test_a_module_that_fails_leaves_no_word(write):
    word = textwrap.dedent(WORD.format(kind="Measure", name="Half"))
    word += "import ddspec.vocabulary.measures.sharpness\n"
    with pytest.raises(DdspecError, match="ZeroDivisionError"):
        plugins.load([write("half_done.py", f"{word}\n1 / 0\n")])
    assert registry.find("measure", "half") is None
    assert registry.find("measure", "sharpness") is not None


def test_a_broken_installed_plug_in_is_told_each_time(write, tmp_path, monkeypatch):
    write("packages/broken_kit.py", "1 / 0\n")
    install(tmp_path / "packages", "broken", "broken_kit")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "packages")])
    for _ in range(2):
        with pytest.raises(DdspecError, match=r"the plug-in broken_kit \(broken\) cannot be load"):
            registry.find("measure", "loss")


@pytest.mark.parametrize(
    ("name", "message", "advice"),
    [
        ("lying_here", "there is no module `lying_here`", "--plugin ./lying_here.py"),
        ("nowhere_kit.words", "there is no module `nowhere_kit.words`", "install the package"),
        ("./missing.py", "there is no file ./missing.py", "name a file"),
        ("./bare", "bare has no __init__.py", "name a file"),
        ("./random.py", "cannot be loaded as `random`", "another name"),
        ("./a-b.py", "cannot be a module", "Python can import"),
    ],
)
def test_what_is_no_module_is_refused(write, tmp_path, name, message, advice):
    write("lying_here.py"), write("random.py"), write("a-b.py")
    (tmp_path / "bare").mkdir()
    with pytest.raises(DdspecError) as caught:
        plugins.load([name])
    assert message in str(caught.value)
    assert any(advice in line for line in caught.value.help)


def test_whose_word_it_is_enters_the_id_of_ones_own_only(write):
    plugins.load([write("ours_kit.py", kind="Measure", name="Ours")])
    word = registry.find("measure", "ours")()
    assert canonical(word) == '{"word":"ours_kit:ours@1"}'
    assert versionless(canonical(word)) == '{"word":"ours_kit:ours"}'
    assert word.key == "ours_kit:ours@1()"
    assert canonical(L2(strength=1.0)) == '{"strength":1.0,"word":"l2@1"}'


def test_a_command_takes_a_plug_in_before_or_behind_its_name(write, tmp_path):
    write("shown.py", kind="Measure", name="Shown")
    write("nothing.py", "x = 1\n")
    ddspec = [sys.executable, "-m", "ddspec"]

    def call(*words):
        return subprocess.run(
            [*ddspec, *words], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    before = call("--plugin", "shown.py", "--plugin=nothing.py", "explain", "shown")
    assert before.returncode == 0
    assert "shown (measure" in before.stdout
    assert before.stderr == "warning: the plug-in nothing defines no word\n"
    assert call("explain", "shown", "--plugin", "./shown.py").stdout == before.stdout
    wrong = call("words", "--plugin", "none.py")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr.startswith("error: there is no file none.py\n")
