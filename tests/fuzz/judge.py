"""An answer judged from the models' text in plain floats: nothing of the package is used here.

Each judge returns what is wrong with an answer of ``mecpapers solve --json``, in words; an empty list is a good answer.
"""

import itertools
import math

SLACK = 4e-9  # relative: four times what the package allows itself, which is 1e-9


def each(value, n):
    """A list of n numbers; a scalar stands for all."""
    return list(value) if isinstance(value, list) else [value] * n


def length(values):
    return next((len(v) for v in values if isinstance(v, list) and len(v) > 1), 1)


def compare(name, found, meant, scale):
    """Whether two numbers agree to within a part of the size of the terms that they are made of."""
    return [] if abs(found - meant) <= SLACK * max(scale, abs(meant)) + 1e-300 else [f"{name} {found!r}, not {meant!r}"]


def at_most(name, value, limit):
    return [] if value <= limit * (1 + SLACK) else [f"{name}: {value!r} above {limit!r}"]


# Paper I: delay, energy and accuracy of N devices.


def video_devices(document):
    """One dict a device, with every trait and weight."""
    given = {f"weight_{name}": value for name, value in document["weights"].items()} | document["devices"]
    n = length(given.values())
    return [{name: each(value, n)[k] for name, value in given.items()} for k in range(n)]


def video_terms(document, device, frames, x, share, f_edge, f_local):
    """Delay (5)-(11), energy (7)-(12) and accuracy (15) of one device."""
    rho = document["cycles_per_mac"]
    macs = device["macs_per_frame"] * frames + device["macs_offset"]
    accuracy = device["accuracy_a2"] - device["accuracy_a0"] / (frames + device["accuracy_a1"])
    if x:
        sent = frames * device["frame_bits"] / device["uplink_rate"]
        return rho * macs / f_edge + sent / share, sent * device["transmit_power"], accuracy
    charged = rho if document["local_energy"] == "eq7" else 1.0
    return rho * macs / f_local, device["energy_coefficient"] * charged * macs * f_local**2, accuracy


def video_floor(device):
    """The fewest frames allowed: (13a) or ``min_frames``."""
    if "min_frames" in device:
        return device["min_frames"]
    slack = device["accuracy_a2"] - device["min_accuracy"]
    if slack <= 0:
        return 1 if slack == 0 == device["accuracy_a0"] else math.inf
    return max(1, math.ceil((device["accuracy_a0"] / slack - device["accuracy_a1"]) * (1 - 1e-9)))


def video(document, answer):
    """What is wrong with an answer to an instance of Paper I."""
    devices, wrong, total, scale = video_devices(document), [], 0.0, 0.0
    for k, device in enumerate(devices):
        x, m, share = answer["offload"][k], answer["frames"][k], answer["time_share"][k]
        f_edge, f_local = answer["edge_frequency"][k], answer["device_frequency"][k]
        if m != int(m) or not video_floor(device) <= m <= device["max_frames"]:
            wrong.append(f"device {k}: {m} frames")
        if x and (device["uplink_rate"] == 0 or not (share > 0 and f_edge > 0)):
            wrong.append(f"device {k} offloads over nothing")
            continue
        if not x:
            wrong += at_most(f"device {k}: clock", f_local, device["max_frequency"])
        terms = video_terms(document, device, m, x, share, f_edge, f_local)
        for name, meant in zip(("delay", "energy", "accuracy"), terms, strict=True):
            size = abs(meant) if name != "accuracy" else device["accuracy_a2"] + abs(device["accuracy_a2"] - meant)
            wrong += compare(f"{name} of device {k}", answer[name][k], meant, size)
        parts = [
            device["weight_delay"] * terms[0], device["weight_energy"] * terms[1],
            device["weight_accuracy"] * (terms[2] - device["accuracy_a2"]),
            device["weight_accuracy"] * device["accuracy_a2"],
        ]  # fmt: skip
        total += parts[0] + parts[1] - parts[2] - parts[3]
        scale += sum(map(abs, parts))
    at_edge = [k for k, x in enumerate(answer["offload"]) if x]
    wrong += at_most("(13c)", sum(answer["time_share"][k] for k in at_edge), document["time_budget"])
    wrong += at_most("(13d)", sum(answer["edge_frequency"][k] for k in at_edge), document["server_frequency"])
    wrong += compare("objective", answer["objective"], total, scale)
    return wrong + bounds(answer, "lower_bound", scale)


def bounds(answer, name, scale):
    """A bound is on the right side of the answer, and the gap is their distance."""
    if name not in answer:
        return []
    sign = 1 if name == "lower_bound" else -1
    excess = sign * (answer[name] - answer["objective"])
    wrong = [f"{name} {answer[name]!r} beyond {answer['objective']!r}"] if excess > SLACK * scale else []
    return wrong + compare("gap", answer["gap"], abs(answer["objective"] - answer[name]), scale)


def video_frequency(device):
    """(20), at home."""
    price = 2 * device["weight_energy"] * device["energy_coefficient"]
    return min(device["max_frequency"], (device["weight_delay"] / price) ** (1 / 3) if price else math.inf)


def video_frames(document, device):
    """(21), at home, to the nearest whole number."""
    f, gain = video_frequency(device), device["weight_accuracy"] * device["accuracy_a0"]
    a_cycle = device["weight_delay"] / f + device["weight_energy"] * device["energy_coefficient"] * f**2
    interior = math.sqrt(gain / (document["cycles_per_mac"] * device["macs_per_frame"] * a_cycle))
    best = interior - device["accuracy_a1"] if gain > 0 else 0.0
    return round(min(max(best, video_floor(device)), device["max_frames"]))


def video_optimum(document):
    """The least cost by trying every policy and every number of frames; who stays takes the frequency of (20).

    Under (31) it takes the frames of (21), too, to the nearest whole number: Theorem 1, which then is no optimum.
    """
    devices = video_devices(document)
    choices = []
    for device in devices:
        floor, most = video_floor(device), device["max_frames"]
        frames = range(int(floor), int(most) + 1) if floor <= most else []
        at_home = frames if document["local_energy"] == "eq7" else [video_frames(document, device)] if frames else []
        at_edge = frames if device["uplink_rate"] > 0 else []
        choices.append([(False, m) for m in at_home] + [(True, m) for m in at_edge])
    best = math.inf
    for chosen in itertools.product(*choices):
        total = computing = sending = 0.0
        for device, (x, m) in zip(devices, chosen, strict=True):
            macs = device["macs_per_frame"] * m + device["macs_offset"]
            if x:
                sent = m * device["frame_bits"] / device["uplink_rate"]
                computing += math.sqrt(device["weight_delay"] * document["cycles_per_mac"] * macs)
                sending += math.sqrt(device["weight_delay"] * sent)
                total += device["weight_energy"] * sent * device["transmit_power"]
                accuracy = device["accuracy_a2"] - device["accuracy_a0"] / (m + device["accuracy_a1"])
            else:
                f = video_frequency(device)
                delay, energy, accuracy = video_terms(document, device, m, x, 0, 0, f)
                total += device["weight_delay"] * delay + device["weight_energy"] * energy
            total -= device["weight_accuracy"] * accuracy
        total += computing**2 / document["server_frequency"] + sending**2 / document["time_budget"]
        best = min(best, total)
    return best


# Paper II: quality of M users under limits on mean latency and mean energy.


def fhei(document, answer):
    """What is wrong with an answer to an instance of Paper II."""
    users = ("uplink_rate", "downlink_rate", "device_speed", "receive_power")
    m, wrong = len(answer["feature_bytes"]), []
    traits = {name: each(document[name], m) for name in users}
    latency, energy = [], []
    for k, d in enumerate(answer["feature_bytes"]):
        alpha, beta, f, q = (answer[key][k] for key in ("uplink_share", "downlink_share", "edge_speed", "device_speed"))
        if not (alpha > 0 and beta > 0 and f > 0 and q > 0):
            wrong.append(f"user {k} has nothing of something")
            continue
        up = 8 * document["input_bytes"] / (alpha * traits["uplink_rate"][k])
        down = 8 * d / (beta * traits["downlink_rate"][k])
        at_edge = (document["fn_base_flops"] + document["fn_flops_per_byte"] * d) / f
        local = document["in_flops_per_byte"] * d
        latency.append(up + down + at_edge + local / q)
        energy.append(
            document["transmit_power"] * up + traits["receive_power"][k] * down
            + document["energy_coefficient"] * q**2 * local
        )  # fmt: skip
        wrong += compare(f"latency of user {k}", answer["latency"][k], latency[-1], 0)
        wrong += compare(f"energy of user {k}", answer["energy"][k], energy[-1], 0)
        wrong += at_most(f"speed of user {k}", q, traits["device_speed"][k])
        wrong += at_most(f"size of user {k}", d, document["max_feature_bytes"])
        wrong += at_most(f"least size of user {k}", document["min_feature_bytes"], d)
    for name, values, limit in (
        ("mean latency", latency, document["max_mean_latency"] * m),
        ("mean energy", energy, document["max_mean_energy"] * m),
        ("uplink", answer["uplink_share"], 1.0),
        ("downlink", answer["downlink_share"], 1.0),
        ("server", answer["edge_speed"], document["server_speed"]),
    ):
        wrong += at_most(name, math.fsum(values), limit)
    total = math.fsum(document["quality_per_byte"] * d for d in answer["feature_bytes"])
    wrong += compare("objective", answer["objective"], total, 0)
    return wrong + bounds(answer, "upper_bound", abs(total))


# Paper III: two thresholds a camera under one deadline.


def pose_cameras(document):
    """One dict a camera; rows of the tables, probabilities that add up to 1."""
    vectors, tables = ("device_delay", "transmission_time"), ("score_pmf", "device_accuracy", "server_accuracy")
    rows = {name: document[name] if isinstance(document[name][0], list) else [document[name]] for name in tables}
    n = max([length(document[name] for name in vectors), *map(len, rows.values())])
    cameras = []
    for i in range(n):
        camera = {name: each(document[name], n)[i] if not isinstance(document[name], list) or len(document[name]) > 1
                  else document[name][0] for name in vectors}  # fmt: skip
        camera |= {name: value[i] if len(value) > 1 else value[0] for name, value in rows.items()}
        mass = math.fsum(camera["score_pmf"])
        cameras.append(camera | {"score_pmf": [p / mass for p in camera["score_pmf"]]})
    return cameras


def pose_camera(document, camera, low, up):
    """Accuracy and share of images sent of one camera at two thresholds."""
    f, levels = camera["score_pmf"], range(len(camera["score_pmf"]))
    accuracy = math.fsum(
        f[b] * (document["discard_value"] if b < low else camera["server_accuracy" if b < up else "device_accuracy"][b])
        for b in levels
    )
    return accuracy, math.fsum(f[b] for b in levels if low <= b < up)


def pose_delay(document, cameras, sent, device_inference=True):
    """The expected delay: the slowest light network, time on air, and the servers."""
    on_air = math.fsum(p * camera["transmission_time"] for p, camera in zip(sent, cameras, strict=True))
    light = max(camera["device_delay"] for camera in cameras) if device_inference else 0.0
    return light + on_air + document["server_delay"] / document.get("servers", 1) * math.fsum(sent)


def pose(document, answer):
    """What is wrong with an answer to an instance of Paper III."""
    cameras, wrong = pose_cameras(document), []
    k = len(cameras[0]["score_pmf"])
    pairs = list(zip(answer["lower"], answer["upper"], strict=True))
    for i, (low, up) in enumerate(pairs):
        if not 0 <= low <= up <= k:
            return [f"camera {i}: thresholds {low} and {up} of {k}"]
        if not answer["device_inference"] and (low, up) != (0, k) and low != k:
            wrong.append(f"camera {i}: a threshold without a score")
    both = [pose_camera(document, camera, *pair) for camera, pair in zip(cameras, pairs, strict=True)]
    total, sent = math.fsum(a for a, _ in both), [p for _, p in both]
    delay = pose_delay(document, cameras, sent, answer["device_inference"])
    wrong += compare("objective", answer["objective"], total, len(cameras))
    wrong += compare("delay", answer["delay"], delay, 0) + at_most("delay", delay, document["deadline"])
    return wrong + bounds(answer, "upper_bound", len(cameras))


def pose_optimum(document):
    """The most accuracy by trying all thresholds; minus infinity if the light networks alone are too slow."""
    cameras = pose_cameras(document)
    k = len(cameras[0]["score_pmf"])
    pairs = [(low, up) for up in range(k + 1) for low in range(up + 1)]
    tried = [[pose_camera(document, camera, *pair) for pair in pairs] for camera in cameras]
    best = -math.inf
    for chosen in itertools.product(*tried):
        if pose_delay(document, cameras, [p for _, p in chosen]) <= document["deadline"] * (1 + 1e-12):
            best = max(best, math.fsum(a for a, _ in chosen))
    return best


JUDGES = {"video": video, "fhei": fhei, "pose": pose}
