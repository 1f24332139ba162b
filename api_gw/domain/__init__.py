"""Pure decisions of the read API: queries, series, overlays, freshness. No I/O."""
