package dev.gradwire.pass;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Reason;
import dev.gradwire.graph.Value;
import dev.gradwire.kernel.Kernel;
import dev.gradwire.kernel.KernelCall;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.op.Declaration;
import dev.gradwire.op.Declaration.Overload;
import dev.gradwire.pass.Plan.Price;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a graph into units, in an order in which they can be run: nodes that a kernel computes, groups of nodes that run
 * together, nodes with planned bodies. Views are looked through; those that something needs as a tensor of its own are
 * units too, each directly of the tensor it is a view of.
 */
final class Units {
    private record Resolved(KernelCall call, Kernel kernel) {}

    /** A node that stands alone. */
    private record Alone(
            Node node, KernelCall call, Work work, List<Value> operands, List<Value> results, Price price) {}

    private final Graph graph;
    private final Target target;
    private final ControlFlow control;
    private final Views views;
    private final Fuse fuse;
    private final Map<KernelCall, Resolved> resolved = new HashMap<>();
    /** By the ids of values: the node alone that makes them. */
    private final @Nullable Alone[] makers;
    /** By the ids of views: their nodes. */
    private final @Nullable Node[] viewNodes;
    /** All that must run, in the order of the nodes. */
    private final List<Alone> alone = new ArrayList<>();
    /** Those that have no results. */
    private final IdentityHashMap<Node, Alone> checks = new IdentityHashMap<>();
    /** Values of groups that something outside their group reads. */
    private final BitSet needed;

    /** For one group after the other. */
    private final ValueNumbers numbers;

    private final Set<Object> done = Collections.newSetFromMap(new IdentityHashMap<>());
    private final BitSet viewed = new BitSet();
    private final List<Unit> units = new ArrayList<>();

    private Units(Graph graph, Target target, ControlFlow control) {
        this.graph = graph;
        this.target = target;
        this.control = control;
        this.views = new Views(graph);
        this.fuse = new Fuse(graph, views, target.groups());
        this.makers = new @Nullable Alone[graph.valueCount()];
        this.viewNodes = new @Nullable Node[graph.valueCount()];
        this.needed = new BitSet(graph.valueCount());
        this.numbers = new ValueNumbers(graph.valueCount());
    }

    /** @throws GraphException when the backend lacks a kernel */
    static List<Unit> of(Graph graph, Target target, ControlFlow control) {
        Units units = new Units(graph, target, control);
        units.sort();
        units.findNeeded();
        units.emitAll();
        return units.units;
    }

    private void sort() {
        BitSet read = Liveness.read(graph);
        for (Node node : graph.nodes()) {
            try {
                sort(node, read);
            } catch (KernelException e) {
                throw new GraphException(Reason.DTYPE_UNSUPPORTED, String.valueOf(e.getMessage()))
                        .at(node.name(), node.op().schema().key());
            } catch (ArithmeticException e) {
                throw GraphException.overflow()
                        .at(node.name(), node.op().schema().key());
            }
        }
    }

    private void sort(Node node, BitSet read) {
        if (node.op().schema().name().equals(GraphBuilder.SEED)) {
            return;
        }
        if (node.op().schema().name().equals(GraphBuilder.CONSTANT)) {
            number(
                    node.result(),
                    Views.Number.of(((Argument.Constant) node.args().getFirst()).tensor()));
            return;
        }
        ControlFlow.Planned planned = control.plan(node, read);
        if (planned != null) {
            List<TensorType> operands =
                    planned.operands().stream().map(Value::type).toList();
            List<TensorType> results =
                    planned.results().stream().map(Value::type).toList();
            KernelCall call = new KernelCall(node.op().schema().key(), List.of(), operands, results);
            stand(new Alone(node, call, planned.work(), planned.operands(), planned.results(), planned.price()));
            return;
        }
        KernelCalls.Bound bound = KernelCalls.bind(node);
        if (look(node, bound) || fuse.join(node, bound.call(), bound.operands())) {
            return;
        }
        Resolved same = resolve(bound.call());
        number(node.result(), filled(bound.call()));
        Price price = Prices.of(node, same.call.operands(), same.call.results());
        stand(new Alone(node, same.call, new Work.Run(same.kernel), bound.operands(), node.results(), price));
    }

    private void number(Value value, Views.@Nullable Number number) {
        if (number != null && target.groups() != null) {
            views.number(value, number);
        }
    }

    /** The number that a tensor is filled with. */
    private static Views.@Nullable Number filled(KernelCall call) {
        if (!call.name().equals("full") || call.results().getFirst().dtype().isComplex()) {
            return null;
        }
        return Views.Number.of(
                call.results().getFirst().dtype(), call.arguments().get(1));
    }

    private Resolved resolve(KernelCall call) {
        return resolved.computeIfAbsent(
                call, _ -> new Resolved(call, target.backend().resolve(call)));
    }

    private void stand(Alone node) {
        alone.add(node);
        fuse.alone(node.node, node.operands);
        if (node.results.isEmpty()) {
            checks.put(node.node, node);
        }
        node.results.forEach(result -> makers[result.id()] = node);
    }

    /** Whether a node only looks at its operand in another way. */
    private boolean look(Node node, KernelCalls.Bound bound) {
        if (bound.operands().size() != 1 || !mayBeView(node, bound.call())) {
            return false;
        }
        UnaryOperator<@Nullable Layout> view = resolve(bound.call()).kernel.view();
        Value operand = bound.operands().getFirst();
        Layout seen = views.layout(operand);
        Layout layout = view == null ? null : view.apply(seen.fromStart());
        if (layout == null) {
            return false;
        }
        views.define(node.result(), operand, layout.shifted(seen.offset()));
        viewNodes[node.result().id()] = node;
        return true;
    }

    private static boolean mayBeView(Node node, KernelCall call) {
        Declaration declaration = ((Overload) node.op()).declaration();
        return declaration.isView()
                || call.name().equals("reshape")
                || call.name().equals("view");
    }

    /** What is read as a tensor: by nodes that stand alone, by groups of what they do not make, by the caller. */
    private void findNeeded() {
        graph.outputs().forEach(output -> needed.set(views.root(output.value()).id()));
        for (Alone node : alone) {
            node.operands.forEach(operand -> needed.set(views.root(operand).id()));
        }
        Recompute.apply(fuse, views, needed);
        for (Draft draft : fuse.drafts()) {
            draft.outside().forEach(root -> needed.set(root.id()));
        }
    }

    /** Each unit where the first of its nodes stands, after those that it reads. */
    private void emitAll() {
        for (Node node : graph.nodes()) {
            for (Value result : node.results()) {
                emit(maker(result));
            }
            emit(checks.get(node));
        }
        for (Graph.Output output : graph.outputs()) {
            view(output.value());
        }
    }

    /** The node alone or the group that makes a tensor; null for what is none's result or nobody needs. */
    private @Nullable Object maker(Value root) {
        Draft draft = fuse.groupOf(root);
        if (draft != null) {
            return draft;
        }
        boolean idle = views.number(root) != null && !needed.get(root.id());
        return idle ? null : makers[root.id()];
    }

    private void emit(@Nullable Object unit) {
        if (unit == null || done.contains(unit)) {
            return;
        }
        Deque<Object> waiting = new ArrayDeque<>();
        waiting.push(unit);
        while (!waiting.isEmpty()) {
            Object next = waiting.peek();
            boolean ready = true;
            if (!done.contains(next)) {
                for (Value operand : reads(next)) {
                    Object maker = maker(views.root(operand));
                    if (maker != null && !done.contains(maker)) {
                        waiting.push(maker);
                        ready = false;
                    }
                }
            }
            if (ready) {
                waiting.pop();
                if (done.add(next)) {
                    add(next);
                }
            }
        }
    }

    private Collection<Value> reads(Object unit) {
        return unit instanceof Draft draft ? draft.outside() : ((Alone) unit).operands;
    }

    private void add(Object unit) {
        if (unit instanceof Draft draft) {
            Unit group = GroupUnit.of(draft, views, needed, numbers, Objects.requireNonNull(target.groups()));
            if (group != null) {
                units.add(group);
            }
            return;
        }
        Alone node = (Alone) unit;
        node.operands.forEach(this::view);
        boolean isView = ((Overload) node.node.op()).declaration().isView() && !node.work.writes();
        List<String> names = List.of(node.node.name());
        units.add(new Unit(
                names, node.node.backward(), node.call, node.work, node.operands, node.results, isView, node.price));
    }

    /** Makes a tensor of a view. */
    private void view(Value value) {
        Node node = viewNodes[value.id()];
        if (node == null || viewed.get(value.id())) {
            return;
        }
        viewed.set(value.id());
        Value root = views.root(value);
        KernelCall call =
                new KernelCall(node.op().schema().name(), List.of(), List.of(root.type()), List.of(value.type()));
        Work work = new Work.View(views.layout(value));
        List<String> names = List.of(node.name());
        units.add(
                new Unit(names, node.backward(), call, work, List.of(root), List.of(value), true, new Price(0, 0, 0)));
    }
}
