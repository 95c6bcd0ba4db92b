"""The readers of flow cytometry: event files, workspaces of FlowJo, experiments of FACSDiva."""

from __future__ import annotations

from mfg.instruments import flow_diva, flow_fcs, flow_flowjo
from mfg.instruments.flow_fcs import read_fcs as read_fcs
from mfg.instruments.reader import Reader

FLOW_READERS: tuple[Reader, ...] = (
    Reader(flow_fcs.KIND, "", "Flow cytometer", "Flow cytometry events (FCS 2.0 to 3.2)", flow_fcs.recognises_fcs,
           flow_fcs.read_fcs_alone),
    Reader(flow_flowjo.KIND, "FlowJo", "FlowJo 10", "FlowJo workspace (wsp)", flow_flowjo.recognises_flowjo,
           flow_flowjo.read_flowjo),
    Reader(flow_diva.KIND, "BD", "FACSDiva", "BD FACSDiva experiment (xml)", flow_diva.recognises_diva,
           flow_diva.read_diva),
)
