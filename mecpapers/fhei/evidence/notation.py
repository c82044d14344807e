"""The paper's symbols and our names: symbol, name, unit, shape, place in the paper."""

from __future__ import annotations

from mecpapers.notation import Symbol

NOTATION: tuple[Symbol, ...] = (
    Symbol("d_m", "Allocation", "feature_bytes", "byte", "(M,)", "(4)-(6)"),
    Symbol(r"\alpha_m", "Allocation", "uplink_share", "1", "(M,)", "(7)"),
    Symbol(r"\beta_m", "Allocation", "downlink_share", "1", "(M,)", "(7)"),
    Symbol("f_m", "Allocation", "edge_speed", "FLOP/s", "(M,)", "(10)"),
    Symbol("q_m", "Allocation", "device_speed", "FLOP/s", "(M,)", "(10), (22)"),
    Symbol(r"\lambda", "Allocation", "latency_price", "J/s", "scalar", "(17), (20)"),
    Symbol("T_m", "Metrics", "latency", "s", "(M,)", "(8), (11)"),
    Symbol("E_m", "Metrics", "energy", "J", "(M,)", "(12), (15)"),
    Symbol(r"\mathcal{U}(d_m)", "Metrics", "quality", "mAP", "(M,)", "(16)"),
    Symbol("U_m", "Users", "uplink_rate", "bit/s", "(M,)", "Sec. III-A2"),
    Symbol("D_m", "Users", "downlink_rate", "bit/s", "(M,)", "Sec. III-A2"),
    Symbol("Q_m", "Users", "device_speed", "FLOP/s", "(M,)", "Sec. III-C3"),
    Symbol(r"\sigma_m", "Users", "receive_power", "W", "(M,)", "(13)"),
    Symbol("g_{m,U}", "Users", "uplink_gain", "1", "(M,)", "Sec. III-A2"),
    Symbol("g_{m,D}", "Users", "downlink_gain", "1", "(M,)", "Sec. III-A2"),
    Symbol("I", "Problem", "input_bytes", "byte", "scalar", "(9)"),
    Symbol("P_U", "Problem", "transmit_power", "W", "scalar", "(13)"),
    Symbol("F", "Problem", "server_speed", "FLOP/s", "scalar", "Sec. III-C3"),
    Symbol("c_1", "Problem", "fn_flops_per_byte", "FLOP/byte", "scalar", "(5)"),
    Symbol("L_0", "Problem", "fn_base_flops", "FLOP", "scalar", "(5)"),
    Symbol("c_2", "Problem", "in_flops_per_byte", "FLOP/byte", "scalar", "(6)"),
    Symbol(r"\psi", "Problem", "energy_coefficient", "J s²/FLOP³", "scalar", "(14)"),
    Symbol(r"d_{\min}", "Problem", "min_feature_bytes", "byte", "scalar", "Sec. III-C1"),
    Symbol(r"d_{\max}", "Problem", "max_feature_bytes", "byte", "scalar", "Sec. III-C1"),
    Symbol(r"\bar{E}", "Problem", "max_mean_energy", "J", "scalar", "Sec. III-C4"),
    Symbol(r"\bar{T}", "Problem", "max_mean_latency", "s", "scalar", "Sec. III-C4"),
    Symbol(r"\delta_s", "Problem", "quality_per_byte", "mAP/byte", "scalar", "(16)"),
)
