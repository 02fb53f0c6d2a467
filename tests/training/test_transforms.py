"""Transforms of a cell's samples: what each does by hand, and which arrays cells share."""

import gc
import weakref

import attrs
import numpy as np
import pytest
import torch

from ddspec.errors import DdspecError
from ddspec.plan.stacking import stack_key
from ddspec.training import transformed
from ddspec.training.closed_form import Inputs, readings_of
from ddspec.training.data import Pools
from ddspec.training.models import network_of
from ddspec.training.selection import select
from ddspec.vocabulary.architectures.linear import Linear
from ddspec.vocabulary.corruptions.censored import Censored
from ddspec.vocabulary.corruptions.wrong import Wrong
from ddspec.vocabulary.datasets.cifar10 import Cifar10
from ddspec.vocabulary.datasets.linear_gaussian import LinearGaussian
from ddspec.vocabulary.datasets.spurious import Spurious
from ddspec.vocabulary.pool import Pool
from ddspec.vocabulary.procedures.least_squares import LeastSquares
from ddspec.vocabulary.regularizers.l2 import L2
from ddspec.vocabulary.transforms.class_imbalance import ClassImbalance
from ddspec.vocabulary.transforms.concatenated import Concatenated, pairs
from ddspec.vocabulary.transforms.downsample import Downsample, averages
from ddspec.vocabulary.transforms.feature_noise import FeatureNoise
from ddspec.vocabulary.transforms.gaussian_inputs import GaussianInputs
from ddspec.vocabulary.transforms.grey import Grey
from ddspec.vocabulary.transforms.importance_weights import ImportanceWeights
from ddspec.vocabulary.transforms.normalize import Normalize
from ddspec.vocabulary.transforms.random_pixels import RandomPixels
from ddspec.vocabulary.transforms.shuffled_pixels import ShuffledPixels
from tests.training.made import CLASSES, cell, data, descent, stacked

USES = ("train", "validation", "test")


def images(count=24, seed=0):
    """A pool of made images of CIFAR's shape."""
    generator = np.random.default_rng(seed)
    inputs = generator.random((count, 3072), np.float32)
    return Pool(inputs, np.arange(count) % 10, inputs[:0], np.arange(0), inputs[:8], np.arange(8))


IMAGES = images()


def chosen(*words, seed=0, pool=CLASSES, **settings):
    return select(cell(data(transform=words, **settings), seed=seed), pool)


def pictures(*words, seed=0, pool=IMAGES, **settings):
    sizes = {"samples": 12, "test": 8, "validation": 4}
    return select(cell(Cifar10(transform=words, **(sizes | settings)), seed=seed), pool)


def same_everywhere(one, other):
    return all(np.array_equal(getattr(one, u).taken(), getattr(other, u).taken()) for u in USES)


# --- nothing, and order ------------------------------------------------------------------------


def test_without_transforms_inputs_are_the_rows_of_the_pool_itself():
    part = chosen().train
    assert part.inputs is CLASSES.train_inputs
    assert part.clean is None
    assert part.weights is None


def test_transforms_act_in_their_order():
    first = chosen(FeatureNoise(std=2.0), Normalize())
    last = chosen(Normalize(), FeatureNoise(std=2.0))
    assert np.allclose(first.train.taken().std(axis=0), 1, atol=1e-5)
    assert last.train.taken().std() > 1.5


def test_a_word_that_comes_twice_draws_twice():
    clean = chosen().train.taken()
    once = chosen(FeatureNoise(std=1.0)).train.taken() - clean
    twice = chosen(FeatureNoise(std=1.0), FeatureNoise(std=1.0)).train.taken() - clean
    assert np.allclose((twice - once).std(), 1, atol=0.1)
    assert not np.allclose(twice, 2 * once, atol=0.1)


# --- what moves pixels -------------------------------------------------------------------------


def test_shuffled_pixels_are_one_permutation_for_all_uses():
    plain, shuffled = pictures(), pictures(ShuffledPixels())
    order = None
    for use in USES:
        before, after = (getattr(s, use).taken().reshape(-1, 3, 1024) for s in (plain, shuffled))
        order = before[0, 0].argsort()[after[0, 0].argsort().argsort()] if order is None else order
        assert np.array_equal(after, before[:, :, order])
    assert not np.array_equal(order, np.arange(1024))


def test_random_pixels_have_a_permutation_a_sample():
    plain, random = pictures().train.taken(), pictures(RandomPixels()).train.taken()
    orders = []
    for before, after in zip(plain.reshape(-1, 3, 1024), random.reshape(-1, 3, 1024), strict=True):
        order = before[0].argsort()[after[0].argsort().argsort()]
        assert np.array_equal(after, before[:, order])
        orders.append(tuple(order))
    assert len(set(orders)) == 12


@pytest.mark.parametrize("word", [ShuffledPixels(), RandomPixels()])
def test_inputs_that_are_no_images_are_permuted_singly(word):
    dataset = LinearGaussian(samples=5, test=3, features=7, transform=(word,))
    pool = dataset.pool(0, None)
    after = select(cell(dataset), pool).train.taken()
    assert np.array_equal(np.sort(after, axis=1), np.sort(pool.train_inputs[:5], axis=1))
    assert not np.array_equal(after, pool.train_inputs[:5])


# --- what draws numbers ------------------------------------------------------------------------


def test_gaussian_inputs_have_the_mean_and_the_deviation_of_the_training_inputs():
    plain, drawn = pictures().train.taken(), pictures(GaussianInputs())
    z = {use: (getattr(drawn, use).taken() - plain.mean()) / plain.std() for use in USES}
    for use, numbers in z.items():
        assert abs(numbers.mean()) < 5 / np.sqrt(numbers.size), use
        assert abs(numbers.std() - 1) < 5 / np.sqrt(numbers.size), use
    assert not np.array_equal(z["train"][:4], z["validation"])


def test_gaussian_inputs_nest_but_for_shift_and_scale():
    many, few = (chosen(GaussianInputs(), samples=n).train.taken()[:10] for n in (40, 10))
    assert np.allclose(np.corrcoef(many.ravel(), few.ravel())[0, 1], 1)


def test_feature_noise_is_on_training_and_validation_or_on_all():
    plain = chosen(validation=10)
    noisy, everywhere = (
        chosen(FeatureNoise(std=0.5, on=on), validation=10) for on in ("training", "all")
    )
    assert noisy.test.inputs is CLASSES.test_inputs
    for selection, uses in ((noisy, USES[:2]), (everywhere, USES)):
        for use in uses:
            noise = getattr(selection, use).taken() - getattr(plain, use).taken()
            assert abs(noise.std() - 0.5) < 0.05
    assert np.array_equal(noisy.train.taken(), everywhere.train.taken())


@pytest.mark.parametrize(
    "word", [ShuffledPixels(), RandomPixels(), FeatureNoise(std=0.3)], ids=lambda w: w.name()
)
def test_smaller_training_sets_are_prefixes_after_a_transform(word):
    whole, part = (chosen(word, samples=n, noise=0.4).train for n in (50, 20))
    assert np.array_equal(part.taken(), whole.taken()[:20])
    assert np.array_equal(part.targets, whole.targets[:20])


@pytest.mark.parametrize(
    "word",
    [ShuffledPixels(), RandomPixels(), FeatureNoise(std=0.3), GaussianInputs()],
    ids=lambda w: w.name(),
)
def test_draws_are_a_function_of_the_data_seed(word):
    one, again, other = (chosen(word, seed=s, pool=attrs.evolve(CLASSES)) for s in (3, 3, 4))
    assert same_everywhere(one, again)
    assert not np.array_equal(np.sort(one.train.taken()), np.sort(other.train.taken()))


# --- what goes by the training set -------------------------------------------------------------


def test_normalized_inputs_are_those_of_the_training_set():
    selection, plain = chosen(Normalize(), samples=20), chosen(samples=20)
    mean, spread = plain.train.taken().mean(axis=0), plain.train.taken().std(axis=0)
    for use in ("train", "test"):
        before = getattr(plain, use).taken()
        assert np.allclose(getattr(selection, use).taken(), (before - mean) / spread, atol=1e-5)


@pytest.mark.parametrize(("by", "kept"), [("channel", (0, 2)), ("everything", (0, 1, 2))])
def test_normalizing_by_channel_or_everything(by, kept):
    after = pictures(Normalize(per=by)).train.taken().reshape(-1, 3, 1024)
    assert np.allclose(after.mean(axis=kept), 0, atol=1e-5)
    assert np.allclose(after.std(axis=kept), 1, atol=1e-5)
    assert np.ptp(after.mean(axis=0)) > 0.1


def test_an_input_that_never_changes_is_centered_only():
    pool = attrs.evolve(CLASSES, train_inputs=CLASSES.train_inputs.copy())
    pool.train_inputs[:, 3] = 7
    after = chosen(Normalize(), pool=pool).train.taken()
    assert (after[:, 3] == 0).all()
    assert after.dtype == np.float32


# --- images ------------------------------------------------------------------------------------


def test_downsampling_is_mean_pooling_where_it_divides():
    after = pictures(Downsample(to=64)).train.taken().reshape(-1, 3, 8, 8)
    before = torch.from_numpy(pictures().train.taken()).reshape(-1, 3, 32, 32)
    assert np.allclose(after, torch.nn.functional.avg_pool2d(before, 4), atol=1e-6)


def test_a_new_pixel_averages_over_what_it_covers():
    half = 1 / 2
    wanted = np.array([[1, half, 0], [0, half, 1]]) * (2 / 3)
    assert np.allclose(averages(3, 2, np.dtype(float)), wanted)
    assert np.allclose(averages(28, 10, np.dtype(float)).sum(axis=1), 1)
    assert np.allclose(averages(28, 10, np.dtype(float)).sum(axis=0), 10 / 28)


def test_shapes_follow_the_transforms():
    words = (Grey(), Downsample(to=100), Concatenated())
    shapes = [Cifar10(samples=4, transform=words[:n]).shape for n in range(4)]
    assert shapes == [(3, 32, 32), (1, 32, 32), (1, 10, 10), (2, 10, 10)]
    assert pictures(*words, samples=9).train.taken().shape == (9, 200)
    assert Cifar10(samples=4, transform=words[:2]).inputs == 100


def test_grey_is_the_brightness():
    pool = images()
    pool.train_inputs[:] = np.repeat([1.0, 0.5, 0.25], 1024)
    after = pictures(Grey(), pool=pool).train.taken()
    assert np.allclose(after, 0.299 + 0.587 / 2 + 0.114 / 4)


@pytest.mark.parametrize(
    ("word", "shape", "why"),
    [
        (Downsample(to=100), (1, 40), "no images"),
        (Downsample(to=99), (1, 28, 28), "no square number"),
        (Downsample(to=900), (1, 28, 28), "28 x 28 pixels only"),
        (Grey(), (1, 28, 28), "no colors"),
        (Downsample(to=100), (1, 28, 28), ""),
        (Grey(), (3, 32, 32), ""),
    ],
)
def test_images_must_suit(word, shape, why):
    refused = word.refuses(data(), shape)
    assert why in refused
    assert bool(refused) == bool(why)


# --- pairs -------------------------------------------------------------------------------------


def test_the_first_pairs_are_all_pairs_of_the_first_samples():
    for few in range(1, 9):
        first, second = pairs(few**2)
        assert {*zip(first, second, strict=True)} == {
            (i, j) for i in range(few) for j in range(few)
        }
    longer = pairs(5_000)
    assert all(np.array_equal(a, b[:81]) for a, b in zip(pairs(81), longer, strict=True))


def test_concatenated_inputs_and_mean_targets():
    base = chosen(samples=4, label_noise=Wrong(share=0.5)).train
    paired = chosen(Concatenated(), samples=14, label_noise=Wrong(share=0.5))
    first, second = pairs(14)
    inputs, hot = base.taken(), np.eye(10)
    assert np.array_equal(paired.train.taken(), np.hstack([inputs[first], inputs[second]]))
    wanted = (hot[base.targets[first]] + hot[base.targets[second]]) / 2
    assert np.array_equal(paired.train.targets, wanted)
    assert not np.array_equal(paired.train.clean, wanted)
    test = CLASSES.test_inputs
    assert np.array_equal(paired.test.taken(), np.hstack([test, test]))
    assert np.array_equal(paired.test.targets, CLASSES.test_targets)


def test_pairs_of_real_targets_have_their_mean():
    dataset = LinearGaussian(samples=9, test=2, features=3, transform=(Concatenated(),))
    assert dataset.chosen == 3
    part = select(cell(dataset), Pools()(dataset, 0)).train
    base = LinearGaussian(samples=3, test=2, features=3).pool(0, None).train_targets
    first, second = pairs(9)
    assert np.allclose(part.targets, (base[first] + base[second]) / 2)


# --- which samples, and what they count --------------------------------------------------------


def test_imbalanced_classes_have_the_shares_of_the_profile():
    pool = Pool(
        np.zeros((4_000, 2), np.float32), np.arange(4_000) % 4, np.zeros((0, 2)), np.arange(0),
        np.zeros((30, 2), np.float32), np.arange(30) % 4,
    )  # fmt: skip
    word = ClassImbalance(ratio=8.0)
    dataset = data(samples=1_800, transform=(word,))
    kept = np.bincount(select(cell(attrs.evolve(dataset, samples=1)), pool).train.targets).sum()
    assert kept == 1
    shares = np.array(word.shares_of(4))
    assert np.allclose(shares, [1, 1 / 2, 1 / 4, 1 / 8])


def test_exact_shares_of_each_class_are_kept_in_order():
    shares = (1.0, 0.5, 0.0, *[0.25] * 7)
    plain = chosen(samples=60).train
    kept = chosen(ClassImbalance(shares=shares), samples=15).train
    wanted, seen = [], dict.fromkeys(range(10), 0)
    for row, label in zip(plain.rows, plain.targets, strict=True):
        count, seen[label] = seen[label], seen[label] + 1
        if int((count + 1) * shares[label]) > int(count * shares[label]):
            wanted.append(row)
    assert kept.rows.tolist() == wanted[:15]
    few = chosen(ClassImbalance(shares=shares), samples=5).train
    assert few.rows.tolist() == wanted[:5]


def test_imbalance_is_of_true_classes_and_of_training_only():
    noise = {"label_noise": Wrong(share=1.0), "validation": 20}
    shares = (1.0, 1.0, *[0.0] * 8)
    one, all_of_them = (
        chosen(*w, samples=4, **noise) for w in ([ClassImbalance(shares=shares)], [])
    )
    assert set(one.train.clean) <= {0, 1}
    assert (one.train.targets != one.train.clean).all()
    assert np.array_equal(one.validation.rows, all_of_them.validation.rows)
    assert np.array_equal(one.test.targets, CLASSES.test_targets)


def test_too_few_samples_left_is_an_error_that_names_the_word():
    with pytest.raises(DdspecError, match="training samples left here, and 50") as caught:
        chosen(ClassImbalance(ratio=100.0), samples=50)
    assert "class_imbalance" in caught.value.help[0]


def test_weights_make_classes_count_alike_and_have_mean_one():
    part = chosen(ImportanceWeights(), noise=0.5).train
    totals = np.bincount(part.targets, weights=part.weights, minlength=10)
    present = totals[np.bincount(part.targets, minlength=10) > 0]
    assert np.allclose(present, 30 / len(present))
    assert chosen(ImportanceWeights()).test.weights is None
    assert data(transform=(ImportanceWeights(),)).weighted


def test_weights_by_group_given_or_by_frequency():
    dataset = Spurious(samples=400, test=40, core=1, spurious=1)
    pool = dataset.pool(0, None)
    for word, wanted in (
        (ImportanceWeights(per="group", values=(1.0, 4.0, 2.0, 1.0)), np.array([1.0, 4, 2, 1])),
        (ImportanceWeights(per="group", power=0.5), np.bincount(pool.train_groups) ** -0.5),
    ):
        part = select(cell(attrs.evolve(dataset, transform=(word,))), pool).train
        assert np.isclose(part.weights.mean(), 1)
        ratio = part.weights / wanted[part.groups]
        assert np.allclose(ratio, ratio[0])


@pytest.mark.parametrize(
    ("word", "why"),
    [
        (ImportanceWeights(per="group"), "no groups"),
        (ImportanceWeights(values=(1.0, 2.0)), "10 classes"),
        (ClassImbalance(shares=(0.5,)), "10 classes"),
        (ClassImbalance(ratio=2.0), ""),
    ],
)
def test_classes_and_groups_must_suit(word, why):
    assert why in word.refuses(data(), (1, 40))
    assert bool(word.refuses(data(), (1, 40))) == bool(why)


def test_drawn_samples_cannot_be_left_out():
    dataset = Spurious(samples=10)
    assert "none to leave out" in ClassImbalance(ratio=2.0).refuses(dataset, dataset.shape)


# --- a teacher's labels ------------------------------------------------------------------------


def test_a_teacher_replaces_the_truth_of_every_use():
    noise = Censored(hidden=3, random=0.5, epochs=5)
    selection = chosen(samples=20, validation=10, label_noise=noise)
    tell = noise.taught(CLASSES.train_inputs, CLASSES.train_targets, 10)
    assert np.array_equal(selection.train.clean, tell(selection.train.taken()))
    assert np.array_equal(selection.test.targets, tell(CLASSES.test_inputs))
    assert (selection.train.targets != selection.train.clean).any()
    assert selection.test.clean is None


def test_a_teacher_sees_inputs_as_plain_transforms_leave_them():
    noise = Censored(hidden=3, epochs=5)
    words = (Grey(), Downsample(to=16), Normalize())
    pool = images()
    labels = pictures(*words, label_noise=noise, pool=pool).train.targets
    small = pictures(*words[:2], pool=pool).train
    tell = noise.taught(small.inputs, pool.train_targets, 10)
    assert np.array_equal(labels, tell(small.taken()))


# --- sharing -----------------------------------------------------------------------------------


def test_cells_that_differ_in_labels_or_seeds_share_plain_arrays():
    pool, words = images(), (Grey(), Downsample(to=16))
    one = pictures(*words, pool=pool, label_noise=Wrong(share=0.5))
    other = pictures(*words, pool=pool, seed=5, samples=7)
    assert one.train.inputs is other.train.inputs
    assert one.validation.inputs is one.train.inputs
    assert one.test.inputs is other.test.inputs


def test_arrays_are_shared_as_far_as_what_they_depend_on():
    pool, words = attrs.evolve(CLASSES), (ShuffledPixels(), Normalize())
    one = chosen(*words, pool=pool, noise=0.5)
    same = chosen(*words, pool=pool)
    assert one.train.inputs is same.train.inputs
    assert one.test.inputs is same.test.inputs
    fewer = chosen(*words, pool=pool, samples=9)
    assert fewer.test.inputs is not one.test.inputs
    shuffled = (chosen(ShuffledPixels(), pool=pool, samples=n).test.inputs for n in (9, 20))
    assert next(shuffled) is next(shuffled)


@pytest.mark.parametrize("word", [ShuffledPixels(), RandomPixels(), Normalize()])
def test_seeds_of_one_pool_have_their_own_arrays(word):
    one, other = (chosen(word, pool=CLASSES, seed=seed, samples=9) for seed in (0, 1))
    alone = chosen(word, pool=attrs.evolve(CLASSES), seed=1, samples=9)
    assert not np.array_equal(one.test.taken(), other.test.taken())
    assert same_everywhere(other, alone)


def test_what_was_made_goes_with_its_pool_and_stays_within_bounds():
    pool = attrs.evolve(CLASSES)
    chosen(Normalize(), pool=pool)
    made = transformed.made_of(pool)
    made.memory = 1
    for seed in range(4):
        chosen(Normalize(), pool=pool, seed=seed)
    assert len(made._kept) == 1
    there = weakref.ref(made)
    del pool, made
    gc.collect()
    assert there() is None


# --- stacks and closed forms -------------------------------------------------------------------


def test_cells_stack_when_their_inputs_are_alike():
    plain, normal = stack_key(cell(data())), stack_key(cell(data(transform=(Normalize(),))))
    channel = stack_key(cell(data(transform=(Normalize(per="channel"),))))
    assert plain != normal
    assert normal == channel


def trained_by_hand(one):
    """The loss and the weights of one cell after full-batch steps with torch's own optimizer."""
    part = select(one, CLASSES).train
    inputs, targets = torch.tensor(part.taken()).double(), torch.tensor(part.targets)
    targets = targets.double() if targets.is_floating_point() else targets
    counts = torch.ones(len(part)) if part.weights is None else torch.tensor(part.weights)
    network = network_of(one)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05)
    for _ in range(3):
        optimizer.zero_grad()
        each = torch.nn.functional.cross_entropy(network(inputs), targets, reduction="none")
        (counts * each).sum().div(counts.sum()).backward()
        optimizer.step()
    return torch.cat([w.detach().flatten() for w in network.parameters()])


@pytest.mark.parametrize(
    "words",
    [
        (Concatenated(),),
        (Normalize(), Concatenated(), FeatureNoise(std=0.1)),
        (Concatenated(), Concatenated()),
        (ClassImbalance(ratio=3.0), ImportanceWeights(power=0.5), ShuffledPixels()),
    ],
    ids=lambda words: "-".join(each.name() for each in words),
)
def test_stacked_training_equals_a_plain_loop_over_the_samples(words):
    train = descent(epochs=3, batch=20)
    cells = [
        cell(data(samples=20, noise=noise, transform=words), train=train, seed=seed, name=str(seed))
        for seed, noise in ((0, 0.3), (1, 0.0), (2, 0.1))
    ]
    for one, run in zip(cells, stacked(cells), strict=True):
        found = torch.cat([w.flatten() for w in run.weights.values()])
        assert (found - trained_by_hand(one)).abs().max() < 1e-10


def test_pairs_take_no_memory_beyond_the_samples():
    part = chosen(Concatenated(), samples=3_600).train
    assert part.inputs is CLASSES.train_inputs
    assert part.rows.shape == (3_600, 2)
    assert part.targets.dtype == np.float32


def solved(*words, noise=0.0, seed=0, penalty=0.0):
    terms = (L2(strength=penalty),) if penalty else ()
    return cell(data(transform=words, noise=noise), terms, LeastSquares(), seed, Linear())


def test_solved_cells_of_other_inputs_are_no_family():
    words = (Normalize(), Normalize(per="channel"))
    assert len({stack_key(solved()), *(stack_key(solved(each)) for each in words)}) == 3


def test_weighted_samples_are_solved_by_the_normal_equations_of_weights():
    one = solved(ImportanceWeights(values=tuple(range(1, 11))), noise=0.3, penalty=0.1)
    found = readings_of([one], lambda *_: CLASSES, {}, Inputs("cpu"))[0]
    part = select(one, CLASSES).train
    inputs, hot = part.taken().astype(float), np.eye(10)[part.targets]
    weights = part.weights / part.weights.sum()
    # mean weighted square over 10 outputs + (0.1 / 2) |W|^2
    left = inputs.T @ (weights[:, None] * inputs) / 5 + 0.1 * np.eye(40)
    solution = np.linalg.solve(left, inputs.T @ (weights[:, None] * hot) / 5)
    loss = (weights[:, None] * (inputs @ solution - hot) ** 2).sum() / 10
    assert np.isclose(found["train_loss"], loss, rtol=1e-6)
    test = np.mean((CLASSES.test_inputs @ solution - np.eye(10)[CLASSES.test_targets]) ** 2)
    assert np.isclose(found["test_loss"], test, rtol=1e-6)


def test_pairs_are_solved_for_their_mean_targets():
    one = solved(Concatenated())
    found = readings_of([one], lambda *_: CLASSES, {}, Inputs("cpu"))[0]
    part = select(one, CLASSES).train
    solution = np.linalg.lstsq(part.taken().astype(float), part.targets, rcond=None)[0]
    test = np.hstack([CLASSES.test_inputs] * 2) @ solution
    wanted = np.mean((test - np.eye(10)[CLASSES.test_targets]) ** 2)
    assert np.isclose(found["test_loss"], wanted, rtol=1e-6)
