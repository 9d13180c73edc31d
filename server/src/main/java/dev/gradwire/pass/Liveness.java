package dev.gradwire.pass;

import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Declaration.Overload;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * When values die, and how many bytes live at once. A view shares the storage of what it views, which lives until the
 * last of them is dead. Inputs and outputs live throughout.
 */
final class Liveness {
    private final Graph graph;
    private final List<ControlFlow.@Nullable Planned> control;
    private final boolean constantsStay;
    private final BitSet read;
    /** For each node the values that nothing reads after it. */
    private final List<List<Value>> deaths;

    private long peakBytes;

    private Liveness(Graph graph, List<ControlFlow.@Nullable Planned> control, boolean constantsStay) {
        this.graph = graph;
        this.control = control;
        this.constantsStay = constantsStay;
        this.read = read(graph);
        this.deaths = new ArrayList<>(Collections.nCopies(graph.nodes().size(), List.of()));
    }

    /**
     * @param control by the index of a node, its planned bodies, null for others
     * @param constantsStay whether constants live throughout
     */
    static Liveness of(Graph graph, List<ControlFlow.@Nullable Planned> control, boolean constantsStay) {
        Liveness liveness = new Liveness(graph, control, constantsStay);
        liveness.findDeaths();
        liveness.measure();
        return liveness;
    }

    /** The ids of the values that a node or an output reads. */
    static BitSet read(Graph graph) {
        BitSet read = new BitSet(graph.valueCount());
        graph.nodes().forEach(node -> node.forEachOperand(operand -> read.set(operand.id())));
        graph.outputs().forEach(output -> read.set(output.value().id()));
        return read;
    }

    /** Whether a result is computed: bodies leave out what nobody reads. */
    private boolean isMade(int node, Value result) {
        return control.get(node) == null || read.get(result.id());
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
        if (constantsStay) {
            graph.nodes().stream()
                    .filter(Liveness::isConstant)
                    .forEach(node -> met.set(node.result().id()));
        }
        List<Value> dying = new ArrayList<>();
        Consumer<Value> meet = value -> {
            if (!met.get(value.id())) {
                met.set(value.id());
                dying.add(value);
            }
        };
        for (int i = graph.nodes().size() - 1; i >= 0; i--) {
            Node node = graph.nodes().get(i);
            for (Value result : node.results()) {
                if (isMade(i, result)) {
                    meet.accept(result);
                }
            }
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
            ControlFlow.Planned planned = control.get(i);
            if (planned != null) {
                peakBytes =
                        Math.max(peakBytes, Math.addExact(live, planned.price().peakBytes()));
            }
            for (Value result : node.results()) {
                if (!isMade(i, result)) {
                    continue;
                }
                if (view) {
                    storage[result.id()] = storage[viewed(node).id()];
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

    private static boolean isConstant(Node node) {
        return node.op().schema().name().equals(GraphBuilder.CONSTANT);
    }

    /** What a view shows: the first of its operands. */
    private static Value viewed(Node node) {
        List<Value> operands = new ArrayList<>();
        node.forEachOperand(operands::add);
        return operands.getFirst();
    }
}
