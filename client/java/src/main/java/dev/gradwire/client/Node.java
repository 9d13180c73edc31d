package dev.gradwire.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** One recorded call of an operator. Immutable, apart from the memory of which results were handed out. */
final class Node {
    private static final AtomicLong COUNTER = new AtomicLong();

    private final Gradwire client;
    private final long id = nextId();
    private final String operator;
    private final List<Operand> args;
    private final Map<String, Operand> keywords;
    private final boolean differentiable;
    private final boolean tracks;
    private final List<Tensor> results = new ArrayList<>();

    /** @param differentiable false where the operator has no derivative */
    Node(Gradwire client, String operator, List<Operand> args, Map<String, Operand> keywords, boolean differentiable) {
        this.client = client;
        this.operator = operator;
        this.args = List.copyOf(args);
        this.keywords = Map.copyOf(keywords);
        this.differentiable = differentiable;
        this.tracks = differentiable && Gradwire.isGradEnabled() && tensors().anyMatch(Tensor::tracks);
    }

    /** Numbers nodes and leaves in the order in which they came to be. */
    static long nextId() {
        return COUNTER.getAndIncrement();
    }

    Gradwire client() {
        return client;
    }

    long id() {
        return id;
    }

    /** As it goes on the wire, e.g. {@code add.Tensor}. */
    String operator() {
        return operator;
    }

    List<Operand> args() {
        return args;
    }

    Map<String, Operand> keywords() {
        return keywords;
    }

    boolean differentiable() {
        return differentiable;
    }

    /** Whether gradients may flow through it: recorded with gradients on, from something that requires them. */
    boolean tracks() {
        return tracks;
    }

    Stream<Tensor> tensors() {
        return Stream.concat(args.stream(), keywords.values().stream()).flatMap(Operand::stream);
    }

    /** The same object for the same index, so that values and names stick to it. */
    synchronized Tensor result(int index) {
        while (results.size() <= index) {
            results.add(new Tensor(this, results.size()));
        }
        return results.get(index);
    }

    /** Whether it is {@code grad} or its like: outputs and inputs stand first, derivatives come out. */
    boolean isDerivative() {
        return Derivatives.isDerivative(operator);
    }
}
