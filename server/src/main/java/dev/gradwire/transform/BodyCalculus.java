package dev.gradwire.transform;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Argument.Body;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.OperatorTable;
import dev.gradwire.graph.Trim;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Calculus;
import dev.gradwire.op.Expr;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Differentiates functions: a body without {@code grad} nodes for each body, and pullbacks; each once. */
final class BodyCalculus extends BodyDependence implements Calculus {
    private record Request(Body body, BitSet wanted, BitSet seeded) {}

    private final OperatorTable operators;
    private final int maxValues;
    private final Map<Body, Body> derived = new HashMap<>();
    private final Map<Request, Pullback> pullbacks = new HashMap<>();
    /** Values of all bodies made here, which together may have as many as a graph. */
    private int values;

    BodyCalculus(OperatorTable operators, int maxValues) {
        this.operators = operators;
        this.maxValues = maxValues;
    }

    /** The arguments with functions that have no derivatives left to take; the same list where none had. */
    List<Argument> derived(List<Argument> args) {
        List<Argument> changed = null;
        for (int i = 0; i < args.size(); i++) {
            if (args.get(i) instanceof Body body) {
                changed = changed == null ? new ArrayList<>(args) : changed;
                changed.set(i, derived(body));
            }
        }
        return changed == null ? args : changed;
    }

    /** The body itself where it has none and uses no function that has. */
    Body derived(Body body) {
        Body known = derived.get(body);
        if (known == null) {
            Graph graph = derive(body.name(), body.graph());
            known = graph.nodes().equals(body.graph().nodes()) ? body : new Body(body.name(), graph);
            derived.put(body, known);
        }
        return known;
    }

    private Graph derive(String name, Graph graph) {
        try {
            Graph result = Differentiate.apply(graph, operators, maxValues - values, this)
                    .graph();
            values += result.valueCount();
            return result;
        } catch (GraphException e) {
            throw e.in(name);
        }
    }

    @Override
    public Pullback pullback(Body body, BitSet wanted, BitSet seeded) {
        Request request = new Request(body, (BitSet) wanted.clone(), (BitSet) seeded.clone());
        Pullback known = pullbacks.get(request);
        if (known == null) {
            try {
                known = make(request);
            } catch (GraphException e) {
                throw e.in(body.name());
            }
            pullbacks.put(request, known);
        }
        return known;
    }

    private Pullback make(Request request) {
        Graph graph = request.body.graph();
        GraphBuilder builder = new GraphBuilder(operators);
        builder.limitValues(maxValues - values);
        @Nullable Value[] map = new @Nullable Value[graph.valueCount()];
        graph.inputs().forEach(input -> map[input.value().id()] = builder.copyInput(input));
        List<Expr> seeds = new ArrayList<>();
        for (int result : request.seeded.stream().toArray()) {
            Value like = graph.outputs().get(result).value();
            Value seed = builder.copyInput(new Graph.Input("grad" + result, like, false));
            seeds.add(Expr.of(builder, seed));
        }
        graph.nodes().forEach(node -> builder.copy(node, map));
        List<Value> inputs = request.wanted.stream()
                .mapToObj(i -> GraphBuilder.mapped(graph.inputs().get(i).value(), map))
                .toList();
        List<Value> outputs = request.seeded.stream()
                .mapToObj(i -> GraphBuilder.mapped(graph.outputs().get(i).value(), map))
                .toList();
        List<@Nullable Expr> cotangents = new ReversePass(builder, inputs, this).runSparsely(outputs, seeds);
        BitSet connected = new BitSet();
        int next = 0;
        for (int input : request.wanted.stream().toArray()) {
            Expr cotangent = cotangents.get(next++);
            if (cotangent != null) {
                connected.set(input);
                builder.output(graph.inputs().get(input).name(), cotangent.value());
            }
        }
        Graph pulled = Trim.apply(builder.build());
        values += pulled.valueCount();
        return new Pullback(new Body(request.body.name() + "/vjp", pulled), connected, read(pulled));
    }

    private static BitSet read(Graph graph) {
        BitSet live = Trim.live(graph);
        BitSet read = new BitSet();
        for (int i = 0; i < graph.inputs().size(); i++) {
            read.set(i, live.get(graph.inputs().get(i).value().id()));
        }
        return read;
    }
}
