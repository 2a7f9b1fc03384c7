"""Records of the registries: what a file of a registry folder declares at its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from impact.core.designs import Design
from impact.core.estimates import Estimate, Inference
from impact.core.findings import Finding
from impact.core.frames import Frame


@dataclass(frozen=True, slots=True)
class Estimator:
    """A registered estimator. ``fit(design, options)`` returns an Estimate; ``accepts`` names what it can use.

    ``accepts``: "weights" (all kinds) or "weights:sampling" and so on, "absorb", "sums", "clusters", "panel",
    "instruments", "offset"; "adoption" for estimators that start from a design of who is treated from when, with
    "covariates", "unbalanced", "cross_section", "anticipation", "dose", "reversible" as they apply; "own_variance" for
    errors that it makes itself ("own_unless_clustered", "own_on_request" where they are not always the default);
    "missing_outcome" where rows without an outcome stay. ``columns(options)``: option → column of the data that
    it names.
    """

    summary: str
    options: type[Any]
    fit: Callable[[Design, Any], Estimate]
    references: tuple[str, ...]
    accepts: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    columns: Callable[[Any], Mapping[str, str]] | None = None


@dataclass(frozen=True, slots=True)
class Variance:
    """A registered variance.

    ``infer(estimate, design, options, level)`` returns an Inference; ``columns(options)`` names the frame's columns
    that it needs as clusters; ``needs`` holds "linear", "panel", "coordinates", "refit" as they apply.
    """

    summary: str
    options: type[Any]
    infer: Callable[[Estimate, Design, Any, float], Inference]
    columns: Callable[[Any], tuple[str, ...]]
    needs: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A registered test of ``tests:``. ``examine(question, options)`` returns findings (see diagnostics)."""

    summary: str
    options: type[Any]
    examine: Callable[..., tuple[Finding, ...]]
    references: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """A registered data format: ``read(path, request)`` returns a Frame."""

    summary: str
    suffixes: tuple[str, ...]
    read: Callable[..., Frame]
    header: Callable[..., tuple[str, ...]]
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Domain:
    """A registered field of study: outcomes by name, default labels and units, notes, checks and table layouts.

    ``units``: line of a ledger → the unit it is shown with where its inputs give none. ``layouts``: name → rows and
    columns of a ledger's table; rows that a spec has no lines for are left out.
    """

    summary: str
    outcomes: Mapping[str, Mapping[str, object]]
    labels: Mapping[str, Mapping[str, str]]
    notes: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    layouts: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """A registered output: ``write(document, request)`` returns file name → bytes, drawn from the results alone."""

    summary: str
    suffix: str
    write: Callable[..., Mapping[str, bytes]]
    keywords: tuple[str, ...] = ()
