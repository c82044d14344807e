"""The certified optimum from ten to a million mixed devices; warm starts; the orders of Section V-C."""

from __future__ import annotations

from mecpapers.video.evidence.experiments import scale


def exact() -> None:
    """Time, memory and gap at each size, each in a process of its own; the yardstick is one sweep over the table."""
    print("certified optimum, all mixed, one thread; search without the table of options, whole with it")
    print(f"{'resources':10} {'N':>8} {'whole':>10} {'search':>10} {'sweeps':>7} {'memory':>9} {'rel. gap':>9}  proved")
    for name in ("scaled", "fixed"):
        rows = [scale.measure_exact_apart(n, scaled=name == "scaled") for n in scale.SIZES]
        for row in rows:
            print(
                f"{name:10} {int(row['n_devices']):8} {1e3 * row['whole']:7.1f} ms {1e3 * row['search']:7.1f} ms"
                f" {row['search'] / row['sweep']:7.1f} {row['memory'] / 1e9:6.2f} GB {row['gap']:9.0e}"
                f"  {bool(row['converged'])}"
            )
        large = {int(row["n_devices"]): row["whole"] for row in rows if row["n_devices"] >= 1000}
        print(f"{name:10} grows as N^{scale.growth(large, exponential=False):.2f} from 1000 devices on")


def online() -> None:
    """A new optimum after a step of the channels, from nothing and from the last optimum."""
    print()
    print(f"a new optimum after a step of {scale.STEP_DB} dB, all mixed, scaled; a radio frame has 10 ms")
    for n in (25, 100, 1000, 10_000):
        row = scale.measure_online(n)
        print(
            f"  N = {n:6}: cold {1e3 * row['cold']:6.1f} ms, warm {1e3 * row['warm']:6.1f} ms"
            f" (longest {1e3 * row['warm_longest']:.1f}), options that change {row['changed']:.1%},"
            f" objectives apart by {row['apart']:.0e}"
        )


def orders() -> None:
    """How the paper's algorithms grow."""
    print()
    print("orders of Section V-C")
    for name, order in scale.ORDERS.items():
        grows = scale.growth(scale.measure_order(name), exponential=order.exponential)
        shown = f"x {grows:.1f} a device" if order.exponential else f"N^{grows:.1f}"
        print(f"  {name:20} {shown}  at {', '.join(map(str, order.sizes))}")


def main() -> None:
    """Run every measurement."""
    exact()
    online()
    orders()
