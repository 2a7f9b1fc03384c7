"""The base of every record's options: declared once, read by validation, schema, docs and `impact explain`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Options(BaseModel):
    """Options of a registered record. Unknown keys are errors; every field has a default and a description."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class NoOptions(Options):
    """A record without options."""
