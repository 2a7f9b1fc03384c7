"""The flags F1 to F14 of a package, as reviewers of replication packages raise them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import impact.pipeline.packaging.flags_of_files as of_files
import impact.pipeline.packaging.flags_of_studies as of_studies
from impact.pipeline.packaging.opened import STATES, Found, Opened, open_package

FLAGS: Mapping[str, Callable[[Opened], Iterator[Found]]] = {
    "F1": of_files.machine_paths,
    "F2": of_files.entry_point,
    "F3": of_files.working_folders,
    "F4": of_studies.seeds_and_order,
    "F5": of_files.exact_versions,
    "F6": of_studies.report_versions,
    "F7": of_studies.manuscript,
    "F8": of_studies.data_statement,
    "F9": of_files.exhibits_by_code,
    "F10": of_files.exhibit_list,
    "F11": of_files.stray_files,
    "F12": of_studies.inputs_untouched,
    "F13": of_studies.restricted_data,
    "F14": of_studies.computing_needs,
}


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag and what it found; its state is the worst of them."""

    name: str
    found: tuple[Found, ...]

    @property
    def state(self) -> str:
        """pass, warn or fail."""
        return max((one.state for one in self.found), key=STATES.index, default=STATES[0])


def check_package(folder: Path) -> list[Flag]:
    """Every flag of a package, in order.

    Raises:
        DataError: E638 the folder is not a package.
    """
    package = open_package(folder)
    return [Flag(name, tuple(dict.fromkeys(check(package)))) for name, check in FLAGS.items()]
