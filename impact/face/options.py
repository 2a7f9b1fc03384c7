"""What the Python functions do everywhere: ``impact.options``."""

from __future__ import annotations

import importlib.util

from impact.core.errors import Place, SpecError
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.face.arguments import wrong_value

FRAMES = ("pandas", "polars", "pyarrow")


class FaceOptions:
    """Settings of a session. ``frame``: the library of the data frames that results come in; pandas by default."""

    __slots__ = ("_frame",)

    def __init__(self) -> None:
        self._frame = "pandas"

    @property
    def frame(self) -> str:
        """Library of the frames that come back: pandas, polars or pyarrow."""
        return self._frame

    @frame.setter
    def frame(self, value: str) -> None:
        """Choose the library.

        Raises:
            SpecError: E609 another word, E699 a library that is not installed.
        """
        if value not in FRAMES:
            raise wrong_value("frame", value, FRAMES, function="options")
        if importlib.util.find_spec(value) is None:
            raise SpecError(fault("E699", place=Place(file="options"), library=value))
        self._frame = value

    def __setattr__(self, name: str, value: object) -> None:
        if name not in ("frame", "_frame"):
            hint, names = nearest(name, ("frame",)), "frame"
            place = Place(file="options")
            raise SpecError(
                fault("E693", place=place, suggestion=hint, function="options", name=name, names=names)
            )
        object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"options(frame={self._frame!r})"


options = FaceOptions()
