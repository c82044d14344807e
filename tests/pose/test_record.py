"""The networks and the recorder; what needs the optional parts says so when they are not there."""

import json

import numpy as np
import pytest

from mecpapers.pose.measured import detectors, record, trace
from mecpapers.pose.measured.body import DATA

PARTS = 1  # of ten frames each, in the re-recording


def test_a_missing_model_file_is_named_with_the_command_that_fetches_it(tmp_path):
    with pytest.raises(
        ValueError, match=r"pose_landmark_lite\.tflite is missing: .*python -m mecpapers.pose.measured.detectors"
    ):
        detectors.model_file("lite", tmp_path)
    (tmp_path / "pose_landmark_lite.tflite").write_bytes(b"something else")
    with pytest.raises(ValueError, match=r"has SHA-256 .*: must be f17bfbecadb6"):
        detectors.model_file("lite", tmp_path)
    with pytest.raises(ValueError, match="network = 'huge': must be one of lite, full, heavy"):
        detectors.model_file("huge", tmp_path)


def test_model_files_are_where_git_ignores_them():
    assert detectors.folder().parts[-2:] == ("_build", "models")


def test_the_provenance_names_the_checksums_that_the_code_checks():
    made = json.loads((DATA / "trace.json").read_text())
    assert made["models"]["sha256"] == {f"pose_landmark_{n}.tflite": d for n, d in detectors.SHA256.items()}
    assert detectors.PACKAGE in made["models"]["package"]


def test_a_thumbnail_keeps_the_size_and_loses_the_detail():
    image = np.random.default_rng(0).integers(0, 255, (256, 256, 3)).astype(np.uint8)
    small = detectors.thumbnail(image, 48)
    assert small.shape == image.shape
    assert small.std() < 0.4 * image.std()


def test_each_network_sees_what_it_would():
    """The device's networks its own image, whole and small; the server's what came over the air."""
    own, received = np.full((256, 256, 3), 10, np.uint8), np.full((256, 256, 3), 99, np.uint8)
    own[::2] = 30
    nets = {name: lambda image, name=name: (name, image) for name in detectors.SHA256}
    seen = record.detect(nets, own, received)
    assert [name for name, _ in seen] == ["lite", "full", "heavy", "lite"]
    for (_, image), right in zip(seen, (own, received, received, detectors.thumbnail(own, 48)), strict=True):
        assert np.array_equal(image, right)


class Silent:
    """A network that always says the same."""

    def __call__(self, image):
        return detectors.Detection(
            keypoints=np.full((17, 2), 100.03), visibility=np.full(17, 2.0), presence=np.full(17, 99.0), seconds=0.011
        )


def test_parts_have_the_trace_s_layout():
    nets = dict.fromkeys(detectors.SHA256, Silent())
    part = record.record_frames(record.SCENES[1], range(5, 7), nets)
    packed = np.load(DATA / "trace.npz")
    for name in packed.files:
        assert part[name].dtype == packed[name].dtype
        assert part[name].shape[1:] == packed[name].shape[2:]
    assert np.array_equal(part["bytes"].shape, (2, 6))
    assert (part["keypoints"] == 1600).all() and (part["presence"] == 127).all() and (part["seconds"] == 1100).all()
    assert np.array_equal(part["truth"], packed["truth"][1, 5:7])
    back = trace.from_arrays({k: v[None] for k, v in part.items()})
    assert back.score == pytest.approx(1 / (1 + np.exp(-2)))
    crop = back.crop[0, 0, 0]
    assert back.pixels[0, 0, 0, 0, 0] == pytest.approx(crop[:2] + 100 * crop[2] / 256)


def test_a_run_that_was_cut_short_goes_on(tmp_path, monkeypatch):
    """Parts that are there are not done again, and a half-written one does not count."""
    done = []
    monkeypatch.setattr(record, "SCENES", ((0, "male"),))
    monkeypatch.setattr(record, "N_FRAMES", 20)
    monkeypatch.setattr(record, "DATA", tmp_path)
    monkeypatch.setattr(record, "load_networks", dict)
    monkeypatch.setattr(record, "provenance", dict)
    monkeypatch.setattr(record, "record_frames", lambda scene, frames, nets: done.append(frames.start)
                        or {"bytes": np.full((10, 6), frames.start, np.uint16)})  # fmt: skip
    scratch = tmp_path / "record"
    scratch.mkdir()
    (scratch / "male-0-010.partial.npz").write_bytes(b"cut")
    record.record(scratch)
    assert done == [0, 10]
    (scratch / "male-0-010.npz").unlink()
    record.record(scratch)
    assert done == [0, 10, 10]
    assert np.load(tmp_path / "trace.npz")["bytes"][0, [0, 10], 0].tolist() == [0, 10]


def test_recording_ten_frames_again_gives_the_same():
    """Where LiteRT and the model files are installed: keypoints within the quantisation, on the same seed."""
    try:
        nets = record.load_networks()
    except (ImportError, ValueError) as error:
        pytest.skip(f"not run: {error}")
    scene, start = 2, 50
    part = record.record_frames(record.SCENES[scene], range(start, start + record.PART), nets)
    packed = np.load(DATA / "trace.npz")
    shipped = packed["keypoints"][scene, start : start + record.PART]
    assert np.abs(part["keypoints"].astype(int) - shipped).max() <= 1  # steps of 1/16 pixel
    logits = packed["visibility"][scene, start : start + record.PART]
    assert np.abs(part["visibility"].astype(int) - logits).max() <= 1
