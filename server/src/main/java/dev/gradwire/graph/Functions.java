package dev.gradwire.graph;

import static java.util.stream.Collectors.joining;

import dev.gradwire.graph.Argument.Body;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The functions of a program, by name. A function has no types of its own: each call gives it the types of its
 * arguments, and for each list of types one body is recorded and shared, unless it has random operators. Not safe for use by several threads.
 */
public final class Functions {
    /** How a function comes to be: it is recorded anew for each list of types that it is called with. */
    public interface Definition {
        List<Input> inputs();

        /** Records nodes and outputs; the inputs are in {@code body} already, under their names. */
        void record(GraphBuilder body);
    }

    /** @param type null where it is that of the call's argument */
    public record Input(String name, @Nullable TensorType type) {}

    /** More than there are nodes in any graph. */
    private static final long DRAWS_OF_A_BODY = 1L << 32;

    private record Instance(String name, List<TensorType> types) {}

    private final OperatorTable operators;
    private final Map<String, Definition> definitions = new HashMap<>();
    private final Map<Instance, Body> bodies = new HashMap<>();
    /** Bodies with random operators: each node that uses one draws for itself, so they are not shared. */
    private final Set<Body> drawing = new HashSet<>();
    /** The functions that are being recorded, the outermost first. */
    private final Deque<String> active = new ArrayDeque<>();

    private int maxDepth = Integer.MAX_VALUE;
    private int maxValues = Integer.MAX_VALUE;
    /** How many bodies there were so far. */
    private long recorded;
    /** Values of all bodies so far. */
    private int values;

    Functions(OperatorTable operators) {
        this.operators = operators;
    }

    /** Lets functions name others only so many levels deep. */
    public void limitDepth(int most) {
        maxDepth = most;
    }

    /** Refuses to record bodies of more than so many values in all. */
    void limitValues(int most) {
        maxValues = most;
    }

    public boolean contains(String name) {
        return definitions.containsKey(name);
    }

    /** @throws GraphException when there is one of that name already */
    public void define(String name, Definition definition) {
        if (definitions.putIfAbsent(name, definition) != null) {
            throw new GraphException(Reason.DUPLICATE_NAME, "there is a function '" + name + "' already");
        }
    }

    /**
     * The function at these types.
     *
     * @param parameter of the call that names it, for errors
     * @throws GraphException when there is no such function, or its nodes do not fit these types
     */
    Body at(String name, List<TensorType> types, String parameter) {
        Instance instance = new Instance(name, List.copyOf(types));
        Body known = bodies.get(instance);
        if (known != null) {
            return known;
        }
        Definition definition = definitions.get(name);
        if (definition == null) {
            throw error(Reason.UNKNOWN_FUNCTION, parameter, "there is no function '" + name + "'");
        }
        checkDepth(name, parameter);
        List<Input> inputs = definition.inputs();
        checkInputs(name, inputs, types, parameter);
        active.addLast(name);
        try {
            Body body = new Body(name, record(definition, inputs, types));
            if (draws(body.graph())) {
                drawing.add(body);
            } else {
                bodies.put(instance, body);
            }
            return body;
        } catch (GraphException e) {
            throw e.in(name);
        } finally {
            active.removeLast();
        }
    }

    private void checkDepth(String name, String parameter) {
        if (active.contains(name)) {
            String way = active.stream().dropWhile(each -> !each.equals(name)).collect(joining("' → '", "'", "' → "));
            throw error(Reason.CYCLE, parameter, "a function may not use itself: " + way + "'" + name + "'");
        }
        if (active.size() >= maxDepth) {
            throw error(
                    Reason.FUNCTIONS_TOO_DEEP,
                    parameter,
                    "functions use functions more than " + maxDepth + " levels deep at '" + name + "'");
        }
    }

    private static void checkInputs(String name, List<Input> inputs, List<TensorType> types, String parameter) {
        if (inputs.size() != types.size()) {
            throw error(
                    Reason.INVALID_ARGUMENT,
                    parameter,
                    "the function '" + name + "' takes " + inputs.size() + " tensors, but is given " + types.size());
        }
        for (int i = 0; i < types.size(); i++) {
            TensorType declared = inputs.get(i).type();
            TensorType given = types.get(i);
            if (declared != null && !declared.equals(given)) {
                throw error(
                        declared.dtype() == given.dtype() ? Reason.SHAPE_MISMATCH : Reason.DTYPE_MISMATCH,
                        parameter,
                        "input '" + inputs.get(i).name() + "' of the function '" + name + "' is " + declared
                                + ", but is given " + given);
            }
        }
    }

    private boolean draws(Graph graph) {
        for (Node node : graph.nodes()) {
            int generator = node.op().canonical().indexOf(GraphBuilder.GENERATOR);
            if (generator >= 0 && node.args().get(generator) instanceof Argument.Int
                    || node.args().stream().anyMatch(arg -> arg instanceof Body body && drawing.contains(body))) {
                return true;
            }
        }
        return false;
    }

    private Graph record(Definition definition, List<Input> inputs, List<TensorType> types) {
        GraphBuilder builder = new GraphBuilder(operators, this);
        builder.limitBody(maxValues - values);
        builder.numberDrawsBelow(-DRAWS_OF_A_BODY * ++recorded);
        for (int i = 0; i < inputs.size(); i++) {
            builder.input(inputs.get(i).name(), types.get(i), false);
        }
        definition.record(builder);
        values += builder.valueCount();
        return builder.build();
    }

    private static GraphException error(Reason reason, String parameter, String detail) {
        return GraphException.argument(reason, parameter, detail);
    }
}
