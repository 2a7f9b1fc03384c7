"""Faults, errors with their exit status, and notices (warnings that are results)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a spec something stands.

    Arguments:
        file: path as the user wrote it.
        line, column: 1-based; ``end_column`` is exclusive.
        path: dotted path of the key (``models.cs.vcov``).
        note: for values that came through ``extends``, ``sets`` or ``matrix``: where from.
    """

    file: str
    line: int = 0
    column: int = 0
    end_column: int = 0
    path: str = ""
    note: str = ""

    def shifted(self, offset: int, length: int = 1) -> Place:
        """The place of a piece of this scalar that starts ``offset`` characters in."""
        start = self.column + offset
        return replace(self, column=start, end_column=start + max(length, 1))


@dataclass(frozen=True, slots=True)
class Fault:
    """One problem, with what is wrong and what to type instead.

    Arguments:
        message, help: filled in one language; ``values`` are what they were filled with, so that the fault can be
            said in another language. They do not count in comparisons.
    """

    code: str
    message: str
    severity: str = "error"
    place: Place | None = None
    suggestion: str = ""
    help: str = ""
    details: tuple[str, ...] = ()
    values: Mapping[str, object] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning that is a result: it is shown under the tables and kept in results.json."""

    code: str
    message: str
    of: str = ""
    details: dict[str, object] = field(default_factory=dict)


class ImpactError(Exception):
    """A user's problem: one or more faults and the exit status they lead to."""

    exit_status = 1

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"{fault.code} {fault.message}" for fault in faults))
        self.faults = faults

    @property
    def code(self) -> str:
        """Code of the first fault."""
        return self.faults[0].code if self.faults else "E900"

    @property
    def where(self) -> Place | None:
        """Place of the first fault."""
        return self.faults[0].place if self.faults else None

    @property
    def suggestion(self) -> str:
        """Suggestion of the first fault."""
        return self.faults[0].suggestion if self.faults else ""

    def __reduce__(self) -> tuple[type[ImpactError], tuple[Fault, ...]]:
        return type(self), self.faults


class SpecError(ImpactError):
    """The spec is wrong: YAML, keys, formulas, expressions."""

    exit_status = 3


class DataError(ImpactError):
    """The data are missing, unreadable or not what the spec says."""

    exit_status = 4


class DesignError(ImpactError):
    """The model is not identified on this sample."""

    exit_status = 5


class EstimationError(ImpactError):
    """The model could not be estimated."""

    exit_status = 5


class ConvergenceError(EstimationError):
    """An iteration did not reach its tolerance."""


class VerificationError(ImpactError):
    """A number differs from a published one, or two runs differ."""

    exit_status = 6


class OutputError(ImpactError):
    """The results cannot be written, or the folder is locked."""

    exit_status = 7
