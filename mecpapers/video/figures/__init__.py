"""Draws what experiments and models computed; computes no result itself."""

from mecpapers.video.figures.centralised import (
    AXES,
    plot_accuracy,
    plot_departure,
    plot_local_cost,
    plot_local_energy_readings,
    plot_local_frames,
    plot_losses,
    plot_offloading,
    plot_prefix_costs,
    plot_radio_frame_excess,
    plot_relaxation_loss,
    plot_shares,
    plot_sweep,
    plot_system,
    plot_table_1,
)

__all__ = [
    "AXES",
    "plot_accuracy",
    "plot_departure",
    "plot_local_cost",
    "plot_local_energy_readings",
    "plot_local_frames",
    "plot_losses",
    "plot_offloading",
    "plot_prefix_costs",
    "plot_radio_frame_excess",
    "plot_relaxation_loss",
    "plot_shares",
    "plot_sweep",
    "plot_system",
    "plot_table_1",
]
