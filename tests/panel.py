"""The test panel: 60 units, 8 periods, exact in any language, with the sums that must hold."""

from __future__ import annotations

import numpy as np

SUMS = {"y": 1956.3339819805, "yiv": 1859.2775690729, "cnt": 1341.0}


def v(k: np.ndarray) -> np.ndarray:
    k = np.asarray(k, dtype=np.int64)
    return ((k * k * 7919 + k * 104729 + 12345) % 100003) / 100003


def make_panel() -> dict[str, np.ndarray]:
    i = np.repeat(np.arange(1, 61), 8)
    t = np.tile(np.arange(1, 9), 60)
    k = 8 * (i - 1) + t
    g = np.array([0, 4, 5, 7])[i % 4]
    d = ((g > 0) & (t >= g)).astype(float)
    x, z, w = v(1000 + i), v(2000 + k), 0.5 + v(3000 + i)
    e, a = v(4000 + k) - 0.5, 2 * v(5000 + i)
    y = 1 + a + 0.2 * t + 0.3 * x * t + 0.5 * z + d * (0.4 + 0.1 * (t - g)) + e
    q1, q2 = v(8000 + k), v(10000 + k)
    div = 0.6 * q1 + 0.4 * q2 + 0.5 * e + v(9000 + k)
    return {
        "i": i,
        "t": t,
        "g": g,
        "D": d,
        "x": x,
        "z": z,
        "c": 1 + (i - 1) // 5,
        "w": w,
        "e": e,
        "a": a,
        "y": y,
        "lat": -10 + 8 * v(6000 + i),
        "lon": -78 + 6 * v(7000 + i),
        "q1": q1,
        "q2": q2,
        "d": div,
        "yiv": 1 + a + 0.2 * t + 0.8 * div + 0.3 * z + e,
        "cnt": np.floor(np.maximum(0, np.exp(0.35 * y + 1.5 * (v(11000 + k) - 0.5)) - 2)),
    }
