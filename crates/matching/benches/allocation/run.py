"""Holds the allocation to its bars beside its peers, all in one run on one machine.

    python3 crates/matching/benches/allocation/run.py [PART ...] [--instances FOLDER]

Parts: small flow market limits instances; all by default. It makes a virtual environment with
OR-Tools and HiGHS from PyPI under target/, takes LEMON from Debian (liblemon-dev, g++), and builds
in release mode. Times are processor time, so that a busy machine matters less; of the own flow
the best of three solves counts, of LEMON's the best of three runs in turn with it (of XL one).
A peer that needs more than PEER_SECONDS for a flow is ended, and counts as that slow.

The last thing printed is a table of all bars. The exit status is 1 if an objective differs from a
peer's, a bound does not hold or a limit is broken; a bar of speed or memory that is missed is told.
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
PEER_SECONDS = 150
HIGHS_SECONDS = 60
# HiGHS minds its time itself, and building its models is not part of it.
GUARD_SECONDS = 2 * HIGHS_SECONDS


class Table:
    """The bars, each with what was measured and whether it is reached."""

    def __init__(self):
        self.rows, self.is_right = [], True

    def add(self, what, bar, figure, is_reached):
        """A bar of speed or memory."""
        self.rows.append((what, bar, figure, "reached" if is_reached else "MISSED"))
        print(f"  {self.rows[-1][-1]}: {what}: {figure} (bar: {bar})", flush=True)

    def demand(self, what, bar, figure, is_reached):
        """A bar that the plan would be wrong without."""
        self.add(what, bar, figure, is_reached)
        self.is_right &= is_reached

    def print(self):
        rows = [("what", "bar", "figure", ""), *self.rows]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        for row in rows:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


TABLE = Table()


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


def show(line):
    """Prints a line of an example."""
    print("  " + " ".join(f"{key}={word}" for key, word in line.items()), flush=True)


def small(folder, _):
    """1,000 small instances against HiGHS, the first 500 for max-min too."""
    import peers
    from highs_limits import highs_limits

    command = [EXAMPLES / "allocation_small", folder]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    tier, unequal, furthest = 10**7, 0, 0
    for count, line in enumerate(output.splitlines()):
        path, value, quantity, score, sold = line.split(" ", 4)
        covered = tier * int(quantity) + int(score)
        is_equal = highs_limits(path, HIGHS_SECONDS)[1] == int(value)
        unequal += not (is_equal and highs_limits(path, HIGHS_SECONDS, tier)[1] == covered)
        if count < 500:
            levels = peers.level_fills(path)
            apart = [abs(ours / 1000 - level) for ours, level in zip(json.loads(sold), levels)]
            furthest = max([furthest, *apart])
    TABLE.demand("1,000 small instances with all limits, both objectives", "equal to HiGHS MILP",
                 f"{unequal} differ", not unequal)
    TABLE.demand("500 of them, max-min in thousandths of a unit", "0.01 units from an LP's filling",
                 f"{furthest:.3f} at most", furthest <= 0.01)


def flow(folder, _):
    """The exact flow beside all peers, S to XL; declines; rules; the exponent."""
    import peers

    program = folder / "lemon"
    subprocess.run(["g++", "-O3", "-std=c++17", "-o", program, HERE / "lemon.cpp"], check=True)
    points = {"value": [], "coverage": []}
    for size in SIZES:
        path = folder / f"{size}.bin"
        subprocess.run([EXAMPLES / "allocation_bench", size, "--write", path], check=True)
        rounds, simplex = [], []
        for _ in range(1 if size == "XL" else 3):
            rounds.append(own("bench", size))
            simplex.append(peers.limited(peers.lemon, (path, program, "ns"), PEER_SECONDS))
        ours = {}
        for name, found in points.items():
            of_name = [line for lines in rounds for line in lines
                       if line.get("size") and line["objective"] == name]
            ours[name] = min(of_name, key=lambda line: float(line["seconds"]))
            found.append((int(ours[name]["pairs"]), float(ours[name]["seconds"])))
            show(ours[name])
        answers = {
            "LEMON network simplex": min(filter(None, simplex), default=None),
            "LEMON cost scaling": peers.limited(peers.lemon, (path, program, "cs"), PEER_SECONDS),
            "OR-Tools": peers.limited(peers.or_tools, (path,), PEER_SECONDS),
            "HiGHS": peers.limited(peers.highs, (path,), PEER_SECONDS),
        }
        compare(size, ours["value"], answers)
        if size == "L":
            repairs(rounds[0], ours)
    balanced(folder, program)
    for name, found in points.items():
        exponent = slope(found)
        TABLE.add(f"S to XL, {name}: exponent of time against pairs", "< 1.3", f"{exponent:.2f}",
                  exponent < 1.3)


def balanced(folder, program):
    """No market: all is to be sold, and the hub is of no use."""
    import peers

    path, tier = folder / "B.bin", 10**8
    subprocess.run([EXAMPLES / "allocation_bench", "B", "--write", path], check=True)
    ours = own("bench", "B", "coverage")[0]
    answer = peers.limited(peers.lemon, (path, program, "ns", tier), PEER_SECONDS)
    if answer is None:
        return print(f"  LEMON network simplex: not finished after {PEER_SECONDS} s", flush=True)
    taken, value, _ = answer
    factor = taken / float(ours["seconds"])
    print(f"size=B: {ours['seconds']} s, LEMON network simplex {taken:.4f} s, {factor:.1f} times")
    TABLE.demand("B, coverage", "equal to LEMON", str(value),
                 value == tier * int(ours["quantity"]) + int(ours["value"]))


def compare(size, ours, answers):
    """The peers' values, times and memory beside ours; one that was ended has no more than a
    least time."""
    seconds, times, peaks, unequal = float(ours["seconds"]), {}, {}, []
    for name, answer in answers.items():
        if answer is None:
            times[name] = PEER_SECONDS / seconds
            print(f"  {name}: not finished after {PEER_SECONDS} s", flush=True)
            continue
        taken, value, peak = answer
        times[name], peaks[name] = taken / seconds, peak / float(ours["peak_mb"])
        print(f"  {name}: {taken:.4f} s, {times[name]:.1f} times, {peak:.0f} MB", flush=True)
        if value != int(ours["value"]):
            unequal.append(name)
    TABLE.demand(f"{size}, value", f"equal to {', '.join(peaks) or 'nobody'}",
                 f"unequal to {', '.join(unequal)}" if unequal else ours["value"],
                 bool(peaks) and not unequal)
    if size == "L":
        factor = times["LEMON network simplex"]
        TABLE.add("L, value", "4 x LEMON network simplex", f"{factor:.1f} x", factor >= 4)
    if size == "XL":
        best = min(times, key=times.get)
        TABLE.add(f"XL, value, the best peer is {best}", "15 x the best peer",
                  f"{times[best]:.0f} x", times[best] >= 15)
        if best in peaks:
            TABLE.add("XL, memory of the best peer", "3 x ours", f"{peaks[best]:.1f} x",
                      peaks[best] >= 3)


def repairs(lines, ours):
    """Declines, and what the rules cost."""
    for line in lines:
        if "whole" in line:
            part = float(ours[line["objective"]]["seconds"]) / float(line["whole"])
            TABLE.add(f"L, {line['objective']}: a decline, mean of {line['declines']}",
                      "1/20 of the full solve", f"1/{part:.0f}", part >= 20)
        if "rule" in line or "whole" in line:
            show(line)


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
    answer = peers.limited(peers.or_tools, (path,), PEER_SECONDS)
    cut = answer[0] if answer else PEER_SECONDS
    print(f"  OR-Tools, the cut of 20 best pairs alone: {cut:.1f} s", flush=True)
    for objective in ("value", "coverage"):
        lines = own("market", 100_000, objective)
        for line in lines:
            show(line)
        near = next(line for line in lines if float(line["gap"]) <= 0.01)
        last, what = lines[-1], f"100,000 sides, all pairs, {objective}"
        times = float(last["idle"]) / cut
        TABLE.demand(f"{what}: proof", "optimal", f"gap {last['gap']}", "optimal_after" in last)
        TABLE.add(f"{what}: time", "3 x OR-Tools for the cut", f"{times:.2f} x", times < 3)
        times = float(near["idle"]) / cut
        TABLE.add(f"{what}: gap of 1 %", "1.5 x OR-Tools for the cut", f"{times:.2f} x",
                  times <= 1.5)
        TABLE.add(f"{what}: memory", "400 MB", f"{last['peak_mb']} MB",
                  float(last["peak_mb"]) < 400)


def limits(folder, _):
    """All integer limits: 1,000 sides beside HiGHS, 10,000 sides against the flow bound."""
    import peers
    from highs_limits import highs_limits

    path = folder / "limits.bin"
    subprocess.run([EXAMPLES / "allocation_limits", "1000", "6", "--write", path], check=True)
    ours = own("limits", 1_000, HIGHS_SECONDS / 10)[0]
    show(ours)
    taken, value, bound, _ = peers.limited(highs_limits, (path, HIGHS_SECONDS), GUARD_SECONDS)
    print(f"  HiGHS: {taken:.1f} s, value={value} bound={bound}", flush=True)
    reached, part = int(ours["reached"]), float(ours["seconds"]) / taken
    behind, open_part = 1 - reached / value, 1 - reached / bound
    TABLE.add("1,000 sides, all limits", "0.5 % behind HiGHS",
              f"{100 * behind:.2f} %, at most {100 * open_part:.2f} % behind the best plan",
              behind <= 0.005)
    TABLE.add("1,000 sides, all limits: time", "0.1 of HiGHS's", f"{part:.3f}", part <= 0.1)
    TABLE.demand("1,000 sides, all limits: our bound", "no less than HiGHS's plan", ours["bound"],
                 int(ours["bound"]) >= value)
    TABLE.demand("1,000 sides, all limits: HiGHS's bound", "no less than our plan", str(bound),
                 bound >= reached)
    for objective in ("value", "coverage"):
        ours = own("limits", 10_000, 15, objective)[0]
        show(ours)
        TABLE.add(f"10,000 sides, all limits, {objective}: part of the flow bound",
                  "0.976 within 16 s", f"{ours['part']} in {ours['seconds']} s",
                  float(ours["part"]) >= 0.976 and float(ours["seconds"]) <= 16)


def instances(folder, public):
    """Problems of the families of the public instances, and these, if a folder has them."""
    import families

    made = folder / "families"
    made.mkdir()
    parts = [(f"{families.write(made)} problems of the public families", "OR-Tools and HiGHS", made)]
    if public is None:
        print("  public instances are left out: no --instances FOLDER", flush=True)
    else:
        parts.append(("public instances", "their published optima", public))
    for what, bar, place in parts:
        command = [EXAMPLES / "allocation_instances", place]
        run = subprocess.run(command, text=True, capture_output=True)
        print(run.stdout, end="", flush=True)
        TABLE.demand(what, f"equal to {bar}", f"{run.stdout.count(': equal')} equal",
                     run.returncode == 0)


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
    TABLE.print()
    sys.exit(0 if TABLE.is_right else 1)


if __name__ == "__main__":
    main()
