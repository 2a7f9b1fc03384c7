"""Short forms written out: one-item forms, names, and what ``defaults:`` gives to every model."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from impact.core.errors import Fault
from impact.core.texts import fault
from impact.schema.nodes import Entry, Node, map_node, with_entry, without

DEFAULT_KEYS = ("vcov", "weights", "wild", "ssc", "permute")
# keys that stand at the top level, are read there too, and hold for every model that does not set them
SHARED_KEYS = (*DEFAULT_KEYS, "outcome", "singletons", "level")
ONE_MODEL = "model"
NAMED = ("models", "tests", "tables", "figures", "params", "sets", "matrix", "instruments", "joins",
         "published", "claims", "listings")  # fmt: skip
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
Accepts = Callable[[str, str], bool]


def write_out(tree: Node) -> Node:
    """The tree with its one-item forms written out: ``data: x.csv``, ``models: {m: y ~ x}``, ``model: …``.

    ``model:`` becomes the model named ``model``. Keys that start with ``x-`` are left out.
    """
    tree = replace(tree, entries=tuple(e for e in tree.entries if not str(e.key).startswith("x-")))
    data = tree.entry("data")
    if data is not None:
        tree = with_entry(tree, replace(data, node=_data(data.node)))
    models = tree.entry("models")
    if models is not None and models.node.kind == "map":
        entries = tuple(replace(entry, node=_long(entry.node, "formula")) for entry in models.node.entries)
        tree = with_entry(tree, replace(models, node=replace(models.node, entries=entries)))
    model = tree.entry("model")
    if model is None or models is not None:
        return tree
    one = Entry(ONE_MODEL, model.place, _long(model.node, "formula"))
    whole = Entry("models", model.place, map_node(model.node.place, (one,)))
    entries = tuple(whole if entry.key == "model" else entry for entry in tree.entries)
    return replace(tree, entries=entries)


def _long(node: Node, key: str) -> Node:
    return map_node(node.place, (Entry(key, node.place, node),)) if node.text is not None else node


def _data(node: Node) -> Node:
    if node.kind != "map":
        return _long(node, "file")
    if "file" in node.keys or not any(entry.node.get("file") for entry in node.entries):
        return node
    return replace(node, entries=tuple(replace(e, node=_long(e.node, "file")) for e in node.entries))


def name_faults(tree: Node) -> list[Fault]:
    """E156 names that are no plain words, E157 ``model`` beside ``models``, E159 keys set twice."""
    faults = [
        fault("E156", place=entry.place, name=entry.key, what=f"an entry of {collection}")
        for collection in NAMED
        for entry in (tree.get(collection) or map_node(tree.place)).entries
        if not _NAME.fullmatch(str(entry.key))
    ]
    both = tree.entry("model")
    if both is not None and tree.entry("models") is not None:
        faults.append(fault("E157", place=both.place))
    return faults


def twice_faults(tree: Node) -> list[Fault]:
    """E159 for a key that one file sets both at the top level and in ``defaults``."""
    defaults = tree.get("defaults")
    return [
        fault("E159", place=entry.place, key=entry.key)
        for entry in tree.entries
        if entry.key in SHARED_KEYS and defaults is not None and defaults.entry(entry.key) is not None
    ]


def one_default(base: Node, over: Node) -> Node:
    """The base without what the file over it sets in the other of the two forms (top level, ``defaults``)."""
    over_defaults = over.get("defaults")
    own = over_defaults.keys if over_defaults is not None else ()
    base = without(base, *(key for key in own if key in SHARED_KEYS))
    defaults = base.entry("defaults")
    if defaults is None or defaults.node.kind != "map":
        return base
    shared = (key for key in over.keys if key in SHARED_KEYS)
    return with_entry(base, replace(defaults, node=without(defaults.node, *shared)))


def with_defaults(tree: Node, *, accepts: Accepts | None = None) -> Node:
    """The tree whose models carry what ``defaults:`` and the top level give and they do not set themselves.

    Arguments:
        accepts: whether a model with this estimator takes a key; all keys are taken when absent.
    """
    models = tree.entry("models")
    given = _given(tree)
    if models is None or models.node.kind != "map" or not given:
        return tree
    entries = tuple(
        replace(entry, node=_filled(entry.node, given, accepts)) if entry.node.kind == "map" else entry
        for entry in models.node.entries
    )
    return with_entry(tree, replace(models, node=replace(models.node, entries=entries)))


def _given(tree: Node) -> tuple[Entry, ...]:
    defaults = tree.get("defaults")
    inner = defaults.entries if defaults is not None and defaults.kind == "map" else ()
    names = {entry.key for entry in inner}
    shared = (tree.entry(key) for key in SHARED_KEYS if key not in names)
    return (*inner, *(entry for entry in shared if entry is not None and not entry.node.is_null))


def _filled(model: Node, given: tuple[Entry, ...], accepts: Accepts | None) -> Node:
    own = model.get("estimator")
    default = next((entry.node for entry in given if entry.key == "estimator"), None)
    estimator = (own or default or model).written
    for entry in given:
        taken = model.entry(entry.key) is not None or _clashes(model, entry.key)
        if not taken and (accepts is None or accepts(estimator, str(entry.key))):
            model = with_entry(model, entry)
    return model


def _clashes(model: Node, key: object) -> bool:
    """An outcome is not given to a formula that names its own, nor a formula to a model with an outcome."""
    formula = (model.get("formula") or model).text or ""
    if key == "outcome":
        return bool(formula.partition("~")[0].strip())
    return key == "formula" and model.entry("outcome") is not None
