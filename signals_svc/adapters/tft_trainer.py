"""Fits the sequence forecaster with lightning. Only the job `train_forecaster` imports this."""

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import EarlyStopping
from pytorch_forecasting import TemporalFusionTransformer
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from signals_svc.adapters.onnx_forecaster import run_forecaster, run_looked_at
from signals_svc.adapters.onnx_session import open_session
from signals_svc.adapters.tft_export import answers_of, to_onnx
from signals_svc.adapters.tft_network import network, source_input, tensors_of
from signals_svc.domain.arrays import Floats, Ints
from signals_svc.domain.looked_at import mean_of
from signals_svc.domain.weekly import LIMIT, Windows

SEED = 20240229
BATCH = 128
EPOCHS = 6  # runs on thousands of windows were at their best by then
LEAST_STEPS = 160  # of the optimiser: a small history is gone through more often
PATIENCE = 2
LONGEST_STEP = 0.5  # of a gradient's norm: one wild week may not throw the weights about

Batch = tuple[dict[str, Tensor], tuple[Tensor, Tensor]]


class TftModel:
    """Port TrainedForecaster."""

    def __init__(self, net: TemporalFusionTransformer) -> None:
        self._net = net

    def answers(self, windows: Windows) -> Floats:
        """[n, STEPS, 3]: quantiles in spreads."""
        return answers_of(self._net, windows)

    def to_onnx(self, example: Windows) -> bytes:
        """The same model for onnxruntime, with a batch and histories of any length."""
        with _quiet():
            return to_onnx(self._net, example)

    def parity(self, onnx: bytes, windows: Windows) -> float:
        """Largest difference of an answer between this model and its export."""
        exported = run_forecaster(open_session(onnx), windows)
        return float(np.abs(exported - self.answers(windows)).max())

    def looked_at(self, onnx: bytes, windows: Windows) -> dict[str, float]:
        """Mean share of attention that each input and each past week got, by name."""
        return mean_of(run_looked_at(open_session(onnx), windows))


class TftTrainer:
    """Port ForecastTrainer. The same rows give the same model; a GPU is used where there is one."""

    def fit(self, windows: Windows, targets: Floats, *, train: Ints, check: Ints) -> TftModel:
        """Stopped early by the rows `check`; progress is shown where somebody looks."""
        torch.set_num_threads(1)  # on shared cores two threads wait for each other
        with _quiet():
            lightning.seed_everything(SEED, verbose=False)
            net = network()
            trainer = _trainer(len(train))
            trainer.fit(
                net,
                _loader(windows.of(train), targets[train], shuffled=True),
                _loader(windows.of(check), targets[check], shuffled=False),
            )
        return TftModel(net.cpu().eval())


def _trainer(rows: int) -> lightning.Trainer:
    return lightning.Trainer(
        max_epochs=max(EPOCHS, -(-LEAST_STEPS * BATCH // rows)),
        accelerator="auto",
        devices=1,
        deterministic=True,
        gradient_clip_val=LONGEST_STEP,
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        enable_progress_bar=sys.stderr.isatty(),
        num_sanity_val_steps=0,
        callbacks=[EarlyStopping("val_loss", patience=PATIENCE)],
    )


class _Batches(IterableDataset[Batch]):
    """Batches as the library's training step takes them, shuffled anew each epoch by the seed."""

    def __init__(self, windows: Windows, targets: Floats, *, shuffled: bool) -> None:
        units = targets / windows.spread
        seen = np.isfinite(units)
        held = np.clip(np.where(seen, units, 0.0), -LIMIT, LIMIT).astype(np.float32)
        told = torch.from_numpy(held), torch.from_numpy(seen.astype(np.float32))
        self._columns = (*tensors_of(windows), *told)
        self._shuffled = shuffled

    def __iter__(self) -> Iterator[Batch]:
        # Slices of whole columns: a loader that picks row by row takes as long as the network.
        count = len(self._columns[0])
        order = torch.randperm(count) if self._shuffled else torch.arange(count)
        for begin in range(0, count, BATCH):
            rows = order[begin : begin + BATCH]
            past, ahead, fixed, lengths, target, seen = (column[rows] for column in self._columns)
            told = source_input(past, ahead, fixed, lengths) | {"decoder_target": target}
            # A week without a close has weight 0: no target is made up.
            yield told, (target, seen)


def _loader(windows: Windows, targets: Floats, *, shuffled: bool) -> DataLoader[Batch]:
    return DataLoader(_Batches(windows, targets, shuffled=shuffled), batch_size=None)


@contextmanager
def _quiet() -> Iterator[None]:
    """The libraries advertise and warn of what does not concern a job."""
    for name in ("lightning", "lightning.pytorch", "torch.onnx"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
