"""One function per verb, with its ports as keywords."""
