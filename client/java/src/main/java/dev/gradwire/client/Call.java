package dev.gradwire.client;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A call about to be recorded. */
final class Call {
    private final Gradwire client;
    private final String operator;
    private final List<Operand> args;
    private final Map<String, Operand> keywords = new HashMap<>();
    private boolean differentiable = true;

    Call(Gradwire client, String operator, @Nullable Object... args) {
        this.client = client;
        this.operator = operator;
        this.args = Arrays.stream(args).map(Operand::of).toList();
    }

    Call with(String keyword, @Nullable Object value) {
        keywords.put(keyword, Operand.of(value));
        return this;
    }

    /**
     * The operator is random. Its node keeps the number by which it draws, so that all requests that it is part of, for
     * its value or for gradients, see the same.
     */
    Call drawing() {
        return with("generator", client.nextDraw());
    }

    /** The operator has no derivative. */
    Call constant() {
        differentiable = false;
        return this;
    }

    /** Records it and gives its first result. */
    Tensor tensor() {
        return record().result(0);
    }

    /** Records it; how many results there are is for the server to say. */
    Results results() {
        return new Results(record(), -1, List.of());
    }

    /** Records it, with PyTorch's names of the results. */
    Results results(String... names) {
        return new Results(record(), names.length, List.of(names));
    }

    Results results(int count) {
        return new Results(record(), count, List.of());
    }

    private Node record() {
        return new Node(client, operator, args, keywords, differentiable);
    }
}
