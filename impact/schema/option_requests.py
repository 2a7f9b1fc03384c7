"""Keywords with options to requests: variances, permutation, tests. The registries are handed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from impact.core.errors import Fault, SpecError
from impact.core.options import Options, PermutedSets
from impact.core.registry import Registry
from impact.core.texts import fault
from impact.schema.expressions.tree import Expression
from impact.schema.faults_from_pydantic import validate_node
from impact.schema.model_parts import expression_of
from impact.schema.nodes import Entry, Node, from_plain, map_node, text_node, without
from impact.schema.published import TestBlock
from impact.schema.requests import VarianceRequest

# what an estimator accepts that makes its errors itself
OWN_VARIANCE = "own_variance"
# the same, but by default only where no unit is there to cluster by; or only where it is asked for
OWN_UNLESS_CLUSTERED = "own_unless_clustered"
OWN_ON_REQUEST = "own_on_request"
OWN = frozenset({OWN_VARIANCE, OWN_UNLESS_CLUSTERED, OWN_ON_REQUEST})
NEEDS = {
    "linear": "a regression, or influence functions",
    "own": "an estimator that makes its own errors",
}


@dataclass(frozen=True, slots=True)
class TestRequest:
    """One test of the spec: its kind with options, and the models it is about; among: units it may permute."""

    __test__ = False

    name: str
    kind: str
    of: tuple[str, ...]
    options: Any
    title: Mapping[str, str]
    node: Node
    among: Expression | None = None


def checked(model_class: type[Any], node: Node, where: str) -> Any:
    """An instance of a block from its node.

    Raises:
        SpecError: every fault of the block.
    """
    instance, faults = validate_node(model_class, node, where=where)
    if faults or instance is None:
        raise SpecError(*faults)
    return instance


def check_pair(
    estimator: str, accepts: Sequence[str], variance: VarianceRequest, registry: Registry, *, has_panel: bool
) -> None:
    """Refuse a variance that needs what the estimator or the spec does not have.

    Arguments:
        estimator: its keyword. accepts: what its record says it accepts. registry: of variances.

    Raises:
        SpecError: E181.
    """
    record: Any = registry.load(variance.keyword)
    # a variance over time may name its own columns
    has_time = has_panel or getattr(variance.options, "time", None) is not None
    missing = {"panel": not has_time, "linear": "clusters" not in accepts, "own": OWN.isdisjoint(accepts)}
    for need in record.needs:
        if missing.get(need, False):
            words = NEEDS.get(need, f"a {need}")
            raise SpecError(
                fault(
                    "E181", place=variance.place, variance=variance.keyword, estimator=estimator, need=words
                )
            )


def variance_of(
    node: Node,
    registry: Registry,
    accepts: Sequence[str],
    unit: str | None,
) -> VarianceRequest:
    """The variance of a model; by default the estimator's own, clustered by unit in a design or panel, or hc1."""
    written = node.get("vcov")
    is_default = written is None or written.is_null
    if written is None or written.is_null:
        written = _default(node, unit, accepts)
    keyword, options_node = _keyword(written, registry)
    ssc = node.entry("ssc")
    record: Any = registry.load(keyword, place=written.place)
    if ssc is not None and not ssc.node.is_null and options_node.get("ssc") is None:
        if "ssc" not in record.options.model_fields:
            raise SpecError(fault("E180", place=ssc.place, problem=f"{keyword} takes no ssc", names=keyword))
        options_node = map_node(options_node.place, (*options_node.entries, ssc))
    if len(record.keywords) > 1:
        options_node = _with_type(options_node, keyword, ", ".join(record.keywords))
    options = checked(record.options, options_node, f"vcov {keyword}")
    return VarianceRequest(keyword, options, tuple(record.columns(options)), is_default, written.place)


def coordinates_of(variance: VarianceRequest) -> tuple[str, str] | None:
    """The columns of latitude and longitude that a variance over space names."""
    lat, lon = (getattr(variance.options, name, None) for name in ("lat", "lon"))
    return None if lat is None or lon is None else (lat, lon)


def _with_type(options: Node, keyword: str, names: str) -> Node:
    """The options of a record with several keywords: the keyword is its type (hc0 … hc4)."""
    written = options.entry("type")
    if written is not None and written.node.written != keyword:
        problem = f"type '{written.node.written}' contradicts '{keyword}'"
        raise SpecError(fault("E180", place=written.place, problem=problem, names=names))
    own = Entry("type", options.place, text_node(keyword, options.place))
    return map_node(options.place, (*without(options, "type").entries, own))


def _default(node: Node, unit: str | None, accepts: Sequence[str]) -> Node:
    if OWN_VARIANCE in accepts or (unit is None and OWN_UNLESS_CLUSTERED in accepts):
        return from_plain("own", node.place)
    return from_plain("hc1" if unit is None else {"cluster": unit}, node.place)


def _keyword(written: Node, registry: Registry) -> tuple[str, Node]:
    """The keyword of a `vcov:` value and the mapping of its options."""
    if written.kind == "scalar":
        return str(written.value), map_node(written.place)
    names = ", ".join(registry.names())
    if written.kind != "map" or not written.entries:
        raise SpecError(
            fault("E180", place=written.place, problem="a keyword or a mapping is needed", names=names)
        )
    first = written.entries[0]
    known = (*registry.names(), *registry.known)
    found = [entry for entry in written.entries if entry.key in known]
    if not found:
        raise SpecError(registry.unknown(str(first.key), place=first.place))
    keyword = str(found[0].key)
    if keyword == "cluster":
        return keyword, written
    if len(written.entries) > 1:
        other = next(entry for entry in written.entries if entry is not found[0])
        problem = f"'{other.key}' stands beside '{keyword}'; options go inside it"
        raise SpecError(fault("E180", place=other.place, problem=problem, names=names))
    inner = found[0].node
    return keyword, inner if inner.kind == "map" else map_node(inner.place)


def permute_of(node: Node, options_class: type[Options]) -> Any:
    """Options of `permute:`, or None."""
    written = node.get("permute")
    if written is None or written.is_null:
        return None
    return checked(options_class, written, "permute")


def with_columns(variance: VarianceRequest, columns: tuple[str, ...]) -> VarianceRequest:
    """The variance with further cluster variables that the model reads."""
    return replace(variance, columns=tuple(dict.fromkeys((*variance.columns, *columns))))


def wild_of(node: Node, options_class: type[Options]) -> Any:
    """Options of `wild:`, or None."""
    written = node.get("wild")
    if written is None or written.is_null:
        return None
    return checked(options_class, written, "wild")


def tests_of(tree: Node, registry: Registry) -> tuple[tuple[TestRequest, ...], list[Fault]]:
    """Every test of the spec, with all faults."""
    found: list[TestRequest] = []
    faults: list[Fault] = []
    for entry in (tree.get("tests") or map_node(tree.place)).entries:
        try:
            found.append(_test(entry, registry))
        except SpecError as error:
            faults.extend(error.faults)
    return tuple(found), faults


def _test(entry: Entry, registry: Registry) -> TestRequest:
    where = f"tests.{entry.key}"
    block: TestBlock = checked(TestBlock, entry.node, where)
    kind = entry.node.get("kind")
    record: Any = registry.load(block.kind, place=kind.place if kind is not None else entry.place)
    options = checked(record.options, without(entry.node, *TestBlock.model_fields), where)
    of = (block.of,) if isinstance(block.of, str) else tuple(block.of)
    title: dict[Any, str] = (
        {"en": block.title, "es": block.title} if isinstance(block.title, str) else dict(block.title)
    )
    among = entry.node.get("among") if isinstance(options, PermutedSets) else None
    return TestRequest(
        str(entry.key), block.kind, tuple(name for name in of if name), options, title, entry.node,
        among=None if among is None or among.is_null else expression_of(among),
    )  # fmt: skip


def test_faults(tree: Node, names: set[str]) -> list[Fault]:
    """E184 for every test of a model that the spec does not have."""
    faults: list[Fault] = []
    known = ", ".join(sorted(names)[:20])
    for entry in (tree.get("tests") or map_node(tree.place)).entries:
        of = entry.node.get("of")
        for item in () if of is None else of.items if of.kind == "list" else (of,):
            name = item.written
            if name in names or name.rpartition(".")[0] in names or name.startswith("tests."):
                continue
            faults.append(fault("E184", place=item.place, where=f"tests.{entry.key}", name=name, known=known))
    return faults
