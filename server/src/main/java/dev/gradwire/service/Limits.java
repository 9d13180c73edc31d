package dev.gradwire.service;

import java.util.EnumMap;
import java.util.Map;

/** The values of all limits on one server, and the checks against them. */
public final class Limits {
    public static final Limits DEFAULT = new Limits(Map.of());

    private final EnumMap<Limit, Long> values = new EnumMap<>(Limit.class);

    /** @param overrides values for some limits, instead of their defaults */
    public Limits(Map<Limit, Long> overrides) {
        for (Limit limit : Limit.values()) {
            values.put(limit, overrides.getOrDefault(limit, limit.standard()));
        }
        values.forEach((limit, value) -> {
            if (value < 1) {
                throw new IllegalArgumentException(limit.label() + " must be at least 1, but is " + value);
            }
        });
        if (get(Limit.MAX_TENANT_PERCENT) > 100) {
            throw new IllegalArgumentException("max_tenant_percent must be 100 at the most");
        }
    }

    public long get(Limit limit) {
        return values.getOrDefault(limit, limit.standard());
    }

    /** For limits of message and header sizes, which gRPC counts in an int. */
    int getInt(Limit limit) {
        return Math.toIntExact(Math.min(get(limit), Integer.MAX_VALUE));
    }

    /**
     * @param what is measured, for the text: "the graph", "input 'x'"
     * @throws Refusal when {@code value} is beyond the limit
     */
    void check(Limit limit, long value, String what) {
        if (value > get(limit)) {
            throw exceeded(limit, value, what);
        }
    }

    /** The same, naming the field at fault. */
    void checkAt(Limit limit, long value, String what, String path) {
        if (value > get(limit)) {
            throw exceeded(limit, value, what).at(path);
        }
    }

    Refusal exceeded(Limit limit, long value, String what) {
        return new Refusal(Problem.LIMIT_EXCEEDED, what, value, limit.unit(), limit.label(), get(limit))
                .with("limit", limit.label())
                .with("value", Long.toString(value));
    }
}
