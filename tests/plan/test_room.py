import pytest

from ddspec import pipeline
from ddspec.errors import DdspecError
from ddspec.plan import room
from tests.spec.specs import solved, trained


def planned(tmp_path, text):
    (tmp_path / "s.dd").write_text(text)
    return pipeline.plan(pipeline.load(str(tmp_path / "s.dd")), workers=1)


@pytest.mark.parametrize(
    "text",
    [
        trained("w in {4, 1e12}", hidden="[w, w]"),
        solved("seed in 0..<2", samples="1e14"),
    ],
)
def test_what_no_machine_holds_has_no_plan(tmp_path, text):
    with pytest.raises(DdspecError, match=r"of memory at least, and this machine has [\d.]+ \wB"):
        planned(tmp_path, text)


def test_a_plan_may_be_for_a_larger_machine_and_a_run_here_not(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "_memory", lambda: 1000.0)
    assert planned(tmp_path, solved("seed in 0..<2"))
    with pytest.raises(DdspecError, match="this machine has 1 KB"):
        pipeline.run(str(tmp_path / "s.dd"), tmp_path / "out", local=True)
    assert not (tmp_path / "out").exists()


def test_whole_labels_beyond_64_bits_are_real_numbers(tmp_path):
    (outlook,) = planned(tmp_path, trained("w in {1, 1e300}", lr="0.1 / w"))
    assert outlook.plan.experiment.axis("w").labels == (1.0, 1e300)


def test_a_network_may_not_have_a_million_layers(tmp_path):
    text = trained("seed in 0..<2", top="architecture net = deep_linear(depth: 10^6, width: 4)")
    with pytest.raises(DdspecError, match="DD302"):
        planned(tmp_path, text.replace("mlp(hidden: [8])", "net"))
