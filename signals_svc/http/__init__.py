"""The internal HTTP edge: for our own services and data engineers, never for the public."""
