"""The command as a process: stopped at any moment, twice at once, without room; nothing is half written."""

import json
import os
import random
import resource
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
INSTANCE = ROOT / "book" / "instances" / "video.json"
COMMAND = [sys.executable, "-c", "from mecpapers.__main__ import main; main()"]
OLD = "the old answer\n"
READY = "import sys; sys.stdout.write('.'); sys.stdout.flush(); from mecpapers.__main__ import main; main()"


def started(*words: object, code: str = READY, **options) -> subprocess.Popen:
    """Start the command; it has told that Python itself is up."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # a shell's background ignores the one, nohup the other
        preexec_fn=lambda: [signal.signal(n, signal.SIG_DFL) for n in (signal.SIGINT, signal.SIGHUP)],
        **options,
    )
    assert process.stdout.read(1) == "."
    return process


def whole(path: Path) -> bool:
    """Whether an answer is there to its end."""
    return "objective" in json.loads(path.read_text())


def check_stopped(number: signal.Signals, moments: list[float], folder: Path) -> None:
    """Stop `solve -o` at moments between its start and its end; what it says of the file is true."""
    out = folder / "out.json"
    start = time.perf_counter()
    started("solve", INSTANCE, "-o", out).communicate()
    length = time.perf_counter() - start
    for moment in moments:
        out.write_text(OLD)
        process = started("solve", INSTANCE, "-o", out)
        time.sleep(moment * length)
        process.send_signal(number)
        said = process.communicate()[1]
        assert process.returncode in (0, -number, 128 + number)
        old = out.read_text() == OLD
        assert old or whole(out)
        assert "Traceback" not in said and said.count("\n") <= 1
        assert ("nothing was written" not in said or old) and (
            "was written" not in said or "nothing" in said or not old
        )
        if number != signal.SIGKILL:
            assert os.listdir(folder) == ["out.json"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_stopped_at_any_moment(number, tmp_path):
    check_stopped(number, [0.1, 0.5, 0.9], tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_stopped_at_many_moments(number, tmp_path):
    draw = random.Random(0)
    check_stopped(number, [1.1 * draw.random() for _ in range(100)], tmp_path)


def test_a_hang_up_that_is_ignored_stops_nothing(tmp_path):
    """As by nohup."""
    code = """
import os, signal
signal.signal(signal.SIGHUP, signal.SIG_IGN)
from mecpapers.__main__ import main
from mecpapers import cli
solve = cli._solve
def hung_up(*words):
    os.kill(os.getpid(), signal.SIGHUP)
    return solve(*words)
cli._solve = hung_up
print(".", end="", flush=True)
main()
"""
    process = started("solve", INSTANCE, "-o", tmp_path / "out.json", code=code)
    assert (process.communicate()[1], process.returncode) == ("", 0)
    assert whole(tmp_path / "out.json")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopped_once_the_file_is_there_says_so(number, tmp_path):
    """As the last act of replacing it: the signal waits, and the message tells that it was written.

    Another thread, such as a library's own, may be the one that the signal reaches.
    """
    code = f"""
import os, signal, sys, threading, time
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
replace = os.replace
def late(*paths):
    replace(*paths)
    os.kill(os.getpid(), {int(number)})
os.replace = late
sys.stdout.write("."), sys.stdout.flush()
from mecpapers.__main__ import main
main()
"""
    process = started("solve", INSTANCE, "-o", tmp_path / "out.json", code=code)
    said = process.communicate()[1]
    assert process.returncode == 128 + number
    assert said.endswith(f"after {tmp_path / 'out.json'} was written\n")
    assert whole(tmp_path / "out.json")


def test_interrupted_while_importing_says_so():
    code = """
import sys, _thread
class Interrupt:
    def find_spec(self, name, *_):
        if name == "numpy":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupt())
sys.stdout.write("."), sys.stdout.flush()
from mecpapers.__main__ import main
main()
"""
    process = started("schemes", code=code)
    assert process.communicate()[1] == "mecpapers: interrupted: nothing was written\n"
    assert process.returncode == 130


@pytest.mark.parametrize("many", [False, True])
def test_what_swallows_the_exit_cannot_make_the_last_word_untrue(tmp_path, many):
    """As libraries do that try an import and catch everything."""
    out, given = tmp_path / "out.json", INSTANCE
    out.write_text(OLD)
    if many:
        given = tmp_path / "in.jsonl"
        given.write_text(json.dumps(json.loads(INSTANCE.read_text())) + "\n")
    code = f"""
import os, signal, sys
class Terminated:
    def find_spec(self, name, *_):
        if name == "mecpapers.video.schemes":
            try:
                os.kill(os.getpid(), signal.SIGTERM)
            except BaseException:
                pass
sys.meta_path.insert(0, Terminated())
sys.stdout.write("."), sys.stdout.flush()
sys.argv = ["mecpapers", "solve", {str(given)!r}, "-o", {str(out)!r}]
from mecpapers.__main__ import main
main()
"""
    process = started("solve", code=code)
    said = process.communicate()[1]
    partial = "".join(f"after {path} was" for path in tmp_path.glob("*.partial")) or "nothing was"
    assert said == f"mecpapers: terminated: {partial} written\n"
    assert process.returncode == 143 and out.read_text() == OLD


def test_two_at_once_leave_one_whole_answer(tmp_path):
    out = tmp_path / "out.json"
    processes = [started("solve", INSTANCE, "--seed", seed, "-o", out) for seed in range(3)]
    assert all(process.communicate()[1] == "" for process in processes)
    assert whole(out) and os.listdir(tmp_path) == ["out.json"]


def run(*words: object, **options) -> subprocess.CompletedProcess:
    return subprocess.run([*COMMAND, *map(str, words)], stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.parametrize("words", [["solve", INSTANCE], ["schemes"]])
def test_a_full_disk_is_told(words):
    with open("/dev/full", "w") as full:
        done = run(*words, stdout=full)
    assert (done.returncode, done.stderr) == (2, "mecpapers: standard output: No space left on device\n")


def test_where_not_even_the_error_can_be_said_the_status_is():
    with open("/dev/full", "w") as full:
        assert subprocess.run([*COMMAND, "solve", "none.json"], stderr=full).returncode == 2


def test_a_home_that_cannot_be_written_is_no_matter(tmp_path):
    nowhere = {name: "/proc/none" for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
    done = run(
        "solve", INSTANCE, "-o", tmp_path / "a.json", "--plot", tmp_path / "a.svg", env={**os.environ, **nowhere}
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_working_folder_that_is_gone_is_named(tmp_path):
    gone = f"mkdir x && cd x && rmdir ../x && exec {shlex.join([*COMMAND, 'solve', str(INSTANCE)])} -o a.json"
    done = subprocess.run(["sh", "-c", gone], stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "mecpapers: the working folder: No such file or directory\n")


def test_a_disk_that_fills_up_keeps_the_old_file(tmp_path):
    (tmp_path / "out.json").write_text(OLD)
    little = (100, resource.getrlimit(resource.RLIMIT_FSIZE)[1])  # [byte], of any file
    done = run("solve", INSTANCE, "-o", tmp_path / "out.json",
               env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, little))  # fmt: skip
    assert done.returncode == 2 and "File too large" in done.stderr and done.stderr.count("\n") == 1
    assert (tmp_path / "out.json").read_text() == OLD and os.listdir(tmp_path) == ["out.json"]


@pytest.mark.parametrize("words", [["solve", INSTANCE], ["schemes"], ["claims", "open-real-world"]])
def test_a_closed_output_is_told(words):
    done = run(*words, preexec_fn=lambda: os.close(1))
    assert done.returncode == 2
    assert done.stderr == "mecpapers: standard output is closed: must be open to print the answer\n"


def test_a_reader_who_leaves_is_no_fault_of_ours():
    reading, writing = os.pipe()
    os.close(reading)
    done = run("schemes", stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")
