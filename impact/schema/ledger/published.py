"""Published cells of a ledger: their terms under the names that the results have."""

from __future__ import annotations

from collections.abc import Mapping

from impact.schema.model import SpecModel


def with_names(model: SpecModel, terms: Mapping[str, str]) -> SpecModel:
    """The spec with ``mean(net,2019,2025)`` of a published cell as ``mean(net, 2019, 2025)``.

    Arguments:
        terms: as written → in the results.
    """
    published = {}
    for name, block in model.published.items():
        also = [cell.model_copy(update={"term": terms.get(cell.term, cell.term)}) for cell in block.also]
        grid = block.grid
        if grid is not None:
            rows = {
                key: {**row, "term": _name(row.get("term", key), terms)} for key, row in grid.rows.items()
            }
            grid = grid.model_copy(update={"rows": rows})
        published[name] = block.model_copy(update={"also": also, "grid": grid})
    return model.model_copy(update={"published": published})


def _name(term: object, terms: Mapping[str, str]) -> str:
    return terms.get(str(term), str(term))
