"""Boosted trees as paths to their leaves, and what each input moved: exact Shapley values.

A leaf's path is a box: for every input on it an interval, whether missing is inside, and the share
of training rows that passed its splits. An input that is not looked at takes a split by that share,
as LightGBM's own pred_contrib has it.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import NDArray

from signals_svc.domain.arrays import Flags, Floats, Ints, Singles

UNUSED = -1
CHUNK = 32  # rows at a time: all leaves and orders of a chunk fit the caches


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
        for column in self.__dict__.values():
            np.save(body, column, allow_pickle=False)
        return body.getvalue()

    def negated(self) -> "TreePaths":
        """The same leaves with the opposite values."""
        columns = {name: column for name, column in self.__dict__.items() if name != "value"}
        return TreePaths(**columns, value=-self.value)


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
    found = np.zeros(inputs.shape)
    for leaves in _of_one_length(paths):
        place = leaves.inputs.reshape(-1)
        for begin in range(0, len(inputs), CHUNK):
            rows = inputs[begin : begin + CHUNK]
            moved = _moved(leaves, _inside(leaves, rows)).reshape(len(rows), len(place))
            for row in range(len(rows)):
                told = np.bincount(place, moved[row], minlength=inputs.shape[1])
                found[begin + row] += told
    mean = float((paths.share.prod(axis=1) * paths.value).sum())
    return found, mean


def _of_one_length(paths: TreePaths) -> Iterator[TreePaths]:
    """The leaves by how many inputs their paths ask: short ones cost less."""
    lengths = (paths.inputs != UNUSED).sum(axis=1)
    for length in np.unique(lengths[lengths > 0]):
        rows = lengths == length
        columns = {name: column[rows] for name, column in paths.__dict__.items()}
        value = columns.pop("value")
        yield TreePaths(**{name: one[:, :length] for name, one in columns.items()}, value=value)


def _inside(paths: TreePaths, rows: Singles) -> Floats:
    """[rows, L, D]: 1 where the input of the row is in the leaf's interval."""
    x = rows[:, paths.inputs]
    inside = np.where(np.isnan(x), paths.missing, (x > paths.low) & (x <= paths.high))
    return np.asarray(inside, dtype=np.float64)


def _moved(paths: TreePaths, inside: Floats) -> Floats:
    """[rows, L, D]: of each leaf what each of its inputs moved.

    The weighted sum over sets of the other inputs is read off a product of (share + inside t), an
    input a factor: the power of t counts who is looked at.
    """
    rows, leaves, widest = inside.shape
    orders = [factorial(size) * factorial(widest - size - 1) for size in range(widest)]
    weights = np.array(orders) / factorial(widest)
    moved = np.empty_like(inside)
    for one in range(widest):
        power = np.zeros((widest, rows, leaves))
        power[0] = 1.0
        for other in range(widest):
            if other == one:
                continue
            looked = power * inside[:, :, other]
            power = power * paths.share[:, other]
            power[1:] += looked[:-1]
        total = np.tensordot(weights, power, axes=1)
        moved[:, :, one] = total * (inside[:, :, one] - paths.share[:, one]) * paths.value
    return moved


def _stacked(columns: list[NDArray[np.generic]], widest: int, filler: float) -> NDArray:  # type: ignore[type-arg]  # of the columns' own type
    filled = [
        np.pad(column, ((0, 0), (0, widest - column.shape[1])), constant_values=filler)
        for column in columns
    ]
    return np.concatenate(filled)
