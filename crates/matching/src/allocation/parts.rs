//! Parts of a graph that no edge joins. It must not know what nodes and edges stand for.

/// By node: the first node of its part.
pub(super) fn parts(nodes: u32, edges: impl Iterator<Item = (u32, u32)>) -> Vec<u32> {
    let mut above: Vec<u32> = (0..nodes).collect();
    for (one, other) in edges {
        let (one, other) = (top(&mut above, one), top(&mut above, other));
        above[one.max(other) as usize] = one.min(other);
    }
    (0..nodes).map(|node| top(&mut above, node)).collect()
}

/// The top of a tree whose paths are halved on the way (Tarjan).
fn top(above: &mut [u32], mut node: u32) -> u32 {
    while above[node as usize] != node {
        above[node as usize] = above[above[node as usize] as usize];
        node = above[node as usize];
    }
    node
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_nodes_have_the_name_of_the_first() {
        let edges = [(1, 4), (2, 3), (4, 2)];
        assert_eq!(parts(6, edges.into_iter()), [0, 1, 1, 1, 1, 5]);
    }
}
