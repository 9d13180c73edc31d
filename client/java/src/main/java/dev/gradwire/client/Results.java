package dev.gradwire.client;

import java.util.AbstractList;
import java.util.List;
import java.util.Objects;
import java.util.RandomAccess;

/**
 * The results of one recorded call, e.g. {@code max(dim)}'s {@code values} and {@code indices}. Reading one sends
 * nothing. Where an operator makes a list whose length hangs on shapes, {@link #size} asks the server, once.
 */
public final class Results extends AbstractList<Tensor> implements RandomAccess {
    private static final int UNKNOWN = -1;

    private final Node node;
    private final List<String> names;
    private volatile int size;

    Results(Node node, int size, List<String> names) {
        this.node = node;
        this.size = size;
        this.names = names;
    }

    @Override
    public Tensor get(int index) {
        if (size == UNKNOWN) {
            return node.result(Math.max(index, 0));
        }
        return node.result(Objects.checkIndex(index, size));
    }

    /** Asks no server, unlike the list's own way to find it. */
    @Override
    public Tensor getFirst() {
        return get(0);
    }

    /**
     * A result by PyTorch's name of it.
     *
     * @throws IllegalArgumentException when none has the name
     */
    public Tensor get(String name) {
        int index = names.indexOf(name);
        if (index < 0) {
            throw new IllegalArgumentException(node.operator() + " has results " + names + ", not " + name);
        }
        return get(index);
    }

    /** @throws GradwireException when the server has to be asked and does not answer */
    @Override
    public int size() {
        if (size == UNKNOWN) {
            size = node.client().evaluator().countResults(node);
        }
        return size;
    }
}
