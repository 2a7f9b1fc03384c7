"""Regions and districts: people, distance to the border, and the latent draws that decide who settled where.

Sizes of regions are those of the census of 2017; the 43 districts of the province of Lima and the 7 of Callao share
their totals in log-normal parts, and every other region has a capital, a town and a rural district.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from impact.data.peru_lab.settings import Settings

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LIMA_PROVINCE, N_LIMA, N_CALLAO = 8_574_974, 43, 7
N_METRO = N_LIMA + N_CALLAO
SIZE_SD, WEIGHT_SD = 1.0, 0.6
# shares of capital, town and rural district in a region outside the metropolis: 0.79 of all residents are urban
PARTS = (0.40, 0.291, 0.309)
GROWTH = 0.01
BASE_YEAR, CENSUS_YEAR = 2016, 2017
DECAY, COAST_FACTOR = 0.0012, 1.5
LIMA_2007 = 0.75
EARTH_KM = 6371.0088


class Region(NamedTuple):
    """Code, name, people in 2017, latitude and longitude of the capital, whether on the coast, survey domain."""

    code: str
    name: str
    people: int
    latitude: float
    longitude: float
    coast: bool
    domain: int


REGIONS: tuple[Region, ...] = (
    Region("01", "Amazonas", 379_384, -6.2294, -77.8728, False, 7),
    Region("02", "Áncash", 1_083_519, -9.5297, -77.5292, True, 2),
    Region("03", "Apurímac", 405_759, -13.6289, -72.8861, False, 6),
    Region("04", "Arequipa", 1_382_730, -16.3933, -71.5289, True, 3),
    Region("05", "Ayacucho", 616_176, -13.1603, -74.2253, False, 6),
    Region("06", "Cajamarca", 1_341_012, -7.1547, -78.5108, False, 4),
    Region("07", "Callao", 994_494, -12.0631, -77.1469, True, 8),
    Region("08", "Cusco", 1_205_527, -13.5192, -71.9767, False, 6),
    Region("09", "Huancavelica", 347_639, -12.7869, -74.9714, False, 5),
    Region("10", "Huánuco", 721_047, -9.93, -76.2397, False, 5),
    Region("11", "Ica", 850_765, -14.0636, -75.7292, True, 3),
    Region("12", "Junín", 1_246_038, -12.0708, -75.2089, False, 5),
    Region("13", "La Libertad", 1_778_080, -8.1, -79.0306, True, 1),
    Region("14", "Lambayeque", 1_197_260, -6.7669, -79.8506, True, 1),
    Region("15", "Lima", 9_485_405, -12.0453, -77.0308, True, 2),
    Region("16", "Loreto", 883_510, -3.7481, -73.2442, False, 7),
    Region("17", "Madre de Dios", 141_070, -12.5936, -69.1767, False, 7),
    Region("18", "Moquegua", 174_863, -17.1942, -70.9333, True, 3),
    Region("19", "Pasco", 254_065, -10.6825, -76.2569, False, 5),
    Region("20", "Piura", 1_856_809, -5.1525, -80.6578, True, 1),
    Region("21", "Puno", 1_172_697, -15.8403, -70.0281, False, 6),
    Region("22", "San Martín", 813_381, -6.0347, -76.9742, False, 7),
    Region("23", "Tacna", 329_332, -18.0019, -70.2519, True, 3),
    Region("24", "Tumbes", 224_863, -3.5711, -80.4592, True, 1),
    Region("25", "Ucayali", 496_459, -8.3681, -74.5433, False, 7),
)
LIMA, CALLAO, TUMBES = 14, 6, 23
METRO_DOMAIN = 8
# districts of the provinces of Lima outside the metropolis; elsewhere 0101, 0201 and 0301
LIMA_REST = ("150801", "150501", "150901")


@dataclass(frozen=True, slots=True)
class Geography:
    """The districts, the metropolitan ones first.

    Arguments:
        ubigeo: codes of six figures. region: position in ``REGIONS``. metro, urban: flags.
        natives: residents in ``BASE_YEAR``. domain: survey domain. km: from the region's capital to Tumbes.
        weight: share of all migrants. settlement: share of the migrants of 2007.
        demand, crime: latent trends of labour demand and of crime, standard normal; never written.
    """

    ubigeo: npt.NDArray[np.str_]
    region: Whole
    metro: Flags
    urban: Flags
    natives: Floats
    domain: Whole
    km: Floats
    weight: Floats
    settlement: Floats
    demand: Floats
    crime: Floats

    @property
    def count(self) -> int:
        """Number of districts."""
        return len(self.ubigeo)


def make_geography(settings: Settings) -> Geography:
    """Districts with their people, distances, settlement shares and latent trends."""
    codes, regions, parts = _frame()
    random = settings.generator(part="geography")
    metro = np.arange(len(codes)) < N_METRO
    people = _people(regions, parts, random)
    latent = _latent(len(codes), settings, random)
    km = _kilometres()[regions]
    coast = np.array([REGIONS[position].coast for position in regions])
    push = np.exp(-DECAY * km) * np.where(coast, COAST_FACTOR, 1.0)
    weight = _shares(
        people * np.exp(WEIGHT_SD * latent["weight"]), push, metro, lima_share=settings.knobs.lima_share
    )
    settlement = _shares(
        people * np.exp(WEIGHT_SD * latent["settlement"]), np.ones(len(codes)), metro, lima_share=LIMA_2007
    )
    return Geography(
        ubigeo=np.array(codes),
        region=regions,
        metro=metro,
        urban=parts < len(PARTS) - 1,
        natives=people / (1 + GROWTH) ** (CENSUS_YEAR - BASE_YEAR),
        domain=np.where(metro, METRO_DOMAIN, [REGIONS[position].domain for position in regions]),
        km=np.round(km, 1),
        weight=weight,
        settlement=settlement,
        demand=latent["demand"],
        crime=latent["crime"],
    )


def _frame() -> tuple[list[str], Whole, Whole]:
    """Codes, region and part of every district: the metropolis (part 0), then three a region."""
    codes = [f"1501{number:02d}" for number in range(1, N_LIMA + 1)]
    codes += [f"0701{number:02d}" for number in range(1, N_CALLAO + 1)]
    regions, parts = [LIMA] * N_LIMA + [CALLAO] * N_CALLAO, [0] * N_METRO
    for position, region in enumerate(REGIONS):
        if position == CALLAO:
            continue
        own = LIMA_REST if position == LIMA else tuple(f"{region.code}0{part}01" for part in (1, 2, 3))
        codes += own
        regions += [position] * len(own)
        parts += [0, 1, 2]
    return codes, np.array(regions), np.array(parts)


def _people(regions: Whole, parts: Whole, random: np.random.Generator) -> Floats:
    """Residents in 2017, in whole persons."""
    sizes = np.exp(SIZE_SD * random.standard_normal(N_METRO))
    found = np.empty(len(regions))
    for rows, total in ((slice(0, N_LIMA), LIMA_PROVINCE), (slice(N_LIMA, N_METRO), REGIONS[CALLAO].people)):
        found[rows] = sizes[rows] / sizes[rows].sum() * total
    for row in range(N_METRO, len(regions)):
        position = int(regions[row])
        total = REGIONS[position].people - (LIMA_PROVINCE if position == LIMA else 0)
        found[row] = PARTS[int(parts[row])] * total
    return np.asarray(np.round(found))


def _latent(count: int, settings: Settings, random: np.random.Generator) -> dict[str, Floats]:
    """Standard normal draws; the settlement of 2007 is correlated with today's, never with the trend."""
    demand, own, old, crime = random.standard_normal((4, count))
    rho, iv = settings.knobs.rho_sort, settings.knobs.iv_strength
    rest = np.sqrt(1 - rho**2)
    shared = min(iv / rest, 1.0)
    return {
        "demand": demand,
        "weight": rho * demand + rest * own,
        "settlement": shared * own + np.sqrt(1 - shared**2) * old,
        "crime": crime,
    }


def _shares(sizes: Floats, push: Floats, metro: Flags, *, lima_share: float) -> Floats:
    """Shares of all migrants: those of the metropolis add up to ``lima_share``."""
    inside = np.where(metro, sizes, 0.0)
    outside = np.where(metro, 0.0, sizes * push)
    return np.asarray(lima_share * inside / inside.sum() + (1 - lima_share) * outside / outside.sum())


def _kilometres() -> Floats:
    """Great-circle distance of each region's capital to Tumbes, in km."""
    latitude = np.radians([region.latitude for region in REGIONS])
    longitude = np.radians([region.longitude for region in REGIONS])
    half = np.sin((latitude - latitude[TUMBES]) / 2) ** 2
    half += np.cos(latitude) * np.cos(latitude[TUMBES]) * np.sin((longitude - longitude[TUMBES]) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(half)))
