"""Pure decisions of the signals: features, forecast, utility, action, conviction. No I/O."""
