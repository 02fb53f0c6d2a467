"""Cells that start from the cell before them: what they are, and how they are grouped."""

import numpy as np

from ddspec.plan.expand import expand
from ddspec.plan.grouping import Reading, group, root
from ddspec.plan.machine import Machine
from ddspec.plan.splitting import split
from ddspec.spec.check import check

TEXT = """dd 1
dataset digits = mnist1d(samples: 100, test: 50)
train brief {{
  optimizer: sgd(lr: 0.1)
  loss:      mse
  batch:     50 samples
  for:       1 epochs
  {start}
}}
experiment grown {{
  dataset:      digits
  architecture: mlp(hidden: [width])
  train:        brief
  sweep {{
    width in {widths}
    {axis}
    seed  in 0..<2
  }}
}}
"""
REUSE = "start: weight_reuse(over: width)"


def plan(start=REUSE, widths="{2, 4, 8}", axis=""):
    spec, problems, _ = check(TEXT.format(start=start, widths=widths, axis=axis), "x.dd")
    assert spec is not None, problems
    return expand(spec.experiments[0])


def before(found, place):
    """The width of the cell before the one at a place, None without."""
    cell = found.cell(int(found.index[place]))
    return None if cell.before is None else cell.before.architecture.hidden[0]


def test_each_cell_starts_from_the_one_before_along_the_axis():
    found = plan()
    assert [before(found, (width, 0)) for width in range(3)] == [None, 2, 4]
    first, second = (found.cell(int(found.index[2, seed])) for seed in range(2))
    assert first.before.seed.init == 0
    assert second.before.seed.init == 1


def test_the_first_cell_is_the_cell_without_reuse():
    reused, plain = plan(), plan("")
    for seed in range(2):
        assert reused.ids[reused.index[0, seed]] == plain.ids[plain.index[0, seed]]
    assert not {reused.ids[n] for n in reused.index[1:].flat} & set(plain.ids)


def test_what_a_cell_is_includes_its_whole_chain():
    def widest(widths):
        found = plan(widths=widths)
        return found.ids[found.index[-1, 0]]

    assert widest("{2, 4, 8}") != widest("{3, 4, 8}") != widest("{4, 8}")
    assert widest("{2, 4, 8}") == widest("log 2..8 points 3")


def test_the_name_of_the_axis_is_no_part_of_a_cell():
    text = TEXT.format(start=REUSE, widths="{2, 4}", axis="")
    renamed = text.replace("width", "units")
    (one,), (other,) = (check(t, "x.dd")[0].experiments for t in (text, renamed))
    assert expand(one).ids == expand(other).ids


def test_wide_networks_begin_anew():
    found = plan("start: weight_reuse(over: width, below: 400)")  # 8 units have 418 parameters
    assert [before(found, (width, 0)) for width in range(3)] == [None, 2, None]


def test_fresh_weights_and_reused_ones_share_what_is_alike():
    found = plan("start: how", axis="how in {fresh(), weight_reuse(over: width)}")
    assert len(found) == 6 + 4
    assert (found.index[0, 0] == found.index[0, 1]).all()
    assert np.array_equal(np.unique(found.index), np.arange(10))
    flat = found.index.reshape(-1).tolist()
    assert [flat.index(number) for number in range(10)] == sorted(map(flat.index, range(10)))


def test_one_axis_is_enough():
    text = TEXT.format(start=REUSE, widths="{2, 4}", axis="").replace("seed  in 0..<2", "")
    found = expand(check(text, "x.dd")[0].experiments[0])
    assert found.before.tolist() == [-1, 0]


def test_a_chain_is_one_batch_however_many_workers_there_are():
    found = plan(widths="{2, 4, 8, 16}")
    cells = found.cells(range(len(found)))
    groups = group(cells, dict.fromkeys(found.ids, Reading("epochs", ())))
    batches = split(groups, Machine(workers=4, device="cpu", c="cc", cpp=""))
    assert sorted(len(batch) for batch in batches) == [4, 4]
    assert all(len({root(cell) for cell in batch.cells}) == 1 for batch in batches)
