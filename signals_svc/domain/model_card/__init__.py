"""Model cards: what a version is, how it was judged, what it reads; as HTML and as Markdown."""
