"""Programs that are started for a while, and commands that are waited for; nothing without a time limit."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time


class Failed(Exception):
    """A step that did not do what it should; the message is for people."""


def say(text):
    print(f"deployed: {text}", flush=True)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def run(command, environment, seconds, folder=None, log=None):
    """Runs a command to its end. With `log`, its output goes there, and its end is shown only if it fails."""
    with open(log, "ab") if log else contextlib.nullcontext() as output:
        try:
            done = subprocess.run(
                command, env=environment, cwd=folder, timeout=seconds, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT if log else None, check=False)
        except subprocess.TimeoutExpired:
            show_end(log)
            raise Failed(f"{' '.join(command[:3])} … took more than {seconds} s") from None
    if done.returncode != 0:
        show_end(log)
        raise Failed(f"{' '.join(command[:3])} … ended with {done.returncode}")


def capture(command, environment, seconds):
    """Runs a command and gives what it wrote to its standard output."""
    done = subprocess.run(
        command, env=environment, timeout=seconds, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise Failed(f"{' '.join(command[:3])} … ended with {done.returncode}")
    return done.stdout.decode()


@contextlib.contextmanager
def started(command, environment, log, folder=None):
    """Starts a program, and at the end stops it and everything that it started, by process id."""
    with open(log, "wb") as output:
        process = subprocess.Popen(
            command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True)
    try:
        yield process
    finally:
        stop(process)


def stop(process):
    family = descendants(process.pid)
    process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=10)
    for pid, born in family.items():
        if birth(pid) == born:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def descendants(pid):
    """Children, their children, and so on, each with its time of birth, by which a reused id is told apart."""
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := stat(int(entry.name))):
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    family, waiting = {}, [pid]
    while waiting:
        for child in parents.get(waiting.pop(), []):
            family[child] = birth(child)
            waiting.append(child)
    return family


def birth(pid):
    fields = stat(pid)
    return fields[19] if fields else None


def stat(pid):
    """The fields of /proc/<pid>/stat after the command's name: state, parent, …"""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def wait_until(what, condition, seconds, process=None, log=None, pause=0.25):
    """Asks until the condition holds, and gives what it gave."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process is not None and process.poll() is not None:
            show_end(log)
            raise Failed(f"{what}: the program ended with {process.returncode}")
        if answer := condition():
            return answer
        time.sleep(pause)
    show_end(log)
    raise Failed(f"{what}: not within {seconds} s")


def listens(port):
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


def show_end(log, lines=40):
    if log and pathlib.Path(log).exists():
        text = pathlib.Path(log).read_text(errors="replace").splitlines()[-lines:]
        print(f"--- the end of {log}", *text, "---", sep="\n", file=sys.stderr, flush=True)
