"""From a resolved spec to a plan: every keyword resolved, every formula parsed, no data touched yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import impact
import impact.catalog as catalog
import impact.schema.adoption_requests as adoptions
import impact.schema.model_parts as parts
from impact.core.domain_facts import UsedVariable
from impact.core.errors import DataError, Fault, ImpactError, SpecError
from impact.core.options import Options
from impact.core.texts import LANGUAGES, fault
from impact.inference._options import PermuteOptions, WildOptions, wild_columns
from impact.schema.constructed.files import twice_built
from impact.schema.constructed.variables import expressions_of, money_faults
from impact.schema.curves.specifications import CurveRequest, curve_of
from impact.schema.data_blocks import PanelBlock
from impact.schema.design_block import DesignBlock
from impact.schema.expressions.tree import Expression
from impact.schema.faults_from_pydantic import validate_node
from impact.schema.formulas.expand import expand_formula
from impact.schema.formulas.tree import Formula
from impact.schema.ledger.kinds import KIND as LEDGER
from impact.schema.ledger.kinds import is_ledger, kind_faults, shared_part
from impact.schema.ledger.offers import Offers
from impact.schema.ledger.plan import ledger_of
from impact.schema.ledger.published import with_names
from impact.schema.ledger.requests import LedgerRequest
from impact.schema.listings.requests import ListingRequest, listings_of
from impact.schema.model import ModelBlock, OutcomeBlock, SpecModel
from impact.schema.model_class import (
    RESERVED_KEYS,
    OutcomesOnly,
    model_class_of,
    refuse_reserved,
    refuse_reserved_in_model,
)
from impact.schema.nodes import Node, map_node, without
from impact.schema.option_requests import (
    TestRequest,
    check_pair,
    checked,
    coordinates_of,
    permute_of,
    test_faults,
    tests_of,
    variance_of,
    wild_of,
    with_columns,
)
from impact.schema.requests import AdoptionRequest, ModelRequest
from impact.schema.resolve import ExpandedModel, Resolved, resolve_spec
from impact.schema.resolving.data_sources import data_sources
from impact.schema.resolving.sources import Source, sources_of
from impact.schema.survey_block import with_survey
from impact.schema.version_range import in_range

# what estimators accept that describe variables by domain instead of a formula
MEANS = "means"
_KEYS = tuple(SpecModel.model_fields)


@dataclass(frozen=True, slots=True)
class Plan:
    """A spec ready to run.

    Arguments:
        study: name of the results' folder. spec: the validated spec; resolved: its tree and sources.
        models: every model, robustness rows included; tests: every test; listings: every table of data.
        derive, filters: parsed; sources: data files, the main one first. curve: the specification curve or None.
        variables: derived columns that are variables of a field of study.
        ledger: the request of a spec of kind ledger, which has no models, else None.
    """

    study: str
    spec: SpecModel
    resolved: Resolved
    models: tuple[ModelRequest, ...]
    tests: tuple[TestRequest, ...]
    derive: Mapping[str, Expression]
    filters: Mapping[str, Expression]
    sources: tuple[Source, ...]
    roots: Mapping[str, str | Path] = field(default_factory=dict)
    curve: CurveRequest | None = None
    listings: tuple[ListingRequest, ...] = ()
    variables: Mapping[str, UsedVariable] = field(default_factory=dict)
    ledger: LedgerRequest | None = None

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages of the outputs."""
        value = self.spec.language
        return (value,) if isinstance(value, str) else tuple(value)


def make_plan(
    spec: str | Path | Any, *, set_values: Sequence[str] = (), roots: Mapping[str, str | Path] | None = None
) -> Plan:
    """The plan of a spec file (or of a tree).

    Raises:
        SpecError: every fault of the spec, each at its place.
    """
    resolved = resolve_spec(spec, set_values=set_values, roots=roots, accepts=None, keep_going=True)
    faults: list[Fault] = list(resolved.faults)
    tree = resolved.tree
    faults += [*refuse_reserved(tree), *kind_faults(tree, _KEYS)]
    checked_tree, asked, found = data_sources(without(tree, *RESERVED_KEYS), catalog.SURVEYS)
    faults += found
    model, found = validate_node(SpecModel, shared_part(checked_tree, _KEYS))
    faults += found
    if is_ledger(tree):
        return _ledger_plan(resolved, model, faults, roots)
    requests: list[ModelRequest] = []
    for expanded in resolved.models:
        faults += _collect(requests, expanded)
    listings, found = listings_of(tree)
    faults += found
    if not resolved.models and tree.get("listings") is None:
        faults.append(fault("E178", place=tree.place))
    tests, found = tests_of(tree, catalog.DIAGNOSTICS)
    faults += found
    derive, filters, variables, found = expressions_of(tree, catalog.DOMAINS)
    faults += found
    curve, found = curve_of(tree, resolved.models, _requests, _outcomes)
    faults += found
    if model is not None:
        faults += [*_spec_faults(model, tree), *money_faults(model.deflate, variables, tree)]
    names = {name for one in requests for name in (one.name, one.base)}
    names |= {name for one in resolved.models for name in (one.name, one.base)}
    faults += test_faults(tree, names)
    model = _or_raise(model, faults)
    return Plan(
        model.study or Path(tree.place.file).stem,
        model,
        resolved,
        tuple(requests),
        tests,
        derive,
        filters,
        sources_of(model, tree, asked),
        dict(roots or {}),
        curve,
        listings,
        variables,
    )


def _or_raise(model: SpecModel | None, faults: list[Fault]) -> SpecModel:
    unique = list(dict.fromkeys(faults))
    if unique or model is None:
        raise SpecError(*unique)
    return model


def _ledger_plan(
    resolved: Resolved, model: SpecModel | None, faults: list[Fault], roots: Mapping[str, str | Path] | None
) -> Plan:
    """The plan of a spec of kind ledger: it has no data and no models."""
    domain: Any = None
    if model is not None and model.domain in catalog.DOMAINS.names():
        domain = catalog.DOMAINS.load(str(model.domain))
    offers = Offers() if domain is None else Offers(domain.units, domain.layouts)
    ledger, found, terms = ledger_of(resolved.tree, offers)
    faults += [*found, *(_spec_faults(model, resolved.tree) if model is not None else ())]
    model = with_names(_or_raise(model, faults), terms)
    study = model.study or Path(resolved.tree.place.file).stem
    return Plan(study, model, resolved, (), (), {}, {}, (), dict(roots or {}), ledger=ledger)


def _collect(requests: list[ModelRequest], expanded: ExpandedModel) -> list[Fault]:
    try:
        requests += _requests(expanded)
    except (SpecError, DataError) as error:
        return list(error.faults)
    return []


def _requests(expanded: ExpandedModel) -> list[ModelRequest]:
    """The models of one block: several outcomes and steps are models of their own."""
    expanded = replace(expanded, node=with_survey(expanded.node, expanded.context))
    node, context, where = expanded.node, expanded.context, f"models.{expanded.name}"
    keyword = _text(node, "estimator") or ("iv" if parts.has_instruments(node, context) else "ols")
    written = node.get("estimator")
    if keyword == LEDGER:
        place = written.place if written is not None else node.place
        raise SpecError(fault("E164", place=place, key=f"estimator: {LEDGER}", kind=LEDGER, here="estimate"))
    record: Any = catalog.ESTIMATORS.load(keyword, place=written.place if written is not None else node.place)
    refused = refuse_reserved_in_model(node)
    if refused:
        raise SpecError(*refused)
    block: ModelBlock = checked(model_class_of(record.options), node, where)
    common = _common_request(expanded, block, keyword, record)
    spec_outcomes = _outcomes(context)
    found: list[ModelRequest] = []
    for label, single in expand_formula(common.formula):
        name, outcome = parts.outcome_of(block, single, spec_outcomes, node, context, where=where)
        parts.refuse_weights_of_sums(name, outcome, common.weights)
        labelled = labelled_name(expanded.name, label)
        mean = parts.is_own_mean(outcome, name, common.weights, context)
        found.append(
            replace(common, name=labelled, formula=single, outcome_name=name, outcome=outcome, own_mean=mean)
        )
    return found


def _common_request(expanded: ExpandedModel, block: ModelBlock, keyword: str, record: Any) -> ModelRequest:
    """What the models of one block share: all but name and outcome."""
    node, context, where = expanded.node, expanded.context, f"models.{expanded.name}"
    design_node = parts.merged_node(node, context, "design")
    design = checked(DesignBlock, design_node, "design") if design_node is not None else None
    treated = parts.treated_of(design, design_node)
    adoption = adoptions.adoption_request(design, design_node)
    panel = block.panel or _panel(context)
    if block.panel is not None and block.panel.freq is not None:
        advice = "write it in the panel: of the spec"
        raise SpecError(fault("E179", place=node.place, key="panel.freq of a model", advice=advice))
    by_adoption = adoptions.ADOPTION in record.accepts
    variance = variance_of(node, catalog.VARIANCES, record.accepts, _default_cluster(adoption, panel))
    parts.check_shocks_of(variance, context)
    wild = wild_of(node, WildOptions)
    has_panel = panel is not None or adoption is not None
    check_pair(keyword, record.accepts, variance, catalog.VARIANCES, has_panel=has_panel)
    formula = _formula(block, node, context, record, where)
    weights = parts.weights_of(block, node)
    if by_adoption:
        adoptions.refuse_what_is_not_taken(
            keyword, record.accepts, adoption=adoption, formula=formula, weights=weights, node=node
        )
    options = _estimator_options(record.options, node, where)
    parts.check_parts(formula, keyword, record.accepts)
    return ModelRequest(
        name=expanded.name,
        formula=formula,
        weights=weights,
        base=expanded.base,
        estimator=keyword,
        options=options,
        variance=with_columns(variance, wild_columns(wild)),
        filters=parts.all_filters(node, context, getattr(variance.options, "subpop", "")),
        sample="main" if node.get("filter") is None else expanded.name,
        design=treated,
        adoption=adoption,
        by_adoption=by_adoption,
        option_columns=dict(record.columns(options)) if record.columns is not None else {},
        missing_outcome="missing_outcome" in record.accepts,
        describes=MEANS in record.accepts,
        panel=_panel_columns(panel),
        own_panel=block.panel is not None,
        permute=permute_of(node, PermuteOptions),
        permute_among=parts.among_of(node),
        wild=wild,
        grouping=parts.grouping_of(block, node, context),
        focus=tuple(block.treatment or ()),
        cell=expanded.cell,
        row=expanded.row,
        expect=block.expect,
        note=parts.as_text(block.note),
        title=parts.as_text(block.title),
        drop_singletons=block.singletons == "drop" and MEANS not in record.accepts,
        level=block.level,
        bands=block.bands == "simultaneous",
        coordinates=coordinates_of(variance),
        place=node.place,
    )


def _formula(block: ModelBlock, node: Node, context: Node, record: Any, where: str) -> Formula:
    """The formula as written, or what stands for one: controls of a design, variables and domains of a survey."""
    if MEANS in record.accepts:
        return parts.means_formula(node, where)
    if adoptions.ADOPTION in record.accepts and block.formula is None:
        return adoptions.controls_formula(node, context)
    return parts.formula_of(block, node, context, where=where)


def labelled_name(name: str, label: str) -> str:
    """A model's name with one more label in its brackets."""
    if not label:
        return name
    label = label.replace(";", ",")
    return f"{name[:-1]},{label}]" if name.endswith("]") else f"{name}[{label}]"


def _text(node: Node, key: str) -> str | None:
    found = node.get(key)
    return None if found is None or found.is_null else str(found.value)


def _panel(context: Node) -> PanelBlock | None:
    node = context.get("panel")
    return checked(PanelBlock, node, "panel") if node is not None and not node.is_null else None


def _panel_columns(panel: PanelBlock | None) -> tuple[tuple[str, ...], str] | None:
    return (tuple(panel.unit), panel.time) if panel is not None else None


def _default_cluster(adoption: AdoptionRequest | None, panel: PanelBlock | None) -> str | None:
    """What the default variance clusters by: the unit of the design, else of the panel, else nothing."""
    if adoption is not None and adoption.unit:
        return adoption.unit
    return "^".join(panel.unit) if panel is not None else None


def _outcomes(context: Node) -> Mapping[str, Any]:
    """Outcomes by name: those of the domain, and over them those of the spec; a derived column is the spec's own."""
    found: dict[str, Any] = {}
    domain = _text(context, "domain")
    # sums are of files of cells; a file of persons has a coding, and what the spec derives is its own
    if domain in catalog.DOMAINS.names() and _text(context, "coding") is None:
        record: Any = catalog.DOMAINS.load(str(domain))
        own = context.get("derive") or map_node(context.place)
        found |= {n: OutcomeBlock(**block) for n, block in record.outcomes.items() if own.entry(n) is None}
    entry = context.entry("outcomes")
    if entry is not None and not entry.node.is_null:
        found |= checked(OutcomesOnly, map_node(entry.node.place, (entry,)), "the spec").outcomes
    return found


def _estimator_options(options_class: type[Options], node: Node, where: str) -> Options:
    own = tuple(entry for entry in node.entries if str(entry.key) in options_class.model_fields)
    options: Options = checked(options_class, map_node(node.place, own), where)
    return options


def _spec_faults(model: SpecModel, tree: Node) -> list[Fault]:
    faults: list[Fault] = twice_built(model, tree)
    language = tree.get("language")
    if language is not None:
        names = (model.language,) if isinstance(model.language, str) else model.language
        faults += [fault("E185", place=language.place, name=name) for name in names if name not in LANGUAGES]
    faults += _version_faults(model, tree)
    if model.domain is not None:
        try:
            catalog.DOMAINS.load(model.domain, place=tree.get("domain").place)  # type: ignore[union-attr]
        except ImpactError as error:
            faults.extend(error.faults)
    return faults


def _version_faults(model: SpecModel, tree: Node) -> list[Fault]:
    """E183 a version range that this version is not in, or that cannot be read."""
    written = tree.get("requires")
    if model.requires is None or written is None or in_range(impact.__version__, model.requires):
        return []
    return [fault("E183", place=written.place, requires=model.requires, version=impact.__version__)]
