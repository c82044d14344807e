"""The reconstruction's symbols and our names: symbol, name, unit, shape, and whether the summary names it."""

from __future__ import annotations

from mecpapers.notation import Symbol

NOTATION: tuple[Symbol, ...] = (
    Symbol("D_{req}", "Problem", "deadline", "s", "scalar", "named in the summary"),
    Symbol("T_{inf}^{d} = N_d / v_d", "Problem", "device_delay", "s", "(N,)", "named in the summary"),
    Symbol("T_{inf}^{s} = N_s / v_s", "Problem", "server_delay", "s", "scalar", "assumed"),
    Symbol("S / r_i", "Problem", "transmission_time", "s", "(N,)", "assumed"),
    Symbol(r"\kappa", "Problem", "discard_value", "1", "scalar", "assumed"),
    Symbol("M", "Problem", "servers", "1", "scalar", "servers are named"),
    Symbol("-", "Problem", "filtered", "word", "scalar", "filtering is named, its meaning is open"),
    Symbol("f_i(b)", "Problem", "score_pmf", "1", "(N, K)", "assumed"),
    Symbol("a_i^{D}(b)", "Problem", "device_accuracy", "1", "(N, K)", "assumed"),
    Symbol("a_i^{S}(b)", "Problem", "server_accuracy", "1", "(N, K)", "assumed"),
    Symbol("c_i = S/r_i + T_{inf}^{s}/M", "Problem", "offload_cost", "s", "(N,)", "assumed"),
    Symbol(r"D_{req} - \max_i T_{inf}^{d}", "Problem", "budget", "s", "scalar", "assumed"),
    Symbol("l_i", "Allocation", "lower", "level", "(N,)", "two thresholds are named"),
    Symbol("u_i", "Allocation", "upper", "level", "(N,)", "two thresholds are named"),
    Symbol("-", "Allocation", "device_inference", "bool", "scalar", "ours"),
    Symbol("p_i", "Metrics", "offload_probability", "1", "(N,)", "assumed"),
    Symbol("A_i(l_i, u_i)", "Metrics", "accuracy", "1", "(N,)", "sum of accuracies is named"),
    Symbol(r"\tau_i", "Metrics", "air_time", "s", "(N,)", "named in the summary"),
    Symbol("D", "Metrics", "delay", "s", "scalar", "end-to-end delay is named"),
)
