"""Small experiments made by hand: axes and tables without a spec."""

from ddspec.spec.model import Axis, Experiment, Seed, Table, Trajectory
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.datasets.mnist1d import Mnist1d
from ddspec.vocabulary.losses.cross_entropy import CrossEntropy
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.procedures.gradient_descent import GradientDescent
from ddspec.vocabulary.regularizers.l2 import L2
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schema import Duration


def axis(name, labels, kind="design"):
    return Axis(name=name, spelling=name, kind=kind, labels=tuple(labels))


def procedure(**changes):
    settings = {
        "optimizer": Sgd(lr=Constant(rate=0.1)),
        "loss": CrossEntropy(),
        "batch": 10,
        "duration": Duration(20, "steps"),
    }
    return GradientDescent(**(settings | changes))


def grid(widths=(2, 4), strengths=(0.0, 0.1), seeds=(0, 1), points=(), keep=()):
    """width x reg in {none, l2(strength)} x strength x seed: `none` ignores the strength."""
    compositions = [()] * len(strengths) + [(L2(strength=s),) if s else () for s in strengths]
    return Experiment(
        name="hand",
        axes=(
            axis("width", widths),
            axis("reg", ("none", "l2(strength)")),
            axis("strength", strengths),
            axis("seed", seeds, "replicate"),
        ),
        dataset=Table((), (Mnist1d(samples=50, test=10),)),
        architecture=Table(("width",), tuple(Mlp(hidden=(w,)) for w in widths)),
        regularizer=Table(("reg", "strength"), tuple(compositions)),
        train=Table((), (procedure(),)),
        seed=Table(("seed",), tuple(Seed(s, s, s) for s in seeds)),
        keep=keep,
        trajectory=Trajectory("epochs", points),
    )
