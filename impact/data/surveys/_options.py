"""Options that kinds of sources share: the folder, the years, names of files."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from impact.core.options import Options
from impact.schema.data_blocks import Years

__all__ = ["FolderOptions", "Words", "Years"]


class FolderOptions(Options):
    """Where the files are."""

    folder: str = Field(
        min_length=1,
        description="Folder with the files, relative to the spec or inside `root`; folders in it are searched, too.",
    )


def one_or_several(value: object) -> object:
    """A word alone is a list of one."""
    return tuple(value) if isinstance(value, list) else (value,) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(one_or_several, json_schema_input_type=str | list[str])]
