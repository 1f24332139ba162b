"""The commands: arguments -> the engine or one use case."""
