"""Owns schema `market`: brings sales in, judges outliers, builds daily bars. Never forecasts."""
