"""networkx: graphs, paths, flows and communities, and its own tests."""

import unittest

from packages import PackageTest

PROGRAM = """\
import networkx as nx
g = nx.gnm_random_graph(100, 500, seed=3)
print(g, nx.diameter(g), nx.shortest_path(g, 0, 99), round(sum(nx.betweenness_centrality(g).values()), 9))
karate = nx.karate_club_graph()
print([len(c) for c in nx.community.greedy_modularity_communities(karate)],
      sum(d["weight"] for *_, d in nx.minimum_spanning_tree(karate).edges(data=True)))
flow = nx.DiGraph([("s", "a", {"capacity": 3}), ("s", "b", {"capacity": 2}), ("a", "t", {"capacity": 2}),
                   ("b", "t", {"capacity": 3}), ("a", "b", {"capacity": 5})])
print(nx.maximum_flow_value(flow, "s", "t"), list(nx.topological_sort(flow)), nx.is_planar(nx.complete_graph(5)))
print(nx.to_dict_of_lists(nx.balanced_tree(2, 2)), nx.node_link_data(nx.path_graph(2)))
try:
    nx.shortest_path(nx.Graph([(1, 2), (3, 4)]), 1, 4)
except nx.NetworkXNoPath as e:
    print(e)
"""


class Networkx(PackageTest):
    package, debian = "networkx", "python3-networkx"

    def test_graphs(self):
        self.check_program(PROGRAM)

    def test_own_suite(self):
        self.run_suite(self.installed(), "networkx/algorithms/tests", "networkx/classes", least=2400)


if __name__ == "__main__":
    unittest.main()
