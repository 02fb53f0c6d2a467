"""Watches of a stack: whose weights are kept at a look at a risk, and whose run is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs
import torch
from torch import Tensor

from ddspec.training.course import Course
from ddspec.training.models import Kind, Models, Tensors
from ddspec.vocabulary.watch import Watch

RiskOf = Callable[[str, Sequence[int]], Tensor]


@attrs.define(eq=False)
class Watching:
    """What is kept of k models, in the stack's order, and who is done.

    kept: the models as they were when last kept. over: (k,) bool; ended: (k,) int64, the step at
    which a run was found to be over. noted: what each watch noted at its last look.
    """

    watches: tuple[Watch, ...]
    courses: Sequence[Course]
    kept: Models
    over: Tensor
    ended: Tensor
    noted: list[Tensors]

    @classmethod
    def of(cls, kind: Kind, courses: Sequence[Course], models: Models) -> Watching | None:
        """The watches of a stack before its first step; None without any."""
        until = (kind.train.until,) if kind.train.until is not None else ()
        words = (*kind.cell.regularizer, *until)
        watches = tuple(watch for word in words if (watch := word.watch()) is not None)
        if not watches:
            return None
        none = torch.zeros(len(models), dtype=torch.int64, device=models.weights.device)
        return cls(watches, courses, models, none.bool(), none, [{} for _ in watches])

    def steps(self) -> set[int]:
        """The steps at which something is looked at."""
        return {
            step
            for course in self.courses
            for watch in self.watches
            for step in range(0, course.steps + 1, watch.every.steps(course.epoch))
        }

    def due(self, count: int, step: int) -> list[int]:
        """The numbers of those of the first `count` models that are looked at."""
        return [
            number
            for number, course in enumerate(self.courses[:count])
            if step <= course.steps
            and any(step % watch.every.steps(course.epoch) == 0 for watch in self.watches)
        ]

    def look(self, models: Models, numbers: Sequence[int], step: int, risk_of: RiskOf) -> None:
        """Look at models of those numbers, of equally long epochs; `models` is the whole stack as
        it would be read. risk_of: a risk of models of those numbers.
        """
        chosen = torch.tensor(numbers, device=self.over.device)
        length = self.courses[numbers[0]].epoch
        done = self.over[chosen]
        keep = torch.zeros_like(done) if self._best else ~done
        over = done
        for place, watch in enumerate(self.watches):
            if step % watch.every.steps(length):
                continue
            unit = length if watch.every.unit == "epochs" else 1
            passed = torch.tensor(step / unit, dtype=torch.float64, device=self.over.device)
            before = self.noted[place] if step else {}
            noted = {name: values[chosen] for name, values in before.items()}
            wanted, ended, noted = watch.judge(risk_of(watch.quantity, numbers), noted, passed)
            keep = wanted & ~done if watch.best else keep
            over = over | ended
            self._note(place, chosen, noted)
        self._keep(models, chosen, keep)
        self.ended[chosen] = torch.where(over & ~done, step, self.ended[chosen])
        self.over[chosen] = over

    def shown(self, models: Models) -> Models:
        """The first models as they are read: what was kept, where that is what counts."""
        count = len(models)
        kept = self.kept.first(count)
        if self._best:
            return attrs.evolve(models, weights=kept.weights, buffers=kept.buffers)
        return _where(self.over[:count], kept, models)

    def all_over(self, count: int, step: int) -> bool:
        """Whether the first `count` models all are done; asked where something was looked at, for
        it waits for the device.
        """
        return bool(self.due(count, step)) and bool(self.over[:count].all())

    def stops(self) -> list[int | None]:
        """The step at which each run was found to be over before its end; None: it was not."""
        found = zip(self.over.tolist(), self.ended.tolist(), self.courses, strict=True)
        return [step if over and step < course.steps else None for over, step, course in found]

    def state(self, count: int) -> Tensors:
        """What is known of the first `count` models, (k, ...) each, by name."""
        kept = self.kept.first(count)
        found = {"weights": kept.weights, "over": self.over[:count], "ended": self.ended[:count]}
        found |= {f"buffers/{name}": tensor for name, tensor in kept.buffers.items()}
        for place, noted in enumerate(self.noted):
            found |= {f"noted/{place}/{name}": tensor[:count] for name, tensor in noted.items()}
        return found

    def recall(self, state: Tensors) -> None:
        """Go on from what was known of all models."""
        buffers = {name: state[f"buffers/{name}"] for name in self.kept.buffers}
        self.kept = attrs.evolve(self.kept, weights=state["weights"], buffers=buffers)
        self.over, self.ended = state["over"].clone(), state["ended"].clone()
        for name, tensor in state.items():
            if name.startswith("noted/"):
                _, place, own = name.split("/", 2)
                self.noted[int(place)][own] = tensor.clone()

    @property
    def _best(self) -> bool:
        return any(watch.best for watch in self.watches)

    def _keep(self, models: Models, chosen: Tensor, keep: Tensor) -> None:
        mask = torch.zeros_like(self.over)
        mask[chosen] = keep
        count = len(models)
        kept = _where(mask[:count], models, self.kept.first(count))
        rest = self.kept
        self.kept = attrs.evolve(
            rest,
            weights=torch.cat([kept.weights, rest.weights[count:]]),
            buffers={n: torch.cat([t, rest.buffers[n][count:]]) for n, t in kept.buffers.items()},
        )

    def _note(self, place: int, chosen: Tensor, noted: Tensors) -> None:
        held = self.noted[place]
        for name, values in noted.items():
            if name not in held:
                held[name] = values.new_zeros(len(self.over))
            held[name][chosen] = values


def _where(mask: Tensor, these: Models, others: Models) -> Models:
    """Weights and buffers of `these` where the mask, (k,), is True, of `others` elsewhere."""

    def chosen(a: Tensor, b: Tensor) -> Tensor:
        return torch.where(mask.view(-1, *(1 for _ in a.shape[1:])), a, b)

    buffers = {name: chosen(these.buffers[name], others.buffers[name]) for name in these.buffers}
    return attrs.evolve(others, weights=chosen(these.weights, others.weights), buffers=buffers)
