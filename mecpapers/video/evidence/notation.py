"""The paper's symbols and our names: symbol, name, unit, shape, place in the paper."""

from __future__ import annotations

from mecpapers.notation import Symbol

NOTATION: tuple[Symbol, ...] = (
    Symbol("x_n", "Allocation", "offload", "bool", "(N,)", "(1), (13g)"),
    Symbol("M_n", "Allocation", "frames", "1", "(N,)", "Sec. II-B, (13b)"),
    Symbol("t_n", "Allocation", "time_share", "1", "(N,)", "Sec. II-C, (13c)"),
    Symbol("f_n^{e}", "Allocation", "edge_frequency", "cycle/s", "(N,)", "(6), (13d)"),
    Symbol("f_n^{md}", "Allocation", "device_frequency", "cycle/s", "(N,)", "(5), (13f)"),
    Symbol("D_n", "Metrics", "delay", "s", "(N,)", "(1), (11)"),
    Symbol("E_n", "Metrics", "energy", "J", "(N,)", "(2), (12)"),
    Symbol(r"\phi_n = \Phi(M_n)", "Metrics", "accuracy", "1", "(N,)", "Sec. II-D, (15)"),
    Symbol(r"\beta_1 D_n + \beta_2 E_n - \beta_3 \Phi", "Metrics", "cost", "1", "(N,)", "(13)"),
    Symbol("R_n", "Devices", "uplink_rate", "bit/s", "(N,)", "(8)"),
    Symbol("h_n", "Devices", "channel_gain", "1", "(N,)", "(8)"),
    Symbol("p_n", "Devices", "transmit_power", "W", "(N,)", "(8), (10)"),
    Symbol("d", "Devices", "frame_bits", "bit", "(N,)", "(9)"),
    Symbol("f_n^{max}", "Devices", "max_frequency", "cycle/s", "(N,)", "(13f)"),
    Symbol(r"\kappa", "Devices", "energy_coefficient", "J s²/cycle³", "(N,)", "(7)"),
    Symbol("m_{c,0}", "Devices", "macs_per_frame", "MAC", "(N,)", "(14)"),
    Symbol("m_{c,1}", "Devices", "macs_offset", "MAC", "(N,)", "(14)"),
    Symbol("m_{a,0}", "Devices", "accuracy_a0", "1", "(N,)", "(15)"),
    Symbol("m_{a,1}", "Devices", "accuracy_a1", "1", "(N,)", "(15)"),
    Symbol("m_{a,2}", "Devices", "accuracy_a2", "1", "(N,)", "(15)"),
    Symbol(r"\alpha_n", "Devices", "min_accuracy", "1", "(N,)", "(13a)"),
    Symbol("M_n^{max}", "Devices", "max_frames", "1", "(N,)", "(13b)"),
    Symbol("M_n^{min}", "Devices", "min_frames", "1", "(N,)", "Sec. III-B, (16a)"),
    Symbol(r"\beta_1", "Devices", "weight_delay", "1/s", "(N,)", "(13)"),
    Symbol(r"\beta_2", "Devices", "weight_energy", "1/J", "(N,)", "(13)"),
    Symbol(r"\beta_3", "Devices", "weight_accuracy", "1", "(N,)", "(13)"),
    Symbol("f^{max}", "Problem", "server_frequency", "cycle/s", "scalar", "(13d)"),
    Symbol("1", "Problem", "time_budget", "1", "scalar", "right side of (13c)"),
    Symbol(r"\rho", "Problem", "cycles_per_mac", "cycle/MAC", "scalar", "(5)"),
    Symbol("o_{l+1}", "Layer", "channels", "1", "a layer", "(3)"),
    Symbol("K_l^j", "Layer", "kernel", "1", "(3,)", "(3), (4)"),
    Symbol("r_l", "Layer", "stride", "1", "(3,)", "(4)"),
    Symbol("d_l", "Layer", "padding", "1", "(3,)", "(4)"),
    Symbol("(7)\\text{ or }(31)", "Problem", "local_energy", "name", "scalar", "(7), (31)"),
)
