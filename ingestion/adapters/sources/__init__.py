"""The two ways prices come in: files with a column mapping, and a marketplace over HTTP."""
