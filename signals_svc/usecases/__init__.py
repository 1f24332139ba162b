"""One module a verb: build features, infer, publish, train, promote."""
