"""Switch between the optional C kernels and their numpy twins: same arguments, same results to rounding.

The extension is used where it can be imported and the environment does not set IMPACT_NO_COMPILED.
"""

from __future__ import annotations

from impact.kernels.numpy_twins import (
    column_moments,
    connected_components,
    cross_product,
    cross_table,
    encode_whole,
    group_counts,
    group_sums,
    is_nested,
    subtract,
)

__all__ = [
    "column_moments",
    "connected_components",
    "cross_product",
    "cross_table",
    "encode_whole",
    "group_counts",
    "group_sums",
    "is_nested",
    "subtract",
]
