"""Opens what an artifact holds: graphs in onnxruntime, one thread a session, and tree paths."""

import onnxruntime as ort
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidGraph, InvalidProtobuf

from signals_svc.domain import tree_paths
from signals_svc.domain.artifact import ArtifactCorrupt


def open_session(onnx: bytes) -> ort.InferenceSession:
    """A session of one thread: several fight for the cores and are slower together."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return ort.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])


def session_of(version: str, onnx: bytes) -> ort.InferenceSession:
    """The session of a registered version. Raises ArtifactCorrupt."""
    try:
        return open_session(onnx)
    except (Fail, InvalidGraph, InvalidProtobuf) as error:
        raise ArtifactCorrupt(version, str(error)) from error


def paths_of(version: str, body: bytes) -> tree_paths.TreePaths:
    """The leaves of a registered version's trees. Raises ArtifactCorrupt."""
    try:
        return tree_paths.paths_of(body)
    except (ValueError, EOFError) as error:
        raise ArtifactCorrupt(version, str(error)) from error
