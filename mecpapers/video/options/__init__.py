"""P2 as one option a device, and its Lagrange dual in two variables: the prices of air time and of server cycles.

By Theorem 2, an assignment x that gives each device one option (stay local, or offload M frames) costs

    cost(x) = A^2 + B^2 + E,   A = sum_n a_n(x_n),  B = sum_n b_n(x_n),  E = sum_n e_n(x_n),

with a, b of ``edge.congestion_roots``. Since A^2 = max_u (2 u A - u^2), and likewise B^2, every w = (u, v) gives

    L(w) = -|w|^2 + sum_n min_o (e_n(o) + 2 u a_n(o) + 2 v b_n(o)) <= min_x cost(x),

and, with r_n(o) >= 0 the distance of an option from that minimum, the identity that ``bounds`` rests on:

    cost(x) = L(w) + sum_n r_n(x_n) + |(A, B) - w|^2.
"""

from mecpapers.video.options.ascent import (
    Ball,
    Near,
    approach,
    ascend,
    cut,
    dual_bound,
    first_ball,
    highest_point,
    likely_margin,
    locate,
    look_around,
    settle,
    stand_in,
)
from mecpapers.video.options.table import (
    UNIT,
    UNITS,
    Dual,
    Options,
    cancelling,
    costs_added_up,
    dual_at,
    joined,
    option_table,
    pick,
    rounding_error,
    some_of,
    useful_frames,
)

__all__ = [
    "UNIT",
    "UNITS",
    "Ball",
    "Dual",
    "Near",
    "Options",
    "approach",
    "ascend",
    "cancelling",
    "costs_added_up",
    "cut",
    "dual_at",
    "dual_bound",
    "first_ball",
    "highest_point",
    "joined",
    "likely_margin",
    "locate",
    "look_around",
    "option_table",
    "pick",
    "rounding_error",
    "settle",
    "some_of",
    "stand_in",
    "useful_frames",
]
