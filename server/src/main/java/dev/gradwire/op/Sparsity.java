package dev.gradwire.op;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Reason;
import dev.gradwire.graph.Value;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * On which elements of one value the elements of others depend, read off the graph: a set of indices goes with each
 * element, and each node makes the sets of its results of those of its operands. Where an operator is not known, each
 * element of its results depends on all that its operands depend on: a superset, never less.
 */
final class Sparsity {
    /** Indices in all sets that are made on the way, and elements of a value that has sets. */
    static final long MAX_ENTRIES = 1L << 25;

    private static final int[] NONE = {};

    /** For each element, in row-major order, the sorted indices it depends on. */
    private final Map<Value, int[][]> sets = new HashMap<>();

    /** Operators whose parts are being looked at: some kernels' decompositions call the kernel again. */
    private final Set<Declaration> open = new HashSet<>();

    private final Map<Value, Tensor> constants = new HashMap<>();
    private long entries;

    private final Value input;

    private Sparsity(Value input) {
        this.input = input;
    }

    /** The rows of the Jacobian of {@code output} for {@code input}: for each the columns that may not be zero. */
    static int[][] of(Graph graph, Value output, Value input) {
        Sparsity sparsity = new Sparsity(input);
        sparsity.sets.put(input, sparsity.identity(input));
        BitSet needed = needed(graph, output);
        graph.nodes().stream()
                .filter(node -> node.results().stream().anyMatch(result -> needed.get(result.id())))
                .forEach(sparsity::visit);
        int[][] rows = sparsity.sets.get(output);
        return rows != null ? rows : sparsity.nothing(output);
    }

    /** The values that the output is computed from. */
    private static BitSet needed(Graph graph, Value output) {
        BitSet needed = new BitSet();
        needed.set(output.id());
        for (Node node : graph.nodes().reversed()) {
            if (node.results().stream().anyMatch(result -> needed.get(result.id()))) {
                node.forEachOperand(operand -> needed.set(operand.id()));
            }
        }
        return needed;
    }

    private int[][] identity(Value input) {
        int[][] identity = new int[elements(input.type().shape())][];
        for (int i = 0; i < identity.length; i++) {
            identity[i] = new int[] {i};
        }
        return identity;
    }

    private int[][] nothing(Value value) {
        int[][] nothing = new int[elements(value.type().shape())][];
        Arrays.fill(nothing, NONE);
        return nothing;
    }

    private int elements(Shape shape) {
        charge(shape.elements());
        return (int) shape.elements();
    }

    private void charge(long more) {
        entries += more;
        if (entries > MAX_ENTRIES) {
            throw GraphException.argument(
                    Reason.INVALID_ARGUMENT,
                    "output",
                    "its sparsity pattern takes more than " + MAX_ENTRIES + " entries to find");
        }
    }

    // Nodes

    private void visit(Node node) {
        if (node.op().canonical().name().equals(GraphBuilder.CONSTANT)) {
            constants.put(node.result(), ((Argument.Constant) node.args().getFirst()).tensor());
            return;
        }
        if (node.results().contains(input)) {
            return;
        }
        boolean[] depends = new boolean[1];
        node.forEachOperand(operand -> depends[0] |= sets.containsKey(operand));
        if (!depends[0]) {
            SparsityRules.constant(node, constants).ifPresent(tensor -> constants.put(node.result(), tensor));
            return;
        }
        Declaration declaration = ((Declaration.Overload) node.op()).declaration();
        int @Nullable [][] first = new SparsityRules(this, node).apply();
        if (first != null) {
            define(node, 0, first);
        } else if (declaration.decomposition().isPresent() && open.add(declaration)) {
            parts(node, declaration.decomposition().get());
            open.remove(declaration);
        } else {
            dense(node);
        }
    }

    private void define(Node node, int result, int[][] dependence) {
        Value value = node.results().get(result);
        if (dependence.length != value.type().shape().elements()) {
            throw new IllegalStateException("the sparsity of " + node.op().schema() + " is of another shape");
        }
        if (value.type().dtype().isDifferentiable()) {
            sets.put(value, dependence);
        }
    }

    /** The simpler operators that an operator stands for, with the same operands. */
    private void parts(Node node, Declaration.Expansion expansion) {
        GraphBuilder inner = GraphBuilder.rewriting(
                new Graph(List.of(), List.of(node), List.of(), largest(node) + 1), Operators.all());
        List<Expr> results = expansion.apply(new Args(inner, new Call(node.op(), node.args())));
        List<Value> values = results.stream().map(Expr::value).toList();
        inner.nodes().forEach(this::visit);
        for (int i = 0; i < values.size(); i++) {
            int[][] dependence = sets.get(values.get(i));
            if (dependence != null) {
                define(node, i, dependence);
            }
        }
        inner.nodes()
                .forEach(part -> part.results().forEach(result -> {
                    sets.remove(result);
                    constants.remove(result);
                }));
    }

    private static int largest(Node node) {
        int[] largest = new int[1];
        node.forEachOperand(operand -> largest[0] = Math.max(largest[0], operand.id()));
        node.results().forEach(result -> largest[0] = Math.max(largest[0], result.id()));
        return largest[0];
    }

    private void dense(Node node) {
        List<int[]> all = new ArrayList<>();
        node.forEachOperand(operand -> all.addAll(Arrays.asList(of(operand))));
        int[] union = union(all);
        for (int i = 0; i < node.results().size(); i++) {
            int[][] dependence = new int[elements(node.results().get(i).type().shape())][];
            Arrays.fill(dependence, union);
            define(node, i, dependence);
        }
    }

    // For rules

    /** The sets of a value; empty ones where it does not depend on the input. */
    int[][] of(Value value) {
        int[][] known = sets.get(value);
        return known != null ? known : nothing(value);
    }

    boolean depends(Value value) {
        return sets.containsKey(value);
    }

    @Nullable
    Tensor constant(Value value) {
        return constants.get(value);
    }

    @SuppressWarnings("ReferenceEquality") // equal sets are most often one array, and others only cost time
    int[] union(int[] a, int[] b) {
        return a == b || b.length == 0 ? a : a.length == 0 ? b : union(List.of(a, b));
    }

    @SuppressWarnings("ReferenceEquality")
    int[] union(List<int[]> sets) {
        int[] one = null;
        boolean same = true;
        int total = 0;
        for (int[] set : sets) {
            if (set.length > 0) {
                same &= one == null || one == set;
                one = set;
                total = Math.addExact(total, set.length);
            }
        }
        if (one == null || same) {
            return one == null ? NONE : one;
        }
        charge(total);
        int[] joined = new int[total];
        int next = 0;
        int[] before = null;
        for (int[] set : sets) {
            if (set != before) {
                System.arraycopy(set, 0, joined, next, set.length);
                next += set.length;
            }
            before = set;
        }
        Arrays.sort(joined, 0, next);
        int count = 0;
        for (int i = 0; i < next; i++) {
            if (count == 0 || joined[count - 1] != joined[i]) {
                joined[count++] = joined[i];
            }
        }
        return Arrays.copyOf(joined, count);
    }
}
