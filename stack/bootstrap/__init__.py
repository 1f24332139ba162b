"""Creates in empty servers what the platform expects. Everything here can be repeated."""
