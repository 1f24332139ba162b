"""Owns the rule language: text, tree, units, JSON. Knows nothing of prices or fills."""
