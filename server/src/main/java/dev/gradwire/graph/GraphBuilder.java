package dev.gradwire.graph;

import dev.gradwire.graph.Graph.Input;
import dev.gradwire.graph.Graph.Output;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Records a graph node by node and checks each as it comes: names, arguments, types. Clients' graphs come in by {@link
 * #record}; rewrites use {@link #call} and {@link #copy}. Not safe for use by several threads.
 */
public final class GraphBuilder {
    /** Name of the operator whose one argument is tensor data. */
    public static final String CONSTANT = "constant";

    /** Name of the operator that gives the seed of the run. */
    public static final String SEED = "random_seed";

    /**
     * Name of the parameter by which random operators are told apart. What a client leaves out becomes −1 for its first
     * random node, −2 for the next, and so on: a rewrite keeps a node's number, and with it what the node draws.
     */
    public static final String GENERATOR = "generator";

    /** After so many values it is asked whether to go on: often enough to end in milliseconds. */
    private static final int CHECKED_VALUES = 256;

    private final OperatorTable operators;
    private final Functions functions;
    private final List<Input> inputs = new ArrayList<>();
    private final ArrayList<Node> nodes = new ArrayList<>();
    private final List<Output> outputs = new ArrayList<>();
    private final Map<String, Value> names = new LinkedHashMap<>();
    private final Set<String> taken = new HashSet<>();
    private final Map<String, Integer> uses = new HashMap<>();
    private int maxValues = Integer.MAX_VALUE;
    /** The node that makes each value, by the value's id; null for inputs. */
    private final List<@Nullable Node> producers = new ArrayList<>();

    private String origin = "";
    private boolean backward;
    private boolean insideComposite;
    private boolean recording;
    private long draws;
    private final InPlace inPlace = new InPlace();

    public GraphBuilder(OperatorTable operators) {
        this(operators, new Functions(operators));
    }

    /** For the body of one of these functions. */
    GraphBuilder(OperatorTable operators, Functions functions) {
        this.operators = operators;
        this.functions = functions;
    }

    /** What calls may name, to be defined before. */
    public Functions functions() {
        return functions;
    }

    /** A builder of another graph of the same operators, a body for one; its nodes have no names of the client's. */
    public GraphBuilder another() {
        GraphBuilder other = new GraphBuilder(operators);
        other.limitValues(maxValues);
        other.backward = backward;
        return other;
    }

    /**
     * A builder for a rewrite of a graph: it has the graph's inputs, and what it makes gets ids beyond the graph's, so
     * that nodes which stay as they are can be kept as they are.
     */
    public static GraphBuilder rewriting(Graph graph, OperatorTable operators) {
        GraphBuilder builder = new GraphBuilder(operators);
        builder.inputs.addAll(graph.inputs());
        builder.nodes.ensureCapacity(graph.nodes().size());
        builder.producers.addAll(Collections.nCopies(graph.valueCount(), null));
        return builder;
    }

    /** Refuses to grow beyond so many values: some operators have many results, and nested derivatives double. */
    public void limitValues(int most) {
        maxValues = most;
        functions.limitValues(most);
    }

    void limitBody(int most) {
        maxValues = most;
    }

    // What clients record

    public Value input(String name, TensorType type, boolean requiresGrad) {
        checkNewName(name);
        if (requiresGrad && !type.dtype().isDifferentiable()) {
            throw new GraphException(
                    Reason.NOT_DIFFERENTIABLE,
                    "input '" + name + "' is " + type
                            + ", but only floating point and complex tensors can require grad");
        }
        Value value = newValue(type);
        inputs.add(new Input(name, value, requiresGrad));
        names.put(name, value);
        return value;
    }

    /**
     * Records a client's node.
     *
     * @param name unique in the graph; its results are {@code name}, {@code name:1}, …
     * @throws GraphException with the node and operator
     */
    public List<Value> record(String name, String op, List<Argument> positional, Map<String, Argument> keywords) {
        try {
            checkNewName(name);
            for (Operator overload : operators.overloads(op)) {
                if (overload.isInternal()) {
                    throw unknown(op);
                }
            }
            origin = name;
            inPlace.beforeNode(name, op, positional, keywords);
            int first = nodes.size();
            recording = true;
            List<Value> results = apply(op, positional, keywords);
            inPlace.afterNode(op, nodes, first);
            for (int i = 0; i < results.size(); i++) {
                names.put(i == 0 ? name : name + ":" + i, results.get(i));
            }
            return results;
        } catch (GraphException e) {
            throw e.at(name, op);
        } catch (ArithmeticException e) {
            throw new GraphException(Reason.SIZE_OVERFLOW, "a size does not fit 64 bits").at(name, op);
        } finally {
            recording = false;
        }
    }

    private void checkNewName(String name) {
        if (name.isEmpty() || name.indexOf(':') >= 0) {
            throw new GraphException(
                    Reason.INVALID_NAME, "a name must not be empty or contain ':', but is '" + name + "'");
        }
        if (!taken.add(name)) {
            throw new GraphException(Reason.DUPLICATE_NAME, "the name '" + name + "' stands for another value already");
        }
    }

    /** The value of that name ({@code node}, {@code node:1}, an input). */
    public @Nullable Value lookup(String name) {
        return names.get(name);
    }

    public void output(String name, Value value) {
        inPlace.beforeRead(value);
        outputs.add(new Output(name, value));
    }

    // What rewrites add

    /** Names the client's node that the next nodes come from, and whether they compute its derivative. */
    public void setOrigin(String name, boolean isBackward) {
        origin = name;
        backward = isBackward;
    }

    /** The next nodes come from where this one came from. */
    public void setOrigin(Node node) {
        setOrigin(node.name(), node.backward());
    }

    /** Calls an operator by name, with positional arguments. */
    public List<Value> call(String op, List<Argument> positional) {
        return apply(op, positional, Map.of());
    }

    public List<Value> call(String op, List<Argument> positional, Map<String, Argument> keywords) {
        return apply(op, positional, keywords);
    }

    public Value constant(Tensor tensor) {
        return call(CONSTANT, List.of(new Argument.Constant(tensor))).getFirst();
    }

    /** Adds an input without a name check, for graphs that are made from checked ones. */
    public Value copyInput(Input input) {
        Value value = newValue(input.value().type());
        inputs.add(new Input(input.name(), value, input.requiresGrad()));
        return value;
    }

    /** Repeats a node of another graph; {@code map} gives the new value for each old id and receives the results. */
    public Node copy(Node node, @Nullable Value[] map) {
        setOrigin(node);
        return copy(node.name(), node, map);
    }

    private Node copy(String name, Node node, @Nullable Value[] map) {
        List<Argument> args = remap(node.args(), map);
        Node copy = append(name, node.op(), args, types(node));
        for (int i = 0; i < copy.results().size(); i++) {
            map[node.results().get(i).id()] = copy.results().get(i);
        }
        return copy;
    }

    /** Repeats a node whose arguments are values of this graph already. */
    public List<Value> repeat(Node node) {
        setOrigin(node);
        return append(node.name(), node.op(), node.args(), types(node)).results();
    }

    private static List<TensorType> types(Node node) {
        List<TensorType> types = new ArrayList<>(node.results().size());
        for (Value result : node.results()) {
            types.add(result.type());
        }
        return types;
    }

    /** Adds a node of the graph that is being rewritten, with its values. */
    public List<Value> keep(Node node) {
        addNode(node);
        return node.results();
    }

    /** The arguments with their values replaced; the same list where none changes. */
    public static List<Argument> remap(List<Argument> arguments, @Nullable Value[] map) {
        List<Argument> changed = null;
        for (int i = 0; i < arguments.size(); i++) {
            Argument argument = arguments.get(i);
            Argument mapped = remap(argument, map);
            if (!mapped.equals(argument)) {
                changed = changed == null ? new ArrayList<>(arguments) : changed;
                changed.set(i, mapped);
            }
        }
        return changed == null ? arguments : changed;
    }

    /** The argument with its values replaced. */
    public static Argument remap(Argument argument, @Nullable Value[] map) {
        return switch (argument) {
            case Value value -> mapped(value, map);
            case Argument.Items(List<Argument> items) -> {
                List<Argument> mapped = remap(items, map);
                yield mapped.equals(items) ? argument : new Argument.Items(mapped);
            }
            default -> argument;
        };
    }

    public static Value mapped(Value value, @Nullable Value[] map) {
        Value replacement = map[value.id()];
        if (replacement == null) {
            throw new IllegalStateException("value " + value.id() + " is used before it is defined");
        }
        return replacement;
    }

    /**
     * Records a function's nodes in the place of the next one, which they are named after: {@code node/inner}.
     *
     * @param inputs one for each input of the body, of its type; null for one that it does not read
     */
    public List<Value> inline(Graph body, List<? extends @Nullable Value> inputs) {
        @Nullable Value[] map = new @Nullable Value[body.valueCount()];
        for (int i = 0; i < inputs.size(); i++) {
            map[body.inputs().get(i).value().id()] = inputs.get(i);
        }
        boolean outer = backward;
        for (Node node : body.nodes()) {
            backward = outer || node.backward();
            copy(qualified(origin, node.name()), recording ? renumbered(node) : node, map);
        }
        backward = outer;
        return body.outputs().stream()
                .map(output -> mapped(output.value(), map))
                .toList();
    }

    /** How errors name a node inside the function of another. */
    public static String qualified(String outer, String inner) {
        return outer.isEmpty() ? inner : inner.isEmpty() ? outer : outer + "/" + inner;
    }

    // Both

    public List<Node> nodes() {
        return nodes;
    }

    public int valueCount() {
        return producers.size();
    }

    /** The node that makes a value, or null for an input. */
    public @Nullable Node producer(Value value) {
        return producers.get(value.id());
    }

    /** The data of a constant, null for any other value. */
    public @Nullable Tensor constantOf(Value value) {
        Node node = producer(value);
        if (node == null || node.args().isEmpty()) {
            return null;
        }
        return node.args().getFirst() instanceof Argument.Constant(Tensor data) ? data : null;
    }

    public Graph build() {
        return new Graph(inputs, nodes, outputs, valueCount());
    }

    /** What values are computed by, as far as it is recorded, with ordinary operators only; they are its outputs. */
    public Graph ordinary(List<Value> values) {
        List<Output> wanted =
                values.stream().map(value -> new Output("", value)).toList();
        return operators.ordinary(new Graph(inputs, nodes, wanted, valueCount()), maxValues);
    }

    public Recording recording() {
        return new Recording(build(), names);
    }

    private List<Value> apply(String name, List<Argument> positional, Map<String, Argument> keywords) {
        List<? extends Operator> candidates = operators.overloads(name);
        for (Operator op : candidates) {
            if (op.schema().takes(positional, keywords)) {
                return apply(op, canonical(op, op.schema().bind(positional, keywords)));
            }
        }
        for (Operator op : candidates) {
            ConstantNumbers numbers = new ConstantNumbers(op.schema(), this::constantOf);
            List<Argument> read = numbers.positional(positional);
            Map<String, Argument> readByName = numbers.keywords(keywords);
            if (op.schema().takes(read, readByName)) {
                return apply(op, canonical(op, op.schema().bind(read, readByName)));
            }
        }
        throw candidates.isEmpty() ? unknown(name) : mismatch(candidates, positional, keywords);
    }

    /** What is wrong with the arguments for the first overload, and what else they might have been meant for. */
    private static GraphException mismatch(
            List<? extends Operator> candidates, List<Argument> positional, Map<String, Argument> keywords) {
        try {
            candidates.getFirst().schema().bind(positional, keywords);
        } catch (GraphException e) {
            return candidates.size() == 1 ? e : e.with("; the overloads are " + Schema.list(candidates));
        }
        throw new IllegalStateException(candidates.getFirst().schema() + " takes what it does not take");
    }

    private static GraphException unknown(String operator) {
        return new GraphException(Reason.UNKNOWN_OPERATOR, "there is no operator '" + operator + "'");
    }

    /** Re-orders an overload's arguments to the parameters that all overloads share. */
    private static List<Argument> canonical(Operator op, List<Argument> bound) {
        if (op.schema() == op.canonical()) {
            return bound;
        }
        List<Argument> args = new ArrayList<>();
        for (Parameter parameter : op.canonical().parameters()) {
            int index = op.schema().indexOf(parameter.name());
            Argument standard = parameter.defaultValue();
            args.add(index >= 0 ? bound.get(index) : standard == null ? Argument.NONE : standard);
        }
        return args;
    }

    /** Adds a call whose arguments stand in canonical order; a composite operator's parts in its place. */
    public List<Value> apply(Operator op, List<Argument> args) {
        Call call = new Call(op, numbered(op, withBodies(op, args)));
        if (op.expands(this, call)) {
            return expand(op, call);
        }
        String name = insideComposite ? partName(op) : origin;
        List<TensorType> types = op.infer(call);
        List<Value> results = append(name, op, call.args(), types).results();
        int visible = op.visibleResults(call, types.size());
        return visible == results.size() ? results : results.subList(0, visible);
    }

    /** Functions by name become functions at the types that the operator gives them, from left to right. */
    private List<Argument> withBodies(Operator op, List<Argument> args) {
        List<Argument> typed = null;
        for (int i = 0; i < args.size(); i++) {
            if (args.get(i) instanceof Argument.Function(String name)) {
                typed = typed == null ? new ArrayList<>(args) : typed;
                String parameter = op.canonical().parameters().get(i).name();
                List<TensorType> types = op.bodyInputs(new Call(op, typed), parameter);
                typed.set(i, functions.at(name, types, parameter));
            }
        }
        return typed == null ? args : typed;
    }

    private List<Argument> numbered(Operator op, List<Argument> args) {
        int place = op.canonical().indexOf(GENERATOR);
        if (place < 0 || op.isComposite() || !(args.get(place) instanceof Argument.None)) {
            return args;
        }
        if (!recording) {
            throw new IllegalStateException(op.schema().key() + " would draw anew in a rewrite");
        }
        List<Argument> numbered = new ArrayList<>(args);
        numbered.set(place, new Argument.Int(--draws));
        return numbered;
    }

    /** Each call of a function draws for itself, unless the client gave the number. */
    private Node renumbered(Node node) {
        int place = node.op().canonical().indexOf(GENERATOR);
        if (place < 0 || !(node.args().get(place) instanceof Argument.Int(long number)) || number >= 0) {
            return node;
        }
        List<Argument> args = new ArrayList<>(node.args());
        args.set(place, new Argument.Int(--draws));
        return new Node(node.name(), node.backward(), node.op(), args, node.results());
    }

    /** Numbers random nodes from here down, so that functions of one program do not draw alike. */
    void numberDrawsBelow(long number) {
        draws = number;
    }

    private List<Value> expand(Operator op, Call call) {
        boolean outer = !insideComposite;
        insideComposite = true;
        try {
            return op.expand(this, call).stream().map(GraphBuilder::asValue).toList();
        } finally {
            insideComposite = !outer;
        }
    }

    private static Value asValue(Argument argument) {
        if (argument instanceof Value value) {
            return value;
        }
        throw new IllegalStateException("an expansion must give tensors, not " + argument);
    }

    /** A stable name for a part of a composite: {@code loss/log_softmax}, {@code loss/mul.2}. */
    private String partName(Operator op) {
        String part = origin + "/" + op.schema().name();
        int use = uses.merge(part, 1, Integer::sum);
        return use == 1 ? part : part + "." + use;
    }

    private Node append(String name, Operator op, List<Argument> args, List<TensorType> types) {
        List<Value> results = new ArrayList<>(types.size());
        for (TensorType type : types) {
            results.add(newValue(type));
        }
        Node node = new Node(name, backward, op, args, results);
        addNode(node);
        return node;
    }

    private void addNode(Node node) {
        for (Value result : node.results()) {
            producers.set(result.id(), node);
        }
        nodes.add(node);
    }

    private Value newValue(TensorType type) {
        if (valueCount() % CHECKED_VALUES == 0) {
            Interruption.check();
        }
        if (valueCount() == maxValues) {
            throw new GraphException(
                    Reason.TOO_MANY_VALUES, "the graph with its derivatives has more than " + maxValues + " values");
        }
        producers.add(null);
        return new Value(producers.size() - 1, type);
    }
}
