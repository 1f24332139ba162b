"""Reads the data contracts that are shipped beside the tables."""

from functools import cache
from pathlib import Path

import yaml
from pydantic import ValidationError

from ingestion.domain.contracts import Contract
from ingestion.domain.errors import ContractRejected

FOLDER = Path(__file__).parent.parent / "contracts"


@cache
def contract(table: str) -> Contract:
    """The contract of a table. Raises ContractRejected."""
    return read_contract(FOLDER / f"{table}.yaml")


def contracts(folder: Path = FOLDER) -> list[Contract]:
    """All of a folder, by name of the table. Raises ContractRejected."""
    return [read_contract(path) for path in sorted(folder.glob("*.yaml"))]


def read_contract(path: Path) -> Contract:
    """One file. Raises ContractRejected, which says what is wrong in it."""
    try:
        return Contract.model_validate(yaml.safe_load(path.read_text()))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ContractRejected(path.name, str(error)) from error
