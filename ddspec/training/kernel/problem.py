"""The structures that the kernel reads, as ctypes; field by field those of dense.c."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_double, c_long, c_void_p
from typing import ClassVar


class Drop(ctypes.Structure):
    """Dropout at one place of a network."""

    _fields_: ClassVar = [
        ("number", c_long),
        ("threshold", c_void_p),
        ("scale", c_void_p),
    ]


class Stage(ctypes.Structure):
    """An affine layer and what follows it up to the next."""

    _fields_: ClassVar = [
        *((name, c_long) for name in ("inputs", "outputs", "bias", "norm", "act", "drops")),
        *((name, c_double) for name in ("slope", "momentum", "epsilon")),
        ("mean", c_void_p),
        ("variance", c_void_p),
        ("drop", POINTER(Drop)),
    ]


class Problem(ctypes.Structure):
    """A stack of models and its minibatches."""

    _fields_: ClassVar = [
        *(
            (name, c_long)
            for name in (
                *("stages", "models", "steps", "rows", "features", "parameters"),
                *("loss", "regression", "optimizer", "nesterov", "dropped"),
            )
        ),
        ("stage", POINTER(Stage)),
        ("drop", POINTER(Drop)),
        *(
            (name, c_void_p)
            for name in (
                *("inputs", "places", "targets", "seen", "rates", "keys"),
                *("weights", "first", "second", "power1", "power2"),
                *("l1", "l2", "decay1", "decay2", "epsilon", "outputs"),
            )
        ),
    ]
