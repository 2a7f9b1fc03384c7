"""Records of the registries: what a file of a registry folder declares at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from impact.core.arrays import Floats
from impact.core.designs import Design
from impact.core.domain_facts import DomainFacts
from impact.core.errors import Notice
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
    it names. ``replicate(design, options, weights)``: the estimates (R, k) with each column of weights (n, R) at once,
    where that is cheaper than R fits; None where the options do not allow it.
    """

    summary: str
    options: type[Any]
    fit: Callable[[Design, Any], Estimate]
    references: tuple[str, ...]
    accepts: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    columns: Callable[[Any], Mapping[str, str]] | None = None
    replicate: Callable[[Design, Any, Floats], Floats | None] | None = None


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
    """A registered data format: ``read(path, request)`` returns a Frame.

    ``blocks(path, request)`` yields a Frame for each block of rows, where a format can be read so.
    """

    summary: str
    suffixes: tuple[str, ...]
    read: Callable[..., Frame]
    header: Callable[..., tuple[str, ...]]
    keywords: tuple[str, ...] = ()
    blocks: Callable[..., Iterator[Frame]] | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """A registered kind of data source: many official files that a data block names by folder and year.

    Arguments:
        options: its keys under the keyword in a data block (``enaho: {folder, years, …}``).
        columns: ``columns(options, request)``: names of all columns it gives, from the headers of the files alone.
        read: ``read(options, request)``: a Frame with the columns that ``request.wanted`` names.
        source: who made the files, for tables without a ``source:`` of their own.
        access: public, restricted or synthetic, for blocks without an ``access:`` of their own.
    """

    summary: str
    options: type[Any]
    columns: Callable[[Any, Any], tuple[str, ...]]
    read: Callable[[Any, Any], Frame]
    source: str
    access: str = "public"
    references: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DomainVariable:
    """A variable that a field makes of a survey's own codes.

    Arguments:
        expression: in the language of ``derive:``.
        unit: share (0 or 1), hours (a week), soles_month, soles_hour or log; real: in constant prices already.
    """

    expression: str
    unit: str = "share"
    real: bool = False


@dataclass(frozen=True, slots=True)
class Domain:
    """A registered field of study.

    Arguments:
        outcomes: name → sums over the persons of a row, for files of cells.
        labels: name → language → label, of outcomes and variables.
        units: line of a ledger → the unit it is shown with where its inputs give none.
        layouts: name → rows and columns of a ledger's table; rows that a spec has no lines for are left out.
        variables: coding (enaho, epe, epen) → name → how it is made of that survey's codes, for files of persons.
        examine: what the field warns of, once the data are prepared.
    """

    summary: str
    outcomes: Mapping[str, Mapping[str, object]]
    labels: Mapping[str, Mapping[str, str]]
    notes: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    layouts: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    keywords: tuple[str, ...] = ()
    variables: Mapping[str, Mapping[str, DomainVariable]] = field(default_factory=dict)
    examine: Callable[[DomainFacts], tuple[Notice, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """A registered output: ``write(document, request)`` returns file name → bytes, drawn from the results alone."""

    summary: str
    suffix: str
    write: Callable[..., Mapping[str, bytes]]
    keywords: tuple[str, ...] = ()
