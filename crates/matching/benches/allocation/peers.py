"""Runs the exact flow beside OR-Tools, LEMON and HiGHS on the same seeded markets, in one run.

    python3 peers.py [S M L XL] [--seconds LIMIT]

Needs `pip install ortools highspy numpy` and `apt-get install liblemon-dev g++`. Building graphs
and models is not timed; a solver that exceeds the limit is told as such. Values must be equal.
"""

import argparse
import multiprocessing
import pathlib
import re
import subprocess
import tempfile
import time

import numpy

HERE = pathlib.Path(__file__).resolve().parent
WORKSPACE = HERE.parents[3]
BENCH = WORKSPACE / "target/release/examples/allocation_bench"


def read(path):
    """Offers, needs, their quantities, and pairs as columns: offer, need, score."""
    data = numpy.fromfile(path, dtype="<u4").astype(numpy.int64)
    offers, needs, pairs = data[:3]
    quantities = data[3 : 3 + offers + needs]
    columns = data[3 + offers + needs :].reshape(pairs, 3).T
    return offers, needs, quantities, columns


def or_tools(path):
    from ortools.graph.python import min_cost_flow

    offers, needs, quantities, (tails, heads, scores) = read(path)
    hub = offers + needs
    solver = min_cost_flow.SimpleMinCostFlow()
    everything = int(quantities.sum())
    solver.add_arcs_with_capacity_and_unit_cost(
        numpy.concatenate([tails, numpy.arange(offers), numpy.full(needs, hub)]),
        numpy.concatenate([heads + offers, numpy.full(offers, hub), numpy.arange(offers, hub)]),
        numpy.full(len(scores) + hub, everything),
        numpy.concatenate([-scores, numpy.zeros(hub, dtype=numpy.int64)]),
    )
    supply = numpy.concatenate([quantities[:offers], -quantities[offers:]])
    solver.set_nodes_supplies(numpy.arange(hub + 1), numpy.append(supply, -supply.sum()))
    start = time.perf_counter()
    status = solver.solve()
    taken = time.perf_counter() - start
    return taken, -solver.optimal_cost() if status == solver.OPTIMAL else None


def highs(path):
    import highspy

    offers, needs, quantities, (tails, heads, scores) = read(path)
    count = len(scores)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = count, int(offers + needs)
    model.col_cost_ = scores.astype(float)
    model.col_lower_ = numpy.zeros(count)
    model.col_upper_ = numpy.full(count, highspy.kHighsInf)
    model.row_lower_ = numpy.zeros(offers + needs)
    model.row_upper_ = quantities.astype(float)
    model.sense_ = highspy.ObjSense.kMaximize
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = numpy.arange(0, 2 * count + 1, 2)
    model.a_matrix_.index_ = numpy.stack([tails, heads + offers]).T.ravel()
    model.a_matrix_.value_ = numpy.ones(2 * count)
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.passModel(model)
    start = time.perf_counter()
    solver.run()
    taken = time.perf_counter() - start
    is_optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return taken, round(solver.getInfo().objective_function_value) if is_optimal else None


def lemon(program, path, kind, seconds):
    command = [program, path, "0", kind]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds)
    _, seconds, value = output.stdout.split()
    return float(seconds), int(value)


def own(size):
    output = subprocess.run([BENCH, size, "value"], capture_output=True, text=True, check=True)
    found = re.search(r"solve ([\d.]+)(ns|µs|ms|s),.* value (\d+)", output.stdout)
    scale = {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0}[found[2]]
    return float(found[1]) * scale, int(found[3])


def call(queue, solver, arguments):
    try:
        queue.put(solver(*arguments))
    except subprocess.TimeoutExpired:
        queue.put(None)


def limited(solver, arguments, seconds):
    """The solver's answer, or None if it takes longer, or twice as long with its building."""
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=call, args=(queue, solver, arguments))
    process.start()
    try:
        return queue.get(timeout=2 * seconds)
    except Exception:
        return None
    finally:
        process.terminate()
        process.join()


def compare(size, folder, program, seconds):
    path = folder / f"{size}.bin"
    subprocess.run([BENCH, size, "--write", path], check=True, stdout=subprocess.DEVNULL)
    own_seconds, value = min(own(size) for _ in range(3))
    print(f"{size}: allocation {own_seconds:.4f} s, value {value}", flush=True)
    peers = {
        "LEMON network simplex": (lemon, (program, path, "ns", seconds)),
        "LEMON cost scaling": (lemon, (program, path, "cs", seconds)),
        "OR-Tools min cost flow": (or_tools, (path,)),
        "HiGHS": (highs, (path,)),
    }
    for name, (solver, arguments) in peers.items():
        answer = limited(solver, arguments, seconds)
        if answer is None or answer[1] is None:
            print(f"  {name}: no answer within {seconds} s", flush=True)
            continue
        verdict = "equal" if answer[1] == value else f"DIFFERENT {answer[1]}"
        times = answer[0] / own_seconds
        print(f"  {name}: {answer[0]:.4f} s, {times:.1f} times, {verdict}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sizes", nargs="*", default=["S", "M", "L", "XL"])
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    build = ["cargo", "build", "--release", "-p", "matching", "--example", "allocation_bench"]
    subprocess.run(build, cwd=WORKSPACE, check=True)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        program = folder / "lemon"
        source = HERE / "lemon.cpp"
        subprocess.run(["g++", "-O3", "-std=c++17", "-o", program, source], check=True)
        for size in options.sizes:
            compare(size, folder, program, options.seconds)


if __name__ == "__main__":
    main()
