"""The temporal fusion transformer of pytorch-forecasting over our windows; for training only.

A step's answer is in units of that step's spread, so the network starts from the last price in the
market's own noise: without that anchor it lost to the last price.
"""

from collections.abc import Mapping

import numpy as np
import torch
from pytorch_forecasting import TemporalFusionTransformer
from pytorch_forecasting.metrics import QuantileLoss
from torch import Tensor

from signals_svc.domain.forecast_model import QUANTILES
from signals_svc.domain.weekly import AHEAD, FIXED, PAST, STEPS, WEEKS, Windows

HIDDEN = 16
HEADS = 2
CONTINUOUS = 8  # hidden size of each input before selection
DROPOUT = 0.1
LEARNING_RATE = 3e-3

REALS = (*FIXED, *PAST, *AHEAD)


def as_answered(output: Mapping[str, Tensor]) -> Tensor:
    """The network's answers stay in spreads; who serves multiplies."""
    return output["prediction"]


def network() -> TemporalFusionTransformer:
    """A fresh one; its weights depend on torch's seed alone."""
    return TemporalFusionTransformer(
        hidden_size=HIDDEN,
        lstm_layers=1,
        dropout=DROPOUT,
        output_size=len(QUANTILES),
        loss=QuantileLoss(quantiles=list(QUANTILES)),
        attention_head_size=HEADS,
        max_encoder_length=WEEKS,
        static_reals=list(FIXED),
        time_varying_reals_encoder=list(PAST),
        time_varying_reals_decoder=list(AHEAD),
        x_reals=list(REALS),
        hidden_continuous_size=CONTINUOUS,
        learning_rate=LEARNING_RATE,
        logging_metrics=torch.nn.ModuleList([]),
        output_transformer=as_answered,
        optimizer="adam",
        log_interval=-1,
    )


def tensors_of(windows: Windows) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """past, ahead, fixed, lengths; a row without a spread may not be among them."""
    columns = (windows.past, windows.ahead, windows.fixed)
    past, ahead, fixed = (torch.from_numpy(np.ascontiguousarray(one)) for one in columns)
    return past, ahead, fixed, torch.from_numpy(windows.lengths)


def network_input(past: Tensor, ahead: Tensor, fixed: Tensor, lengths: Tensor) -> dict[str, Tensor]:
    """The dictionary the library's forward takes; columns as REALS, zeros where a part has none."""
    rows, weeks = past.shape[:2]
    return {
        "encoder_cat": torch.zeros(rows, weeks, 0, dtype=torch.long, device=past.device),
        "decoder_cat": torch.zeros(rows, STEPS, 0, dtype=torch.long, device=past.device),
        "encoder_cont": torch.cat(
            [
                fixed[:, None].expand(-1, weeks, -1),
                past,
                torch.zeros(rows, weeks, len(AHEAD), device=past.device),
            ],
            dim=2,
        ),
        "decoder_cont": torch.cat(
            [
                fixed[:, None].expand(-1, STEPS, -1),
                torch.zeros(rows, STEPS, len(PAST), device=past.device),
                ahead,
            ],
            dim=2,
        ),
        "encoder_lengths": lengths,
        "decoder_lengths": torch.full((rows,), STEPS, dtype=torch.long, device=past.device),
        "target_scale": torch.ones(rows, 2, device=past.device),
    }


def source_input(past: Tensor, ahead: Tensor, fixed: Tensor, lengths: Tensor) -> dict[str, Tensor]:
    """As `network_input`, cut to the longest history: the library takes that for the past's end."""
    return network_input(past[:, : int(lengths.max())], ahead, fixed, lengths)
