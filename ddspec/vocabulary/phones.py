"""The phones of TIMIT, and how they are folded.

Lee & Hon, "Speaker-independent phone recognition using hidden Markov models", 1989, Table 3: of the
61 symbols of the transcripts 48 are modeled, and confusions within seven groups are not counted,
which leaves 39; the glottal stop `q` is left out.
"""

from __future__ import annotations

SYMBOLS = (
    "aa ae ah ao aw ax ax-h axr ay b bcl ch d dcl dh dx eh el em en eng epi er ey f g gcl h# hh hv "
    "ih ix iy jh k kcl l m n ng nx ow oy p pau pcl q r s sh t tcl th uh uw ux v w y z zh"
)
PHONES = tuple(SYMBOLS.split())
GROUPS = {
    "aa": "aa ao",
    "ah": "ah ax ax-h",
    "er": "er axr",
    "hh": "hh hv",
    "ih": "ih ix",
    "l": "l el",
    "m": "m em",
    "n": "n en nx",
    "ng": "ng eng",
    "sh": "sh zh",
    "sil": "bcl dcl gcl pcl tcl kcl h# pau epi",
    "uw": "uw ux",
}
LEFT_OUT = "q"
_GROUP = {phone: name for name, members in GROUPS.items() for phone in members.split()}
FOLDED = tuple(sorted({_GROUP.get(phone, phone) for phone in PHONES if phone != LEFT_OUT}))


def folded(phone: str) -> str | None:
    """The group of a phone, or None for the one left out."""
    return None if phone == LEFT_OUT else _GROUP.get(phone, phone)
