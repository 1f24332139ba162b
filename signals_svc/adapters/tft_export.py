"""The trained forecaster as ONNX: a twin without packed sequences, fed the lengths of each row.

The exporter cannot follow the library's packed sequences. The twin runs plain ones, and the
encoder's recurrence is told each row's length in the graph itself: without that, short histories
would be silently wrong.
"""

from collections.abc import Sequence

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from pytorch_forecasting import TemporalFusionTransformer
from torch import Tensor, nn

from kernel.errors import Rejected
from signals_svc.adapters.tft_network import network_input, source_input, tensors_of
from signals_svc.domain.arrays import Floats
from signals_svc.domain.weekly import STEPS, WEEKS, Windows

INPUTS = ("past", "ahead", "fixed", "lengths")
OUTPUTS = ("answers", "past_weights", "ahead_weights", "fixed_weights", "attention")
OPSET = 18
EXAMPLE_ROWS = 7  # any number that is no other dimension, so that none is taken for the batch's
MOST_ROWS = 65_536


class ExportFailed(Rejected):
    """The exporter gave nothing."""

    def __init__(self) -> None:
        super().__init__(
            "torch exported no graph; nothing was registered, report this with the package versions"
        )


class Twin(nn.Module):
    """The same arithmetic as the network's own forward, with every length in the open.

    Answers in spreads [n, STEPS, 3]; shares of attention that the inputs got: past weeks' inputs,
    steps' inputs, fixed inputs, and weeks and steps [n, STEPS, WEEKS + STEPS].
    """

    def __init__(self, source: TemporalFusionTransformer) -> None:
        super().__init__()
        self.source = source.eval()
        self.encoder = _plain(source.lstm_encoder)
        self.decoder = _plain(source.lstm_decoder)

    def forward(
        self, past: Tensor, ahead: Tensor, fixed: Tensor, lengths: Tensor
    ) -> tuple[Tensor, ...]:
        """One pass over a batch."""
        net = self.source
        told = network_input(past, ahead, fixed, lengths)
        reals = torch.cat([told["encoder_cont"], told["decoder_cont"]], dim=1)
        named = {name: reals[..., at : at + 1] for at, name in enumerate(net.hparams.x_reals)}
        static, fixed_weights = net.static_variable_selection(
            {name: named[name][:, 0] for name in net.static_variables}
        )
        context = _over_time(net.static_context_variable_selection(static))
        before, past_weights = net.encoder_variable_selection(
            {name: named[name][:, :WEEKS] for name in net.encoder_variables}, context[:, :WEEKS]
        )
        after, ahead_weights = net.decoder_variable_selection(
            {name: named[name][:, WEEKS:] for name in net.decoder_variables}, context[:, WEEKS:]
        )
        seen = torch.arange(WEEKS)[None] < lengths[:, None]
        local = self._local(before, after, static)
        answers, attention = self._attended(local, static, seen)
        weight = seen.to(past.dtype)[..., None]
        return (
            answers,
            (past_weights.squeeze(-2) * weight).sum(1) / weight.sum(1),
            ahead_weights.squeeze(-2).mean(1),
            fixed_weights.squeeze(-2),
            attention,
        )

    def _local(self, before: Tensor, after: Tensor, static: Tensor) -> Tensor:
        """Both recurrences with the gates around them."""
        net = self.source
        hidden = net.static_context_initial_hidden_lstm(static)[None].contiguous()
        cell = net.static_context_initial_cell_lstm(static)[None].contiguous()
        encoded, state = self.encoder(before, (hidden, cell))
        decoded, _ = self.decoder(after, state)
        gated = net.post_lstm_add_norm_encoder(net.post_lstm_gate_encoder(encoded), before)
        ahead = net.post_lstm_add_norm_decoder(net.post_lstm_gate_decoder(decoded), after)
        return torch.cat([gated, ahead], dim=1)

    def _attended(self, local: Tensor, static: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Answers, and what each step looked at."""
        net = self.source
        enriched = net.static_enrichment(local, _over_time(net.static_context_enrichment(static)))
        step = torch.arange(STEPS)
        later = (step[None] >= step[:, None])[None].expand(local.shape[0], -1, -1)
        hidden = torch.cat([~seen[:, None].expand(-1, STEPS, -1), later], dim=2)
        attended, attention = net.multihead_attn(
            q=enriched[:, WEEKS:], k=enriched, v=enriched, mask=hidden
        )
        attended = net.post_attn_gate_norm(attended, enriched[:, WEEKS:])
        output = net.pre_output_gate_norm(net.pos_wise_ff(attended), local[:, WEEKS:])
        return net.output_layer(output), attention.mean(2)


def _plain(packed: nn.LSTM) -> nn.LSTM:
    plain = nn.LSTM(packed.input_size, packed.hidden_size, packed.num_layers, batch_first=True)
    plain.load_state_dict(packed.state_dict())
    return plain.eval()


def _over_time(context: Tensor) -> Tensor:
    return context[:, None].expand(-1, WEEKS + STEPS, -1)


def to_onnx(source: TemporalFusionTransformer, example: Windows) -> bytes:
    """The graph with a dynamic batch. `example`: at least EXAMPLE_ROWS windows."""
    batch = torch.export.Dim("batch", min=1, max=MOST_ROWS)
    program = torch.onnx.export(
        Twin(source).eval(),
        tensors_of(example.of(np.arange(EXAMPLE_ROWS))),
        dynamo=True,
        opset_version=OPSET,
        external_data=False,
        input_names=list(INPUTS),
        output_names=list(OUTPUTS),
        dynamic_shapes={name: {0: batch} for name in INPUTS},
        verbose=False,
    )
    if program is None:
        raise ExportFailed
    graph = program.model_proto
    _tell_lengths(graph.graph)
    _strip(graph.graph.node)
    onnx.checker.check_model(graph)
    told: bytes = graph.SerializeToString()
    return told


def _tell_lengths(graph: onnx.GraphProto) -> None:
    """The first recurrence is the encoder's: its fifth input is the length of each row."""
    place = next(at for at, node in enumerate(graph.node) if node.op_type == "LSTM")
    encoder = graph.node[place]
    while len(encoder.input) < 5:
        encoder.input.append("")
    encoder.input[4] = "lengths_int32"
    cast = helper.make_node("Cast", ["lengths"], ["lengths_int32"], to=TensorProto.INT32)
    graph.node.insert(place, cast)


def _strip(nodes: Sequence[onnx.NodeProto]) -> None:
    """The exporter notes where each node came from, paths of this machine included."""
    for node in nodes:
        del node.metadata_props[:]
        node.doc_string = ""


def answers_of(source: TemporalFusionTransformer, windows: Windows) -> Floats:
    """[n, STEPS, 3] in spreads, by the trained network itself."""
    parts = []
    with torch.no_grad():
        for begin in range(0, len(windows), 1024):
            rows = np.arange(begin, min(begin + 1024, len(windows)))
            told = source_input(*tensors_of(windows.of(rows)))
            parts.append(source(told)["prediction"].numpy())
    return np.concatenate(parts).astype(np.float64)
