"""Which of many keys a set may hold: a Bloom filter of keys that are hashes already. No I/O.

It never denies a key that it was made of; of others it lets through a few in a thousand.
"""

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.int64]

BITS_A_KEY = 12  # at least; there are as many as the next power of two has
PROBES = 4
SMALLEST = 64  # bits


def filter_of(keys: Keys) -> bytes:
    """The filter of these keys: 1.5 to 3 bytes for each."""
    size = SMALLEST
    while size < BITS_A_KEY * keys.size:
        size *= 2
    bits = np.zeros(size, np.bool_)
    for probe in range(PROBES):
        bits[_place(keys, probe, size)] = True
    return np.packbits(bits, bitorder="little").tobytes()


def may_hold(body: bytes, keys: Keys) -> NDArray[np.bool_]:
    """Of each key whether it may be one of those that the filter was made of."""
    bits = np.frombuffer(body, np.uint8)
    left = np.arange(keys.size)
    for probe in range(PROBES):
        place = _place(keys[left], probe, 8 * bits.size)
        left = left[(bits[place >> 3] >> (place & 7).astype(np.uint8) & 1).astype(np.bool_)]
    held = np.zeros(keys.size, np.bool_)
    held[left] = True
    return held


def _place(keys: Keys, probe: int, size: int) -> NDArray[np.int64]:
    """A key's two halves are independent, so their sums are as good as so many hashes."""
    hashed = keys.view(np.uint64)
    step = (hashed >> np.uint64(32)) | np.uint64(1)
    return ((hashed + np.uint64(probe) * step) & np.uint64(size - 1)).view(np.int64)
