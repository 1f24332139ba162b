"""Boosted trees as paths to their leaves, and what each input moved: exact Shapley values.

A leaf's path is a box: for every input on it an interval, whether missing is inside, and the share
of training rows that passed its splits. An input that is not looked at takes a split by that share,
as LightGBM's own pred_contrib has it.
"""

import io
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signals_svc.domain.arrays import Flags, Floats, Ints, Singles
from signals_svc.domain.tree_pass import add_moved, order_weights

UNUSED = -1


@dataclass(frozen=True)
class TreePaths:
    """[L, D] each but `value` [L]: a leaf a row, its inputs in any order, UNUSED fills the rest.

    Inside is low < x <= high, or missing where `missing`.
    """

    inputs: Ints
    low: Singles
    high: Singles
    missing: Flags
    share: Floats
    value: Floats

    def to_bytes(self) -> bytes:
        """The same paths always give the same bytes."""
        body = io.BytesIO()
        for column in self.columns:
            np.save(body, column, allow_pickle=False)
        return body.getvalue()

    def negated(self) -> "TreePaths":
        """The same leaves with the opposite values."""
        return replace(self, value=-self.value)

    @property
    def columns(self) -> tuple[NDArray[Any], ...]:
        """In the order they are stored."""
        return tuple(getattr(self, one.name) for one in fields(self))

    @cached_property
    def compiled(self) -> tuple[NDArray[Any], ...]:
        """What the compiled pass reads, worked out once."""
        lengths = (self.inputs != UNUSED).sum(axis=1)
        weights = order_weights(self.inputs.shape[1])
        return *map(np.ascontiguousarray, self.columns), lengths, weights

    @cached_property
    def mean(self) -> float:
        """Of what the trees say of the rows they were grown on."""
        return float((self.share.prod(axis=1) * self.value).sum())


def paths_of(body: bytes) -> TreePaths:
    """What `to_bytes` made. Raises ValueError."""
    stream = io.BytesIO(body)
    return TreePaths(*(np.load(stream, allow_pickle=False) for _ in TreePaths.__annotations__))


def joined(parts: list[TreePaths]) -> TreePaths:
    """The leaves of all."""
    widest = max(part.inputs.shape[1] for part in parts)
    return TreePaths(
        inputs=_stacked([part.inputs for part in parts], widest, UNUSED),
        low=_stacked([part.low for part in parts], widest, -np.inf),
        high=_stacked([part.high for part in parts], widest, np.inf),
        missing=_stacked([part.missing for part in parts], widest, True),
        share=_stacked([part.share for part in parts], widest, 1.0),
        value=np.concatenate([part.value for part in parts]),
    )


def contributions(paths: TreePaths, inputs: Singles) -> tuple[Floats, float]:
    """[n, F]: what each input moved the sum of the trees away from its mean, and that mean."""
    found = np.zeros(inputs.shape[::-1])
    columns = np.ascontiguousarray(inputs.T, dtype=np.float32)
    add_moved(columns, *paths.compiled, found)  # type: ignore[call-arg] # compiled
    return np.ascontiguousarray(found.T), paths.mean


def _stacked(columns: list[NDArray[np.generic]], widest: int, filler: float) -> NDArray:  # type: ignore[type-arg]  # of the columns' own type
    filled = [
        np.pad(column, ((0, 0), (0, widest - column.shape[1])), constant_values=filler)
        for column in columns
    ]
    return np.concatenate(filled)
