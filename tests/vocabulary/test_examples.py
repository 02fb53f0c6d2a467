"""The example of every word is right: it is checked within a spec, and a small cell is fitted."""

import numpy as np
import pytest

from ddspec import testing
from ddspec.plan.batch import Batch
from ddspec.plan.expand import expand
from ddspec.spec.check import check
from ddspec.training.data import Pools
from ddspec.training.fit import fit
from ddspec.vocabulary import registry
from ddspec.vocabulary.surroundings import surrounded
from tests.corpora import write_cifar10, write_mnist, write_sounds, write_tables, write_texts
from tests.vocabulary.layouts import write_digits
from tests.vocabulary.test_files_audio import write_timit
from tests.vocabulary.test_files_images import write_pickled

WORDS = [
    (kind, name)
    for kind in registry.FOLDERS
    for name in registry.names(kind)
    if (kind, name) != ("train", "gradient_descent")  # written as a block everywhere below
]
MANY = "mnist1d(samples: 200, test: 1_000)"
IMAGES = "cifar10(samples: 200, validation: 50)"
COMPOSED = {"regularizer": "reg", "sweep": "width in {8}\nreg in subsets(l1(1e-4) + dropout(20%))"}
COMPOSING = ("main_effects", "interactions", "shapley", "returns", "families", "left_out",
             "best_composition")  # fmt: skip
# What a word's example stands in, where the plain surroundings do not suit it.
SUITED = {
    "augmentation": {"dataset": IMAGES},
    "autoencoder": {"dataset": "latent(samples: 200, features: 20, factors: 3)", "loss": "mse"},
    "basis_pursuit": {"dataset": "linear_gaussian(samples: 40, features: 300)"},
    "bleu": {"dataset": "parallel_text(multi30k, source: en, target: fr, samples: 100)",
             "architecture": "transformer(d_model: 8, layers: 1)"},
    "block_model": {"architecture": "gnn(hidden: [4], features: 100)"},
    "gnn": {"dataset": "block_model(samples: 50, test: 20, nodes: 100, features: 16)"},
    "deep_cnn": {"dataset": IMAGES},
    "cnn5": {"dataset": IMAGES},
    "resnet18": {"dataset": IMAGES},
    "random_label_fit": {"dataset": "mnist1d(samples: 200, label_noise: uniform(100%))"},
    "downsample": {"dataset": "mnist(samples: 200, transform: EXAMPLE)"},
    "grey": {"dataset": "cifar10(samples: 200, transform: EXAMPLE)"},
    "importance_weights": {"dataset": "spurious(samples: 200, transform: EXAMPLE)"},
    "language_model": {"dataset": 'plain_text("shakespeare.txt", samples: 50, length: 8, '
                                  "vocabulary: 30, pieces: characters, test: 20)"},
    "lasso": {"dataset": "linear_gaussian(samples: 40, features: 300)"},
    "disagreement": {"dataset": MANY, "sweep": "width in {8}\nseed in {0, 1}"},
    "prediction_bias": {"dataset": MANY, "sweep": "width in {8}\nseed.data in {0, 1}"},
    "prediction_variance": {"dataset": MANY, "sweep": "width in {8}\nseed.data in {0, 1}"},
    "gd": {"batch": "full"},
    "target_noise": {"dataset": "linear_gaussian(samples: 50, features: 10)", "loss": "mse"},
    "svm": {"sweep": "width in {30}"},
    "worst_group_error": {"dataset": "spurious(samples: 200)"},
    "logit_adjusted": {"dataset": "gaussian_mixture(samples: 100, features: 50)"},
    "vector_scaling": {"dataset": "gaussian_mixture(samples: 100, features: 50)"},
    "lstm": {"dataset": "spoken_digits(samples: 200, test: 10)"},
    "rnn": {"dataset": "spoken_digits(samples: 200, test: 10)"},
    "timit": {"architecture": "mlp(hidden: [4])"},
    "netcdf": {"loss": "mse"},
    "parallel_text": {"architecture": "transformer(d_model: 8, layers: 1)"},
    "plain_text": {"architecture": "language_model(d_model: 8, layers: 1)"},
    "polynomial": {"dataset": "polynomial_regression(samples: 20)", "loss": "mse"},
    "least_squares": {"architecture": "linear()"},
    "fit": {"architecture": "random_forest(trees: 2, leaves: 4)"},
    "transformer": {"dataset": "parallel_text(multi30k, source: en, target: fr, samples: 100)"},
    "weight_reuse": {"sweep": "width in {8, 16}"},
    **dict.fromkeys(COMPOSING, COMPOSED),
    "argmax": {"sweep": "width in {8, 16}"},
    "scaling_law": {"sweep": "width in {8, 16}"},
    "monotone": {"sweep": "width in {8, 16}"},
}  # fmt: skip
ACROSS = ("disagreement", "prediction_bias", "prediction_variance")
REAL = {"linear_gaussian", "latent", "polynomial_regression", "teacher_student", "netcdf"}
SOLVED = ("random_forest", "boosting", "svm", "lasso", "basis_pursuit")


def surroundings(name):
    """What a word's example stands in, beside what any does."""
    more = {"loss": "mse"} if name in REAL else {}
    more |= {"train": "fit()"} if name in SOLVED else {}
    return more | SUITED.get(name, {})


def small(cell, name):
    """The cell with few samples and steps."""
    many = {"predictions": 100, "targets": 100, **dict.fromkeys(ACROSS, 1_000)}
    return testing.small(cell, {"plain_text": 5, **many}.get(name, testing.READ))


@pytest.fixture(scope="module")
def pools(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpora")
    for write in (write_mnist, write_cifar10, write_tables, write_texts, write_sounds):
        write(folder)
    write_digits(folder / "FashionMNIST" / "raw", train=40, test=20)
    write_pickled(folder, rows=24)
    write_timit(folder / "TIMIT")
    return Pools(folder)


@pytest.mark.parametrize(("kind", "name"), WORDS, ids=lambda value: value)
def test_the_example_of_a_word_can_be_run(kind, name, pools):
    text = surrounded(registry.find(kind, name), surroundings(name))
    spec, problems, _ = check(text, "example.dd")
    assert spec is not None, [problem.title for problem in problems]
    (experiment,) = spec.experiments
    plan = expand(experiment)
    cell = small(plan.cell(len(plan) - 1), name)
    recorded = {each.recorded.key: each.recorded for each in experiment.measures.values()}
    (record,) = fit(Batch((cell,), "epochs", (), recorded), pools)
    assert record.status in ("done", "stopped")
    assert np.isfinite(record.series["train_loss"][-1])
    if kind == "measure":
        found = [
            value for key, value in record.series.items() if not key.endswith(("loss", "error"))
        ]
        assert name in ("error", "loss") or len(found) == 1


def test_every_kind_has_words():
    assert {kind for kind, _ in WORDS} == registry.FOLDERS.keys()
    assert len(WORDS) > 100
