"""Experiments, records and stores made by hand: readings that say where they belong."""

import attrs
import numpy as np

from ddspec.plan.expand import expand
from ddspec.results.assemble import assemble
from ddspec.results.store import open_store
from ddspec.spec.model import Axis, Experiment, Seed, Table, Trajectory
from ddspec.training.record import Record
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.datasets.linear_gaussian import LinearGaussian
from ddspec.vocabulary.datasets.mnist1d import Mnist1d
from ddspec.vocabulary.losses.cross_entropy import CrossEntropy
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.procedures.gradient_descent import GradientDescent
from ddspec.vocabulary.procedures.least_squares import LeastSquares
from ddspec.vocabulary.regularizers.l2 import L2
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schema import Duration

NAMES = ("train_loss", "test_loss", "train_error", "test_error")
VALIDATED = (*NAMES, "validation_loss", "validation_error")
DESCENT = GradientDescent(
    optimizer=Sgd(lr=Constant(rate=0.1)),
    loss=CrossEntropy(),
    batch=10,
    duration=Duration(40, "steps"),
)


def axis(name, labels, kind="design", **more):
    return Axis(name=name, spelling=name, kind=kind, labels=tuple(labels), **more)


def curve(widths=(2, 4, 8), seeds=(0, 1), points=(1, 4), **more):
    """width x seed: one curve."""
    experiment = Experiment(
        name="curve",
        axes=(axis("width", widths), axis("seed", seeds, "replicate")),
        dataset=Table((), (Mnist1d(samples=50, test=10),)),
        architecture=Table(("width",), tuple(Mlp(hidden=(w,)) for w in widths)),
        regularizer=Table((), ((),)),
        train=Table((), (DESCENT,)),
        seed=Table(("seed",), tuple(Seed(s, s, s) for s in seeds)),
        trajectory=Trajectory("epochs", points),
    )
    return attrs.evolve(experiment, **more)


def tuned(strengths=(0.1, 1.0, 10.0), widths=(2, 4), seeds=(0, 1), tune_across=("seed",)):
    """width x reg in {none, l2(tuned)} x seed x candidates; `none` reads no candidate."""
    candidates = axis(
        "l2_strength_tuned", strengths, "tuned", criterion="validation_loss", across=tune_across
    )
    compositions = [()] * len(strengths) + [(L2(strength=s),) for s in strengths]
    plain = curve(widths, seeds, ())
    return attrs.evolve(
        plain,
        axes=(plain.axes[0], axis("reg", ("none", "l2(tuned)")), plain.axes[1], candidates),
        dataset=Table((), (Mnist1d(samples=50, test=10, validation=20),)),
        regularizer=Table(("reg", "l2_strength_tuned"), tuple(compositions)),
    )


def solved():
    """p x seed by least squares: no trajectory, no errors."""
    plain = curve(points=())
    return attrs.evolve(
        plain,
        dataset=Table((), (LinearGaussian(samples=5, features=8, test=10),)),
        train=Table((), (LeastSquares(),)),
    )


def record(cell, value=0.0, points=(1, 4), names=NAMES, **more):
    """A record whose readings are `value` + point / 10 for every quantity."""
    points = np.asarray(points, np.int32)
    series = (value + points / 10).astype(np.float32)
    settings = {"status": "done", "unit": "epochs", "parameters": 7, "stop": 4, "seconds": 0.5}
    settings |= {"worker": "a processor"}
    if more.get("status") == "failed":
        points, names = points[:0], ()
    given = {"points": points, "series": dict.fromkeys(names, series)}
    return Record(cell, **(settings | given | more))


def everything(plan, **more):
    """A record of every cell, worth its number in the plan."""
    return [record(cell, float(n), **more) for n, cell in enumerate(plan.ids)]


def dataset(tmp_path, experiment, records=None, **more):
    """The dataset of an experiment whose store holds `records(plan)`."""
    plan = expand(experiment)
    with open_store(tmp_path / "run") as store:
        store.write((records or everything)(plan, **more))
        return assemble(plan, store, provenance={"spec": "dd 1\n"}).load()
