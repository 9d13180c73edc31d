package dev.gradwire.pass;

import dev.gradwire.graph.Graph;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Declaration.Overload;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

/**
 * When values die, and how many bytes live at once. A view shares the storage of what it views, which lives until the
 * last of them is dead. Inputs and outputs live throughout.
 */
final class Liveness {
    private final Graph graph;
    /** For each node the values that nothing reads after it. */
    private final List<List<Value>> deaths;

    private long peakBytes;

    private Liveness(Graph graph) {
        this.graph = graph;
        this.deaths = new ArrayList<>(Collections.nCopies(graph.nodes().size(), List.of()));
    }

    static Liveness of(Graph graph) {
        Liveness liveness = new Liveness(graph);
        liveness.findDeaths();
        liveness.measure();
        return liveness;
    }

    /** The values that are dead after node {@code index}, its own unread results among them. */
    List<Value> deathsAt(int index) {
        return deaths.get(index);
    }

    /** Overflow is no concern: a sum over a terabyte is refused by its limit long before. */
    long peakBytes() {
        return peakBytes;
    }

    /** From the end, the first place where a value is met is its last use. */
    private void findDeaths() {
        BitSet met = new BitSet(graph.valueCount());
        graph.inputs().forEach(input -> met.set(input.value().id()));
        graph.outputs().forEach(output -> met.set(output.value().id()));
        List<Value> dying = new ArrayList<>();
        Consumer<Value> meet = value -> {
            if (!met.get(value.id())) {
                met.set(value.id());
                dying.add(value);
            }
        };
        for (int i = graph.nodes().size() - 1; i >= 0; i--) {
            Node node = graph.nodes().get(i);
            node.results().forEach(meet);
            node.forEachOperand(meet);
            deaths.set(i, List.copyOf(dying));
            dying.clear();
        }
    }

    private void measure() {
        int[] storage = new int[graph.valueCount()];
        Arrays.setAll(storage, id -> id);
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
            for (Value dead : deaths.get(i)) {
                int root = storage[dead.id()];
                if (--users[root] == 0) {
                    live -= bytes[root];
                }
            }
        }
    }
}
