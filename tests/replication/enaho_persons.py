"""A file of persons in the shape of ENAHO that profile_table1_persons.yaml reads: made up for the tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np

HEADER = "conglome,estrato,ubigeo,factor,p207,p208a,migrant,ocu500,ocupinf"
# share of women, capital (of urban), of working age, employed, informal: natives and migrants
NATIVE = (0.52, 0.40, 0.64, 0.94, 0.81)
MIGRANT = (0.51, 0.70, 0.73, 0.93, 0.83)
# share of migrants in urban and in rural clusters
SHARES = {True: 0.34, False: 0.03}


def write_persons(folder: Path, *, clusters: int = 240, per_cluster: int = 30, seed: int = 1) -> Path:
    """Persons drawn with these margins; clusters nest in strata, weights differ by stratum. Made up, not a survey."""
    rng = np.random.default_rng(seed)
    lines = [HEADER]
    for cluster in range(clusters):
        is_urban = cluster % 5 != 0
        for _ in range(per_cluster):
            migrant = int(rng.random() < SHARES[is_urban])
            women, capital, age, employed, informal = MIGRANT if migrant else NATIVE
            is_capital = is_urban and rng.random() < capital
            years = rng.integers(14, 65) if rng.random() < age else rng.choice([5, 70])
            works = 1 if rng.random() < employed else 2
            kind = 1 if rng.random() < informal else 2
            fields = (
                f"{cluster:06d}", cluster % 5 if is_urban else 6, "150101" if is_capital else "040101",
                100 + 50 * (cluster % 3), 2 if rng.random() < women else 1, int(years), migrant,
                works if 14 <= years <= 64 else "", kind if works == 1 and 14 <= years <= 64 else "",
            )  # fmt: skip
            lines.append(",".join(map(str, fields)))
    file = folder / "enaho_2020_persons.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file
