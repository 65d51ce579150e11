// LEMON's network simplex and cost scaling on an instance written by `allocation_bench --write`.
// Prints one line per solver: name, seconds of processor time to solve,
// value. Building the graph is not timed.
#include <lemon/cost_scaling.h>
#include <lemon/network_simplex.h>
#include <lemon/static_graph.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

using Graph = lemon::StaticDigraph;
using Quantities = Graph::NodeMap<long long>;
using Costs = Graph::ArcMap<long long>;
using NetworkSimplex = lemon::NetworkSimplex<Graph, long long, long long>;
using CostScaling = lemon::CostScaling<Graph, long long, long long>;

static std::vector<uint32_t> read_all(const char* path) {
  FILE* file = std::fopen(path, "rb");
  if (!file) std::exit(2);
  std::fseek(file, 0, SEEK_END);
  std::vector<uint32_t> numbers(std::ftell(file) / 4);
  std::rewind(file);
  if (std::fread(numbers.data(), 4, numbers.size(), file) != numbers.size()) std::exit(2);
  std::fclose(file);
  return numbers;
}

template <class Solver>
static void run(const char* name, const Graph& graph, const Costs& costs,
                const Quantities& supply, const Costs& capacities) {
  Solver solver(graph);
  solver.costMap(costs).supplyMap(supply).upperMap(capacities);
  std::clock_t start = std::clock();
  auto status = solver.run();
  double taken = double(std::clock() - start) / CLOCKS_PER_SEC;
  bool optimal = status == Solver::OPTIMAL;
  long long value = optimal ? -(long long)solver.totalCost() : -1LL;
  std::printf("%s %.6f %lld\n", name, taken, value);
}

int main(int count, char** arguments) {
  std::vector<uint32_t> data = read_all(arguments[1]);
  long long tier = count > 2 ? std::atoll(arguments[2]) : 0;
  std::string which = count > 3 ? arguments[3] : "ns";
  uint32_t offers = data[0], needs = data[1], pairs = data[2], hub = offers + needs;
  const uint32_t* quantity = &data[3];
  const uint32_t* pair = quantity + hub;
  std::vector<std::vector<std::pair<int, long long>>> out(offers);
  for (uint32_t at = 0; at < pairs; ++at, pair += 3)
    out[pair[0]].push_back({int(offers + pair[1]), -(tier + (long long)pair[2])});
  std::vector<std::pair<int, int>> ends;
  std::vector<long long> cost;
  long long balance = 0;
  for (uint32_t offer = 0; offer < offers; ++offer) {
    for (auto [need, price] : out[offer]) {
      ends.push_back({int(offer), need});
      cost.push_back(price);
    }
    ends.push_back({int(offer), int(hub)});
    cost.push_back(0);
  }
  for (uint32_t need = offers; need < hub; ++need) {
    ends.push_back({int(hub), int(need)});
    cost.push_back(0);
  }
  Graph graph;
  graph.build(int(hub) + 1, ends.begin(), ends.end());
  Costs costs(graph);
  for (size_t at = 0; at < cost.size(); ++at) costs[graph.arc(int(at))] = cost[at];
  long long everything = 0;
  for (uint32_t node = 0; node < hub; ++node) everything += quantity[node];
  Costs capacities(graph, everything);
  Quantities supply(graph);
  for (uint32_t node = 0; node < hub; ++node) {
    long long units = node < offers ? quantity[node] : -(long long)quantity[node];
    supply[graph.node(int(node))] = units;
    balance += units;
  }
  supply[graph.node(int(hub))] = -balance;
  if (which == "ns")
    run<NetworkSimplex>("lemon-ns", graph, costs, supply, capacities);
  else
    run<CostScaling>("lemon-cs", graph, costs, supply, capacities);
}
