"""What is planned, against checkpoints: from which step pending cells go on.

Each stage is imported where it is called, so that this file loads no torch, ray or xarray.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from ddspec.execution.ending import Ending
    from ddspec.execution.events import Event
    from ddspec.execution.options import Options
    from ddspec.plan.cell import Cell
    from ddspec.plan.grouping import Reading
    from ddspec.plan.outlook import Begun, Outlook
    from ddspec.plan.plan import Plan
    from ddspec.plan.ways import Step
    from ddspec.results.checkpoints import Folder
    from ddspec.results.store import Store
    from ddspec.training.checkpoint import Checkpoint

Head = tuple["Checkpoint", Path]


def resumed(
    outlooks: Sequence[Outlook],
    store: Store | None,
    folder: Path,
    step: Step = "auto",
    tell: Callable[[str], object] = lambda _: None,
) -> tuple[tuple[Outlook, ...], Folder]:
    """The outlooks with what a run folder's checkpoints spare them, and who keeps checkpoints.

    step: how steps are to be taken; a checkpoint that was made otherwise is passed over. tell: is
    told of files that cannot be read.
    """
    from ddspec.results.checkpoints import Folder, folder_in

    found = Folder(folder_in(folder))
    finder = _Finder(found, step, tell)
    if not finder.any:
        return tuple(outlooks), found
    files: dict[str, Path] = {}
    told = []
    readings = _readings(outlooks, store)
    for outlook in outlooks:
        begun = {}
        cells = {outlook.plan.ids[n]: (n, outlook.plan.cell(n)) for n in outlook.pending.tolist()}
        heads = finder.heads((cell for _, cell in cells.values()), readings)
        for cell, (head, file) in heads.items():
            files[cell] = file
            begun[cells[cell][0]] = _begun(head, cells[cell][1])
        told.append(_spared(outlook, begun))
    return tuple(told), attrs.evolve(found, begun=files)


def asking(folder: Path, tell: Callable[[str], object], how: Options) -> Ending:
    """The ending of a run, which asks workers to save what they train when a signal comes."""
    from ddspec.execution.ending import Ending
    from ddspec.results.checkpoints import Folder, folder_in

    def said(line: str) -> None:
        Folder(folder_in(folder)).ask()
        tell(line)

    return Ending(how.grace, how.most_failures, said)


def sweep(keeper: Folder, store: Store, outlooks: Sequence[Outlook]) -> None:
    """Delete checkpoints of cells in training that are trained and stored: of a run that died
    between the two.
    """
    pending = {o.plan.ids[number] for o in outlooks for number in o.pending.tolist()}
    names = {file.name for file in keeper.running()} - pending
    statuses = store.statuses(names)
    keeper.drop(cell for cell, status in statuses.items() if status != "failed")


def forget(folder: Path) -> Callable[[Event], None]:
    """A listener that deletes the checkpoints of cells in training whose records are stored."""
    from ddspec.execution.events import Finished
    from ddspec.results.checkpoints import Folder, folder_in

    keeper = Folder(folder_in(folder))

    def see(event: Event) -> None:
        if isinstance(event, Finished):
            keeper.drop(record.cell for record in event.records if record.status != "failed")

    return see


def unasked(plans: Sequence[Plan], folder: Path) -> list[Path]:
    """The checkpoints of a run folder that are of cells no plan asks for."""
    from ddspec.results.checkpoints import Folder, folder_in
    from ddspec.results.rounds import every_cell

    keeper = Folder(folder_in(folder))
    asked = set().union(*(every_cell(plan) for plan in plans))
    files = (*keeper.running(), *keeper.kept())
    return [file for file in files if file.name.rpartition(".")[2] not in asked]


def _readings(outlooks: Sequence[Outlook], store: Store | None) -> Mapping[str, Reading]:
    from ddspec.plan.readings import readings_of

    return readings_of(outlooks, (lambda _: {}) if store is None else store.held)


def _begun(head: Checkpoint, cell: Cell) -> Begun:
    from ddspec.plan.outlook import Begun
    from ddspec.training.course import Course

    course = Course.of(cell)
    return Begun(head.step, course.steps, course.epoch)


def _spared(outlook: Outlook, begun: Mapping[int, Begun]) -> Outlook:
    """The outlook without the work that checkpoints hold."""
    work = outlook.work.copy()
    if len(work):
        for number, each in begun.items():
            work[number] *= 1 - each.step / each.total
    pending = outlook.pending
    seconds = float(work[pending].sum()) if len(work) else outlook.seconds
    return attrs.evolve(outlook, begun=begun, work=work, seconds=seconds)


@attrs.define(eq=False)
class _Finder:
    """Looks for the checkpoint that holds most of a cell's training."""

    folder: Folder
    step: Step
    tell: Callable[[str], object]
    running: list[Head] = attrs.field(init=False)
    kept: dict[str, list[Path]] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        heads = map(self._head, self.folder.running())
        self.running = [head for head in heads if head is not None]
        self.kept = {}
        for file in self.folder.kept():
            self.kept.setdefault(file.name.partition(".")[0], []).append(file)

    @property
    def any(self) -> bool:
        """Whether there is a checkpoint at all."""
        return bool(self.running or self.kept)

    def heads(self, cells: Iterable[Cell], readings: Mapping[str, Reading]) -> dict[str, Head]:
        """The best checkpoint of each of the cells that have one, without its arrays."""
        from ddspec.plan.trajectory import trajectories

        keys: dict[str, list[Head]] = {}
        for head in self.running:
            keys.setdefault(head[0].trajectory, []).append(head)
        found = {}
        for cell, key in trajectories(cells):
            heads = (*keys.get(key, ()), *map(self._head, self.kept.get(key, ())))
            usable = [
                head
                for head in heads
                if head is not None and self._serves(head[0], cell, readings[cell.id])
            ]
            if usable:
                found[cell.id] = max(usable, key=lambda head: head[0].step)
        return found

    def _serves(self, head: Checkpoint, cell: Cell, reading: Reading) -> bool:
        from ddspec.plan.foresee import RISKS
        from ddspec.plan.trajectory import recorded_as
        from ddspec.training.checkpoint import software
        from ddspec.training.continuing import obstacle

        names = {*RISKS, *recorded_as(dict(reading.measures)).values()}
        return (
            (self.step in ("auto", head.way) or head.way == "eager")
            and head.software == software()
            and not obstacle(head, cell, reading.unit, reading.points, names)
        )

    def _head(self, file: Path) -> Head | None:
        from ddspec.results.checkpoints import UnreadableError, read_head

        try:
            return read_head(file), file
        except (OSError, UnreadableError) as error:
            self.tell(f"the checkpoint {file} is not used, its cell trains from the start: {error}")
            return None
