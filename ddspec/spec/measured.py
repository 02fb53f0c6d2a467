"""Measures: whether the cells of an experiment have what each of them looks at."""

from __future__ import annotations

import math
from collections.abc import Mapping

import attrs

from ddspec.errors import Label, Span
from ddspec.spec.building import Build
from ddspec.spec.facts import Facts, argument_span
from ddspec.spec.problems import label, listed
from ddspec.spec.scope import Column
from ddspec.vocabulary.kinds import Architecture, Dataset, Procedure
from ddspec.vocabulary.measure import USES, Across, Measure, size

LARGEST = 1 << 30  # bytes of one array of the result
SHARING = ("seed", "seed.data")  # what draws training samples anew, and may draw all of them anew
BYTES = 4


def numbers(builds: Mapping[str, Build]) -> list[str]:
    """The names of the measures that are one number a reading."""
    words = {name: _word(build) for name, build in builds.items()}
    return [name for name, word in words.items() if not word.shape(1)]


def check_measures(facts: Facts, builds: Mapping[str, Build]) -> None:
    """Report measures that some cell has not what they need for, once each."""
    for build in builds.values():
        asked = _Asked(_word(build), build, facts)
        if asked.check_axis() and asked.check_needs():
            asked.check_samples()
            asked.check_size()
    _check_dims(facts, builds)


def _word(build: Build) -> Measure:
    assert isinstance(build.constant, Measure)
    return build.constant


@attrs.frozen(eq=False)
class _Asked:
    """A measure as it is written."""

    word: Measure
    build: Build
    facts: Facts

    def report(
        self, code: str, title: str, text: str, part: str, known: str, advice: str, at: str = ""
    ) -> bool:
        """Report at an argument, or at the whole measure, what a part of the cells is."""
        span: Span = argument_span(self.build, at) or self.build.span
        also = [self.facts.mark(part, known)] if part else []
        self.facts.problems.report(code, title, Label(span, text), also=also, help=[advice])
        return False

    # --- cells that are compared --------------------------------------------------------------

    def check_axis(self) -> bool:
        """Cells are compared along an axis of seeds, and asked about the same samples."""
        word, scope = self.word, self.facts.scope
        if not isinstance(word, Across):
            return True
        assert scope.draft is not None
        columns = scope.draft.columns.values()
        column = next((c for c in columns if word.along in (c.spelling, c.name)), None)
        replicates = [c.spelling for c in columns if c.kind == "replicate"]
        advice = f"its axes of seeds are {listed(replicates)}" if replicates else "sweep `seed`"
        if column is None:
            if scope.open_ended(word.along):
                return False
            title = f"`{word.name()}`: this experiment has no axis `{word.along}`"
            return self.report("DD601", title, "compares cells along it", "", "", advice, "along")
        if column.kind != "replicate":
            title = f"`{word.name()}` compares cells that differ in seeds only"
            text = f"`{word.along}` is no axis of seeds"
            return self.report("DD605", title, text, "", "", advice, "along")
        return self._check_shared(word, column)

    def _check_shared(self, word: Across, column: Column) -> bool:
        if column.spelling not in SHARING:
            return True
        title = f"`{word.name()}` compares what cells say to the same samples"
        if word.of != "test":
            text = f"`{column.spelling}` draws {word.of} samples anew"
            advice = "write `of: test`, or compare along `seed.init` or `seed.order`"
            return self.report("DD605", title, text, "", "", advice, "of")
        for _, (name,) in self.facts.pairs(("dataset", _redrawn)):
            if name:
                text, known = f"compared along `{column.spelling}`", "draws test samples anew, too"
                advice = "compare along `seed.init` or `seed.order`"
                return self.report("DD605", title, text, "dataset", known, advice, "along")
        return True

    # --- what is looked at --------------------------------------------------------------------

    def check_needs(self) -> bool:
        """Datasets, networks and ways of training have what the measure looks at."""
        word, facts = self.word, self.facts
        for _, (data,) in facts.pairs(("dataset", _sample)):
            if lacking := _lacking_of_data(word.needs, data):
                return self._lacks(lacking, "dataset")
        for _, (architecture,) in facts.pairs(("architecture", _network)):
            if lacking := _lacking_of_network(word.needs, *architecture):
                return self._lacks(lacking, "architecture")
        for _, (traits,) in facts.pairs(("train", _traits)):
            if lacking := _lacking_of_training(word.needs, traits):
                return self._lacks(lacking, "train")
        return True

    def _lacks(self, lacking: tuple[str, str, str], part: str) -> bool:
        wanted, known, advice = lacking
        title = f"`{self.word.name()}` needs {wanted}"
        return self.report("DD605", title, "cannot be taken here", part, known, advice)

    def check_samples(self) -> None:
        """There are samples of the use it looks at, and the class it is about."""
        word, facts = self.word, self.facts
        chosen = getattr(word, "label", None)
        for _, ((validation, classes),) in facts.pairs(("dataset", _held)):
            if word.use == "validation" and not validation:
                title = f"`{word.name()}` looks at validation samples, and there are none"
                advice = "hold some out of training: `validation: 1_000` in the dataset"
                self.report("DD605", title, "none are held out", "dataset", "none", advice, "of")
                return
            if chosen is not None and classes is not None and chosen >= classes:
                title = f"`{word.name()}`: there is no class {chosen}"
                advice = f"classes are 0 to {classes - 1}"
                self.report(
                    "DD605",
                    title,
                    "no such class",
                    "dataset",
                    f"{classes} classes",
                    advice,
                    "class",
                )
                return

    # --- arrays -------------------------------------------------------------------------------

    def check_size(self) -> None:
        """An array has as many samples and outputs in every cell, and is not too large."""
        recorded, facts = self.word.recorded, self.facts
        if not recorded.shape(1):
            return
        wanted, outputs = recorded.cap or 0, set()
        for _, ((out, sizes),) in facts.pairs(("dataset", _sizes)):
            outputs.add(out)
            there = sizes[USES.index(recorded.use or "train")]
            if wanted > there:
                title = f"`{self.word.name()}` records {wanted:,} samples of each cell"
                known = f"some cells have {there:,} {recorded.use} samples"
                advice = f"write `samples: {there:_}`"
                self.report(
                    "DD606", title, "more than there are", "dataset", known, advice, "samples"
                )
                return
        if len(outputs) > 1:
            title = f"`{self.word.name()}` records arrays of one size"
            known = f"cells put out {', '.join(map(str, sorted(outputs)))} numbers"
            advice = "make an experiment for each dataset"
            self.report("DD606", title, "sizes differ", "dataset", known, advice)
            return
        for out in outputs:
            self._check_bytes(out)

    def _check_bytes(self, outputs: int) -> None:
        draft = self.facts.scope.draft
        assert draft is not None
        times = [c.size for c in draft.columns.values() if c.kind == "trajectory"]
        each = size(self.word.recorded.shape(outputs))
        cells = math.prod(self.facts.grid.sizes.values())
        total = BYTES * each * cells * max(times, default=1)
        if total > LARGEST:
            title = f"`{self.word.name()}` would record {total / 2**30:.3g} GiB"
            text = f"{each:,} numbers a reading, {total // (BYTES * each):,} readings"
            advice = f"ask for fewer samples: at most {LARGEST / 2**30:g} GiB are recorded"
            self.report("DD606", title, text, "", "", advice, "samples")


def _check_dims(facts: Facts, builds: Mapping[str, Build]) -> None:
    """Arrays along one dimension have one length."""
    first: dict[str, tuple[int, Build]] = {}
    for build in builds.values():
        word = _word(build)
        for name, length in zip(word.dims(), word.shape(1), strict=False):
            known, other = first.setdefault(name, (length, build))
            if name != "class" and known != length:
                facts.problems.report(
                    "DD606",
                    f"two measures record different numbers of samples along `{name}`",
                    Label(build.span, f"{length:,} samples"),
                    also=[label(other.span, f"{known:,} samples")],
                    help=["ask for as many in both"],
                )
                return


# --- what parts have --------------------------------------------------------------------------

Lacking = tuple[str, str, str]  # what is needed, what is there, what to do


def _redrawn(dataset: Dataset) -> str:
    return dataset.name() if dataset.seeded else ""


def _sample(dataset: Dataset) -> tuple[int | None, int, str, bool]:
    return dataset.classes, dataset.outputs, dataset.reads, dataset.random_labels


def _held(dataset: Dataset) -> tuple[bool, int | None]:
    return dataset.validation > 0, dataset.classes


def _sizes(dataset: Dataset) -> tuple[int, tuple[int, ...]]:
    return dataset.outputs, (dataset.samples, dataset.validation, dataset.test)


def _network(architecture: Architecture) -> tuple[str, frozenset[str], bool]:
    fitted = "estimator" in architecture.traits
    return architecture.name(), architecture.traits, not fitted or hasattr(architecture, "passes")


def _traits(procedure: Procedure) -> frozenset[str]:
    return procedure.traits


def _lacking_of_data(
    needs: frozenset[str], data: tuple[int | None, int, str, bool]
) -> Lacking | None:
    classes, outputs, reads, random = data
    if needs & {"classes", "labels"} and classes is None:
        return "classes", "regression: its targets are real numbers", "take a dataset of classes"
    if "classes" in needs and outputs != classes:
        return "one class a sample", "a class a token", "take `error()` or `loss()`"
    if "random_labels" in needs and not random:
        known = "its labels say something about inputs, or do not count alike"
        return "random labels", known, "write `label_noise: uniform(100%)` in the dataset"
    if "numbers" in needs and reads != "numbers":
        return "inputs that are numbers", "its inputs cannot change a little", "leave it out"
    return None


def _lacking_of_network(
    needs: frozenset[str], name: str, traits: frozenset[str], has: bool
) -> Lacking | None:
    if "feedforward" in needs and "feedforward" not in traits:
        known = f"`{name}` is no chain of affine layers and activations"
        return "a chain of layers", known, "take `mlp(...)`, or another norm"
    if "translates" in needs and "translates" not in traits:
        return "a network that translates", f"`{name}` does not", "leave it out"
    if "layers" in needs and name == "linearized":
        known = "what is trained are changes of all weights"
        return "the features of a last layer", known, "leave it out"
    if "weights" in needs and not has:
        return "trained weights", f"`{name}` has none", "take a measure of what it puts out"
    return None


def _lacking_of_training(needs: frozenset[str], traits: frozenset[str]) -> Lacking | None:
    if "first" in needs and "gradient" not in traits:
        known = "nothing is trained step by step"
        return "weights before training", known, "train by gradient descent, or leave it out"
    if "network" in needs and "estimator" in traits:
        return "a network to differentiate", "fitted by a library", "leave it out"
    return None
