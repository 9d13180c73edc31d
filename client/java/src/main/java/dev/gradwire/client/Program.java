package dev.gradwire.client;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A recorded computation for a {@link Session}: what to send back of a run, and what to hand on to the next.
 *
 * <pre>{@code
 * Program training = Program.builder()
 *         .output("loss", loss)
 *         .carry(weight, weight.sub(gradient.mul(0.1)))
 *         .build();
 * }</pre>
 */
public final class Program {
    private final Map<String, Tensor> outputs;
    private final Map<Tensor, Tensor> carries;

    private Program(Builder builder) {
        outputs = Collections.unmodifiableMap(new LinkedHashMap<>(builder.outputs));
        carries = Collections.unmodifiableMap(new LinkedHashMap<>(builder.carries));
    }

    public static Builder builder() {
        return new Builder();
    }

    Map<String, Tensor> outputs() {
        return outputs;
    }

    /** Leaves, and what they become. */
    Map<Tensor, Tensor> carries() {
        return carries;
    }

    /** Collects what a program gives. */
    public static final class Builder {
        private final Map<String, Tensor> outputs = new LinkedHashMap<>();
        private final Map<Tensor, Tensor> carries = new LinkedHashMap<>();

        private Builder() {}

        /** A value to send back, under the given key. */
        public Builder output(String key, Tensor tensor) {
            outputs.put(key, tensor);
            return this;
        }

        /**
         * After each run, {@code next}'s value becomes the leaf's, on the server.
         *
         * @param next of the leaf's shape and element type
         * @throws IllegalArgumentException when the first one is not a leaf
         */
        public Builder carry(Tensor leaf, Tensor next) {
            if (!leaf.isLeaf()) {
                throw new IllegalArgumentException("only leaves can be carried into");
            }
            carries.put(leaf, next);
            return this;
        }

        public Program build() {
            return new Program(this);
        }
    }
}
