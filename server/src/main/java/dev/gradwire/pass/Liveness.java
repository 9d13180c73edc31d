package dev.gradwire.pass;

import dev.gradwire.graph.Graph;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Declaration.Overload;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * When values die, and how many bytes live at once. A view shares the storage of what it views, which lives until the
 * last of them is dead. Inputs and outputs live throughout.
 */
final class Liveness {
    private static final int ALWAYS = Integer.MAX_VALUE;

    private final Graph graph;
    /** For each value the index of the node after which it is not read any more. */
    private final int[] lastUse;
    /** For each value the one whose storage it shares. */
    private final int[] storage;

    private final List<List<Integer>> lastUses = new ArrayList<>();
    private long peakBytes;

    private Liveness(Graph graph) {
        this.graph = graph;
        this.lastUse = new int[graph.valueCount()];
        this.storage = new int[graph.valueCount()];
    }

    static Liveness of(Graph graph) {
        Liveness liveness = new Liveness(graph);
        liveness.findLastUses();
        liveness.measure();
        return liveness;
    }

    /** The values that are dead after node {@code index}, its own unread results among them. */
    List<Integer> lastUsesAt(int index) {
        return lastUses.get(index);
    }

    /** Overflow is no concern: a sum over a terabyte is refused by its limit long before. */
    long peakBytes() {
        return peakBytes;
    }

    private void findLastUses() {
        Arrays.setAll(storage, id -> id);
        for (int i = 0; i < graph.nodes().size(); i++) {
            Node node = graph.nodes().get(i);
            int index = i;
            node.results().forEach(result -> lastUse[result.id()] = index);
            node.forEachOperand(operand -> lastUse[operand.id()] = index);
            lastUses.add(new ArrayList<>());
        }
        graph.inputs().forEach(input -> lastUse[input.value().id()] = ALWAYS);
        graph.outputs().forEach(output -> lastUse[output.value().id()] = ALWAYS);
        for (Node node : graph.nodes()) {
            for (Value result : node.results()) {
                if (lastUse[result.id()] != ALWAYS) {
                    lastUses.get(lastUse[result.id()]).add(result.id());
                }
            }
        }
    }

    private void measure() {
        int[] users = new int[graph.valueCount()];
        long[] bytes = new long[graph.valueCount()];
        long live = 0;
        for (Graph.Input input : graph.inputs()) {
            users[input.value().id()]++;
            live = Math.addExact(live, input.value().type().lengthInBytes());
        }
        peakBytes = live;
        for (int i = 0; i < graph.nodes().size(); i++) {
            Node node = graph.nodes().get(i);
            boolean view = ((Overload) node.op()).declaration().isView();
            for (Value result : node.results()) {
                if (view) {
                    node.forEachOperand(operand -> storage[result.id()] = storage[operand.id()]);
                } else {
                    bytes[result.id()] = result.type().lengthInBytes();
                    live = Math.addExact(live, bytes[result.id()]);
                }
                users[storage[result.id()]]++;
            }
            peakBytes = Math.max(peakBytes, live);
            for (int dead : lastUses.get(i)) {
                int root = storage[dead];
                if (--users[root] == 0) {
                    live -= bytes[root];
                }
            }
        }
    }
}
