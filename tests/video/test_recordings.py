"""Clips, classifiers' runs, and the two curves fitted to them."""

import cvxpy as cp
import numpy as np
import pytest

from mecpapers.video.measured import recordings
from mecpapers.video.measured.recordings import (
    CLASSIFIERS,
    FRAMES,
    Fit,
    accuracy_at,
    clips,
    fit_accuracy,
    fit_accuracy_at,
    fit_concave,
    flat,
    sampled,
    statistics,
    stored,
)

RNG = np.random.default_rng


def test_the_clips_are_as_the_notice_says():
    short, long = clips(), clips(2)
    assert short.samples.shape == (2369, 100, 6) and short.seconds == 2
    assert long.samples.shape == (1149, 200, 6) and long.seconds == 4
    assert np.array_equal(np.unique(short.subject), np.arange(1, 11))
    assert np.array_equal(np.unique(short.exercise), np.arange(7))
    assert np.array_equal(long.samples[0], short.samples[:2].reshape(200, 6))
    assert np.median(np.linalg.norm(short.samples[:, :, :3], axis=2)) == pytest.approx(1, abs=0.1)  # gravity, in g
    files = {file.name for file in recordings._DATA.iterdir()}
    assert "NOTICE.md" in files
    assert len((recordings._DATA / "spar.npz").read_bytes()) < 3e6


def test_samples_are_spread_evenly():
    ramp = np.broadcast_to(np.arange(100.0)[:, None], (2, 100, 6))
    assert sampled(ramp, 1)[0, :, 0].tolist() == [50]
    assert sampled(ramp, 4)[0, :, 0].tolist() == [12, 37, 62, 87]
    assert flat(sampled(ramp, 4)).shape == (2, 24)
    mean, spread, least, most, step = statistics(sampled(ramp, 4)).reshape(2, 5, 6)[0, :, 0]
    assert (mean, least, most, step) == (49.5, 12, 87, 25) and spread == pytest.approx(27.951, abs=1e-3)
    assert statistics(sampled(ramp, 1)).shape == (2, 30)


def test_the_fit_recovers_its_own_curve():
    rng = RNG(0)
    for _ in range(100):
        truth = Fit(rng.uniform(0.05, 1), np.exp(rng.uniform(-2, 2)) - 1, rng.uniform(0.5, 1), 0.0)
        found = fit_accuracy(FRAMES, accuracy_at(truth, FRAMES))
        assert found.rmse < 1e-8
        assert (found.a_0, found.a_1, found.a_2) == pytest.approx((truth.a_0, truth.a_1, truth.a_2), rel=1e-4, abs=1e-4)


def test_no_other_coefficients_fit_better():
    rng = RNG(1)
    for _ in range(30):
        y = 0.9 - 0.3 / (np.arange(16) + np.exp(rng.normal())) + 0.01 * rng.standard_normal(16)
        best = fit_accuracy(FRAMES, y)
        assert best.a_0 >= 0 and best.a_1 > -1
        assert best.rmse == pytest.approx(np.sqrt(np.mean((y - accuracy_at(best, FRAMES)) ** 2)))
        others = np.append(best.a_1 + rng.normal(0, 0.1, 20), rng.uniform(-0.9, 900, 20))
        assert all(fit_accuracy_at(FRAMES, y, a_1).rmse >= best.rmse - 1e-9 for a_1 in others if a_1 > -0.999)
        nudged = [Fit(best.a_0 + e, best.a_1, best.a_2 + f, 0) for e in (-1e-3, 1e-3) for f in (-1e-3, 1e-3)]
        assert all(np.sqrt(np.mean((y - accuracy_at(fit, FRAMES)) ** 2)) > best.rmse for fit in nudged)


def test_a_falling_curve_is_fitted_by_a_constant():
    y = np.linspace(0.8, 0.6, 16)
    assert fit_accuracy(FRAMES, y).a_0 == 0
    assert fit_concave(FRAMES, y) == pytest.approx(np.full(16, y.mean()))


def test_the_concave_curve_is_cvxpys():
    rng = RNG(2)
    for _ in range(30):
        m = np.cumsum(rng.integers(1, 4, 12))
        y = np.sqrt(m) + rng.normal(0, 0.5, 12)
        curve = cp.Variable(12)
        slope = cp.multiply(cp.diff(curve), 1 / np.diff(m))
        problem = cp.Problem(cp.Minimize(cp.sum_squares(curve - y)), [cp.diff(curve) >= 0, cp.diff(slope) <= 0])
        problem.solve(solver=cp.CLARABEL)
        ours = fit_concave(m, y)
        assert np.all(np.diff(ours) >= -1e-12)
        assert np.all(np.diff(np.diff(ours) / np.diff(m)) <= 1e-12)
        assert ((ours - y) ** 2).sum() == pytest.approx(problem.value, rel=1e-6)


def test_every_run_is_stored_and_holds_what_it_should():
    runs, about = stored()
    assert {(run.classifier, run.seconds) for run in runs} == {(name, s) for name in CLASSIFIERS for s in (2.0, 4.0)}
    assert {"date", "scikit-learn"} <= set(about)
    for run in runs:
        assert run.accuracy.shape == (16, 10)
        assert run.mean[15] > run.mean[0] > 1 / 7  # better than guessing, and better with more
        gain, error = run.steps()
        assert gain == pytest.approx(np.diff(run.mean))
        assert np.all(error > 0)
        fit, concave = fit_accuracy(run.frames, run.mean), fit_concave(run.frames, run.mean)
        assert np.sqrt(np.mean((run.mean - concave) ** 2)) <= fit.rmse + 1e-12  # (15) is one of those curves


def test_runs_survive_their_file():
    runs, about = stored()
    again, told = recordings.from_json(recordings.to_json(runs, about))
    assert told == about
    assert all(np.array_equal(a.accuracy, b.accuracy) for a, b in zip(runs, again, strict=True))


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_nobody_is_in_both_sets(classifier, monkeypatch):
    """With labels that name the subject, whoever is left out is never recognised."""

    class Nearest:
        def fit(self, x, y):
            self.x, self.y = x, y
            return self

        def predict(self, x):
            return self.y[((x[:, None] - self.x[None]) ** 2).sum(axis=2).argmin(axis=1)]

    every = clips()
    some = slice(None, None, 40)
    data = recordings.Clips(samples=every.samples[some], exercise=every.subject[some], subject=every.subject[some])
    monkeypatch.setitem(CLASSIFIERS, classifier, (Nearest, CLASSIFIERS[classifier][1]))
    run = recordings.left_out(data, classifier, (1, 4))
    assert run.accuracy.max() == 0
    known = recordings.Clips(samples=data.samples, exercise=np.zeros(len(data.samples), int), subject=data.subject)
    assert recordings.left_out(known, classifier, (1,)).accuracy.min() == 1
