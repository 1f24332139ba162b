"""The console script `pricer`: finds each package's commands by entry point, lazily."""
