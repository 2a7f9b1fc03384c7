"""The Peru lab: synthetic tables with known effects, made in memory when a spec names them.

Persons, districts, crimes, victimisation, refugees, budget, arrivals, a trial and school attendance of one invented
country with the margins of the policy paper and the effects of the chosen world. The same world, size, seed and knobs
give the same bytes. Everything made from it is called synthetic: tables, figures, files and report.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from impact.core.errors import DataError
from impact.core.frames import Frame
from impact.core.name_patterns import wanted_among
from impact.core.options import Options
from impact.core.registered import Survey
from impact.data.made_up import MARK
from impact.data.peru_lab.settings import GENERATOR, LARGEST_SEED, Settings, knobs_from
from impact.data.peru_lab.tables import columns_of, make_table
from impact.data.source_files import SourceFiles


class LabKnobs(Options):
    """Nuisances of the lab; 0 switches one off."""

    rho_sort: float = Field(
        0.3,
        ge=-0.95,
        le=0.95,
        description="Correlation of settlement with the district's trend of labour demand.",
    )
    iv_strength: float = Field(
        0.6, ge=0, le=1, description="Correlation of the settlement of 2007 with today's; 0.15 is weak."
    )
    trend_sd: float = Field(
        0.02, ge=0, le=0.2, description="Standard deviation of the districts' trends, log points a year."
    )
    ar: float = Field(0.4, ge=0, le=0.95, description="Autocorrelation of the districts' shocks.")
    overdispersion: float = Field(
        0.25, ge=0, le=2, description="Variance of the multiplicative noise of crime counts."
    )
    attrition: float = Field(0.12, ge=0, le=0.6, description="Share that is not found a year later.")
    denominator: Literal["with", "without"] = Field(
        "with", description="Whether `population` counts migrants."
    )
    measurement: float = Field(
        0.2, ge=0, le=0.9, description="Share of the variance of `exposure_registry` that is classical error."
    )
    lockdown: float = Field(
        0.25,
        ge=0,
        le=0.6,
        description="Share of Lima's workers without work in 2020Q2-2020Q4; 0.6 of it elsewhere.",
    )
    bunching: float = Field(
        0.3,
        ge=0,
        le=0.9,
        description="Share of the arrivals just after the permit's cut-off that came before it.",
    )
    lima_share: float = Field(
        0.75, ge=0.5, le=0.95, description="Share of the migrants who live in Lima and Callao."
    )
    strong: Literal[0, 1] = Field(
        0, description="1: the press figure of -0.11 for the group that loses jobs."
    )

    @model_validator(mode="after")
    def _possible(self) -> LabKnobs:
        if self.iv_strength**2 + self.rho_sort**2 > 1:
            raise PydanticCustomError(
                "E266", "", {"iv": f"{self.iv_strength:g}", "rho": f"{self.rho_sort:g}"}
            )
        return self


def _null(value: object) -> object:
    """`world: null` in YAML is nothing; the world of that name is meant."""
    return "null" if value is None else value


World = Annotated[Literal["ac2020", "null", "mixed"], BeforeValidator(_null)]


class LabOptions(Options):
    """Options of `lab`: the same ones give the same numbers."""

    table: Literal[
        "persons", "districts", "cities", "crimes", "victimisation", "refugees", "budget", "arrivals", "trial",
        "attendance",
    ] = Field(description="Which table.")  # fmt: skip
    world: World = Field("ac2020", description="Which true effects: the policy paper's signs, none, or some.")
    size: Literal["small", "full"] = Field(
        "small", description="small: 20,000 persons a quarter; full: 30,000, and larger other samples."
    )
    seed: int = Field(1, ge=0, le=LARGEST_SEED, description="Seed of all draws.")
    set: LabKnobs = Field(
        default_factory=lambda: LabKnobs.model_validate({}),
        description="Knobs that differ from their defaults.",
    )

    def settings(self) -> Settings:
        """What the tables are made from."""
        knobs, _ = knobs_from(self.set.model_dump())
        return Settings(self.world, self.size, self.seed, knobs)


def columns(options: LabOptions, request: SourceFiles) -> tuple[str, ...]:
    """The columns of the table; nothing is made.

    Raises:
        DataError: E268 the block says that these data are anything but synthetic.
    """
    _require_synthetic(request)
    return columns_of(options.table)


def read(options: LabOptions, request: SourceFiles) -> Frame:
    """The table, made in memory; its hash is that of the settings and of the generator's version.

    Raises:
        DataError: E268.
    """
    _require_synthetic(request)
    settings = options.settings()
    made = make_table(options.table, settings)
    rows = len(made[MARK])
    facts = {"sha256": settings.sha256(options.table), "bytes": 0, "rows": rows}
    kept = wanted_among(made, request.wanted if request.wanted is not None else made)
    return Frame(
        columns={name: values for name, values in made.items() if name in kept},
        n_rows=rows,
        read=rows,
        files={f"synthetic_{options.table}": facts},
    )


def _require_synthetic(request: SourceFiles) -> None:
    access = request.block.access
    if access is not None and access != MARK:
        raise DataError(request.fault("E268", key="access", access=access))


SURVEY = Survey(
    summary="Peru lab: synthetic tables with known effects",
    options=LabOptions,
    columns=columns,
    read=read,
    source=f"Peru lab, synthetic data (generator {GENERATOR})",
    access="synthetic",
)
