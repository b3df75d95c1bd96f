import os
import signal
import subprocess
import sys

from local_sagemaker.process import ProcessId


def test_a_running_process_is_alive_and_takes_signals() -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as child:
        process = ProcessId.of(child.pid)
        assert process.alive()
        assert process.signal(signal.SIGKILL)
        child.wait()
        assert not process.alive()
        assert not process.signal(signal.SIGTERM)


def test_a_zombie_is_not_alive() -> None:
    child = subprocess.Popen(["sleep", "60"])
    process = ProcessId.of(child.pid)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not process.alive()
    child.wait()


def test_a_process_that_got_the_same_pid_later_is_another_one() -> None:
    mine = ProcessId.current()
    assert not ProcessId(mine.pid, "1").alive()
    assert not ProcessId(mine.pid, "1").signal(signal.SIGKILL)
