"""One function per question a caller may ask; the ports are keywords."""
