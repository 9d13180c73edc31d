package dev.gradwire.client;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What stands behind some tensors and has to be sent for them: nodes in the order in which they were recorded, down to
 * leaves and to tensors whose values are known already.
 *
 * @param inputs tensors whose values are sent, oldest first; of some they may have to be asked for before
 * @param producers the nodes of all other tensors; kept here, as a tensor forgets its node once it has no use for it
 */
record Recording(List<Tensor> inputs, List<Node> nodes, Map<Tensor, Node> producers) {
    /**
     * Collects.
     *
     * @param targets tensors to compute, even where they are leaves
     * @param through nodes that are computed anew even where their values are known
     */
    static Recording of(Collection<Tensor> targets, Set<Node> through) {
        Set<Node> all = new HashSet<>(through);
        Set<Node> seen = new HashSet<>();
        while (true) {
            Collector collector = new Collector(all);
            collector.visit(targets);
            int before = all.size();
            for (Node node : collector.nodes) {
                if (node.isDerivative() && seen.add(node)) {
                    all.addAll(Derivatives.between(node));
                }
            }
            if (all.size() == before) {
                return collector.recording();
            }
        }
    }

    /** All nodes that were ever needed for some tensors, oldest first. */
    static List<Node> ancestors(Collection<Tensor> targets) {
        Set<Node> found = new HashSet<>();
        Deque<Tensor> open = new ArrayDeque<>(targets);
        while (!open.isEmpty()) {
            Node node = open.pop().node();
            if (node != null && found.add(node)) {
                node.tensors().forEach(open::push);
            }
        }
        return sorted(found);
    }

    private static List<Node> sorted(Collection<Node> nodes) {
        List<Node> list = new ArrayList<>(nodes);
        list.sort(Comparator.comparingLong(Node::id));
        return list;
    }

    /** Without recursion: graphs may be deep. */
    private static final class Collector {
        private final Set<Node> through;
        private final Set<Tensor> inputs = new HashSet<>();
        private final Set<Node> nodes = new HashSet<>();
        private final Map<Tensor, Node> producers = new HashMap<>();

        Collector(Set<Node> through) {
            this.through = through;
        }

        void visit(Collection<Tensor> targets) {
            Deque<Tensor> open = new ArrayDeque<>(targets);
            while (!open.isEmpty()) {
                Tensor tensor = open.pop();
                Node node = tensor.node();
                if (inputs.contains(tensor) || producers.containsKey(tensor)) {
                    continue;
                }
                boolean pending = tensor.isPendingLeaf() && !targets.contains(tensor);
                if (node == null || pending || (tensor.isKnown() && !through.contains(node))) {
                    inputs.add(tensor);
                } else {
                    producers.put(tensor, node);
                    if (nodes.add(node)) {
                        node.tensors().forEach(open::push);
                    }
                }
            }
        }

        Recording recording() {
            List<Tensor> leaves = new ArrayList<>(inputs);
            leaves.sort(Comparator.comparingLong(Tensor::id));
            return new Recording(leaves, sorted(nodes), producers);
        }
    }
}
