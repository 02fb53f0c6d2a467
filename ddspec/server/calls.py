"""What a call takes, while its arguments are being written."""

from __future__ import annotations

from lsprotocol.types import ParameterInformation, SignatureHelp, SignatureInformation

from ddspec.server.completion import Asked
from ddspec.server.cursor import find_cursor
from ddspec.server.explaining import argument_text
from ddspec.server.index import Index
from ddspec.server.positions import Places
from ddspec.vocabulary.glossary import summary


def call_at(places: Places, offset: int, index: Index) -> SignatureHelp | None:
    """The arguments of the innermost call around an offset, and the one being written."""
    cursor, space = find_cursor(places.text, offset, places.path), index.spaces.get(places.path)
    if cursor is None or space is None:
        return None
    asked = Asked(cursor, index, space)
    for level in reversed(range(len(cursor.frames))):
        signature = asked.called(level)
        if signature is not None and signature.arguments:
            break
    else:
        return None
    items, names = cursor.frames[level].items, list(signature.arguments)
    named = len(items) > 1 and items[1].type == "COLON"
    active = names.index(str(items[0])) if named and str(items[0]) in names else len(names)
    taken = signature.arguments.items()
    informations = [
        ParameterInformation(name, argument_text(each.parameter) if each.parameter else None)
        for name, each in taken
    ]
    text = f"{signature.name}({', '.join(names)})"
    about = None if signature.word is None else summary(signature.word)
    position = cursor.frames[level].position
    return SignatureHelp(
        [SignatureInformation(text, about, informations)], 0, active if named else position
    )
