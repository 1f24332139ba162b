"""The judged list: what a collector types and the card that has to come first."""

from typing import NamedTuple


class Judged(NamedTuple):
    """A typed search and its first hit in the whole catalog and among the simulator's cards."""

    typed: str
    whole: str
    few: str | None = None  # None where the few cards hold no answer


LIST = (
    Judged("charizard", "base1-4", "base1-4"),
    Judged("charzard", "base1-4", "base1-4"),
    Judged("mewtow gx", "sm35-39", "sm35-39"),
    Judged("gx mewtwo", "sm35-39", "sm35-39"),
    Judged("mewtwogx", "sm35-39", "sm35-39"),
    Judged("mew two gx", "sm35-39", "sm35-39"),
    Judged("pikachu vmax 188", "swsh4-188", "swsh4-188"),
    Judged("umbreon vmax 215", "swsh7-215", "swsh7-215"),
    Judged("umbreon vmax", "swsh7-95", "swsh7-95"),
    Judged("vmax umbreon", "swsh7-95", "swsh7-95"),
    Judged("moonbreon", "swsh7-215", "swsh7-215"),
    Judged("umbreon vmax alt art", "swsh7-215"),
    Judged("evs umbreon vmax", "swsh7-95"),
    Judged("evolving skies umbreon v", "swsh7-94", "swsh7-189"),
    Judged("giratina v alternate art", "swsh11-186"),
    Judged("rayquaza ful art", "bw6-123"),
    Judged("gold star rayquaza", "ex8-107"),
    Judged("charizard 1st edition", "base1-4~1st", "base1-4~1st"),
    Judged("1st editon charizard", "base1-4~1st", "base1-4~1st"),
    Judged("base set charizard", "base1-4", "base1-4"),
    Judged("charizard base set 2", "base4-4"),
    Judged("charizard 4/102", "base1-4", "base1-4"),
    Judged("4/102", "base1-4", "base1-4"),
    Judged("020/189", "swsh3-20"),
    Judged("215/203", "swsh7-215", "swsh7-215"),
    Judged("tg23", "swsh9tg-TG23"),
    Judged("swsh 020", "swshp-SWSH020"),
    Judged("charizard psa 10", "base1-4", "base1-4"),
    Judged("charizard 151", "sv3pt5-6", "sv3pt5-6"),
    Judged("zard ex 199", "sv3pt5-199", "sv3pt5-199"),
    Judged("shining charizard", "neo4-107", "neo4-107"),
    Judged("rocket mewtwo", "gym2-14"),
    Judged("lugia neo genesis", "neo1-9"),
    Judged("hooh", "neo3-7"),
    Judged("mr mime", "base2-6"),
    Judged("farfetchd", "base1-27"),
    Judged("nidoran female", "base2-57"),
    Judged("flabebe", "xy2-62"),
    Judged("gyrados", "base1-6", "base1-6"),
    Judged("pikchu ilustration rare", "sv3pt5-173", "sv3pt5-173"),
    Judged("mitsuhiro arita charizard", "base1-4"),
    Judged("c", "base1-4", "base1-4"),
    Judged("pi", "base1-58", "base1-58"),
    Judged("char", "base1-4", "base1-4"),
    Judged("umbr", "neo2-13"),
)
