"""What the use cases need from outside, as Protocols. One module a neighbour."""
