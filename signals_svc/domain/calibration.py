"""Temperature calibration of class probabilities, and their log-loss."""

import numpy as np

from signals_svc.domain.arrays import Floats, Ints

FLOOR = 1e-7
TEMPERATURES = np.round(np.exp(np.linspace(np.log(0.5), np.log(8.0), 121)), 4)


def tempered(chances: Floats, temperature: float) -> Floats:
    """p^(1/T), rows summing to 1 again: the same as dividing the log odds by T."""
    powered = np.maximum(chances, FLOOR) ** (1.0 / temperature)
    scaled: Floats = powered / powered.sum(axis=1, keepdims=True)
    return scaled


def log_losses(chances: Floats, labels: Ints) -> Floats:
    """Minus log probability of what came true, in nats, one per row."""
    held = np.maximum(chances[np.arange(len(labels)), labels], FLOOR)
    losses: Floats = -np.log(held)
    return losses


def best_temperature(chances: Floats, labels: Ints) -> float:
    """The temperature of least log-loss among TEMPERATURES; 1 where there is nothing to fit."""
    if not len(labels):
        return 1.0
    losses = [log_losses(tempered(chances, float(t)), labels).mean() for t in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])
