"""A wish for a backfill and the run it is: the same wish is the same run. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

Mode = Literal["missing", "failed", "all"]

DAG_ID = "dag_backfill"
PLAN_TASK, RUN_TASK = "plan_backfill", "run_backfill"
ID_SIGNS = 16  # of a SHA-256: no two wishes of one installation share them


@dataclass(frozen=True)
class Backfill:
    """Which days of which sources and instruments; the order of either says nothing."""

    sources: tuple[str, ...]
    instruments: tuple[str, ...]
    first: date
    last: date
    mode: Mode
    refetch: bool
    dry_run: bool
    reference: str | None

    def conf(self) -> dict[str, Any]:
        """The parameters of the DAG."""
        return {
            "sources": sorted(set(self.sources)),
            "instruments": sorted(set(self.instruments)),
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "mode": self.mode,
            "refetch": self.refetch,
            "dry_run": self.dry_run,
            "reference": self.reference,
        }

    @property
    def run_id(self) -> str:
        """Derived from all that is asked, so that asking twice starts one run."""
        told = json.dumps(self.conf(), sort_keys=True, separators=(",", ":"))
        return f"backfill-{hashlib.sha256(told.encode()).hexdigest()[:ID_SIGNS]}"


@dataclass(frozen=True)
class Asked:
    """A run of the DAG. `new` says that this request started it, or started it again."""

    run_id: str
    state: str
    new: bool


@dataclass(frozen=True)
class Progress:
    """How far a run is; plan and outcome are what its two tasks have told, empty until then."""

    run_id: str
    state: str
    plan: Mapping[str, Any]
    outcome: Mapping[str, Any]
