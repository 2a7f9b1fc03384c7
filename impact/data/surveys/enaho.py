"""ENAHO, the national household survey of Peru (2004-2025): modules of several years as one table of persons.

Modules 02 (members), 03 (education), 04 (health), 05 (employment) and 34 (sumaria) are found by year in the names
that the statistics office gives them (`enaho01a-2018-500.dta`, `sumaria-2018.dta`, folders such as `634-Modulo05`),
merged by conglome + vivienda + hogar (+ codperso) with a least share of partners, and the years put on top of each
other. Names are in small letters. Keys are text: blanks are taken off and zeros filled in (W466), because files pad
them differently.

Beside the variables of the files there are: `year`, `month`, `quarter`, `household`, `person`, `psu` (year and
conglome: numbers are used again in other years), `stratum` (year, dominio, estrato), `department`, `province`, `urban`
(estrato 1 to 5), `formal_contract` (whatever the code of the year) and `poverty_weight` (factor07 x mieperho).

Money is annual in i- and d-variables and in sumaria, monthly in the poverty lines; W469 says which. Employment and
wages are weighted by `fac500a`, households by `factor07`, persons of sumaria by `poverty_weight`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from impact.core.frames import Frame
from impact.core.nearest import nearest
from impact.core.registered import Survey
from impact.data.source_files import SourceFiles
from impact.data.surveys import _enaho_modules, _enaho_panel
from impact.data.surveys._enaho_facts import MODULES, ORDER, OTHER_NAMES
from impact.data.surveys._options import FolderOptions, Years


def _modules(value: object) -> object:
    """Modules by any of their names."""
    parts = value if isinstance(value, list) else [value]
    found = []
    for part in parts:
        written = str(part).strip().lower()
        name = written if written in MODULES else OTHER_NAMES.get(written, "")
        if not name:
            close = nearest(written, (*MODULES, *OTHER_NAMES))
            hint = f"; did you mean '{close}'?" if close else ""
            known = ", ".join(f"{number} ({name})" for name, (number, _) in MODULES.items())
            raise ValueError(f"there is no module '{part}'{hint} Modules: {known}")
        found.append(name)
    if len(set(found)) < len(found):
        raise ValueError("a module stands twice")
    return tuple(name for name in ORDER if name in found)


def _files(value: dict[str, str]) -> dict[str, str]:
    for module in value:
        _modules(module)
    return {str(_modules(module)[0]): pattern for module, pattern in value.items()}  # type: ignore[index]


Modules = Annotated[
    tuple[str, ...],
    BeforeValidator(_modules, json_schema_input_type=str | int | list[str | int]),
]


class EnahoOptions(FolderOptions):
    """Options of `enaho`."""

    years: Years = Field(description="Survey years: 2018, [2017, 2018], or 2015-2019.")
    modules: Modules = Field(
        ("employment",),
        description="Modules by number or name: 02 members, 03 education, 04 health, 05 employment, 34 sumaria.",
    )
    files: Annotated[dict[str, str], AfterValidator(_files)] = Field(
        default_factory=dict,
        description="module → name of its file where it has another than the office's; * for any letters, {year}.",
    )
    persons: Literal["current", "members", "residents", "all"] = Field(
        "current",
        description="current: without p203 = 0, which are marks of the panel; members: of these p204 = 1; residents: "
        "members not absent for 30 days, and others present for 30; all: every row.",
    )
    match: float = Field(
        0.99,
        ge=0,
        le=1,
        description="Least share of the rows of a module that must find their person or household in the first one.",
    )
    codes: Literal["clean", "raw"] = Field(
        "clean",
        description="clean: 999999 in money, 99 in p208a, 0 in ocu500 and codes labelled Pase are missing; raw: as "
        "they are.",
    )
    panel: Literal["none", "wide", "long"] = Field(
        "none",
        description="Files of the panel: wide keeps one row a person with its suffixes (p501_17), long makes one row "
        "a person and year.",
    )

    @model_validator(mode="after")
    def _only_what_is_used(self) -> EnahoOptions:
        if self.panel != "none" and "match" in self.model_fields_set:
            raise PydanticCustomError("E259", "", {"problem": "`match` merges modules; `panel` reads one"})
        if self.panel == "wide" and self.persons not in ("current", "all"):
            problem = "`persons` chooses rows of a year; with `panel: wide` a row has all years"
            raise PydanticCustomError("E259", "", {"problem": problem})
        return self


def columns(options: EnahoOptions, request: SourceFiles) -> tuple[str, ...]:
    """Names of the columns of all modules and years, and of those that are made."""
    if options.panel != "none":
        return _enaho_panel.columns(options, request)
    return _enaho_modules.columns(options, request)


def read(options: EnahoOptions, request: SourceFiles) -> Frame:
    """The merged modules of all years."""
    if options.panel != "none":
        return _enaho_panel.read(options, request)
    return _enaho_modules.read(options, request)


SURVEY = Survey(
    summary="ENAHO: household survey of Peru, modules merged, years stacked, or its panel",
    options=EnahoOptions,
    columns=columns,
    read=read,
    source="INEI, Encuesta Nacional de Hogares (ENAHO)",
    access="public use microdata of INEI",
    references=(
        "Instituto Nacional de Estadística e Informática (INEI), Encuesta Nacional de Hogares, 2004-2025",
    ),
)
