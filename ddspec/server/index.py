"""The index: the sites of all files, those that name one thing together."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

import attrs

from ddspec.server.files import Read, Space, load
from ddspec.server.reading import Reader
from ddspec.server.sites import Owner, Site


@attrs.define(eq=False)
class Index:
    """Sites by path, in order; `spaces` the names of each file."""

    spaces: dict[str, Space] = attrs.field(factory=dict)
    sites: dict[str, list[Site]] = attrs.field(factory=dict)
    leaders: dict[Site, Site] = attrs.field(factory=dict)

    def at(self, path: str, offset: int) -> Site | None:
        """The site at an offset, its end included; of two that touch the one that begins there."""
        sites = self.sites.get(path, [])
        place = bisect_right(sites, offset, key=lambda site: site.span.start)
        for site in reversed(sites[:place]):
            if site.span.end >= offset:
                return site
            if site.span.source == path and site.span.end < offset:
                return None
        return None

    def alike(self, site: Site) -> list[Site]:
        """All sites that name what this one does, by file and place; itself only when unknown."""
        leader = self.leader(site)
        return [
            each
            for path in sorted(self.sites)
            for each in self.sites[path]
            if self.leader(each) is leader
        ]

    def definitions(self, site: Site) -> list[Site]:
        """Where what a site names is declared: several for an axis of several experiments."""
        return [each for each in self.alike(site) if each.defines]

    def axes(self, path: str, offset: int) -> dict[str, Site]:
        """The axes and derived quantities that an expression at an offset may read, by name.

        Inside an experiment its own and those of the ones it amends; in another declaration those
        of all experiments.
        """
        inside = [o for o in self._experiments() if _holds(o, path, offset)]
        found: dict[str, Site] = {}
        for owner in inside or self._experiments():
            found |= columns(owner)
        return {name: site for name, site in found.items() if site.sort != "recorded"}

    def recorded(self, path: str, offset: int) -> list[str]:
        """The names of the measures and theories of the experiment at an offset."""
        inside = [o for o in self._experiments() if _holds(o, path, offset)]
        return [n for o in inside for n, site in columns(o).items() if site.sort == "recorded"]

    def wanted(self, path: str, but: int = -1) -> list[str]:
        """Names that declarations of a file leave open and no experiment has an axis for.

        One that begins at the offset `but` is only being typed.
        """
        free = (site for owner in self.spaces[path].own for site in owner.free)
        return sorted({s.text for s in free if s.sort == "free" and s.span.start != but})

    def _experiments(self) -> list[Owner]:
        return [o for s in self.spaces.values() for o in s.own if o.kind == "experiment"]

    # --- joining ------------------------------------------------------------------------------

    def join(self, one: Site, other: Site) -> None:
        """Two sites name the same thing."""
        first, second = self.leader(one), self.leader(other)
        if first is not second:
            self.leaders[first] = second

    def leader(self, site: Site) -> Site:
        """The one of the sites that name a thing which stands for all of them."""
        while (next_ := self.leaders.get(site)) is not None:
            site = next_
        return site

    def join_axes(self) -> None:
        """Names that declarations leave open are axes of the experiments that reach them."""
        for experiment in self._experiments():
            here = columns(experiment)
            for base in _bases(experiment):
                for name, site in base.own.items():
                    self.join(here[name], site)
            for owner in _reached(experiment):
                for site in owner.free:
                    meant = here.get(site.text)
                    if meant is not None and _may_mean(site, meant):
                        self.join(site, meant)
                        site.sort = meant.sort


def build_index(paths: Iterable[str], read: Read) -> Index:
    """The index of some files and of all they use; files that cannot be read are left out."""
    index = Index()
    for path in paths:
        load(path, read, index.spaces)
    for path, space in index.spaces.items():
        index.sites[path] = Reader(space, index.join).read()
    index.join_axes()
    return index


def columns(experiment: Owner) -> dict[str, Site]:
    """The axes, derived quantities and recorded names of an experiment and of what it amends."""
    found: dict[str, Site] = {}
    for owner in reversed(_bases(experiment)):
        found |= owner.own
    return found


def _bases(experiment: Owner) -> list[Owner]:
    """An experiment and those it amends, the nearest first."""
    found: list[Owner] = []
    owner: Owner | None = experiment
    while owner is not None and owner not in found:
        found.append(owner)
        owner = owner.base
    return found


def _reached(experiment: Owner) -> list[Owner]:
    """An experiment, what it amends, and every declaration that they name."""
    found: list[Owner] = []
    waiting = _bases(experiment)
    while waiting:
        owner = waiting.pop()
        if owner not in found:
            found.append(owner)
            waiting += owner.uses
    return found


def _may_mean(site: Site, meant: Site) -> bool:
    """A place that names a quantity means a recorded one, any other place an axis."""
    return (meant.sort == "recorded") == (site.taken.refers == "quantity")


def _holds(owner: Owner, path: str, offset: int) -> bool:
    return owner.path == path and owner.whole.start <= offset <= owner.whole.end
