"""What names stand for: axes across experiments, parameters, files, words of the same name."""

from ddspec.server.index import build_index

FIT = "train fit { optimizer: sgd(lr: rate) }\n"
TWO = """dd 1
architecture net = mlp(hidden: [width])
architecture other = mlp(hidden: [width])
experiment one { architecture: net
  sweep { width in {1} } }
experiment two { architecture: other
  sweep { width in {2} } }
"""


def sites_of(text, name, path="/a.dd", **files):
    texts = {path: text} | {f"/{stem}.dd": each for stem, each in files.items()}
    index = build_index([path], texts.get)
    return index, [site for site in index.sites[path] if site.text == name]


def groups(index, sites):
    return [sites.index(next(s for s in sites if s in index.alike(each))) for each in sites]


def test_axes_of_one_name_are_apart_where_nothing_reads_both():
    index, sites = sites_of(TWO, "width")
    assert groups(index, sites) == [0, 1, 0, 1]


def test_axes_that_one_declaration_reads_are_one():
    index, sites = sites_of(TWO.replace("architecture: other", "architecture: net"), "width")
    assert groups(index, sites) == [0, 1, 0, 0]


def test_an_axis_replaced_in_an_amended_experiment_is_the_same():
    text = TWO.replace("two {", "two amends one {")
    index, sites = sites_of(text, "width")
    assert groups(index, sites) == [0, 0, 0, 0]


def test_a_parameter_is_its_own():
    text = "dd 1\narchitecture net(k) = mlp(hidden: [k])\nlet k = net(k: 3)\n"
    index, sites = sites_of(text, "k")
    assert groups(index, sites) == [0, 0, 2, 0]


def test_a_declaration_of_another_kind_leaves_a_word_its_name():
    text = "dd 1\ntrain adam { optimizer: adam(lr: 0.1) }\nexperiment e { train: adam }\n"
    index, sites = sites_of(text, "adam")
    assert [site.sort for site in sites] == ["declared", "word", "declared"]
    assert groups(index, sites) == [0, 1, 0]


def test_a_quantity_is_a_measure_and_an_argument_in_quotes_an_axis():
    text = """dd 1
experiment e {
  sweep { width in {1} }
  measure { rank: effective_rank }
  report { best: argmax(of: rank, along: "width") }
}
"""
    for name in ("rank", "width"):
        index, sites = sites_of(text, name)
        assert groups(index, sites) == [0, 0]


def test_names_come_from_used_files_and_behind_their_alias():
    library = "dd 1\nlet rate = 3\n"
    for use, read in (('use "b.dd"', "rate"), ('use "b.dd" as b', "b.rate")):
        text = f"dd 1\n{use}\n" + FIT.replace("rate", read)
        index, sites = sites_of(text, "rate", b=library)
        (definition,) = index.definitions(sites[-1])
        assert definition.span.source == "/b.dd"
