"""Owns schema `signals`: features, forecasts, signals and models. Never fetches or mends prices."""
