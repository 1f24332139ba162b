"""The stages of a model's life: what follows what, and which cards a canary speaks of."""

import hashlib
from typing import Literal

from kernel.ids import CardId

# staging: registered, silent. shadow: speaks every night and is stored, nobody is told.
# canary: told of some cards. production: told. retired, rejected: never speaks again.
Stage = Literal["staging", "shadow", "canary", "production", "retired", "rejected"]

TOLD: frozenset[Stage] = frozenset({"canary", "production"})
SPEAKS: frozenset[Stage] = TOLD | {"shadow"}
SHADOW_NIGHTS = 7  # that a version is heard, before anybody is told what it says
DEFAULT_CANARY_PERCENT = 10

NEXT: dict[Stage, Stage] = {
    "staging": "shadow",
    "shadow": "canary",
    "canary": "production",
    "retired": "shadow",
}


def follows(stage: Stage, to: Stage) -> bool:
    """Whether a version in one stage may enter the other."""
    return NEXT.get(stage) == to or (stage == to == "canary")


def is_canary(card_id: CardId, percent: int) -> bool:
    """Whether a canary speaks of the card: by its id alone, so that no night changes it."""
    digest = hashlib.blake2b(card_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest) % 100 < percent
