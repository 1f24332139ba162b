"""Owns the marketplace simulator: an eBay-shaped search over invented sales of real cards.

Public are its HTTP answers, `catalog.json` and `product_map.csv`. Everything else (`levels.csv`,
the price process) is hidden state: the platform never reads it, the simulator's own tests may.
"""
