package dev.gradwire.cli.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The workloads that peers have, too: value and gradients with respect to all inputs that have one, in float32. Each is
 * a text next to this class, but for the chain, whose nodes are all alike.
 */
final class Workloads {
    private static final int CHAIN_STEPS = 500;

    /**
     * @param warmRatio our time by the best peer's, at the most
     * @param planMillis what a first answer may take longer than the later ones
     */
    record Goal(double warmRatio, double planMillis) {}

    private static final Map<String, Goal> GOALS = new LinkedHashMap<>();

    static {
        GOALS.put("seed", new Goal(0.5, 2));
        GOALS.put("elementwise", new Goal(0.5, 2));
        GOALS.put("chain", new Goal(0.6, 20));
        GOALS.put("loop", new Goal(1.0, 2));
        GOALS.put("norm", new Goal(0.6, 2));
        GOALS.put("mlp", new Goal(0.95, 2));
        GOALS.put("attention", new Goal(0.9, 2));
        GOALS.put("conv", new Goal(0.95, 2));
    }

    private Workloads() {}

    static List<String> names() {
        return List.copyOf(GOALS.keySet());
    }

    /** Null for a graph of the user's. */
    static @Nullable Goal goal(String name) {
        return GOALS.get(name);
    }

    static TextWorkload named(String name) {
        return name.equals("chain") ? chain(CHAIN_STEPS) : new TextWorkload(name, resource(name));
    }

    private static String resource(String name) {
        try (InputStream stream = Workloads.class.getResourceAsStream("workloads/" + name + ".txt")) {
            if (stream == null) {
                throw new IllegalArgumentException("there is no workload " + name + "; there are " + names());
            }
            return new String(stream.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** So many times a = sin(a) · 1.01 + 0.1, then the sum. */
    static TextWorkload chain(int steps) {
        StringBuilder text = new StringBuilder("a: float32[16] requires_grad\n");
        String last = "a";
        for (int i = 0; i < steps; i++) {
            text.append("s%d = sin(%s)\n".formatted(i, last));
            text.append("m%d = mul(s%d, 1.01)\n".formatted(i, i));
            text.append("a%d = add(m%d, 0.1)\n".formatted(i, i));
            last = "a" + i;
        }
        text.append("loss = sum(%s)\ng = grad([loss], [a])\nreturn loss, g\n".formatted(last));
        return new TextWorkload("chain", text.toString());
    }
}
