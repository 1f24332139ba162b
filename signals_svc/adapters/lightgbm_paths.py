"""Reads the paths of a trained booster's leaves, with what fell into them. For training only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import lightgbm as lgb
import numpy as np

from signals_svc.domain.tree_paths import UNUSED, TreePaths


@dataclass(frozen=True)
class _Box:
    """What a path asks of one input."""

    low: float = -np.inf
    high: float = np.inf
    missing: bool = True
    share: float = 1.0


Path = tuple[dict[int, _Box], float]


def paths_of_booster(booster: lgb.Booster, *, of_class: int | None = None) -> TreePaths:
    """All leaves of its trees, or of those of one class."""
    dumped = booster.dump_model()
    classes = dumped["num_tree_per_iteration"]
    trees = [
        tree["tree_structure"]
        for place, tree in enumerate(dumped["tree_info"])
        if of_class is None or place % classes == of_class
    ]
    found = [path for tree in trees for path in _leaves(tree, {})]
    widest = max(1, *(len(boxes) for boxes, _ in found))
    # A split of the missing from the rest has the largest double as its threshold: that is no end.
    with np.errstate(over="ignore"):
        low, high = (
            _column(found, name, end, widest).astype(np.float32)
            for name, end in (("low", -np.inf), ("high", np.inf))
        )
    return TreePaths(
        inputs=np.array([_row(sorted(boxes), UNUSED, widest) for boxes, _ in found], np.int64),
        low=low,
        high=high,
        missing=_column(found, "missing", 1.0, widest).astype(np.bool_),
        share=_column(found, "share", 1.0, widest),
        value=np.array([value for _, value in found]),
    )


def _leaves(node: Mapping[str, Any], boxes: dict[int, _Box]) -> Iterator[Path]:
    if "split_feature" not in node:
        yield boxes, float(node["leaf_value"])
        return
    feature, threshold = int(node["split_feature"]), float(node["threshold"])
    box = boxes.get(feature, _Box())
    left, right = node["left_child"], node["right_child"]
    # Missing takes the default side; where training saw none, LightGBM reads it as 0.
    to_left = node["default_left"] if node["missing_type"] == "NaN" else threshold >= 0.0
    total = _count(node)
    yield from _leaves(
        left,
        boxes
        | {
            feature: replace(
                box,
                high=min(box.high, threshold),
                missing=box.missing and to_left,
                share=box.share * _count(left) / total,
            )
        },
    )
    yield from _leaves(
        right,
        boxes
        | {
            feature: replace(
                box,
                low=max(box.low, threshold),
                missing=box.missing and not to_left,
                share=box.share * _count(right) / total,
            )
        },
    )


def _count(node: Mapping[str, Any]) -> int:
    return int(node["internal_count"] if "split_feature" in node else node["leaf_count"])


def _column(found: list[Path], name: str, filler: float, widest: int) -> np.ndarray:
    return np.array(
        [
            _row([float(getattr(boxes[one], name)) for one in sorted(boxes)], filler, widest)
            for boxes, _ in found
        ]
    )


def _row(values: list[Any], filler: float, widest: int) -> list[Any]:
    return values + [filler] * (widest - len(values))
