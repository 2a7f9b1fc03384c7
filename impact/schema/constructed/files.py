"""Files that blocks name by their path, and the names that blocks build."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from impact.core.errors import Fault
from impact.core.texts import fault
from impact.schema.constructed.rates import population_name
from impact.schema.data_blocks import share_sum_name
from impact.schema.model import SpecModel
from impact.schema.nodes import Node, node_at

Path = tuple[str, ...]


def named_files(model: SpecModel, names: Collection[str]) -> Iterator[tuple[Path, str, str]]:
    """Path in the spec, name of the source and file of everything that is no name in `data`."""
    for name, instrument in model.instruments.items():
        for key in ("shares", "shocks"):
            written = getattr(instrument, key, None)
            if isinstance(written, str) and written not in names:
                yield ("instruments", name, key), f"{name}.{key}", written
    for name, exposure in model.exposure.items():
        for key, written in exposure.files().items():
            if written not in names:
                yield ("exposure", name, key), f"exposure.{name}.{key}", written
    for name, block in model.deflate.items():
        if block.prices not in names:
            yield ("deflate", name, "prices"), f"deflate.{name}.prices", block.prices


def columns_built_from(model: SpecModel) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Path in the spec of every block that builds columns, and the columns of main that it reads."""
    if model.complete is not None:
        yield ("complete",), model.complete.columns()
    for name, money in model.deflate.items():
        yield ("deflate", name), money.main_columns()
    for name, rate in model.rates.items():
        yield ("rates", name), rate.columns()
    for name, exposure in model.exposure.items():
        yield ("exposure", name), exposure.main_columns()


def built_names(model: SpecModel) -> dict[str, str]:
    """Column → block of the spec that builds it, instruments aside."""
    found = {name: f"exposure.{name}" for name in model.exposure}
    for name in model.rates:
        found |= {name: f"rates.{name}", population_name(name): f"rates.{name}"}
    return found | {name: f"deflate.{name}" for name in model.deflate}


def twice_built(model: SpecModel, tree: Node) -> list[Fault]:
    """E457 for every column that two blocks build."""
    owners: dict[str, list[str]] = {}
    for block, names in (
        ("derive", tuple(model.derive)),
        ("exposure", tuple(model.exposure)),
        ("rates", tuple(made for name in model.rates for made in (name, population_name(name)))),
        ("deflate", tuple(model.deflate)),
        ("instruments", tuple(made for name in model.instruments for made in (name, share_sum_name(name)))),
    ):
        for name in names:
            owners.setdefault(name, []).append(block)
    found = []
    for name, blocks in owners.items():
        if len(blocks) > 1:
            node = node_at(tree, (blocks[1], name)) or node_at(tree, (blocks[1],)) or tree
            found.append(fault("E457", place=node.place, name=name, blocks=", ".join(blocks)))
    return found
