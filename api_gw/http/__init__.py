"""Routes, response models and the HTTP habits all routes share."""
