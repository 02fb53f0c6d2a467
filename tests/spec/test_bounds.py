"""What a few words can ask for, and where a spec may read: refused in words, and at once."""

import os
from pathlib import Path

import pytest

from ddspec.errors import LONGEST, DdspecError
from ddspec.language.render import WIDEST, render
from ddspec.pipeline import check as check_path
from ddspec.spec.check import check
from ddspec.spec.reading import LARGEST
from tests.spec.specs import codes, solved, trained

TERMS = (
    *("l1", "l2", "dropout", "input_noise", "jacobian", "sam", "nuclear", "path_norm", "flooding"),
    *("weight_decay", "gradient_noise", "gradient_clipping", "max_norm", "spectral_decoupling"),
    *("distance_to_init", "target_noise"),
)
USING = 'dd 1\nuse "{}" as lib\n'


def chain(count, link, last):
    lets = "".join(f"let a{i} = {link.format(i + 1)}\n" for i in range(count))
    return f"{lets}let a{count} = {last}\n"


@pytest.mark.parametrize(
    ("sweep", "code"),
    [
        ("p in 1..10^12", "DD508"),
        ("p in log 1..1e300 points 1e9", "DD508"),
        ("p in 1..10; seed in 0..<10^9", "DD508"),
        ("p in 1..10; seed in {0, 1e9999}", "DD302"),
    ],
)
def test_an_axis_is_short(sweep, code):
    assert codes(solved(sweep, features="p")) == [code]


@pytest.mark.parametrize(("axes", "points"), [(20, 1000), (80, 2), (80, 100_000)])
def test_a_grid_may_not_be_large_beyond_all_numbers(axes, points):
    sweep = "; ".join(f"a{i} in 1..{points}" for i in range(axes))
    product = " * ".join(f"a{i}" for i in range(axes))
    assert codes(solved(sweep, regularizer=f"l2({product})")) == ["DD519"]


@pytest.mark.parametrize("form", ["{}?", "subsets({})"])
def test_compositions_may_not_be_as_many_as_subsets_are(form):
    terms = [f"{word}(1)?" if "?" in form else f"{word}(1)" for word in TERMS]
    text = trained("reg in " + form.format(" + ".join(terms)), regularizer="reg")
    assert "DD519" in codes(text)


@pytest.mark.parametrize(
    "value", ["10^10^10", "2^(2^40)", "9" * 100_000, "1e99999", "1.5^22000", "2^60"]
)
def test_a_number_that_no_machine_holds_is_refused(value):
    (code,) = codes(solved("seed in 0..<2", samples=value))
    assert code in ("DD206", "DD302")


@pytest.mark.parametrize("length", ["2^31 epochs", "1e300 steps"])
def test_a_training_longer_than_a_dataset_can_say_is_refused(length):
    assert codes(trained("seed in 0..<2", length=f"({length.split()[0]}) {length.split()[1]}")) == [
        "DD302"
    ]


@pytest.mark.parametrize("link", ["{{a{0}, a{0}}}", "a{0} | a{0}"])
@pytest.mark.parametrize("last", ["1..9", "{none, half}"])
def test_a_set_that_doubles_at_every_step_is_read_once_a_step(link, last):
    text = solved("p in a0", features="p", top=chain(45, link, last))
    assert set(codes(text)) <= {"DD511", "DD116", "DD520"}


def test_what_doubles_through_arguments_ends():
    top = "\n".join(f"optimizer o{i}(x) = o{i + 1}(x + x)" for i in range(90))
    text = trained("seed in 0..<2", top=f"{top}\noptimizer o90(x) = sgd(lr: x)")
    found = codes(text.replace("sgd(lr: 0.1)", "o0(1e-40)"))
    assert set(found) <= {"DD519", "DD007"}


def test_names_that_need_each_other_in_long_chains_are_reported_once():
    assert codes("dd 1\n" + chain(3000, "a{0} + a{0}", "1")).count("DD007") == 1


@pytest.mark.parametrize("text", ["$x\n" * 50_000, "x {\n" * 9_000, "(" * 60_000, "}\n" * 50_000])
def test_a_file_of_mistakes_ends_after_a_thousand(text):
    assert 1 <= len(check(f"dd 1\n{text}", "a.dd")[1]) <= 1_000


def test_long_words_are_cut_where_they_are_told():
    text = trained("seed in 0..<2", hidden="a" * 100_000)
    _, (problem, *_), sources = check(text, "a.dd")
    told = render(problem, sources)
    assert len(problem.title) < 2 * LONGEST
    assert max(map(len, told.splitlines())) < WIDEST + 2 * LONGEST
    assert "^^^^" in told


def test_a_mark_far_along_a_line_is_shown():
    long = f"dd 1\n\nlet a = {' + '.join(['1'] * 60)} + {' ' * 600}$\n"
    _, (problem, *_), sources = check(long, "a.dd")
    assert "$" in render(problem, sources).splitlines()[3]


# --- files ------------------------------------------------------------------------------------


def spec_in(folder: Path, path: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spec.dd").write_text(USING.format(path))
    return str(folder / "spec.dd")


def told(path):
    """The code of the first problem and the words at its place."""
    problem = check_path(path)[1][0]
    return problem.code, problem.primary.text


OUTSIDE = ("DD112", "lies outside the folder of the spec")


def test_files_beside_and_below_are_used(tmp_path):
    path = spec_in(tmp_path / "a", "lib/b.dd")
    (tmp_path / "a" / "lib").mkdir()
    (tmp_path / "a" / "c.dd").write_text("dd 1\nlet one = 1\n")
    (tmp_path / "a" / "lib" / "b.dd").write_text('dd 1\nuse "../c.dd"\n')
    assert [each.code for each in check_path(path)[1]] == ["DD114"]


@pytest.mark.parametrize("path", ["../b.dd", "x/../../b.dd", "/etc/passwd", "//etc/passwd"])
def test_files_elsewhere_are_not_used(tmp_path, path):
    (tmp_path / "b.dd").write_text("dd 1\n")
    assert told(spec_in(tmp_path / "a", path)) == OUTSIDE


def test_a_file_of_the_folder_by_its_absolute_path_is_not_used(tmp_path):
    path = spec_in(tmp_path, str(tmp_path / "b.dd"))
    (tmp_path / "b.dd").write_text("dd 1\n")
    assert told(path) == OUTSIDE


def test_a_used_file_uses_none_elsewhere(tmp_path):
    path = spec_in(tmp_path / "a", "lib/b.dd")
    spec_in(tmp_path / "a" / "lib", "../../c.dd")
    (tmp_path / "a" / "lib" / "spec.dd").rename(tmp_path / "a" / "lib" / "b.dd")
    (tmp_path / "c.dd").write_text("dd 1\n")
    assert told(path) == OUTSIDE


def test_links_out_of_the_folder_are_not_followed(tmp_path):
    path = spec_in(tmp_path / "a", "b.dd")
    (tmp_path / "b.dd").write_text("dd 1\n")
    (tmp_path / "a" / "b.dd").symlink_to(tmp_path / "b.dd")
    assert told(path) == OUTSIDE


def test_a_spec_reached_through_a_linked_folder_uses_its_files(tmp_path):
    spec_in(tmp_path / "a", "b.dd")
    (tmp_path / "a" / "b.dd").write_text("dd 1\n")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert told(str(tmp_path / "link" / "spec.dd"))[0] == "DD114"


def test_what_is_no_file_is_not_waited_for(tmp_path):
    path = spec_in(tmp_path, "pipe.dd")
    os.mkfifo(tmp_path / "pipe.dd")
    assert told(path) == ("DD112", "is no regular file")


@pytest.mark.parametrize("name", ["a\0b.dd", "a" * 5000, "", ".", "lib"])
def test_names_of_no_file_are_told(tmp_path, name):
    (tmp_path / "lib").mkdir()
    assert told(spec_in(tmp_path, name))[0] == "DD112"


def test_deep_imports_end(tmp_path):
    for number in range(200):
        (tmp_path / f"{number}.dd").write_text(USING.format(f"{number + 1}.dd"))
    assert told(str(tmp_path / "0.dd")) == ("DD112", "is used more than 50 files down")


def test_a_digest_of_files_used_twice_at_every_step_is_computed_once(tmp_path):
    for number in range(45):
        twice = "".join(f'use "{number + 1}.dd" as {name} sha256:00000000\n' for name in "ab")
        (tmp_path / f"{number}.dd").write_text(f"dd 1\n{twice}")
    (tmp_path / "45.dd").write_text("dd 1\nlet one = 1\n")
    assert {each.code for each in check_path(str(tmp_path / "0.dd"))[1]} == {"DD113"}


def test_a_large_file_is_not_read(tmp_path):
    large = tmp_path / "large.dd"
    with large.open("wb") as file:
        file.truncate(100_000_000)
    with pytest.raises(DdspecError, match="longer than 131,072 characters"):
        check_path(str(large))
    assert told(spec_in(tmp_path, "large.dd")) == (
        "DD112",
        f"is longer than {LARGEST:,} characters",
    )
