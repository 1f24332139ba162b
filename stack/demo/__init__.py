"""The main job as a person sees it: drives the real scheduler and tells what came of it."""
