"""Holds the allocation to its bars beside its peers, all in one run on one machine.

    python3 crates/matching/benches/allocation/run.py [PART ...] [--instances FOLDER]

Parts: small flow market limits instances; all by default. It makes a virtual environment with
OR-Tools and HiGHS from PyPI under target/, takes LEMON from Debian (liblemon-dev, g++), and builds
in release mode. Times are processor time, so that a busy machine matters less; of the own flow
the best of three solves counts, of LEMON's the best of three runs in turn with it (of XL one).
"""

import argparse
import json
import math
import pathlib
import shutil
import subprocess
import sys
import tempfile
import venv

HERE = pathlib.Path(__file__).resolve().parent
WORKSPACE = HERE.parents[3]
EXAMPLES = WORKSPACE / "target/release/examples"
PEERS = WORKSPACE / "target/allocation-peers"
PACKAGES = ["ortools==9.15.6755", "highspy==1.16.0", "numpy==2.4.6"]
SIZES = ("S", "M", "L", "XL")
# HiGHS counts time on the wall: on a busy machine it gets less of it.
HIGHS_SECONDS = 60.0
FAILED = []


def enter_environment():
    """Goes on in the virtual environment that has the peers."""
    python = PEERS / "bin/python"
    if pathlib.Path(sys.prefix) == PEERS:
        return
    if not python.exists():
        venv.create(PEERS, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    if not pathlib.Path("/usr/include/lemon").exists() or not shutil.which("g++"):
        install = ["apt-get", "install", "-q", "-y", "liblemon-dev", "g++"]
        subprocess.run(install, check=True)
    sys.exit(subprocess.run([python, __file__, *sys.argv[1:]]).returncode)


def own(example, *arguments):
    """Runs an example; its lines of key=value as dictionaries."""
    command = [EXAMPLES / f"allocation_{example}", *map(str, arguments)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [dict(word.split("=") for word in line.split()) for line in output.splitlines()]


def bar(what, is_kept):
    """Tells whether a bar is reached."""
    print(f"  {'reached' if is_kept else 'MISSED'}: {what}", flush=True)
    if not is_kept:
        FAILED.append(what)


def small(folder, _):
    """1,000 small instances against HiGHS, the first 500 for max-min too."""
    import peers

    command = [EXAMPLES / "allocation_small", folder]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    tier, unequal, unlevel = 10**7, 0, 0
    for count, line in enumerate(output.splitlines()):
        path, value, quantity, score, sold = line.split(" ", 4)
        covered = tier * int(quantity) + int(score)
        is_equal = peers.highs_mip(path, 60)[1] == int(value)
        unequal += not (is_equal and peers.highs_mip(path, 60, tier)[1] == covered)
        if count < 500:
            levels = peers.level_fills(path)
            apart = [abs(ours / 1000 - level) for ours, level in zip(json.loads(sold), levels)]
            unlevel += max(apart, default=0) > 0.01
    bar(f"value and coverage equal to HiGHS on 1000 small instances, {unequal} differ", not unequal)
    bar(f"max-min within 0.01 units of progressive filling by LP on 500, {unlevel} differ", not unlevel)


def flow(folder, _):
    """The exact flow beside all peers, S to XL; declines; rules; the exponent."""
    import peers

    program = folder / "lemon"
    subprocess.run(["g++", "-O3", "-std=c++17", "-o", program, HERE / "lemon.cpp"], check=True)
    points = {"value": [], "coverage": []}
    for size in SIZES:
        path = folder / f"{size}.bin"
        subprocess.run([EXAMPLES / "allocation_bench", size, "--write", path], check=True)
        rounds = []
        for _ in range(1 if size == "XL" else 3):
            lines = own("bench", size)
            rounds.append((lines, peers.limited(peers.lemon, (path, program, "ns"), 600)))
        ours = {}
        for name, found in points.items():
            of_name = [line for lines, _ in rounds for line in lines
                       if line.get("size") and line["objective"] == name]
            ours[name] = min(of_name, key=lambda line: float(line["seconds"]))
            found.append((int(ours[name]["pairs"]), float(ours[name]["seconds"])))
            print(" ".join(f"{key}={word}" for key, word in ours[name].items()), flush=True)
        answers = {
            "LEMON network simplex": min(answer for _, answer in rounds),
            "LEMON cost scaling": peers.limited(peers.lemon, (path, program, "cs"), 600),
            "OR-Tools": peers.limited(peers.or_tools, (path,), 600),
            "HiGHS": peers.limited(peers.highs, (path,), 600),
        }
        compare(size, ours["value"], answers)
        if size == "L":
            repairs(rounds, ours)
    balanced(folder, program)
    for name, found in points.items():
        exponent = slope(found)
        bar(f"exponent of time against pairs, S to XL, {name}: {exponent:.2f} < 1.3",
            exponent < 1.3)


def balanced(folder, program):
    """No market: all is to be sold, and the hub is of no use."""
    import peers

    path, tier = folder / "B.bin", 10**8
    subprocess.run([EXAMPLES / "allocation_bench", "B", "--write", path], check=True)
    ours = own("bench", "B", "coverage")[0]
    taken, value, _ = peers.limited(peers.lemon, (path, program, "ns", tier), 600)
    factor = taken / float(ours["seconds"])
    print(f"size=B: {ours['seconds']} s, LEMON network simplex {taken:.4f} s, {factor:.1f} times")
    bar("B: coverage equal to LEMON", value == tier * int(ours["quantity"]) + int(ours["value"]))


def compare(size, ours, answers):
    seconds, times, peaks = float(ours["seconds"]), {}, {}
    for name, answer in answers.items():
        if answer is None or answer[1] is None:
            print(f"  {name}: no answer within 600 s", flush=True)
            continue
        times[name], peaks[name] = answer[0] / seconds, answer[2] / float(ours["peak_mb"])
        print(f"  {name}: {answer[0]:.4f} s, {times[name]:.1f} times, {answer[2]:.0f} MB", flush=True)
        bar(f"{size}: value equal to {name}", answer[1] == int(ours["value"]))
    if size == "L":
        factor = times["LEMON network simplex"]
        bar(f"L: {factor:.1f} times LEMON's network simplex, at least 4", factor >= 4)
    if size == "XL":
        best = min(times, key=times.get)
        bar(f"XL: {times[best]:.1f} times the best peer ({best}), at least 15", times[best] >= 15)
        bar(f"XL: memory of the best peer {peaks[best]:.1f} times ours, at least 3",
            peaks[best] >= 3)


def repairs(rounds, ours):
    for line in rounds[0][0]:
        if "whole" in line:
            full = float(ours[line["objective"]]["seconds"])
            part = full / float(line["whole"])
            bar(f"L: a decline, {line['objective']}: 1/{part:.0f} of the full solve, at most 1/20",
                part >= 20)
        if "rule" in line or "whole" in line:
            print("  " + " ".join(f"{key}={word}" for key, word in line.items()), flush=True)


def slope(points):
    """Least squares in logarithms."""
    logs = [(math.log(pairs), math.log(seconds)) for pairs, seconds in points]
    x, y = (sum(column) / len(logs) for column in zip(*logs))
    return sum((a - x) * (b - y) for a, b in logs) / sum((a - x) ** 2 for a, _ in logs)


def market(folder, _):
    """The whole market over all pairs, beside OR-Tools' time for the cut alone."""
    import peers

    path = folder / "XL.bin"
    subprocess.run([EXAMPLES / "allocation_bench", "XL", "--write", path], check=True)
    cut = peers.limited(peers.or_tools, (path,), 600)[0]
    for objective in ("value", "coverage"):
        lines = own("market", 100_000, objective)
        for line in lines:
            print("  " + " ".join(f"{key}={word}" for key, word in line.items()), flush=True)
        near = next(line for line in lines if float(line["gap"]) <= 0.01)
        last = lines[-1]
        print(f"  OR-Tools, the cut of 20 best pairs alone: {cut:.1f} s", flush=True)
        bar(f"{objective}: proven optimum in {float(last['idle']) / cut:.2f} times, under 3",
            "optimal_after" in last and float(last["idle"]) < 3 * cut)
        bar(f"{objective}: gap under 1 % in {float(near['idle']) / cut:.2f} times, at most 1.5",
            float(near["idle"]) <= 1.5 * cut)
        bar(f"{objective}: {last['peak_mb']} MB, under 400", float(last["peak_mb"]) < 400)


def limits(folder, _):
    """All integer limits: 1,000 sides beside HiGHS, 10,000 sides against the flow bound."""
    import peers

    path = folder / "limits.bin"
    subprocess.run([EXAMPLES / "allocation_limits", "1000", "6", "--write", path], check=True)
    ours = own("limits", 1_000, 6)[0]
    print("  " + " ".join(f"{key}={word}" for key, word in ours.items()), flush=True)
    taken, value, _ = peers.limited(peers.highs_mip, (path, HIGHS_SECONDS), 900)
    print(f"  HiGHS: {taken:.1f} s, value {value}", flush=True)
    behind, part = 1 - int(ours["reached"]) / value, float(ours["seconds"]) / taken
    bar(f"1,000 sides: {100 * behind:.3f} % behind HiGHS, at most 0.5 %", behind <= 0.005)
    bar(f"1,000 sides: {part:.3f} of its time, at most 0.1", part <= 0.1)
    bar("1,000 sides: the bound holds for HiGHS's plan", int(ours["bound"]) >= value)
    for objective in ("value", "coverage"):
        ours = own("limits", 10_000, 15, objective)[0]
        print("  " + " ".join(f"{key}={word}" for key, word in ours.items()), flush=True)
        bar(f"10,000 sides, {objective}: {ours['part']} of the flow bound, at least 0.976",
            float(ours["part"]) >= 0.976 and float(ours["seconds"]) <= 16)


def instances(_, folder):
    """Public instances with published optima, from a folder that names them in its README.md."""
    if folder is None:
        print("  left out: no --instances FOLDER", flush=True)
        return
    run = subprocess.run([EXAMPLES / "allocation_instances", folder], text=True, capture_output=True)
    print(run.stdout, end="", flush=True)
    bar("every public instance solved to its published optimum", run.returncode == 0)


def main():
    parts = {part.__name__: part for part in (small, flow, market, limits, instances)}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", default=list(parts), metavar="PART")
    parser.add_argument("--instances")
    options = parser.parse_args()
    enter_environment()
    build = ["cargo", "build", "--release", "-p", "matching", "--examples"]
    subprocess.run(build, cwd=WORKSPACE, check=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in options.parts:
            print(f"== {name}: {parts[name].__doc__.splitlines()[0]}", flush=True)
            parts[name](pathlib.Path(folder), options.instances)
    sys.exit(f"{len(FAILED)} bars missed" if FAILED else 0)


if __name__ == "__main__":
    main()
